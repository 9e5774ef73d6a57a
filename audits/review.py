"""Whether to believe a visit: the policy approves it as it arrives; a reviewer approves, returns or excludes it."""

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils import timezone

from audits.answers import Problem
from audits.models import Criterion, Draft, Observation, Visit, VisitReturn
from audits.signals import visit_approved, visit_excluded, visit_withdrawn

LONGEST_REASON = 255


class AlreadyExcluded(Exception):
    """The visit was excluded before."""


class NotApprovable(Exception):
    """The visit cannot count as it stands now; the message says why."""


class NotReturnable(Exception):
    """The visit cannot go back to its auditor as it stands now; the message says why."""


class ReturnRefused(Exception):
    """What was said names something that the visit does not hold; `problems` says what."""

    def __init__(self, problems: list[Problem]):
        super().__init__(f"{len(problems)} problem(s); first: {problems[0].where}: {problems[0].message}")
        self.problems = problems


@transaction.atomic
def approve_by_policy(visit: Visit) -> None:
    """Counts from now on. A visit that could not be completed and holds no answer has nothing to count, and waits."""
    if visit.not_completed_reason and not _holds_answers(visit):
        return
    visit.approved_at = timezone.now()
    visit.save(update_fields=["approved_at"])
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])


@transaction.atomic
def approve(*, visit: Visit, by) -> None:
    """A reviewer lets a waiting visit count from now on.

    Raises NotApprovable for one's own visit, one without answers, one that is excluded, returned or approved by now,
    and when another revision than that of `visit` is stored by now.
    """
    if visit.auditor_id == by.pk:
        raise NotApprovable("This is your own visit: somebody else reviews it.")
    if not _holds_answers(visit):
        raise NotApprovable("This visit holds no answer, so there is nothing to count: exclude it, with a reason.")
    waiting = Visit.objects.waiting().filter(pk=visit.pk, revision=visit.revision)
    if not waiting.update(approved_at=timezone.now(), approved_by=by):
        raise NotApprovable(_why_not(visit))
    visit.refresh_from_db()
    visit_approved.send(sender=Visit, visit_ids=[visit.pk])


def _holds_answers(visit: Visit) -> bool:
    return visit.observations.filter(state=Observation.State.ANSWERED).exists()


@transaction.atomic
def exclude(*, visit: Visit, by, reason: str) -> None:
    """Takes a visit out of all figures, with a reason; it stays readable.

    Raises ValueError for a blank reason or one that is too long, AlreadyExcluded when somebody was faster.
    """
    if not reason.strip():
        raise ValueError("Say why the visit is excluded: the reason is shown beside it.")
    if len(reason.strip()) > LONGEST_REASON:
        raise ValueError(f"The reason has {len(reason.strip())} characters: at most {LONGEST_REASON} are kept.")
    excluded = Visit.objects.filter(pk=visit.pk, excluded_at=None).update(
        excluded_at=timezone.now(), excluded_by=by, exclusion_reason=reason.strip()
    )
    if not excluded:
        raise AlreadyExcluded(f"The visit to {visit} is excluded already.")
    visit_excluded.send(sender=Visit, visit_ids=[visit.pk])


@transaction.atomic
def return_visit(*, visit: Visit, by, comment: str, items: Sequence[dict] = ()) -> VisitReturn:
    """Sends a visit back to its auditor: it counts nowhere until it comes again as the next revision.

    items : [{"criterion": key or None, "interaction": uuid or None, "comment": text}].
    Raises ReturnRefused for a blank comment and for items that name nothing of this visit, NotReturnable for an
    imported, excluded or already returned visit, and when another revision than that of `visit` is stored by now.
    """
    if problems := list(_problems_of_return(visit, comment, items)):
        raise ReturnRefused(problems)
    if visit.auditor_id is None:
        raise NotReturnable("This visit was imported: nobody can correct it. Exclude it instead.")
    now = timezone.now()
    returned = Visit.objects.filter(
        pk=visit.pk, revision=visit.revision, returned_at=None, excluded_at=None, auditor__isnull=False
    ).update(returned_at=now, approved_at=None, approved_by=None)
    if not returned:
        raise NotReturnable(_why_not(visit))
    word = VisitReturn.objects.create(
        visit=visit,
        revision=visit.revision,
        returned_at=now,
        returned_by=by,
        comment=comment.strip(),
        items=[_item(item) for item in items],
    )
    Draft.objects.filter(
        pk=visit.pk, owner=visit.auditor_id
    ).delete()  # saved while the visit arrived, and older than it
    visit.refresh_from_db()
    visit_withdrawn.send(sender=Visit, visit_ids=[visit.pk])
    return word


def _problems_of_return(visit: Visit, comment: str, items: Sequence[dict]) -> Iterator[Problem]:
    if not comment.strip():
        yield Problem("comment", "Say what the auditor should look at again.")
    if not items:
        return
    criteria = set(Criterion.objects.filter(section__version=visit.version_id).values_list("key", flat=True))
    interactions = {str(pk) for pk in visit.interactions.values_list("pk", flat=True)}
    for number, item in enumerate(items):
        criterion, interaction = item.get("criterion"), item.get("interaction")
        if criterion is not None and criterion not in criteria:
            yield Problem(f"items.{number}.criterion", f"This visit’s version has no criterion “{criterion}”.")
        if interaction is not None and str(interaction) not in interactions:
            yield Problem(f"items.{number}.interaction", f"This visit has no interaction {interaction}.")
        if not item.get("comment", "").strip():
            yield Problem(f"items.{number}.comment", "Say what is doubtful here.")


def _item(item: dict) -> dict[str, str | None]:
    interaction = item.get("interaction")
    return {
        "criterion": item.get("criterion"),
        "interaction": None if interaction is None else str(interaction),
        "comment": item["comment"].strip(),
    }


def _why_not(visit: Visit) -> str:
    now = Visit.objects.get(pk=visit.pk)
    if now.excluded_at is not None:
        return "This visit is excluded: it counts nowhere, so nothing needs correcting."
    if now.returned_at is not None:
        return "This visit is with its auditor already."
    if now.approved_at is not None and now.revision == visit.revision:
        return "This visit counts already."
    return f"The auditor has sent revision {now.revision} since you read revision {visit.revision}: read that one."
