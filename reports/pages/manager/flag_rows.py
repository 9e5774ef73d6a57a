"""Flags as rows: what a sentence, a symbol and a small chart need of each."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Substr

from audits.models import Section, Standard, Version
from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Reading
from reports.detection.views.control_chart import LocationSeries, charts_of, location_series
from reports.models import DriftFlag, LocationResult
from reports.pages.charts import time_charts
from reports.pages.scope import Scope
from reports.pages.sentences import signals, words
from reports.pages.sentences.moved import Moved
from reports.pages.sentences.sureness import drop, how_sure, such_flags

Direction = DriftFlag.Direction
Comparison = DriftFlag.Comparison
UNEVEN = "consistency"
SECTION = "section:"
CHART_DAYS = 190
DAYS_BEFORE_ONSET = 120
MOST_READINGS = 2000

SYMBOLS = {
    "decline": "Decline",
    "blind": "Decline that the reported numbers do not show",
    "improve": "Improvement",
    "reported": "Customers less satisfied, service as before",
    "control": "Steady",
    "few": "Not enough visits",
    "unjudged": "Visited, not yet judged",
}
"""What each symbol means, for those who do not see it."""


def state_of(*, direction: str | None, comparison: str, n_more_needed: int) -> str:
    """The one word that picks a store's symbol; `direction` is that of its open flag."""
    if direction == Direction.DECLINE:
        return "blind" if comparison == Comparison.BLIND_SPOT else "decline"
    if direction == Direction.IMPROVEMENT:
        return "improve"
    if n_more_needed:
        return "few"
    return "reported" if comparison == Comparison.REPORTED_ONLY else "control"


@dataclass(frozen=True)
class FlagRow:
    """beside : its `comparison`; of an improvement, whether the store's reported numbers fall all the same.
    moved : None where there are no readings since it began."""

    location_id: int
    location: str
    region: str
    channel: str
    channel_name: str
    direction: str
    comparison: str
    beside: str
    metric: str
    metric_id: int | None
    since: date
    since_low: date
    since_high: date
    flagged_on: date
    seen: float
    expected: float
    evidence: float
    chance: float | None
    drop: float | None
    is_new: bool
    n_visits: int
    lead_days: int | None
    moved: Moved | None
    today: date
    chart: time_charts.LeadChart | None = None

    @property
    def state(self) -> str:
        return state_of(direction=self.direction, comparison=self.comparison, n_more_needed=0)

    @property
    def symbol_title(self) -> str:
        return SYMBOLS[self.state]

    @cached_property
    def sentence(self) -> signals.Sentence:
        return signals.flag(
            direction=self.direction,
            channel=self.channel,
            seen=self.seen,
            expected=self.expected,
            since=self.since,
            today=self.today,
            comparison=self.comparison,
            metric=self.metric,
            lead_days=self.lead_days,
            moved=self.moved,
        )

    @property
    def sureness(self) -> str:
        """3 in 4 such flags are real · 14 visits"""
        return " · ".join(part for part in (such_flags(self.chance), words.count(self.n_visits, "visit")) if part)

    @property
    def how_sure(self) -> str:
        return how_sure(self.chance)

    @property
    def drop_text(self) -> str:
        return drop(
            direction=self.direction, channel=self.channel, seen=self.seen, expected=self.expected, drop=self.drop
        )

    @property
    def evidence_text(self) -> str:
        return words.evidence_briefly(self.evidence)

    @property
    def seen_text(self) -> str:
        return signals.figure(channel=self.channel, share=self.seen)

    @property
    def expected_text(self) -> str:
        return signals.figure(channel=self.channel, share=self.expected)

    @property
    def weeks(self) -> int:
        """Since it began; the first one counts as one."""
        return max(words.whole_weeks((self.today - self.since).days), 1)

    @property
    def is_unmoved(self) -> bool:
        """As `unmoved` finds them."""
        is_silent = self.comparison == Comparison.WAITING and self.moved is not None
        return is_silent or self.comparison == Comparison.BLIND_SPOT

    @property
    def age_text(self) -> str:
        return words.count(self.weeks, "week")

    @property
    def change_text(self) -> str:
        return signals.change(channel=self.channel, seen=self.seen, expected=self.expected)

    @property
    def since_text(self) -> str:
        return words.short_day(self.since, beside=self.today)

    @property
    def reading(self) -> str:
        return signals.reading(
            state=self.state, comparison=self.beside, n_more_needed=0, has_readings=self.moved is not None
        )


def open_flags(scope: Scope) -> QuerySet[DriftFlag]:
    """Of open stores: what is new since last Monday first, declines before improvements, each by expected loss.

    Each with the title of its section, if it is of one, and whether its store's numbers fall without a decline.
    """
    falling = LocationResult.objects.filter(
        standard=scope.standard, location=OuterRef("location"), comparison=Comparison.REPORTED_ONLY
    )
    found = DriftFlag.objects.visible_to(scope.user).open().filter(standard=scope.standard)
    found = found.filter(location__in=scope.open_locations()).annotate(
        section_title=section_title(scope.standard),
        of_store=Coalesce(Subquery(falling.values("comparison")[:1]), Value("")),
        is_new=Case(When(raised_at__gte=scope.last_monday, then=True), default=False),
    )
    return found.select_related("location__region", "metric").order_by("-is_new", "direction", *by_loss(), "pk")


def unmoved(flag: str = "") -> Q:
    """Declines since which numbers were reported and have not moved. `flag` is the way to it, as in `decline__`."""
    is_silent = {f"{flag}comparison": Comparison.WAITING, f"{flag}metric_moved__isnull": False}
    return Q(**{f"{flag}comparison": Comparison.BLIND_SPOT}) | Q(**is_silent)


def by_loss(flag: str = "") -> tuple:
    """The order of flags of one direction: by how far it has moved, times how sure that is; those of an older release
    last, by their evidence. `flag` is the way to it, as in `decline__`."""
    loss = F(f"{flag}drop") * F(f"{flag}chance")
    return loss.desc(nulls_last=True), F(f"{flag}evidence").desc(nulls_last=True)


def section_title(standard: Standard | None, *, channel: str = "channel") -> Subquery:
    """That which `section_titles` gives a flag's section."""
    key = Substr(OuterRef(channel), len(SECTION) + 1)
    sections = Section.objects.filter(version__standard=standard, key=key).exclude(version__state=Version.State.DRAFT)
    return Subquery(sections.order_by("-version__number").values("title")[:1])


def titles_of(channel: str, title: str | None) -> dict[str, str]:
    """As `section_titles` has them, where the title of the one section was read with its flag."""
    return {channel.removeprefix(SECTION): title} if title else {}


def listed_flag(flag, *, today: date) -> FlagRow:
    """`flag` comes from `open_flags`."""
    return flag_row(flag, titles=titles_of(flag.channel, flag.section_title), today=today)


def flag_row(flag: DriftFlag, *, titles: dict[str, str], today: date) -> FlagRow:
    def local(when: datetime) -> date:
        return when.astimezone(flag.location.zone).date()

    return FlagRow(
        location_id=flag.location_id,
        location=flag.location.name,
        region=flag.location.region.name,
        channel=flag.channel,
        channel_name=signals.channel_name(flag.channel, titles),
        direction=flag.direction,
        comparison=flag.comparison,
        beside=flag.comparison or getattr(flag, "of_store", ""),
        metric=flag.metric.name if flag.metric else "",
        metric_id=flag.metric_id,
        since=local(flag.onset_at),
        since_low=local(flag.onset_low),
        since_high=local(flag.onset_high),
        flagged_on=local(flag.flagged_at),
        seen=flag.seen,
        expected=flag.expected,
        evidence=flag.evidence,
        chance=flag.chance,
        drop=flag.drop,
        is_new=getattr(flag, "is_new", False),
        n_visits=flag.n_visits,
        lead_days=flag.lead_days,
        moved=_moved(flag),
        today=today,
    )


def _moved(flag: DriftFlag) -> Moved | None:
    by, low, high = flag.metric_moved, flag.metric_moved_low, flag.metric_moved_high
    return None if by is None or low is None or high is None else Moved(by, low, high, flag.metric_lag_weeks)


def rows_with_charts(scope: Scope, flags: list[DriftFlag]) -> list[FlagRow]:
    """The few flags that lead the report, each with what was observed in its channel above what was reported."""
    if scope.standard is None or not flags:
        return []
    reported = _reported(scope, flags)
    charts = charts_of(scope.standard, [flag.location_id for flag in flags])
    rows = []
    for flag in flags:
        row = listed_flag(flag, today=scope.today)
        channel = "overall" if flag.channel == UNEVEN else flag.channel
        observed, expected = _observed(flag, scope, location_series(charts.get(flag.location_id), channel))
        chart = _lead_chart(row, observed, expected, reported.get(flag.location_id, []))
        rows.append(replace(row, chart=chart))
    return rows


def _observed(
    flag: DriftFlag, scope: Scope, series: LocationSeries | None
) -> tuple[list[tuple[float, float]], float]:
    """(ordinal day, share) of the flag's channel from a while before the onset, and the share expected.

    Unevenness is no share: there it is all moments, whose level may not have moved.
    """
    if series is None:
        return [], flag.expected
    first = _first_day(flag, scope)
    days = [day_number(when, flag.location) for when in series.times]
    seen = zip(days, series.values, strict=True)
    shown = [(day, min(max(value, 0.0), 1.0)) for day, value in seen if value is not None and day >= first]
    expected = next((each for each in reversed(series.expected) if each is not None), flag.expected)
    return shown, expected


def _first_day(flag: DriftFlag, scope: Scope) -> int:
    onset = flag.onset_at.date() - timedelta(days=DAYS_BEFORE_ONSET)
    return min(scope.today - timedelta(days=CHART_DAYS), onset).toordinal()


def day_number(when: datetime, location: Location) -> float:
    """The day, with a fraction, on the clock of the place."""
    local = when.astimezone(location.zone)
    return local.date().toordinal() + (local.hour * 60 + local.minute) / 1440


def chart_points(points: list) -> list[tuple[float, float]]:
    """A result's points as (ordinal day, share)."""
    return [(time_charts.EPOCH + day, share) for day, share in points if share is not None]


def _lead_chart(
    row: FlagRow, observed: list[tuple[float, float]], expected: float, reported: list[tuple[float, float]]
) -> time_charts.LeadChart | None:
    if len(observed) < 2:
        return None
    shown = [(day, value) for day, value in reported if observed[0][0] <= day <= observed[-1][0] + 7]
    with_metric = f" Below it, {signals.reported_name(row.metric)}." if shown else ""
    return time_charts.lead_chart(
        observed,
        shown if len(shown) > 1 else [],
        expected=expected,
        onset=time_charts.Onset(
            row.since.toordinal(), row.since_low.toordinal(), row.since_high.toordinal(), f"since {row.since_text}"
        ),
        title=f"{row.location}, execution per visit",
        description=f"{row.sentence}{with_metric}",
    )


def _reported(scope: Scope, flags: Iterable[DriftFlag]) -> dict[int, list[tuple[float, float]]]:
    """The readings that each flag was compared with, by location: (ordinal day, value)."""
    wanted = Q(pk=None)
    for flag in flags:
        if flag.metric_id:
            first = date.fromordinal(_first_day(flag, scope))
            wanted |= Q(location=flag.location_id, metric=flag.metric_id, period_end__gte=first)
    readings = Reading.objects.visible_to(scope.user, READS_RESULTS).filter(wanted, period_start__lte=scope.today)
    readings = readings.order_by("-period_start")
    found: dict[int, list[tuple[float, float]]] = {}
    for reading in readings[:MOST_READINGS]:
        found.setdefault(reading.location_id, []).append((middle_of(reading), reading.value))
    return {location: values[::-1] for location, values in found.items()}


def middle_of(reading: Reading) -> float:
    """Where a period's value stands on the time axis."""
    return (reading.period_start.toordinal() + reading.period_end.toordinal() + 1) / 2
