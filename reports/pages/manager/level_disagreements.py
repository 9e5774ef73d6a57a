"""Stores that look best in their reported numbers and worst when visited, within their region."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import BigIntegerField, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast

from locations.models import Metric, Region
from reports.models import LocationResult
from reports.pages.paging import page_of
from reports.pages.scope import Scope
from reports.pages.sentences import words

STORES_A_PAGE = 10
NO_REGION = "its region"


@dataclass(frozen=True)
class DisagreementRow:
    location_id: int
    name: str
    region: str
    metric: str
    reported: str
    observed: str
    n_others: int
    n_ranked: int


@dataclass(frozen=True)
class Disagreements:
    headline: str
    by_chance: str
    rows: Page
    not_compared: str


def disagreements(scope: Scope, *, n_stores: int, page: str = "") -> Disagreements | None:
    """Those of the page's region, the most numbers first; None when there are none. One query, however many.

    n_stores : how many they are.
    """
    if scope.standard is None or not n_stores:
        return None
    found = LocationResult.objects.visible_to(scope.user).filter(
        standard=scope.standard, location__in=scope.open_locations(), n_disagreements__gt=0
    )
    found = found.annotate(**widest_names()).select_related("location")
    found = found.order_by("-n_disagreements", "location__name", "pk")
    rows = page_of(found, number=page, size=STORES_A_PAGE, rows=_rows, count=n_stores)
    ranked = [row.n_ranked for row in rows]
    return Disagreements(_headline(n_stores), by_chance(ranked), rows, _not_compared(scope))


def widest_names(result: str = "") -> dict[str, Subquery]:
    """What the metric and the region of a result's widest disagreement are called, to annotate it with.

    result : the way to it, as in `result__`, where what is annotated is not a result itself.
    """
    widest = KeyTransform("0", OuterRef(f"{result}disagreements"))
    metrics = Metric.objects.filter(key=KeyTextTransform("metric", widest))
    regions = Region.objects.filter(pk=Cast(KeyTextTransform("region", widest), BigIntegerField()))
    return {
        "widest_metric": Subquery(metrics.values("name")[:1]),
        "widest_region": Subquery(regions.values("name")[:1]),
    }


def sentence(result: LocationResult | None, *, metric: str | None, region: str | None) -> str:
    """Of one store: where it stands in the number that differs most; blank when none does.

    metric, region : from `widest_names`.
    """
    if result is None or not result.disagreements:
        return ""
    widest, n_others = result.disagreements[0], len(result.disagreements) - 1
    more = ""
    if n_others:
        plural = "" if n_others == 1 else "s"
        more = f" The same holds for {words.number(n_others)} other number{plural}."
    return (
        f"In {region or NO_REGION} this store is {_place(widest['reported_rank'], widest['n'])} in "
        f"“{metric or widest['metric']}” as reported, and {_place(widest['observed_rank'], widest['n'])} as "
        f"observed: the number may not see what visits see.{more}"
    )


def by_chance(ranked: Iterable[int]) -> str:
    """How many would stand there were the two rankings strangers: of as many stores as are ranked, a quarter of each.

    A quarter of ten stores that are ranked is three of them, as the one at its edge counts: one store in 11.

    >>> by_chance([12]), by_chance([10, 12])
    ('In each number, one store in 16 would stand there by chance.', 'In each number, one store in 11 to 16 would \
stand there by chance.')
    """
    ratios = sorted({round((n / in_a_quarter(n)) ** 2) for n in ranked})
    if not ratios:
        return ""
    one_in = f"{ratios[0]}" if len(ratios) == 1 else f"{ratios[0]} to {ratios[-1]}"
    return f"In each number, one store in {one_in} would stand there by chance."


def in_a_quarter(n: int) -> int:
    """Of n stores without ties, as `measure.compare.level_blind_spots` counts them."""
    return n - math.ceil(0.75 * (n - 1))


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
    return [_row(result) for result in results]


def _row(result) -> DisagreementRow:
    """`result` is annotated with `widest_names`."""
    widest = result.disagreements[0]
    return DisagreementRow(
        location_id=result.location_id,
        name=result.location.name,
        region=result.widest_region or NO_REGION,
        metric=result.widest_metric or widest["metric"],
        reported=_place(widest["reported_rank"], widest["n"]),
        observed=_place(widest["observed_rank"], widest["n"]),
        n_others=len(result.disagreements) - 1,
        n_ranked=widest["n"],
    )


def _place(rank: int, n: int) -> str:
    """Number 3 of 41."""
    return f"number{words.NBSP}{rank:,} of{words.NBSP}{n:,}"
