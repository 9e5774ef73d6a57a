"""Readings from outside, whichever way they come (API, upload, history): checked row by row, stored once."""

import calendar
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from locations.accounts.roles import WRITES_READINGS
from locations.models import Location, Metric, Reading
from locations.signals import readings_changed

CHUNK = 5_000
"""Rows that one query compares with what is stored."""
UNKNOWN_LOCATION = "no location of yours has this code"
"""Says the same of a code that does not exist and of one outside the user's regions."""


class ReadingRow(NamedTuple):
    location_id: int
    metric_id: int
    period_start: date
    period_end: date
    value: float


class Place(NamedTuple):
    """What a check needs to know of a location."""

    pk: int
    timezone: str


class Problem(NamedTuple):
    """What is wrong with one field; `kind` counts alike sentences together."""

    field: str
    value: object
    message: str
    kind: str = ""


@dataclass(frozen=True)
class Stored:
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


def writable_places(user) -> dict[str, Place]:
    """By code: the locations whose readings `user` may bring in."""
    rows = Location.objects.visible_to(user, WRITES_READINGS).order_by().values_list("code", "pk", "timezone")
    return {code: Place(pk, zone) for code, pk, zone in rows.iterator()}


def known_metrics() -> dict[str, Metric]:
    return {metric.key: metric for metric in Metric.objects.all()}


class ReadingCheck:
    """Turns a row as it was sent into a ReadingRow, or says what is wrong with it.

    `location_field` is what the sender calls the location's code. A period without an end gets the length of the
    metric's cadence.
    """

    def __init__(
        self,
        *,
        places: dict[str, Place],
        metrics: dict[str, Metric],
        location_field: str = "location_id",
        now: datetime | None = None,
    ) -> None:
        self.places, self.metrics, self.location_field = places, metrics, location_field
        self.now = now or timezone.now()
        self._today: dict[str, date] = {}

    def __call__(self, location, metric, period_start, period_end, value) -> tuple[ReadingRow | None, list[Problem]]:
        problems: list[Problem] = []
        place = self.places.get(location) if isinstance(location, str) else None
        if place is None:
            problems.append(Problem(self.location_field, location, UNKNOWN_LOCATION))
        known = self.metrics.get(metric) if isinstance(metric, str) else None
        if known is None:
            problems.append(Problem("metric", metric, "no metric has this key"))
        start = _day("period_start", period_start, problems)
        end = _day("period_end", period_end, problems) if period_end not in (None, "") else None
        number = _number(value, problems)
        if start and end and end < start:
            problems.append(Problem("period_end", period_end, "lies before period_start"))
        if start and place:
            latest = end or start
            if latest > self._today_at(place.timezone):
                field, sent = ("period_end", period_end) if end else ("period_start", period_start)
                problems.append(Problem(field, sent, "lies in the future"))
        if known and number is not None and (reason := known.why_implausible(number)):
            problems.append(Problem("value", value, reason, "implausible"))
        if problems or not (place and known and start and number is not None):
            return None, problems
        return ReadingRow(place.pk, known.pk, start, end or end_of_period(start, known.cadence), number), []

    def _today_at(self, zone: str) -> date:
        if zone not in self._today:
            self._today[zone] = self.now.astimezone(ZoneInfo(zone)).date()
        return self._today[zone]


def end_of_period(start: date, cadence: str) -> date:
    """The last day of a period that begins on `start`.

    >>> end_of_period(date(2026, 1, 31), "monthly")
    datetime.date(2026, 2, 27)
    """
    days = {Metric.Cadence.DAILY: 1, Metric.Cadence.WEEKLY: 7}.get(cadence)  # type: ignore[call-overload]
    if days:
        return start + timedelta(days=days - 1)
    months = {Metric.Cadence.MONTHLY: 1, Metric.Cadence.QUARTERLY: 3}.get(cadence, 12)  # type: ignore[call-overload]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day) - timedelta(days=1)


def _day(field: str, value, problems: list[Problem]) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        problems.append(Problem(field, "" if value is None else value, "is no date: write it as YYYY-MM-DD"))
        return None


def _number(value, problems: list[Problem]) -> float | None:
    try:
        number = math.nan if isinstance(value, bool) or "_" in str(value) else float(value)  # float takes 1_000
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number):
        return number
    problems.append(Problem("value", "" if value is None else value, "is no number: write it as 12.5"))
    return None


def states(rows: Sequence[ReadingRow]) -> list[str]:
    """For each row whether storing it would bring something "new", "changed" or the "same"."""
    result = [""] * len(rows)
    order = sorted(range(len(rows)), key=lambda index: rows[index][:3])  # alike rows share a query
    for chunk in _chunks(order):
        wanted = [rows[index] for index in chunk]
        stored = Reading.objects.filter(
            location_id__in={row.location_id for row in wanted},
            metric_id__in={row.metric_id for row in wanted},
            period_start__range=(min(row.period_start for row in wanted), max(row.period_start for row in wanted)),
        )
        fields = ("location_id", "metric_id", "period_start", "period_end", "value")
        known = {tuple(row[:3]): tuple(row[3:]) for row in stored.order_by().values_list(*fields)}
        for index, row in zip(chunk, wanted, strict=True):
            there = known.get(row[:3])
            result[index] = "new" if there is None else "same" if there == row[3:] else "changed"
    return result


@transaction.atomic
def store_readings(*, rows: Sequence[ReadingRow]) -> Stored:
    """Store checked rows, each location, metric and period_start at most once among them.

    Storing the same again changes nothing. Sends `readings_changed` when something changed.
    """
    known = states(rows)
    fresh = [row for row, state in zip(rows, known, strict=True) if state != "same"]
    if fresh:
        Reading.objects.bulk_create(
            [Reading(**row._asdict()) for row in fresh],
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["location", "metric", "period_start"],
            update_fields=["period_end", "value"],
        )
        readings_changed.send(sender=Reading, location_ids={row.location_id for row in fresh})
    return Stored(known.count("new"), known.count("changed"), known.count("same"))


def _chunks(items: Iterable[int]) -> Iterator[list[int]]:
    source = iter(items)
    while chunk := list(islice(source, CHUNK)):
        yield chunk
