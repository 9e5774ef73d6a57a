"""How the stores of a page stand, as numbers: visited, judged, flagged, and what of it is new. One query."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, Q, Subquery, Sum

from reports.models import Tally
from reports.pages.manager.flag_rows import unmoved
from reports.pages.manager.store_rows import visits_of_store, with_results
from reports.pages.scope import Scope

RECENT = timedelta(days=28)


@dataclass(frozen=True)
class Standing:
    """Of the open stores. A flag is new when it was raised since last Monday; declines unless said otherwise.

    n_never : nobody has been there. n_judged : with a result. n_able : with visits enough for a flag. n_lately :
    visits of the last four weeks. n_unmoved : declines since which numbers were reported and have not moved.
    n_seldom : of n_able, where drops are seldom found within half a year, and their visits together (`Finding`).
    open_since, unmoved_since : when the first of those began.
    """

    n_stores: int
    n_never: int
    n_judged: int
    n_able: int
    n_seldom: int
    n_visits_of_seldom: int
    n_disagreeing: int
    n_lately: int
    last_visit_at: datetime | None
    n_new: int
    n_open: int
    n_improvements: int
    n_new_improvements: int
    n_unmoved: int
    open_since: datetime | None
    unmoved_since: datetime | None

    @property
    def n_declines(self) -> int:
        return self.n_new + self.n_open

    @property
    def n_flags(self) -> int:
        return self.n_declines + self.n_improvements

    @property
    def n_listed(self) -> int:
        return self.n_stores - self.n_never

    @property
    def n_unjudged(self) -> int:
        return self.n_listed - self.n_judged


def standing(scope: Scope) -> Standing:
    is_new, is_unmoved = Q(decline__raised_at__gte=scope.last_monday), unmoved("decline__")
    is_open = Q(decline__raised_at__lt=scope.last_monday)
    is_able = Q(result__n_visits__gte=scope.run.least_visits) if scope.run else Q(pk=None)
    most = scope.finding.most_visits_of_seldom if scope.finding else 0
    is_seldom = is_able & Q(result__n_visits__lte=most)
    found: dict[str, Any] = (
        with_results(scope.open_locations(), scope)
        .annotate(is_visited=Exists(visits_of_store(scope)))
        .aggregate(
            n_stores=Count("pk"),
            n_never=Count("pk", filter=Q(result=None, is_visited=False)),
            n_judged=Count("result"),
            n_able=Count("pk", filter=is_able),
            n_seldom=Count("pk", filter=is_seldom),
            n_visits_of_seldom=Sum(F("result__n_visits"), filter=is_seldom, default=0),
            n_disagreeing=Count("pk", filter=Q(result__n_disagreements__gt=0)),
            n_lately=Max(_n_visits_lately(scope)),
            last_visit_at=Max("result__last_visit_at"),
            n_new=Count("decline", filter=is_new),
            n_open=Count("decline", filter=is_open),
            n_improvements=Count("improvement"),
            n_new_improvements=Count("improvement", filter=Q(improvement__raised_at__gte=scope.last_monday)),
            n_unmoved=Count("decline", filter=is_unmoved),
            open_since=Min("decline__onset_at", filter=is_open),
            unmoved_since=Min("decline__onset_at", filter=is_unmoved),
        )
    )
    return Standing(**found | {"n_lately": found["n_lately"] or 0})


def _n_visits_lately(scope: Scope) -> Subquery:
    """The visits of the last four weeks, counted from now: one number, the same beside every store."""
    tallies = Tally.objects.filter(
        location__in=scope.open_locations(),
        version__standard=scope.standard,
        is_excluded=False,
        started_at__gt=scope.as_of - RECENT,
        started_at__lte=scope.as_of,
    )
    return Subquery(tallies.order_by().values("version__standard").annotate(n=Count("pk")).values("n"))
