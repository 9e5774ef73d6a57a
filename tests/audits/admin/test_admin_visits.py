"""The admin's page of a visit: its state, how it came about, and how often it was sent."""

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.models import Visit
from audits.review.returns import return_visit

LIST = "admin:audits_visit_changelist"


@pytest.fixture
def as_dan(client, world):
    client.force_login(world.dan)
    return client


def listed(client, **asked) -> bool:
    return "Harbour Street" in client.get(reverse(LIST), asked).content.decode().split('id="changelist"')[1]


@pytest.mark.parametrize(
    ("became", "state", "said"),
    [
        ({"approved_at": None}, "waits", "Waits"),
        ({"approved_at": None, "returned_at": timezone.now()}, "returned", "Returned"),
        ({}, "counts", "Counts"),
    ],
)
def test_a_visit_stands_under_its_one_state(as_dan, visit, became, state, said):
    Visit.objects.filter(pk=visit.pk).update(**became)
    found = {name for name in ("waits", "returned", "counts", "excluded") if listed(as_dan, state=name)}
    assert found == {state}
    assert said in as_dan.get(reverse(LIST)).content.decode()


def test_it_says_how_it_came_about_and_how_often_it_was_sent(as_dan, world, payload, visit_id):
    payload |= {"conflict_of_interest": True, "conflict_of_interest_note": "My cousin.", "place": {"refused": True}}
    payload |= {"not_completed_reason": "They closed early."}
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    return_visit(visit=visit, by=world.mia, comment="Look <again>.")
    page = as_dan.get(reverse("admin:audits_visit_change", args=[visit.pk])).content.decode()
    assert "Returned to its auditor" in page
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload | {"revision": 2})
    page = as_dan.get(reverse("admin:audits_visit_change", args=[visit.pk])).content.decode()
    for said in ("My cousin.", "Not told", "They closed early.", "revision 2 received"):
        assert said in page
    assert "revision 1 returned by mia@example.org: Look &lt;again&gt;." in page
