"""A bar for each of some names, in parts that add up, the longest as long as the picture is wide."""

from collections.abc import Sequence
from dataclasses import dataclass

ROW, BAR = 28.0, 14.0
LABEL = {True: 112.0, False: 184.0}
LETTERS = {True: 15, False: 26}
VALUE = 64.0  # room for the figure behind a bar


@dataclass(frozen=True)
class Bar:
    """A name, the figure behind its bar, and its parts in order: (the class of each, its value of 0 or more)."""

    name: str
    figure: str
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Part:
    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class BarRow:
    name: str
    figure: str
    y: float
    middle: float
    end: float
    parts: list[Part]


@dataclass(frozen=True)
class BarChart:
    width: float
    height: float
    label_x: float
    bar: float
    rows: list[BarRow]
    title: str
    description: str


def bar_chart(bars: Sequence[Bar], *, title: str, description: str, is_narrow: bool = False) -> BarChart:
    """All bars share one scale that begins at zero."""
    width, label = (344.0 if is_narrow else 720.0), LABEL[is_narrow]
    longest = max((sum(value for _, value in bar.parts) for bar in bars), default=0.0) or 1.0
    scale = (width - label - 12 - VALUE) / longest
    rows = []
    for at, bar in enumerate(bars):
        x, parts = label + 12, []
        for kind, value in bar.parts:
            parts.append(Part(kind, round(x, 1), round(value * scale, 1)))
            x += value * scale
        y = 4 + ROW * at
        name = bar.name if len(bar.name) <= LETTERS[is_narrow] else f"{bar.name[: LETTERS[is_narrow] - 1].rstrip()}…"
        rows.append(BarRow(name, bar.figure, y + (ROW - BAR) / 2, y + ROW / 2, round(x + 6, 1), parts))
    return BarChart(width, 8 + ROW * len(rows), label, BAR, rows, title, description)
