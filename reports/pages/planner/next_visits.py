"""Where to look next: the stores of a region where one more visit is worth most, and why."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.urls import reverse

from audits.models import Version
from locations.accounts.roles import PLANS_VISITS
from locations.models import Location, User
from reports.detection.views.next_visits import NextVisit, Plan, most_valuable
from reports.models import LocationResult
from reports.pages.charts.bar_chart import Bar, BarChart, bar_chart
from reports.pages.manager.store_rows import visits_of_store
from reports.pages.planner import sentences
from reports.pages.scope import Scope
from reports.pages.sentences import words

N_VISITS = 10
N_NEVER = 10


@dataclass(frozen=True)
class NextRow:
    location_id: int
    name: str
    region: str
    why: str
    weeks: str
    signs: str
    ratio: str
    chance: str
    days: str
    whom: str
    assign: str


@dataclass(frozen=True)
class NeverVisited:
    """A store that no counted visit has reached; `assign` as in NextRow."""

    location_id: int
    name: str
    assign: str


@dataclass(frozen=True)
class LegendPart:
    kind: str
    meaning: str


@dataclass(frozen=True)
class NextPage:
    """others : what a visit to the stores that are not in `rows` would save. legend : of the parts that are drawn."""

    scope: Scope
    headline: str
    facts: str
    others: str
    rows: list[NextRow]
    legend: list[LegendPart]
    chart: BarChart | None
    narrow_chart: BarChart | None
    never: list[NeverVisited]
    n_never_left_out: int

    @property
    def has_figures(self) -> bool:
        return bool(self.headline)


def next_page(scope: Scope, *, user: User) -> NextPage:
    """The most valuable visits of the scope; the number of queries is constant."""
    if scope.fitted is None:
        return NextPage(scope, "", "", "", [], [], None, None, [], 0)
    plan = most_valuable(scope.fitted, locations=scope.open_locations(), as_of=scope.as_of, n=N_VISITS)
    worthwhile = [visit for visit in plan.visits if visit.days >= sentences.LEAST_DAYS]
    version = _published(scope) if _may_assign(user) else None
    names = _names(scope, [visit.location_id for visit in worthwhile])
    planned_for = _planned_for(user, names)

    def assign(location_id: int, visit: NextVisit | None = None) -> str:
        return _assign(location_id, version, visit) if version and location_id in planned_for else ""

    def whom(visit: NextVisit) -> str:  # a name is for those who plan
        return sentences.whom(visit) if visit.location_id in planned_for else ""

    rows = [
        _row(visit, names[visit.location_id], plan, whom(visit), assign(visit.location_id, visit))
        for visit in worthwhile
    ]
    never, n_left_out = _never_visited(scope)
    planned_for |= _planned_for(user, never) if never else set()
    shown = [NeverVisited(location.pk, location.name, assign(location.pk)) for location in never.values()]
    wide, narrow = (_chart(worthwhile, names, is_narrow=is_narrow) for is_narrow in (False, True))
    return NextPage(
        scope=scope,
        headline=_headline(plan, rows, never),
        facts=sentences.facts(plan, worthwhile) if plan.visits else "",
        others=sentences.others(plan, worthwhile),
        rows=rows,
        legend=_legend(worthwhile),
        chart=wide if rows else None,
        narrow_chart=narrow if rows else None,
        never=shown,
        n_never_left_out=n_left_out,
    )


def _headline(plan: Plan, rows: list[NextRow], never: dict[int, Location]) -> str:
    """Blank where there is no store at all."""
    if rows:
        return sentences.headline(rows[0].name)
    if plan.visits:
        return "No visit would teach much now."
    return "No store here has been visited yet." if never else ""


def _legend(visits: list[NextVisit]) -> list[LegendPart]:
    return [
        LegendPart(kind, meaning)
        for kind, meaning in sentences.PARTS.items()
        if any(getattr(visit, f"{kind}_days") >= sentences.LEAST_DAYS for visit in visits)
    ]


def _names(scope: Scope, ids: list[int]) -> dict[int, Location]:
    return scope.locations().select_related("region").in_bulk(ids)


def _never_visited(scope: Scope) -> tuple[dict[int, Location], int]:
    """At most N_NEVER, and how many more there are; one whose visit waits for its judgement was visited."""
    judged = LocationResult.objects.filter(standard=scope.standard, location=OuterRef("pk"))
    found = scope.open_locations().filter(~Exists(judged), ~Exists(visits_of_store(scope))).order_by("name", "pk")
    return {location.pk: location for location in found[:N_NEVER]}, max(found.count() - N_NEVER, 0)


def _may_assign(user: User) -> bool:
    """The form of an assignment is in the administration."""
    return user.is_staff and user.has_perm("audits.add_assignment")


def _planned_for(user: User, locations: dict[int, Location]) -> set[int]:
    found = Location.objects.visible_to(user, PLANS_VISITS).filter(pk__in=list(locations))
    return set(found.values_list("pk", flat=True))


def _published(scope: Scope) -> Version | None:
    found = Version.objects.filter(standard=scope.standard, state=Version.State.PUBLISHED)
    return found.order_by("-number").first()


def _assign(location_id: int, version: Version, visit: NextVisit | None) -> str:
    """The form of an assignment with what is known filled in; who plans decides."""
    known: dict[str, object] = {"location": location_id, "version": version.pk}
    if visit and visit.whom and visit.whom.key.startswith("user:"):
        known["auditor"] = visit.whom.key.removeprefix("user:")
    return f"{reverse('admin:audits_assignment_add')}?{urlencode(known)}"


def _row(visit: NextVisit, location: Location, plan: Plan, whom: str, assign: str) -> NextRow:
    return NextRow(
        location_id=location.pk,
        name=location.name,
        region=location.region.name,
        why=sentences.why(visit, threshold=plan.threshold, large_drop=plan.large_drop),
        weeks=sentences.weeks(visit),
        signs=sentences.signs(visit, threshold=plan.threshold),
        ratio=sentences.ratio(visit, threshold=plan.threshold),
        chance="" if visit.is_flagged or visit.n_missing else words.percent(visit.chance),
        days=sentences.days(visit.days).removesuffix(f"{words.NBSP}days"),
        whom=whom,
        assign=assign,
    )


def _chart(visits: list[NextVisit], names: dict[int, Location], *, is_narrow: bool) -> BarChart:
    bars = [
        Bar(
            names[visit.location_id].name,
            sentences.days(visit.days),
            (("find", visit.find_days), ("judge", visit.judge_days), ("link", visit.link_days)),
        )
        for visit in visits
    ]
    return bar_chart(
        bars,
        title="What one more visit to each store saves, in days",
        description="In parts: of a decline that nobody sees, of a wrong judgement of its level, of other stores’ "
        "levels that it helps to compare. The table below has the sums.",
        is_narrow=is_narrow,
    )
