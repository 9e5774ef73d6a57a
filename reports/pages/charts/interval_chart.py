"""A dot and an interval for each of some names on one scale of points, in the order that they are given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.pages.charts.scales import Scale, Tick
from reports.pages.sentences import words

ROW = 24.0
LABEL = {True: 112.0, False: 184.0}
LETTERS = {True: 15, False: 26}
LEAST_REACH = 4  # points on each side of zero, so that small differences are not magnified


@dataclass(frozen=True)
class Interval:
    """Shares on the 0..1 scale, as everywhere; drawn in points."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class IntervalRow:
    name: str
    y: float
    x: float
    low: float
    high: float
    title: str


@dataclass(frozen=True)
class IntervalChart:
    width: float
    height: float
    label_x: float
    bottom: float
    zero: float
    rows: list[IntervalRow]
    ticks: list[Tick]
    title: str
    description: str


def interval_chart(
    intervals: Sequence[Interval], *, title: str, description: str, is_narrow: bool = False
) -> IntervalChart:
    """Zero stands in the picture whatever the values; whole points at the ticks."""
    width = 344.0 if is_narrow else 720.0
    label = LABEL[is_narrow]
    ends = [100 * end for each in intervals for end in (each.low, each.high)]
    low = min(-LEAST_REACH, math.floor(min(ends, default=0)))
    high = max(LEAST_REACH, math.ceil(max(ends, default=0)))
    step = next(n for n in (1, 2, 5, 10, 20, 50, 100) if (high - low) / n <= (6 if is_narrow else 12))
    x = Scale(low, high, label + 12, width - 14)
    bottom = 8 + ROW * len(intervals)
    rows = [
        IntervalRow(
            name=_short(each.name, LETTERS[is_narrow]),
            y=8 + ROW * (at + 0.5),
            x=x(100 * each.value),
            low=x(100 * each.low),
            high=x(100 * each.high),
            title=f"{each.name}: {words.points(each.value)} points ({words.points_interval(each.low, each.high)})",
        )
        for at, each in enumerate(intervals)
    ]
    first = math.ceil(low / step) * step
    ticks = [Tick(x(value), words.points(value / 100)) for value in range(first, high + 1, step)]
    return IntervalChart(width, bottom + 24, label, bottom, x(0), rows, ticks, title, description)


def _short(name: str, letters: int) -> str:
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"
