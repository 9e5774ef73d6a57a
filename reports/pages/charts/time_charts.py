"""Geometry of the charts: scales, ticks, paths and bands as plain numbers. The templates print what they find here.

Time runs in days (proleptic ordinals with a fraction), shares in percent, places in pixels of the view box.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from reports.pages.charts.scales import Point, Scale, Tick, nice_scale, path, percent_scale, ribbon, time_ticks
from reports.pages.sentences import words

EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Band:
    start: float
    width: float
    label: str = ""
    label_at: float = 0
    anchor: str = "end"


@dataclass(frozen=True)
class Mark:
    """One visit. Its shape is its own: decline (pointing down) below its natural range, or since a flag of a decline
    below what was expected of it; improve likewise above; else a dot."""

    x: float
    y: float
    shape: str
    title: str
    address: str = ""


@dataclass(frozen=True)
class Level:
    """A horizontal line with its label, which may stand a little off to leave room for another."""

    start: float
    end: float
    y: float
    label: str
    label_y: float


@dataclass(frozen=True)
class VisitPoint:
    """What the control chart needs of one visit; shares in 0..1."""

    day: float
    value: float
    expected: float
    low: float
    high: float
    title: str
    address: str = ""


@dataclass(frozen=True)
class Onset:
    day: float
    low: float
    high: float
    label: str


@dataclass(frozen=True)
class Frame:
    """The box that all charts of a page share, so that a day stands at the same place in each."""

    width: float
    left: float
    right: float
    days: Scale
    is_narrow: bool
    x_ticks: list[Tick]
    onset: Onset | None = None


@dataclass(frozen=True)
class Plot:
    """What a chart on the shared frame has in common with its neighbours."""

    frame: Frame
    height: float
    top: float
    bottom: float

    @property
    def plot_height(self) -> float:
        return self.bottom - self.top

    @property
    def y_label_x(self) -> float:
        return self.frame.left - 6


@dataclass(frozen=True)
class ControlChart(Plot):
    y_ticks: list[Tick]
    limits: str
    expected: str
    line: str
    marks: list[Mark]
    expected_level: Level | None
    seen_level: Level | None
    onset: Band | None
    flag: Tick | None
    direction: str
    title: str
    description: str

    @property
    def caption(self) -> str:
        """What the labels beside the wide chart say, for a phone, where there is no room beside it."""
        seen = f"seen {self.seen_level.label} what is expected (dashed)" if self.seen_level else "dashed: expected"
        parts = [seen, self.onset.label if self.onset else "", self.flag.label if self.flag else ""]
        return words.capital("; ".join(part for part in parts if part) + ".")

    @property
    def dot(self) -> float:
        """Radius: smaller where many visits share little room."""
        return 2.5 if self.frame.is_narrow or len(self.marks) > 80 else 3.5


@dataclass(frozen=True)
class MetricChart(Plot):
    y_ticks: list[Tick]
    line: str
    dots: list[tuple[float, float]]
    last: Tick | None
    onset: Band | None
    title: str
    description: str


@dataclass(frozen=True)
class LeadChart:
    """Observed above reported, as small as a flag on the report needs it."""

    width: float
    height: float
    observed: str
    reported: str
    expected_y: float
    since: Band | None
    title: str
    description: str
    end: tuple[float, float] | None = None
    is_alone: bool = field(default=False)


@dataclass(frozen=True)
class Sparkline:
    width: float
    height: float
    line: str
    onset_x: float | None
    end: tuple[float, float] | None
    title: str


def frame(*, first: float, last: float, width: float = 1088, onset: Onset | None = None) -> Frame:
    """The shared time axis from `first` to `last`. Below 600 px labels move inside the plot."""
    is_narrow = width < 600
    left, right = (28.0, width - 6) if is_narrow else (40.0, width - 116)
    pad = max((last - first) * 0.01, 1.0)
    days = Scale(first - pad, last + pad, left, right)
    return Frame(width, left, right, days, is_narrow, time_ticks(days), onset)


def control_chart(
    points: Sequence[VisitPoint],
    *,
    frame: Frame,
    title: str,
    description: str,
    change: float | None = None,
    flagged_day: float | None = None,
    direction: str = "decline",
    flag_label: str = "",
) -> ControlChart:
    """Execution per visit with what was expected, natural limits, the onset and the flag.

    `change` of the share since the onset is drawn as the distance from the expected one: on the scale of the chart
    auditors and dayparts are taken out.
    """
    seen = points[-1].expected + change if change is not None and points else None
    height = 240.0 if frame.is_narrow else 300.0
    top, bottom = 22.0, height - 24
    values = [point.value for point in points]
    limits = [bound for point in points for bound in (point.low, point.high)]
    y, y_ticks = percent_scale([*values, *limits, *([seen] if seen is not None else [])], top=top, bottom=bottom)
    x = frame.days
    marks = [
        Mark(
            x(point.day),
            y.within(100 * point.value),
            _shape(point, direction if flagged_day is not None and point.day >= flagged_day else ""),
            point.title,
            point.address,
        )
        for point in points
    ]
    upper = [(x(point.day), y.within(100 * point.high)) for point in points]
    lower = [(x(point.day), y.within(100 * point.low)) for point in points]
    middle: list[Point] = [(x(point.day), y.within(100 * point.expected)) for point in points]
    if len(points) > 1:  # the band and the line reach the edges of the plot
        upper, lower = _to_edges(upper, frame), _to_edges(lower, frame)
        middle = _to_edges(middle, frame)
    expected_level = seen_level = None
    if points:
        at = y.within(100 * points[-1].expected)
        expected_level = Level(frame.left, frame.right, at, "expected", at + 4)
    if seen is not None and frame.onset:
        at = y.within(100 * seen)
        start = x.within(frame.onset.day)
        seen_level = Level(start, frame.right, at, _far_from_expected(change or 0), at + 4)
    expected_level, seen_level = _apart(expected_level, seen_level)
    return ControlChart(
        frame=frame,
        height=height,
        top=top,
        bottom=bottom,
        y_ticks=y_ticks,
        limits=ribbon(upper, lower),
        expected=path(middle),
        line=path([(mark.x, mark.y) for mark in marks]),
        marks=marks,
        expected_level=expected_level,
        seen_level=seen_level,
        onset=onset_band(frame),
        flag=_flag_line(frame, flagged_day, flag_label),
        direction=direction,
        title=title,
        description=description,
    )


def _shape(point: VisitPoint, flagged: str) -> str:
    """flagged : the direction of a flag that stood when the visit was made, blank for none."""
    if point.value < point.low or (flagged == "decline" and point.value < point.expected):
        return "decline"
    return (
        "improve"
        if point.value > point.high or (flagged == "improvement" and point.value > point.expected)
        else "dot"
    )


def metric_chart(
    readings: Sequence[tuple[float, float]], *, frame: Frame, title: str, unit: str, description: str
) -> MetricChart:
    """A reported metric on the time axis of the execution above it; `readings` are (day, value), oldest first."""
    height = 96.0 if frame.is_narrow else 112.0
    top, bottom = 12.0, height - 22
    ceiling = 100.0 if unit == "%" else None
    y, y_ticks = nice_scale([value for _, value in readings], top=top, bottom=bottom, ceiling=ceiling)
    drawn = [(frame.days(day), y(value)) for day, value in readings]
    label = words.quantity(readings[-1][1], unit)
    return MetricChart(
        frame=frame,
        height=height,
        top=top,
        bottom=bottom,
        y_ticks=y_ticks,
        line=path(drawn),
        dots=drawn if len(drawn) <= (24 if frame.is_narrow else 60) else [],
        last=Tick(drawn[-1][1] + 4, label, "start") if not frame.is_narrow else None,
        onset=onset_band(frame, with_label=False),
        title=title,
        description=description,
    )


def lead_chart(
    observed: Sequence[tuple[float, float]],
    reported: Sequence[tuple[float, float]],
    *,
    expected: float,
    onset: Onset,
    title: str,
    description: str,
    width: float = 240,
) -> LeadChart:
    """`observed` shares (day, 0..1) and `reported` values (day, value), oldest first; either may be empty."""
    height = 130.0 if reported else 84.0
    days = [day for day, _ in (*observed, *reported)] or [onset.day]
    x = Scale(min(days), max(max(days), min(days) + 1), 1, width - 6)
    y, _ = percent_scale([*(value for _, value in observed), expected], top=16, bottom=62)
    start = x.within(onset.day)
    reported_line = ""
    if reported:
        values = [value for _, value in reported]
        middle = (max(values) + min(values)) / 2
        # a flat metric must look flat: never magnified beyond a tenth of its size
        half = max((max(values) - min(values)) / 2, abs(middle) * 0.05, 1e-9)
        below = Scale(middle - half, middle + half, 112, 90)
        reported_line = path([(x(day), below(value)) for day, value in reported])
    drawn = [(x(day), y.within(100 * value)) for day, value in observed]
    return LeadChart(
        width=width,
        height=height,
        observed=path(drawn),
        reported=reported_line,
        expected_y=y.within(100 * expected),
        since=Band(
            start,
            round(width - start, 1),
            onset.label,
            start + 3 if start < 0.6 * width else width - 3,
            "start" if start < 0.6 * width else "end",
        ),
        title=title,
        description=description,
        end=drawn[-1] if drawn else None,
        is_alone=not reported,
    )  # fmt: skip


def sparkline(
    observed: Sequence[tuple[float, float]], *, title: str, onset_day: float | None = None, width: float = 112
) -> Sparkline:
    """`observed` shares (day, 0..1), oldest first. Spans 30 points or more, so that noise is not magnified."""
    height = 26.0
    if not observed:
        return Sparkline(width, height, "", None, None, title)
    days = [day for day, _ in observed]
    x = Scale(min(min(days), max(days) - 1), max(days), 2, width - 5)
    values = [value for _, value in observed]
    middle, half = (max(values) + min(values)) / 2, max((max(values) - min(values)) / 2, 0.15)
    y = Scale(middle - half, middle + half, height - 4, 4)
    drawn = [(x(day), y(value)) for day, value in observed]
    return Sparkline(
        width, height, path(drawn), x.within(onset_day) if onset_day is not None else None, drawn[-1], title
    )


def onset_band(frame: Frame, *, with_label: bool = True) -> Band | None:
    """When it began, as an interval; at least three pixels, so that a sure onset is still seen."""
    if not frame.onset:
        return None
    start, end = frame.days.within(frame.onset.low), frame.days.within(frame.onset.high)
    if end - start < 3:
        start = max(frame.left, start - 1.5)
        end = start + 3
    label = frame.onset.label if with_label else ""
    is_left = start - frame.left > 7 * len(label)  # enough room for the label on the left of the band
    return Band(round(start, 1), round(end - start, 1), label, start - 5 if is_left else end + 5,
                "end" if is_left else "start")  # fmt: skip


def _far_from_expected(change: float) -> str:
    """14 points below."""
    return f"{words.count(abs(round(100 * change)), 'point')} {'below' if change < 0 else 'above'}"


def _flag_line(frame: Frame, flagged_day: float | None, label: str) -> Tick | None:
    if flagged_day is None:
        return None
    at = frame.days.within(flagged_day)
    return Tick(at, label, "start" if frame.width - at > 110 else "end")


def _to_edges(drawn: Sequence, frame: Frame) -> list:
    return [(frame.left, drawn[0][1]), *drawn, (frame.right, drawn[-1][1])]


def _apart(expected: Level | None, seen: Level | None) -> tuple[Level | None, Level | None]:
    """Moves two labels apart where they would touch."""

    def moved(level: Level, by: float) -> Level:
        return Level(level.start, level.end, level.y, level.label, level.label_y + by)

    if expected is None or seen is None or abs(expected.y - seen.y) >= 16:
        return expected, seen
    above = expected.y <= seen.y
    push = (16 - abs(expected.y - seen.y)) / 2
    return moved(expected, -push if above else push), moved(seen, push if above else -push)
