"""Scales, ticks and paths: from days and values to pixels. Time runs in proleptic ordinals with a fraction."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from reports.pages.sentences import words

Point = tuple[float, float | None]


@dataclass(frozen=True)
class Scale:
    """Maps low..high to start..end in a straight line; start may lie below end, as on a page."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 1)

    def within(self, value: float) -> float:
        """Like a call, but what lies outside is drawn at the edge."""
        return self(min(max(value, self.low), self.high))


@dataclass(frozen=True)
class Tick:
    at: float
    label: str
    anchor: str = "middle"


def path(points: Iterable[Point]) -> str:
    """An SVG path through the points; a missing one breaks the line."""
    steps, pen = [], "M"
    for x, y in points:
        if y is None or math.isnan(y):
            pen = "M"
            continue
        steps.append(f"{pen}{x:g} {y:g}")
        pen = "L"
    return "".join(steps)


def ribbon(upper: Sequence[tuple[float, float]], lower: Sequence[tuple[float, float]]) -> str:
    """A closed path between two lines."""
    return f"{path(upper)}{path(reversed(lower)).replace('M', 'L', 1)}Z" if upper else ""


def percent_scale(
    shares: Iterable[float], *, top: float, bottom: float, least: float = 30
) -> tuple[Scale, list[Tick]]:
    """Whole tens around the shares, at least `least` points and never beyond 0..100, with four to seven ticks."""
    found = [100 * share for share in shares if share is not None and not math.isnan(share)]
    low = max(0, math.floor((min(found, default=50) - 1) / 10) * 10)
    high = min(100, math.ceil((max(found, default=80) + 1) / 10) * 10)
    while high - low < least:
        low, high = max(0, low - 10), min(100, high + 10)
    step = 10 if high - low <= 60 else 20
    scale = Scale(low, high, bottom, top)
    return scale, [Tick(scale(value), str(value)) for value in range(math.ceil(low / step) * step, high + 1, step)]


def nice_scale(
    values: Sequence[float], *, top: float, bottom: float, most: int = 2, ceiling: float | None = None
) -> tuple[Scale, list[Tick]]:
    """Round ticks around the values. A metric is never magnified beyond a fifth of its size: flat looks flat."""
    low, high = min(values), max(values)
    short = (0.2 * max(abs(low), abs(high)) or 1.0) - (high - low)
    if short > 0:
        low, high = low - short / 2, high + short / 2
    raw = (high - low) / most
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= raw)
    first, last = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if ceiling is not None and max(values) <= ceiling < last:
        last = ceiling
    if min(values) >= 0 > first:
        first = 0.0
    scale = Scale(first, last, bottom, top)
    n = math.floor((last - first) / step + 1e-9)
    return scale, [Tick(scale(first + i * step), words.quantity(first + i * step)) for i in range(n + 1)]


def time_ticks(days: Scale, *, spacing: float = 72) -> list[Tick]:
    """First days of months, or of years where months would crowd; January carries its year."""
    months = max((days.high - days.low) / 30.44, 0.1)
    room = max(int(abs(days.end - days.start) // spacing), 1)
    step = next((n for n in (1, 2, 3, 6, 12, 24, 60, 120) if months / n <= room), 240)
    first = date.fromordinal(math.ceil(days.low))
    month = first.year * 12 + first.month - 1 + (first.day > 1)
    month += -month % step
    ticks: list[Tick] = []
    while True:
        when = date(month // 12, month % 12 + 1, 1)
        if when.toordinal() > days.high:
            break
        if step >= 12:
            label = str(when.year)
        else:
            is_first = not ticks or when.month <= step
            label = f"{when:%b}{words.NBSP}{when.year}" if is_first else f"{when:%b}"
        ticks.append(Tick(days(when.toordinal()), label, "start"))
        month += step
    if not ticks:  # a few weeks within one month
        when = date.fromordinal(math.ceil(days.low))
        ticks.append(Tick(days(math.ceil(days.low)), words.short_day(when), "start"))
    return ticks
