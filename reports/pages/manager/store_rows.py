"""The stores of a page as rows: each with its state after the last judgement, or with the visit that awaits one."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from audits.models import Visit
from locations.models import Location
from reports.models import LocationResult
from reports.pages.charts import time_charts
from reports.pages.manager.attribution import briefly
from reports.pages.manager.flag_rows import (
    SYMBOLS,
    Comparison,
    Direction,
    FlagRow,
    by_loss,
    chart_points,
    flag_row,
    section_title,
    state_of,
    titles_of,
)
from reports.pages.scope import Scope
from reports.pages.sentences import signals, words

STEADY = "control"
UNJUDGED = "unjudged"
ORDERS = {"severity": "Severity", "name": "Store", "level": "Level", "visits": "Visits"}


@dataclass(frozen=True)
class StoreRow:
    """A store's line in the table. level, expected and change are of one thing, which `moment` names."""

    location_id: int
    name: str
    code: str
    region: str
    state: str
    reading: str
    moment: str = ""
    level: str = ""
    expected: str = ""
    change: str = ""
    since: str = ""
    reported: str = ""
    n_visits: int | None = None
    sparkline: time_charts.Sparkline | None = None

    @property
    def symbol_title(self) -> str:
        return SYMBOLS[self.state]


def with_results(locations: QuerySet[Location], scope: Scope) -> QuerySet[Location]:
    """Each beside its `result` and its open flags, `decline` and `improvement`, at most one each."""
    flags = {
        direction.value: FilteredRelation(
            "drift_flags",
            condition=Q(
                drift_flags__standard=scope.standard, drift_flags__closed_at=None, drift_flags__direction=direction
            ),
        )
        for direction in Direction
    }
    result = FilteredRelation("results", condition=Q(results__standard=scope.standard))
    return locations.annotate(result=result, **flags)


def visits_of_store(scope: Scope) -> QuerySet[Visit]:
    """Those of the location of the query outside that are or will be judged, the latest first."""
    made = Visit.objects.filter(
        location=OuterRef("pk"), version__standard=scope.standard, started_at__lte=scope.as_of
    )
    return made.filter(excluded_at=None, returned_at=None).order_by("-started_at")


def listed(scope: Scope, order: str) -> QuerySet[Location]:
    """The open stores that were judged or visited, for `store_rows`."""
    found = to_rows(scope.open_locations(), scope)
    return _ordered(found.filter(Q(result__isnull=False) | Exists(visits_of_store(scope))), order)


def to_rows(locations: QuerySet[Location], scope: Scope) -> QuerySet[Location]:
    """With all that `store_rows` needs, read in one query."""
    titles = {
        f"{direction}_section": section_title(scope.standard, channel=f"{direction}__channel")
        for direction in Direction
    }
    related = ("region", "result", *(f"{direction}__metric" for direction in Direction))
    seen_at = Subquery(visits_of_store(scope).values("started_at")[:1])
    return with_results(locations, scope).annotate(seen_at=seen_at, **titles).select_related(*related)


def _ordered(found: QuerySet[Location], order: str) -> QuerySet[Location]:
    if order == "name":
        return found.order_by("name", "pk")
    if order == "level":
        return found.order_by(F("result__level").asc(nulls_last=True), "name", "pk")
    if order == "visits":
        return found.order_by(F("result__n_visits").desc(nulls_last=True), "name", "pk")
    rank = Case(
        When(decline__isnull=False, then=Value(0)),
        When(improvement__isnull=False, then=Value(1)),
        When(result__isnull=True, then=Value(4)),
        When(result__n_more_needed__gt=0, then=Value(5)),
        When(result__comparison=Comparison.REPORTED_ONLY, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    loss = [each for direction in Direction for each in by_loss(f"{direction}__")]
    return found.annotate(rank=rank).order_by("rank", *loss, "name", "pk")


def store_rows(places: list[Location], scope: Scope) -> list[StoreRow]:
    """`places` come from `to_rows`. Where a share moved and no flag was raised, the row says why: two queries."""
    rows = [_row(place, scope) for place in places]
    calm = [row.location_id for row in rows if row.state == STEADY]
    why = briefly(scope.fitted, calm) if scope.fitted else {}
    return [
        replace(row, reading=f"{row.reading}: {why[row.location_id]}") if row.location_id in why else row
        for row in rows
    ]


def _row(place: Any, scope: Scope) -> StoreRow:
    """`place` comes from `to_rows`; a related row that is not there leaves no attribute."""
    today = scope.today
    result: LocationResult | None = getattr(place, "result", None)
    named: dict[str, Any] = {
        "location_id": place.pk,
        "name": place.name,
        "code": place.code,
        "region": place.region.name,
    }
    if result is None:
        return StoreRow(**named, state=UNJUDGED, reading=_not_judged(place, today))
    flag = _open_flag(place, today)
    comparison = (flag.comparison if flag else "") or result.comparison
    state = state_of(
        direction=flag.direction if flag else None, comparison=comparison, n_more_needed=result.n_more_needed
    )
    reading = signals.reading(
        state=state,
        comparison=comparison,
        n_more_needed=result.n_more_needed,
        n_until_found=n_until_found(result, scope),
        has_readings=bool(flag and flag.moved),
    )
    sure = flag.how_sure if flag else ""
    figures = _figures(flag) if flag else _usual(result)
    since = flag.since_text if flag else ""
    return StoreRow(
        **named,
        **figures,
        state=state,
        reading=f"{reading} · {sure}" if sure else reading,
        since=since,
        reported=signals.reported_trend(result.reported),
        n_visits=result.n_visits,
        sparkline=time_charts.sparkline(
            chart_points(result.points),
            title=f"All moments lately{', began about ' + since if since else ''}",
            onset_day=flag.since.toordinal() if flag else None,
        ),
    )


def n_until_found(result: LocationResult, scope: Scope) -> int | None:
    """How many more visits until a large drop is as likely flagged as not; None where there are enough for a flag, or
    where the last run cannot tell."""
    if not result.n_more_needed or scope.finding is None:
        return None
    found = scope.finding.more_visits(result.n_visits)
    return None if found is None else max(found, result.n_more_needed)


def _open_flag(place: Any, today: date) -> FlagRow | None:
    """A decline before an improvement."""
    for direction in Direction:
        flag = getattr(place, direction.value, None)
        if flag is not None:
            flag.location = place
            titles = titles_of(flag.channel, getattr(place, f"{direction}_section"))
            return flag_row(flag, titles=titles, today=today)
    return None


def _figures(flag: FlagRow) -> dict[str, Any]:
    return {
        "moment": flag.channel_name,
        "level": flag.seen_text,
        "expected": flag.expected_text,
        "change": flag.change_text,
    }


def _usual(result: LocationResult) -> dict[str, Any]:
    if result.level_low is None or result.level_high is None:
        return {}
    return {"moment": signals.WHOLE, "level": words.interval(result.level_low, result.level_high)}


def _not_judged(place: Any, today: date) -> str:
    seen = place.seen_at.astimezone(place.zone).date() if place.seen_at else None
    return f"visited on {words.short_day(seen, beside=today)}, not yet judged" if seen else "not visited yet"
