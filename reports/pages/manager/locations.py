"""The list of stores, to find one by name, code or region."""

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import Q

from locations.models import Location
from reports.pages.manager.store_rows import StoreRow, store_rows, to_rows
from reports.pages.paging import page_of
from reports.pages.scope import Scope

STORES_A_PAGE = 50


@dataclass(frozen=True)
class ListedStore:
    location_id: int
    name: str
    code: str
    region: str
    is_closed: bool
    row: StoreRow | None


@dataclass(frozen=True)
class StoreList:
    scope: Scope
    query: str
    stores: Page


def store_list(scope: Scope, *, query: str = "", page: str = "") -> StoreList:
    """All stores of the scope by name, each with its state in the last run where it has one."""
    query = query.strip()[:100]
    locations = to_rows(scope.locations(), scope).order_by("name", "pk")
    if query:
        locations = locations.filter(
            Q(name__icontains=query) | Q(code__icontains=query) | Q(region__name__icontains=query)
        )
    stores = page_of(locations, number=page, size=STORES_A_PAGE, rows=lambda places: _listed(scope, places))
    return StoreList(scope, query, stores)


def _listed(scope: Scope, places: list[Location]) -> list[ListedStore]:
    rows = {row.location_id: row for row in store_rows(places, scope)} if scope.standard else {}
    return [
        ListedStore(
            place.pk,
            place.name,
            place.code,
            place.region.name,
            place.closed_on is not None and place.closed_on <= scope.today,
            rows.get(place.pk) if _is_known(place) else None,
        )
        for place in places
    ]


def _is_known(place) -> bool:
    """`place` comes from `to_rows`: judged, or visited."""
    return getattr(place, "result", None) is not None or place.seen_at is not None
