"""The reviewers' desk: what waits is found, read, and approved, returned or excluded."""

import json
from copy import deepcopy
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.api.documents import receive_visit
from audits.intake.given_up_photos import give_up_photo
from audits.models import Visit, VisitReturn
from audits.review.approval import NotApprovable, approve
from audits.review.exclusion import exclude
from audits.review.returns import return_visit
from audits.signals import visit_approved
from locations.accounts.roles import Role
from locations.models import Membership, User
from tests.conftest import NOON
from tests.making import visit_payload
from tests.reports.page_rows import text_of

DESK = "/visits/"


@pytest.fixture
def rae(world):
    """A reviewer of North."""
    user = User.objects.create_user("rae@example.org", "correct horse battery")
    Membership.objects.create(user=user, region=world.north, role=Role.REVIEWER)
    return user


@pytest.fixture
def as_rae(client, rae):
    client.force_login(rae)
    return client


@pytest.fixture
def waiting(visit):
    """ana's visit to Harbour Street, not approved by the policy."""
    Visit.objects.filter(pk=visit.pk).update(approved_at=None)
    visit.refresh_from_db()
    return visit


@pytest.fixture
def not_completed(world, payload):
    sent = payload | {"interactions": [], "observations": [], "not_completed_reason": "They closed early."}
    return receive_visit(visit_id=uuid4(), auditor=world.ana, payload=sent).visit


def do(client, deed, visit, **fields):
    return client.post(reverse(f"reports:visit-{deed}", args=[visit.pk]), {"revision": visit.revision, **fields})


# Finding


def test_a_reviewer_begins_at_the_desk_and_reads_what_waits_and_why(as_rae, not_completed):
    assert as_rae.get("/").url == DESK
    said = text_of(as_rae.get(DESK))
    assert "1 visit waits for your word." in said
    assert "Harbour Street H1 North Mon 2 Mar 2026, 12:00" in said
    assert "could not be completed: They closed early." in said
    assert "Drift" not in said


def test_the_desk_tells_photos_that_are_to_come_from_those_that_never_will(as_rae, world, payload, visit_id):
    lost, late = uuid4(), uuid4()
    payload["photos"] = [{"id": str(each), "criterion": "clean", "sha256": "a" * 64} for each in (lost, late)]
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    Visit.objects.filter(pk=visit.pk).update(approved_at=None)
    assert "2 photos to come" in text_of(as_rae.get(DESK))
    give_up_photo(visit=visit, photo_id=lost, by=world.ana, reason="The photo is damaged.")
    said = text_of(as_rae.get(DESK))
    assert "1 photo to come" in said
    assert "1 photo given up on the phone" in said


def test_visits_are_found_by_state_store_receipt_and_standard(as_rae, world, visit, payload, not_completed):
    def listed(**asked):
        return text_of(as_rae.get(DESK, asked)).count("Harbour Street H1")

    assert [listed(state=state) for state in ("", "returned", "counting", "excluded", "all")] == [1, 0, 1, 0, 2]
    assert [listed(state="all", q=q) for q in ("harb", "H1", "Mill", visit.receipt, "ZZZZ-ZZZZ")] == [2, 2, 0, 1, 0]
    assert [listed(state="all", standard=key) for key in ("service", "other")] == [2, 2]
    return_visit(visit=visit, by=world.mia, comment="Again.")
    states = ("returned", "counting", "corrected")
    assert [listed(state=state) for state in states] == [1, 0, 0]
    assert "1 is with its auditor." in text_of(as_rae.get(DESK))
    receive_visit(visit_id=visit.pk, auditor=world.ana, payload=payload | {"revision": 2})
    assert [listed(state=state) for state in states] == [0, 1, 1]


def test_the_page_of_the_store_tells_a_returned_visit_from_one_that_waits(client, world, visit, not_completed):
    return_visit(visit=visit, by=world.mia, comment="Again.")
    client.force_login(world.mia)
    said = text_of(client.get(reverse("reports:location", args=[world.harbour.pk])))
    assert "returned to its auditor" in said
    assert "waits for a reviewer" in said


def test_the_one_that_waits_longest_comes_first(as_rae, not_completed, waiting):
    Visit.objects.filter(pk=not_completed.pk).update(received_at=NOON - timedelta(days=3))
    said = as_rae.get(DESK).content.decode()
    assert said.index(str(not_completed.pk)) < said.index(str(waiting.pk))


def test_a_reviewer_of_another_region_finds_and_may_do_nothing(client, world, waiting):
    client.force_login(world.cal)
    assert "Harbour Street" not in text_of(client.get(DESK, {"state": "all"}))
    for deed in ("approve", "return", "exclude"):
        assert do(client, deed, waiting, comment="No.", reason="No.").status_code == 404
    assert Visit.objects.waiting().get() == waiting


def test_an_auditor_reads_the_own_visit_without_the_desk(client, world, waiting):
    client.force_login(world.ana)
    page = client.get(reverse("reports:visit", args=[waiting.pk])).content.decode()
    assert "Approve" not in page
    assert "Remark" not in page
    assert client.get(DESK).status_code == 403


def test_the_list_takes_as_many_queries_for_one_visit_as_for_thirty(
    as_rae, world, waiting, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as captured:
        as_rae.get(DESK)
    for number in range(32):
        sent = visit_payload(world, started_at=NOON + timedelta(hours=number), location=world.mill)
        receive_visit(visit_id=uuid4(), auditor=world.abe, payload=sent)
    Visit.objects.update(approved_at=None)
    with django_assert_num_queries(len(captured)):
        page = as_rae.get(DESK)
    assert "Page 1 of 2" in text_of(page)


# Judging


def test_an_approved_visit_counts_from_now_on_and_says_who_approved_it(as_rae, rae, waiting):
    heard = []
    visit_approved.connect(hear := lambda visit_ids, **kwargs: heard.append(visit_ids), weak=False)
    assert do(as_rae, "approve", waiting).url == DESK
    visit_approved.disconnect(hear)
    assert heard == [[waiting.pk]]
    assert Visit.objects.counting().get().approved_by == rae
    said = text_of(as_rae.get(reverse("reports:visit", args=[waiting.pk])))
    assert "Counts in scores and scans: approved by rae@example.org" in said


def test_a_visit_comes_back_to_its_auditor_with_a_word_on_each_answer_in_doubt(as_rae, rae, waiting):
    page = as_rae.get(reverse("reports:visit", args=[waiting.pk])).content.decode()
    interaction = waiting.interactions.first().pk
    fields = {f"remark/{interaction}/warmth": "Really?", "remark//clean": " ", "remark//litter": "Count again."}
    assert all(f'name="{name}"' in page for name in fields)
    assert do(as_rae, "return", waiting, comment="Two things.", **fields).url == DESK
    word = VisitReturn.objects.get()
    assert (word.returned_by, word.comment) == (rae, "Two things.")
    assert word.items == [
        {"criterion": "warmth", "interaction": str(interaction), "comment": "Really?"},
        {"criterion": "litter", "interaction": None, "comment": "Count again."},
    ]
    assert Visit.objects.returned().get() == waiting


def test_what_could_not_be_returned_keeps_every_word_that_was_typed(as_rae, world, waiting, payload):
    read = deepcopy(waiting)
    blank = do(as_rae, "return", read, comment=" ", **{"remark//litter": "Count again."})
    assert blank.status_code == 400
    assert "Say what the auditor should look at again." in text_of(blank)
    assert ">Count again.</textarea>" in blank.content.decode()
    return_visit(visit=waiting, by=world.mia, comment="One thing.")
    receive_visit(visit_id=waiting.pk, auditor=world.ana, payload=payload | {"revision": 2})
    late = do(as_rae, "return", read, comment="Two things.")
    assert "The auditor has sent revision 2 since you read revision 1: read that one." in text_of(late)
    assert ">Two things.</textarea>" in late.content.decode()
    assert VisitReturn.objects.count() == 1


def test_an_exclusion_needs_a_reason(as_rae, waiting):
    assert do(as_rae, "exclude", waiting, reason=" ").status_code == 400
    assert "at most 255" in text_of(do(as_rae, "exclude", waiting, reason="x" * 300))
    assert do(as_rae, "exclude", waiting, reason="Wrong store.").url == DESK
    assert "Wrong store." in text_of(as_rae.get(reverse("reports:visit", args=[waiting.pk])))
    assert "excluded already" in text_of(
        as_rae.post(reverse("reports:visit-exclude", args=[waiting.pk]), {"reason": "Again."}, follow=True)
    )


def test_a_visit_without_answers_is_not_approved(as_rae, not_completed):
    assert "nothing to approve" in text_of(as_rae.get(reverse("reports:visit", args=[not_completed.pk])))
    answer = as_rae.post(reverse("reports:visit-approve", args=[not_completed.pk]), follow=True)
    assert "there is nothing to count" in text_of(answer)
    assert not Visit.objects.counting().exists()


def test_nobody_approves_the_own_visit(world, waiting):
    with pytest.raises(NotApprovable, match="your own"):
        approve(visit=waiting, by=world.ana)


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (lambda visit, by: exclude(visit=visit, by=by, reason="No."), "excluded"),
        (lambda visit, by: return_visit(visit=visit, by=by, comment="No."), "with its auditor"),
        (lambda visit, by: approve(visit=visit, by=by), "counts already"),
    ],
)
def test_what_somebody_else_decided_meanwhile_stands(world, rae, waiting, meanwhile, why):
    read = deepcopy(waiting)
    meanwhile(waiting, world.mia)
    with pytest.raises(NotApprovable, match=why):
        approve(visit=read, by=rae)


def test_a_visit_with_more_answers_than_a_form_takes_has_its_one_comment(as_rae, waiting, monkeypatch):
    monkeypatch.setattr("reports.pages.visit.observed.MOST_REMARKS", 3)
    page = as_rae.get(reverse("reports:visit", args=[waiting.pk])).content.decode()
    assert "remark/" not in page
    assert 'name="comment"' in page


def test_the_api_and_the_desk_return_the_same(client, rae, waiting):
    client.force_login(rae)
    body = {"comment": "By the API.", "items": [{"criterion": "litter", "comment": "Count again."}]}
    address = reverse("audits:api-return", args=[waiting.pk])
    assert client.post(address, json.dumps(body), content_type="application/json").status_code == 201
    assert "Count again." in text_of(client.get(reverse("reports:visit", args=[waiting.pk])))
