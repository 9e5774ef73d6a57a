"""Stores that look best in their reported numbers and worst when visited, within their region."""

from dataclasses import dataclass

from django.core.paginator import Page

from locations.models import Metric, Region
from reports.models import LocationResult
from reports.pages.paging import page_of
from reports.pages.scope import Scope
from reports.pages.sentences import words

STORES_A_PAGE = 10
BY_CHANCE = "In each number, one store in 16 would stand there by chance."


@dataclass(frozen=True)
class DisagreementRow:
    location_id: int
    name: str
    region: str
    metric: str
    reported: str
    observed: str
    n_others: int


@dataclass(frozen=True)
class Disagreements:
    headline: str
    rows: Page
    not_compared: str


def disagreements(scope: Scope, *, page: str = "") -> Disagreements | None:
    """Those of the page's region, the most numbers first; None when there are none. Five queries, however many."""
    if scope.standard is None:
        return None
    found = LocationResult.objects.visible_to(scope.user).filter(
        standard=scope.standard, location__in=scope.locations(), n_disagreements__gt=0
    )
    found = found.select_related("location").order_by("-n_disagreements", "location__name", "pk")
    rows = page_of(found, number=page, size=STORES_A_PAGE, rows=_rows)
    if not rows.paginator.count:
        return None
    return Disagreements(_headline(rows.paginator.count), rows, _not_compared(scope))


def sentence(result: LocationResult | None) -> str:
    """Of one store: where it stands in the number that differs most; blank when none does."""
    if result is None or not result.disagreements:
        return ""
    row = _rows([result])[0]
    more = ""
    if row.n_others:
        plural = "" if row.n_others == 1 else "s"
        more = f" The same holds for {words.number(row.n_others)} other number{plural}."
    return (
        f"In {row.region} this store is {row.reported} in “{row.metric}” as reported, and {row.observed} as "
        f"observed: the number may not see what visits see.{more}"
    )


def _headline(n: int) -> str:
    stores, stand, their = ("store", "stands", "its") if n == 1 else ("stores", "stand", "their")
    return (
        f"{words.capital(words.number(n))} {stores} {stand} in the best reported quarter and the worst observed "
        f"quarter of {their} region, by at least one number."
    )


def _not_compared(scope: Scope) -> str:
    """“Overall stars” is not independent of the visits; …"""
    reasons = scope.run.levels_not_compared if scope.run else []
    return "; ".join(f"“{name}” {reason}" for name, reason in reasons)


def _rows(results: list[LocationResult]) -> list[DisagreementRow]:
    widest = [result.disagreements[0] for result in results]
    names = dict(Metric.objects.filter(key__in={row["metric"] for row in widest}).values_list("key", "name"))
    regions = dict(Region.objects.filter(pk__in={row["region"] for row in widest}).values_list("pk", "name"))
    return [
        DisagreementRow(
            location_id=result.location_id,
            name=result.location.name,
            region=regions.get(row["region"], "its region"),
            metric=names.get(row["metric"], row["metric"]),
            reported=_place(row["reported_rank"], row["n"]),
            observed=_place(row["observed_rank"], row["n"]),
            n_others=len(result.disagreements) - 1,
        )
        for result, row in zip(results, widest, strict=True)
    ]


def _place(rank: int, n: int) -> str:
    """Number 3 of 41."""
    return f"number{words.NBSP}{rank:,} of{words.NBSP}{n:,}"
