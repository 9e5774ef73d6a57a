"""The reviewers' desk: which visits wait for a word, and what may be done about one."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet

from audits.models import Observation, Photo, Standard, Visit
from audits.models.visits import VisitQuerySet
from locations.accounts.roles import EXCLUDES_VISITS
from locations.models import Location
from reports.pages.paging import page_of
from reports.pages.scope import Link
from reports.pages.sentences import words
from reports.pages.visit.circumstances import where_the_phone_was

VISITS_A_PAGE = 30
STATES = {
    "waiting": "Waiting for you",
    "returned": "With their auditors",
    "corrected": "Came back corrected",
    "counting": "Counting",
    "excluded": "Excluded",
    "all": "All",
}
RECEIPT_DIGITS = 8


@dataclass(frozen=True)
class DeskRow:
    """`reasons` are what makes a visit worth a look."""

    visit_id: UUID
    name: str
    code: str
    region: str
    when: str
    received: str
    standard: str
    state: str
    reasons: list[str]


@dataclass(frozen=True)
class Desk:
    """`n_waiting` and `n_returned` whatever the filter says."""

    rows: Page
    state: str
    states: list[Link]
    standard: str
    standards: list[Link]
    query: str
    n_waiting: int
    n_returned: int


def desk_page(*, user, state: str = "", standard: str = "", query: str = "", page: str = "") -> Desk:
    """Visits of the regions whose visits `user` judges: those that wait first come first, all others last first."""
    state, query = state if state in STATES else "waiting", query.strip()[:100]
    mine = Visit.objects.filter(location__in=Location.objects.visible_to(user, EXCLUDES_VISITS))
    undecided = mine.filter(approved_at=None, excluded_at=None).aggregate(
        waiting=Count("pk", filter=Q(returned_at=None)), returned=Count("pk", filter=Q(returned_at__isnull=False))
    )
    standards = list(Standard.objects.order_by("name"))
    found = _in_state(mine, state)
    if any(each.key == standard for each in standards):
        found = found.filter(version__standard__key=standard)
    else:
        standard = ""
    if query:
        found = found.filter(_named(query))
    found = found.select_related("location__region", "version__standard").defer("taps")
    counts = {"waiting": f" ({undecided['waiting']:,})", "returned": f" ({undecided['returned']:,})"}
    return Desk(
        rows=page_of(found, number=page, size=VISITS_A_PAGE, rows=_rows),
        state=state,
        states=[Link(key, name + counts.get(key, ""), key == state) for key, name in STATES.items()],
        standard=standard,
        standards=[Link(each.key, each.name, each.key == standard) for each in standards],
        query=query,
        n_waiting=undecided["waiting"],
        n_returned=undecided["returned"],
    )


def _in_state(mine: VisitQuerySet, state: str) -> VisitQuerySet:
    last_first = ["-received_at", "pk"]
    match state:
        case "waiting":
            return mine.waiting().order_by("received_at", "pk")
        case "returned":
            return mine.returned().order_by("returned_at", "pk")
        case "corrected":
            return mine.filter(revision__gt=1, returned_at=None, excluded_at=None).order_by(*last_first)
        case "counting":
            return mine.counting().order_by(*last_first)
        case "excluded":
            return mine.exclude(excluded_at=None).order_by(*last_first)
    return mine.order_by(*last_first)


def _named(query: str) -> Q:
    """By the store, or by the receipt that an auditor reads out on the telephone."""
    named = Q(location__name__icontains=query) | Q(location__code__icontains=query)
    digits = query.replace("-", "")
    try:
        begins = UUID(hex=digits.ljust(32, "0")) if len(digits) == RECEIPT_DIGITS else None
    except ValueError:
        return named
    if begins is None:
        return named
    return named | Q(pk__range=(begins, UUID(hex=digits.ljust(32, "f"))))


def _rows(visits: list[Visit]) -> list[DeskRow]:
    ids = [visit.pk for visit in visits]
    lacking = dict(_n_photos(Photo.objects.to_come(), ids)), dict(_n_photos(Photo.objects.given_up(), ids))
    return [
        DeskRow(
            visit_id=visit.pk,
            name=visit.location.name,
            code=visit.location.code,
            region=visit.location.region.name,
            when=words.moment(visit.started_at, visit.location.zone),
            received=words.moment(visit.received_at, visit.location.zone),
            standard=str(visit.version),
            state=state_of(visit),
            reasons=list(_reasons(visit, *(of.get(visit.pk, 0) for of in lacking))),
        )
        for visit in visits
    ]


def _n_photos(photos: QuerySet[Photo], visits: list[UUID]) -> QuerySet:
    return photos.filter(visit__in=visits).order_by().values_list("visit").annotate(n=Count("pk"))


def state_of(visit: Visit) -> str:
    if visit.excluded_at:
        return "excluded"
    if visit.returned_at:
        return "with its auditor"
    return "counts" if visit.approved_at else "waits"


def _reasons(visit: Visit, n_to_come: int, n_given_up: int):
    if visit.not_completed_reason:
        yield f"could not be completed: {visit.not_completed_reason}"
    if visit.conflict_of_interest:
        yield "knows people there"
    if visit.gps_grade in {Visit.GpsGrade.FAR, Visit.GpsGrade.REFUSED}:
        yield f"place: {where_the_phone_was(visit)}"
    if visit.revision > 1:
        yield f"corrected, revision {visit.revision}"
    if n_to_come:
        yield f"{words.count(n_to_come, 'photo')} to come"
    if n_given_up:
        yield f"{words.count(n_given_up, 'photo')} given up on the phone"


# ---- one visit


@dataclass(frozen=True)
class Judging:
    """What a reviewer may do about a visit; `typed` is what could not be done and stays in its field."""

    state: str
    sentence: str
    may_approve: bool
    may_return: bool
    may_exclude: bool
    typed: Mapping[str, str]

    @property
    def is_done(self) -> bool:
        """It counts, or it never will."""
        return self.state in {"counts", "excluded"}


def judging_of(visit: Visit, *, user, observations: list[Observation], typed: Mapping[str, str]) -> Judging:
    is_decided = visit.excluded_at is not None or visit.returned_at is not None
    has_answers = any(each.state == Observation.State.ANSWERED for each in observations)
    is_own = visit.auditor_id == user.pk
    return Judging(
        state=state_of(visit),
        sentence=_sentence(visit, has_answers=has_answers, is_own=is_own),
        may_approve=not is_decided and visit.approved_at is None and has_answers and not is_own,
        may_return=not is_decided and visit.auditor_id is not None,
        may_exclude=visit.excluded_at is None,
        typed=typed,
    )


def _sentence(visit: Visit, *, has_answers: bool, is_own: bool) -> str:
    zone = visit.location.zone
    if visit.excluded_at:
        by = f" by {visit.excluded_by}" if visit.excluded_by else ""
        return f"Excluded on {words.moment(visit.excluded_at, zone)}{by}: {visit.exclusion_reason}"
    if visit.returned_at:
        return (
            f"With its auditor since {words.moment(visit.returned_at, zone)}; it counts nowhere until it comes back."
        )
    if visit.approved_at:
        by = f"approved by {visit.approved_by}" if visit.approved_by else "approved as it arrived"
        return f"Counts in scores and scans: {by} on {words.moment(visit.approved_at, zone)}."
    if not has_answers:
        nothing = "it holds no answer, so there is nothing to approve"
        return f"Waits, and counts nowhere: {nothing}. Return it, or exclude it with a reason."
    if is_own:
        return "Waits for somebody else’s word: it is your own visit."
    return "Waits for your word, and counts nowhere yet."
