"""Sending a visit back to its auditor, who corrects it."""

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils import timezone

from audits.models import Criterion, Draft, Visit, VisitReturn
from audits.problems import Problem
from audits.review.refusal import why_not
from audits.signals import visit_withdrawn


class NotReturnable(Exception):
    """The visit cannot go back to its auditor as it stands now; the message says why."""


class ReturnRefused(Exception):
    """What was said names something that the visit does not hold; `problems` says what."""

    def __init__(self, problems: list[Problem]):
        super().__init__(f"{len(problems)} problem(s); first: {problems[0].where}: {problems[0].message}")
        self.problems = problems


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
        raise NotReturnable(why_not(visit))
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
