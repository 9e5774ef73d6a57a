"""A store as its page needs it, read at once: its regions, and what the last run left of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, FilteredRelation, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from audits.models import Visit
from locations.accounts.roles import READS_RESULTS
from locations.models import Location
from reports.models import ControlChart, LocationResult
from reports.pages.access import NotVisible
from reports.pages.manager.level_disagreements import sentence, widest_names
from reports.pages.scope import Scope

LEVELS_ABOVE = 7
"""Of regions that are read with the store; those further up, where there are any, are read one by one."""


@dataclass(frozen=True)
class Store:
    """result, chart : of the last run of the standard, None where it left none. n_visits : that are listed.
    chain_seen_at : when any store was visited last, as far as is judged."""

    location: Location
    result: LocationResult | None
    chart: ControlChart | None
    disagreement: str
    n_visits: int
    chain_seen_at: datetime | None


def read_store(location_id: int, asked: Scope) -> Store:
    """In one query. Raises NotVisible for a location that is not there for this user."""
    of_standard = {"result": "results", "chart": "control_charts"}
    joined = {
        name: FilteredRelation(relation, condition=Q(**{f"{relation}__standard": asked.standard}))
        for name, relation in of_standard.items()
    }
    chain = LocationResult.objects.filter(standard=asked.standard).order_by().values("standard")
    chain_seen_at = Subquery(chain.annotate(last=Max("last_visit_at")).values("last"))
    found: Any = (
        Location.objects.visible_to(asked.user, READS_RESULTS)
        .filter(pk=location_id)
        .annotate(**joined, n_visits=counted(listed_visits(asked).filter(location=OuterRef("pk"))))
        .annotate(**widest_names("result__"), chain_seen_at=chain_seen_at)
        .select_related(*("region" + LEVELS_ABOVE * "__parent", "result__reported_metric", *of_standard))
        .first()
    )
    if found is None:
        raise NotVisible(f"No store {location_id} among yours.")
    result, chart = (getattr(found, name, None) for name in of_standard)  # without a row there is no attribute
    disagreement = sentence(result, metric=found.widest_metric, region=found.widest_region)
    return Store(found, result, chart, disagreement, found.n_visits, found.chain_seen_at)


def listed_visits(asked: Scope) -> QuerySet[Visit]:
    """The visits that the user may see, to the standard where there is one."""
    visits = Visit.objects.visible_to(asked.user)
    return visits.filter(version__standard=asked.standard) if asked.standard else visits


def counted(found: QuerySet, what: str = "pk") -> Coalesce:
    """The number of different values, as part of another query."""
    alike = found.order_by().annotate(alike=Value(1)).values("alike")
    return Coalesce(Subquery(alike.annotate(n=Count(what, distinct=True)).values("n")), 0)
