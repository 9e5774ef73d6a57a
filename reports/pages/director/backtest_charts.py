"""The two drawings of a backtest: its flags over time, and how early they came."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.pages.charts.scales import Scale, Tick, path
from reports.pages.charts.time_charts import Frame, Plot, frame
from reports.pages.sentences import words

MOST_BARS = {False: 110, True: 56}
TOGETHER = (1, 2, 4, 13, 26, 52)  # runs that one bar may hold
ROW = 28.0
LABEL = {True: 150.0, False: 220.0}


@dataclass(frozen=True)
class Period:
    """One bar's time: ordinal days, counts of flags, and the false ones to expect."""

    start: float
    end: float
    n_declines: int
    n_improvements: int
    false_declines: float
    false_improvements: float


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class FlagsChart(Plot):
    """Declines upwards, improvements downwards; dashed, what chance alone would raise in each direction."""

    zero: float
    y_ticks: list[Tick]
    bars: list[Bar]
    by_chance: list[str]
    title: str
    description: str


@dataclass(frozen=True)
class ShareRow:
    name: str
    n: int
    y: float
    width: float
    number_x: float
    kind: str


@dataclass(frozen=True)
class ShareChart:
    width: float
    height: float
    label_x: float
    bar_x: float
    rows: list[ShareRow]
    title: str
    description: str


def runs_in_a_bar(n_runs: int, *, is_narrow: bool) -> int:
    """So many that the bars can still be told apart.

    >>> runs_in_a_bar(52, is_narrow=False), runs_in_a_bar(104, is_narrow=True)
    (1, 2)
    """
    return next((n for n in TOGETHER if n_runs / n <= MOST_BARS[is_narrow]), TOGETHER[-1])


def flags_chart(periods: Sequence[Period], *, title: str, description: str, is_narrow: bool = False) -> FlagsChart:
    """`periods` follow one another without a gap."""
    shared: Frame = frame(first=periods[0].start, last=periods[-1].end, width=344.0 if is_narrow else 1088.0)
    height = 200.0 if is_narrow else 240.0
    top, bottom = 14.0, height - 24
    highest = _reach(max(one.n_declines for one in periods), max(one.false_declines for one in periods))
    lowest = _reach(max(one.n_improvements for one in periods), max(one.false_improvements for one in periods))
    step = next(n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if (highest + lowest) / n <= 6)
    highest, lowest = math.ceil(highest / step) * step, math.ceil(lowest / step) * step
    y = Scale(-lowest, highest, bottom, top)
    bars = [bar for period in periods for bar in _bars(period, shared.days, y)]
    ticks = [Tick(y(value), str(abs(value))) for value in range(-lowest, highest + 1, step)]
    return FlagsChart(
        frame=shared,
        height=height,
        top=top,
        bottom=bottom,
        zero=y(0),
        y_ticks=ticks,
        bars=bars,
        by_chance=[
            _steps(periods, shared.days, [y.within(one.false_declines) for one in periods]),
            _steps(periods, shared.days, [y.within(-one.false_improvements) for one in periods]),
        ],
        title=title,
        description=description,
    )


def _reach(n: int, by_chance: float) -> int:
    return max(n, math.ceil(by_chance), 1)


def _bars(period: Period, x: Scale, y: Scale) -> list[Bar]:
    left, right = x(period.start), x(period.end)
    gap = min(1.5, (right - left) / 4)
    width = round(right - left - gap, 1)
    bars = []
    if period.n_declines:
        title = words.count(period.n_declines, "decline")
        bars.append(Bar(left, y(period.n_declines), width, round(y(0) - y(period.n_declines), 1), "decline", title))
    if period.n_improvements:
        title = words.count(period.n_improvements, "improvement")
        depth = round(y(-period.n_improvements) - y(0), 1)
        bars.append(Bar(left, y(0), width, depth, "improve", title))
    return bars


def _steps(periods: Sequence[Period], x: Scale, levels: Sequence[float]) -> str:
    """What chance alone would raise in a period, level over the period."""
    corners = []
    for period, level in zip(periods, levels, strict=True):
        corners += [(x(period.start), level), (x(period.end), level)]
    return path(corners)


def share_chart(
    rows: Sequence[tuple[str, int, str]], *, title: str, description: str, is_narrow: bool = False
) -> ShareChart:
    """Counts as bars beside their names, in the order given; `rows` are (name, n, kind)."""
    width = 344.0 if is_narrow else 720.0
    label = LABEL[is_narrow]
    most = max((n for _, n, _ in rows), default=0) or 1
    reach = width - label - 12 - 34  # room for the number behind the bar
    begin, made = label + 12, []
    for at, (name, n, kind) in enumerate(rows):
        length = round(reach * n / most, 1)
        made.append(ShareRow(name, n, 4 + ROW * (at + 0.5), length, begin + length + 6, kind))
    return ShareChart(width, 8 + ROW * len(rows), label, begin, made, title, description)
