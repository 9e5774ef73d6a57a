"""A draft that nobody will send is emptied on the server, and what a phone still holds is not lost by that."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audits.intake.abandoned_drafts import empty_abandoned
from audits.intake.drafts import save_draft
from audits.models import Assignment, Draft
from audits.review.returns import return_visit
from audits.tasks import empty_abandoned_drafts

TYPED = {"note": "Typed and never sent."}


@pytest.fixture
def saved(world):
    """Saves a draft so many days ago; its assignment closed so many days ago."""

    def saved(*, days: int, closed: int | None = None, visit_id=None) -> Draft:
        content = dict(TYPED)
        if closed is not None:
            closes = timezone.localdate() - timedelta(days=closed)
            assignment = Assignment.objects.create(
                location=world.harbour, version=world.version, auditor=world.ana, opens_on=closes, closes_on=closes
            )
            content["assignment"] = assignment.pk
        draft = save_draft(visit_id=visit_id or uuid4(), owner=world.ana, content=content, base_revision=0).draft
        Draft.objects.filter(pk=draft.pk).update(saved_at=timezone.now() - timedelta(days=days))
        return draft

    return saved


@pytest.mark.parametrize(
    ("days", "closed", "is_emptied"),
    [(100, 91, True), (100, None, True), (100, 80, False), (80, 91, False), (80, None, False)],
)
def test_a_draft_is_emptied_90_days_after_its_last_change_and_its_assignment(saved, days, closed, is_emptied):
    draft = saved(days=days, closed=closed)
    assert empty_abandoned() == is_emptied
    draft.refresh_from_db()
    assert (draft.content == {}, draft.expired_at is not None) == (is_emptied, is_emptied)


def test_the_days_are_a_setting(saved, settings):
    settings.DRAFT_DAYS = 5
    draft = saved(days=10, closed=6)
    empty_abandoned_drafts()
    draft.refresh_from_db()
    assert draft.expired_at is not None


def test_whose_draft_it_was_and_when_it_was_saved_stays_on_record(world, saved):
    saved(days=100)
    empty_abandoned()
    draft = Draft.objects.get()
    assert (draft.owner, draft.revision, (timezone.now() - draft.saved_at).days) == (world.ana, 1, 100)
    assert not Draft.objects.open().exists()


@pytest.mark.parametrize("base_revision", [1, 7])
@pytest.mark.parametrize("content", [TYPED, {"note": "Typed later."}])
def test_a_phone_that_still_has_it_saves_it_anew(client, world, saved, base_revision, content):
    draft = saved(days=100)
    empty_abandoned()
    client.force_login(world.ana)
    address = f"/api/v1/drafts/{draft.pk}/"
    assert client.get(address).status_code == 404
    body = {"content": content, "base_revision": base_revision}
    assert client.put(address, body, content_type="application/json").status_code == 200
    assert client.get(address).json()["content"] == content
    assert client.get(address).json()["revision"] == base_revision + 1


def test_the_draft_of_a_correction_is_left_alone(world, visit, saved):
    return_visit(visit=visit, by=world.mia, comment="Count again.")
    saved(days=400, visit_id=visit.pk)
    assert empty_abandoned() == 0


def test_many_drafts_are_looked_at_in_few_queries(saved, django_assert_max_num_queries):
    for _ in range(8):
        saved(days=100, closed=95)
    with django_assert_max_num_queries(4):
        assert empty_abandoned() == 8
