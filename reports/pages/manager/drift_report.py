"""The drift report: which stores need somebody, then all flags, then all stores."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce

from locations.models import Location
from reports.models import LocationResult, Tally
from reports.models.runs import able_to_flag
from reports.pages.charts import time_charts
from reports.pages.manager.attribution import briefly
from reports.pages.manager.critical_failures import CriticalFailure, critical_failures
from reports.pages.manager.flag_rows import (
    SYMBOLS,
    Comparison,
    Direction,
    FlagRow,
    chart_points,
    listed_flag,
    open_flags,
    rows_with_charts,
    state_of,
)
from reports.pages.paging import page_of
from reports.pages.scope import Scope
from reports.pages.sentences import headlines, signals, words
from reports.pages.sentences.headlines import OpenDeclines
from reports.pages.sentences.sureness import how_sure

STEADY = "control"
N_LEADS = 3
FLAGS_A_PAGE = 25
STORES_A_PAGE = 50
RECENT = timedelta(days=28)
UNMOVED = (Comparison.BLIND_SPOT, Comparison.WAITING)
KINDS = {
    "n_declines": Q(direction=Direction.DECLINE),
    "n_improvements": Q(direction=Direction.IMPROVEMENT),
}
ORDERS = {"severity": "Severity", "name": "Store", "level": "Level", "visits": "Visits"}


@dataclass(frozen=True)
class StoreRow:
    """A store's line in the table."""

    location_id: int
    name: str
    code: str
    region: str
    state: str
    level: str
    change: str
    since: str
    reported: str
    reading: str
    n_visits: int
    sparkline: time_charts.Sparkline

    @property
    def symbol_title(self) -> str:
        return SYMBOLS[self.state]


@dataclass(frozen=True)
class Flags:
    """The open ones: `n` of them, those that are new and lead the report, and a page of all where there are more."""

    declines: OpenDeclines
    n_improvements: int
    n: int
    leads: list[FlagRow]
    rows: Page | None


@dataclass(frozen=True)
class DriftReport:
    scope: Scope
    headline: str
    facts: str
    n_stores: int
    n_disagreeing: int
    n_flags: int
    leads: list[FlagRow]
    flags: Page | None
    critical: list[CriticalFailure]
    stores: Page | None
    order: str

    @property
    def has_figures(self) -> bool:
        return self.n_stores > 0


def drift_report(
    scope: Scope, *, flags_page: str = "", stores_page: str = "", order: str = "severity"
) -> DriftReport:
    """Everything on the page; the number of queries does not depend on how many stores there are."""
    order = order if order in ORDERS else "severity"
    if scope.standard is None or scope.run is None:
        return DriftReport(scope, "", "", 0, 0, 0, [], None, [], None, order)
    results = LocationResult.objects.visible_to(scope.user).filter(
        standard=scope.standard, location__in=scope.locations()
    )
    counts = results.aggregate(
        n_stores=Count("pk"),
        n_able=Count("pk", filter=able_to_flag(scope.run)),
        n_disagreeing=Count("pk", filter=Q(n_disagreements__gt=0)),
        n_visits=Max(_n_visits_lately(scope)),
        last_visit_at=Max("last_visit_at"),
        n_open=Max(_counted(_open_stores(scope))),
        n_never=Max(_counted(_open_stores(scope).exclude(Exists(_visits_at(OuterRef("pk"), scope))))),
        n_unjudged=Max(_counted(_unjudged(scope))),
    )
    flags = _flags(scope, flags_page)
    return DriftReport(
        scope=scope,
        headline=_headline(flags, counts),
        facts=_facts(scope, counts),
        n_stores=counts["n_stores"],
        n_disagreeing=counts["n_disagreeing"],
        n_flags=flags.n,
        leads=flags.leads,
        flags=flags.rows,
        critical=[] if flags_page or stores_page else critical_failures(scope),
        stores=_store_rows(scope, results, stores_page, order, counts["n_stores"]),
        order=order,
    )


def _n_visits_lately(scope: Scope) -> Subquery:
    """The visits of the last four weeks: one number, the same beside every result."""
    tallies = Tally.objects.filter(
        location__in=scope.locations(),
        version__standard=scope.standard,
        is_excluded=False,
        started_at__gt=scope.as_of - RECENT,
        started_at__lte=scope.as_of,
    )
    return Subquery(tallies.order_by().values("version__standard").annotate(n=Count("pk")).values("n"))


def _open_stores(scope: Scope) -> QuerySet[Location]:
    return scope.locations().filter(Q(closed_on=None) | Q(closed_on__gt=scope.today))


def _visits_at(location: OuterRef, scope: Scope) -> QuerySet[Tally]:
    return Tally.objects.filter(location=location, version__standard=scope.standard, is_excluded=False)


def _unjudged(scope: Scope) -> QuerySet[Location]:
    """Stores that were visited, and that no scan has covered yet."""
    results = LocationResult.objects.filter(location=OuterRef("pk"), standard=scope.standard)
    return scope.locations().filter(Exists(_visits_at(OuterRef("pk"), scope))).exclude(Exists(results))


def _counted(locations: QuerySet[Location]) -> Coalesce:
    """A number beside every result, as part of another query."""
    alike = locations.order_by().annotate(alike=Value(1)).values("alike")
    return Coalesce(Subquery(alike.annotate(n=Count("pk")).values("n")), 0)


def _headline(flags: Flags, counts: dict) -> str:
    """Who needs somebody; where hardly any store was ever visited, that first."""
    unseen = {"n_open": counts["n_open"] or 0, "n_never": counts["n_never"] or 0}
    first = headlines.coverage(**unseen, n_unjudged=0) if headlines.is_mostly_unseen(**unseen) else ""
    said = headlines.headline(
        declines=flags.declines, n_improvements=flags.n_improvements, n_able=counts["n_able"] or 0
    )
    return f"{first} {said}".strip()


def _facts(scope: Scope, counts: dict) -> str:
    """24 stores, 61 visits in four weeks. …"""
    n_stores, last = counts["n_stores"] or 0, counts["last_visit_at"]
    unseen = {"n_open": counts["n_open"] or 0, "n_never": counts["n_never"] or 0}
    n_never = 0 if headlines.is_mostly_unseen(**unseen) else unseen["n_never"]
    parts = [
        headlines.visits_lately(
            n_stores=n_stores,
            n_visits=counts["n_visits"] or 0,
            weeks_without=(scope.as_of - last).days // 7 if last else None,
        ),
        headlines.coverage(n_open=unseen["n_open"], n_never=n_never, n_unjudged=counts["n_unjudged"] or 0),
        signals.expected_false_flags(
            per_location_year=scope.expected_false_alarms_per_year,
            n_able=counts["n_able"] or 0,
            n_locations=n_stores,
            least_visits=scope.run.least_visits if scope.run else 0,
        ),
        signals.chain_movement(scope.run.chain_movement if scope.run else None),
    ]
    return " ".join(part for part in parts if part)


def _flags(scope: Scope, page: str) -> Flags:
    """One query; two where another page than the first is asked for."""
    found = open_flags(scope)
    kinds = {name: Window(Count("pk", filter=kind)) for name, kind in KINDS.items()}
    kinds["n_new"] = Window(Count("pk", filter=Q(direction=Direction.DECLINE, is_new=True)))
    first: list[Any] = list(found.annotate(**kinds)[:FLAGS_A_PAGE])
    counts = {name: getattr(first[0], name) if first else 0 for name in kinds}
    n_flags = counts["n_declines"] + counts["n_improvements"]
    new = [flag for flag in first[:N_LEADS] if flag.direction == Direction.DECLINE and flag.is_new]
    leads = rows_with_charts(scope, new)
    rows = None
    if n_flags > len(leads):
        rows = page_of(
            found,
            number=page,
            size=FLAGS_A_PAGE,
            rows=lambda flags: [listed_flag(flag, today=scope.today) for flag in flags],
            count=n_flags,
            first=first,
        )
    return Flags(_declines(scope, first, counts), counts["n_improvements"], n_flags, leads, rows)


def _declines(scope: Scope, listed: list[Any], counts: dict[str, int]) -> OpenDeclines:
    """listed : the first ones; the weeks of more than a page of flags are not told one by one."""
    declines = [flag for flag in listed if flag.direction == Direction.DECLINE]
    since = {flag.pk: listed_flag(flag, today=scope.today).since for flag in declines}
    weeks = {pk: max(round((scope.today - day).days / 7), 1) for pk, day in since.items()}
    return OpenDeclines(
        n=counts["n_declines"],
        n_new=counts["n_new"],
        weeks=[weeks[flag.pk] for flag in declines if not flag.is_new],
        unmoved=[weeks[flag.pk] for flag in declines if flag.comparison in UNMOVED],
    )


def _store_rows(scope: Scope, results: QuerySet[LocationResult], page: str, order: str, n_stores: int) -> Page:
    return page_of(
        _ordered(results, scope, order),
        number=page,
        size=STORES_A_PAGE,
        rows=lambda found: _with_reasons(scope, store_rows(found, today=scope.today)),
        count=n_stores,
    )


def _with_reasons(scope: Scope, rows: list[StoreRow]) -> list[StoreRow]:
    """Where a share moved and no flag was raised, the row says why."""
    calm = [row.location_id for row in rows if row.state == STEADY]
    why = briefly(scope.fitted, calm) if scope.fitted else {}
    return [
        replace(row, reading=f"{row.reading}: {why[row.location_id]}") if row.location_id in why else row
        for row in rows
    ]


def with_flags(results: QuerySet[LocationResult], scope: Scope) -> QuerySet[LocationResult]:
    """Each result beside its open flags, of which there is at most one per direction."""
    of_standard = Q(location__drift_flags__standard=scope.standard, location__drift_flags__closed_at=None)
    joined = {
        direction.value: FilteredRelation(
            "location__drift_flags", condition=of_standard & Q(location__drift_flags__direction=direction)
        )
        for direction in Direction
    }
    kept = ("evidence", "chance", "drop", "channel", "seen", "expected", "onset_at", "comparison")
    fields = {f"{direction}_{name}": F(f"{direction}__{name}") for direction in joined for name in kept}
    return results.annotate(**joined).annotate(**fields).select_related("location__region")


def _ordered(results: QuerySet[LocationResult], scope: Scope, order: str) -> QuerySet[LocationResult]:
    results = with_flags(results, scope)
    if order == "name":
        return results.order_by("location__name", "pk")
    if order == "level":
        return results.order_by(F("level").asc(nulls_last=True), "location__name", "pk")
    if order == "visits":
        return results.order_by("-n_visits", "location__name", "pk")
    rank = Case(
        When(decline_evidence__isnull=False, then=Value(0)),
        When(improvement_evidence__isnull=False, then=Value(1)),
        When(n_more_needed__gt=0, then=Value(4)),
        When(comparison=Comparison.REPORTED_ONLY, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    strength = (F("decline_evidence").desc(nulls_last=True), F("improvement_evidence").desc(nulls_last=True))
    return results.annotate(rank=rank).order_by("rank", *strength, "location__name", "pk")


def store_rows(results: list[LocationResult], *, today: date) -> list[StoreRow]:
    return [_store_row(result, today=today) for result in results]


def _store_row(result, *, today: date) -> StoreRow:
    """`result` comes from `with_flags`."""
    direction = next((each for each in Direction if getattr(result, f"{each}_evidence") is not None), None)
    comparison, change, onset, sureness = result.comparison, "", None, ""
    if direction:
        sureness = how_sure(getattr(result, f"{direction}_chance"))
        sureness = f" · {sureness}" if sureness else ""
        comparison = getattr(result, f"{direction}_comparison")
        figures = {name: getattr(result, f"{direction}_{name}") for name in ("channel", "seen", "expected")}
        change = signals.change(**figures)
        onset = getattr(result, f"{direction}_onset_at").astimezone(result.location.zone).date()
    state = state_of(direction=direction, comparison=comparison, n_more_needed=result.n_more_needed)
    has_level = result.level_low is not None and result.level_high is not None
    since = words.short_day(onset, beside=today) if onset else ""
    return StoreRow(
        location_id=result.location_id,
        name=result.location.name,
        code=result.location.code,
        region=result.location.region.name,
        state=state,
        level=words.interval(result.level_low, result.level_high) if has_level else "",
        change=change,
        since=since,
        reported=signals.reported_trend(result.reported),
        reading=signals.reading(state=state, comparison=comparison, n_more_needed=result.n_more_needed) + sureness,
        n_visits=result.n_visits,
        sparkline=time_charts.sparkline(
            chart_points(result.points),
            title=f"Execution lately{', began ' + since if since else ''}",
            onset_day=onset.toordinal() if onset else None,
        ),
    )
