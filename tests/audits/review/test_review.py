"""A returned visit counts nowhere until its correction comes."""

from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.models import Visit, VisitReturn
from audits.review.exclusion import AlreadyExcluded, exclude
from audits.review.returns import NotReturnable, ReturnRefused, return_visit
from audits.signals import visit_approved, visit_excluded, visit_withdrawn


@pytest.fixture
def said():
    """What `audits` says, in order, as (signal, visit ids)."""
    words, signals = [], {"approved": visit_approved, "withdrawn": visit_withdrawn, "excluded": visit_excluded}
    ears = {name: lambda visit_ids, name=name, **kwargs: words.append((name, visit_ids)) for name in signals}
    for name, signal in signals.items():
        signal.connect(ears[name], weak=False)
    yield words
    for name, signal in signals.items():
        signal.disconnect(ears[name])


def test_a_return_takes_the_visit_out_and_a_correction_brings_it_back(world, said, visit, payload):
    return_visit(visit=visit, by=world.mia, comment=" Count again. ")
    now = Visit.objects.get(pk=visit.pk)
    assert (now.approved_at, now.approved_by) == (None, None)
    assert not Visit.objects.counting().exists()
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=payload | {"revision": 2, "note": "Done."})
    assert Visit.objects.counting().get() == visit
    assert said == [("approved", [visit.pk]), ("withdrawn", [visit.pk]), ("approved", [visit.pk])]


def test_who_returned_what_and_when_stays_on_record_for_each_revision(world, visit, payload):
    interaction = visit.interactions.first()
    item = {"criterion": "warmth", "interaction": interaction.pk, "comment": " Really? "}
    return_visit(visit=visit, by=world.mia, comment=" Count again. ", items=[item])
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=payload | {"revision": 2, "note": "Done."})
    return_visit(visit=Visit.objects.get(pk=visit.pk), by=world.dan, comment="Once more.")
    first, second = VisitReturn.objects.filter(visit=visit)
    assert (first.revision, first.returned_by, first.comment) == (1, world.mia, "Count again.")
    assert first.items == [{"criterion": "warmth", "interaction": str(interaction.pk), "comment": "Really?"}]
    assert (second.revision, second.returned_by, second.items) == (2, world.dan, [])


def test_of_two_reviewers_at_once_one_returns_the_visit(world, said, visit):
    read_by_dan = Visit.objects.get(pk=visit.pk)
    return_visit(visit=visit, by=world.mia, comment="Count again.")
    with pytest.raises(NotReturnable, match="with its auditor already"):
        return_visit(visit=read_by_dan, by=world.dan, comment="No.")
    assert [word for word, _ in said] == ["approved", "withdrawn"]


def test_a_revision_that_was_replaced_while_it_was_read_is_not_returned(world, visit, payload):
    read_before = Visit.objects.get(pk=visit.pk)
    return_visit(visit=visit, by=world.mia, comment="Count again.")
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=payload | {"revision": 2, "note": "Done."})
    with pytest.raises(NotReturnable, match="revision 2 since you read revision 1"):
        return_visit(visit=read_before, by=world.dan, comment="Count again.")
    assert Visit.objects.counting().exists()


def test_an_excluded_visit_is_not_returned(world, visit):
    exclude(visit=visit, by=world.mia, reason="Wrong shop.")
    with pytest.raises(NotReturnable, match="excluded"):
        return_visit(visit=visit, by=world.mia, comment="Count again.")
    with pytest.raises(AlreadyExcluded):
        exclude(visit=visit, by=world.mia, reason="Wrong shop.")


def test_an_imported_visit_has_nobody_to_return_to(world):
    now = timezone.now()
    imported = Visit.objects.create(
        id=uuid4(), location=world.harbour, version=world.version, auditor_code="A7", mode="history", started_at=now,
        received_at=now, approved_at=now,
    )  # fmt: skip
    with pytest.raises(NotReturnable, match="imported"):
        return_visit(visit=imported, by=world.mia, comment="Count again.")
    assert Visit.objects.counting().exists()


def test_all_that_is_wrong_with_a_return_is_named_at_once(world, visit):
    items = [{"criterion": "moon", "comment": "?"}, {"interaction": uuid4(), "comment": " "}]
    with pytest.raises(ReturnRefused) as caught:
        return_visit(visit=visit, by=world.mia, comment=" ", items=items)
    assert [problem.where for problem in caught.value.problems] == [
        "comment", "items.0.criterion", "items.1.interaction", "items.1.comment",
    ]  # fmt: skip
    assert Visit.objects.counting().exists()


def test_the_database_refuses_a_returned_visit_that_counts(visit):
    with pytest.raises(IntegrityError, match="visit_returned_counts_nowhere"):
        Visit.objects.filter(pk=visit.pk).update(returned_at=timezone.now())


def test_a_visit_without_answers_is_not_announced(world, said, payload):
    payload |= {"interactions": [], "observations": [], "not_completed_reason": "Closed."}
    receive_visit(visit_id=uuid4(), auditor=world.ana, payload=payload)
    assert said == []
