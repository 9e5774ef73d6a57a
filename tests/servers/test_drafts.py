"""Drafts, returns and corrections on PostgreSQL, from eight phones at the same moment."""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from copy import deepcopy
from uuid import uuid4

import pytest
from django.test import Client

from audits.api.documents import receive_visit
from audits.models import Draft, Interaction, Observation, Visit, VisitReturn, VisitRevision
from audits.review.returns import return_visit

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


class Session:
    """A signed-in person who sends JSON to the live server."""

    def __init__(self, base: str, user):
        client = Client()
        client.force_login(user)
        self.base, self.session = base, client.cookies["sessionid"].value

    def send(self, method: str, path: str, body: dict) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"{self.base}/api/v1/{path}",
            data=json.dumps(body).encode(),
            method=method,
            headers={
                "Content-Type": "application/json",
                "Cookie": f"sessionid={self.session}; csrftoken={'a' * 32}",
                "X-CSRFToken": "a" * 32,
                "Referer": self.base,
            },
        )
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture
def ana(live_server, world) -> Session:
    return Session(live_server.url, world.ana)


def at_once(session: Session, *sendings: tuple[str, str, dict]) -> list[tuple[int, dict]]:
    """The answers to requests that are let go at the same moment, in the order of `sendings`."""
    gate = threading.Barrier(len(sendings))
    answers: list[tuple[int, dict]] = [(0, {})] * len(sendings)

    def send(place: int) -> None:
        gate.wait()
        answers[place] = session.send(*sendings[place])

    threads = [threading.Thread(target=send, args=[place]) for place in range(len(sendings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def draft(visit_id, content: dict, base: int) -> tuple[str, str, dict]:
    return "PUT", f"drafts/{visit_id}/", {"content": content, "base_revision": base}


def test_of_eight_changes_of_the_same_revision_exactly_one_wins(ana):
    visit_id = uuid4()
    assert ana.send(*draft(visit_id, {"note": "begun"}, 0))[0] == 201
    for base in range(1, 6):
        answers = at_once(ana, *[draft(visit_id, {"note": f"{base}/{n}"}, base) for n in range(8)])
        assert Counter(status for status, _ in answers) == {200: 1, 409: 7}, answers
        stored = Draft.objects.get(pk=visit_id)
        [winner] = [number for number, (status, _) in enumerate(answers) if status == 200]
        assert (stored.revision, stored.content) == (base + 1, {"note": f"{base}/{winner}"})
        assert all(body["content"] == stored.content for status, body in answers if status == 409)


def test_of_eight_phones_that_begin_one_draft_exactly_one_wins(ana):
    for _ in range(5):
        visit_id = uuid4()
        answers = at_once(ana, *[draft(visit_id, {"note": n}, 0) for n in range(8)])
        assert Counter(status for status, _ in answers) == {201: 1, 409: 7}, answers


def test_the_same_change_eight_times_at_once_is_one_revision(ana):
    visit_id = uuid4()
    answers = at_once(ana, *[draft(visit_id, {"note": "a"}, 0)] * 8)
    assert Counter(status for status, _ in answers) == {201: 1, 200: 7}, answers
    answers = at_once(ana, *[draft(visit_id, {"note": "b"}, 1)] * 8)
    assert Counter((status, body["revision"]) for status, body in answers) == {(200, 2): 8}, answers


def test_drafts_saved_while_their_visit_arrives_leave_nothing_to_show(ana, world, payload):
    for _ in range(5):
        visit_id, fresh = uuid4(), renumbered(payload)
        ana.send(*draft(visit_id, {"note": "begun"}, 0))
        late = [draft(visit_id, {"note": n}, 1) for n in range(6)]
        answers = at_once(ana, ("PUT", f"visits/{visit_id}/", fresh), *late)
        assert answers[0][0] == 201, answers
        assert {status for status, _ in answers[1:]} <= {200, 201, 409, 410}, answers
        assert not Draft.objects.visible_to(world.ana).open().exists()


def renumbered(payload: dict) -> dict:
    return payload | {"interactions": [one | {"id": str(uuid4())} for one in payload["interactions"]]}


def corrections(payload: dict, notes: list[str]) -> list[dict]:
    return [deepcopy(payload) | {"revision": 2, "note": note} for note in notes]


def test_of_eight_corrections_at_once_one_is_stored_whole_and_the_others_are_told(ana, world, payload):
    for _ in range(3):
        visit_id, fresh = uuid4(), renumbered(payload)
        visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=fresh).visit
        return_visit(visit=visit, by=world.mia, comment="Again.")
        different = corrections(fresh, [f"Number {n}" for n in range(8)])
        answers = at_once(ana, *[("PUT", f"visits/{visit_id}/", one) for one in different])
        assert Counter(status for status, _ in answers) == {200: 1, 409: 7}, answers
        stored = Visit.objects.get(pk=visit_id)
        assert all(body["stored_content"]["note"] == stored.note for status, body in answers if status == 409)
        assert_stored_once(visit_id)


def test_the_same_correction_eight_times_at_once_is_stored_once(ana, world, visit, payload):
    return_visit(visit=visit, by=world.mia, comment="Again.")
    answers = at_once(ana, *[("PUT", f"visits/{visit.pk}/", one) for one in corrections(payload, ["Done."] * 8)])
    assert Counter(status for status, _ in answers) == {200: 8}, answers
    assert_stored_once(visit.pk)


def assert_stored_once(visit_id) -> None:
    assert [one.revision for one in VisitRevision.objects.filter(visit=visit_id)] == [1, 2]
    assert Interaction.objects.filter(visit=visit_id).count() == 2
    assert Observation.objects.filter(visit=visit_id).count() == 9
    assert Visit.objects.counting().filter(pk=visit_id, revision=2).exists()


def test_of_eight_reviewers_at_once_one_returns_the_visit(live_server, world, visit):
    mia = Session(live_server.url, world.mia)
    answers = at_once(mia, *[("POST", f"visits/{visit.pk}/return/", {"comment": f"Word {n}"}) for n in range(8)])
    assert Counter(status for status, _ in answers) == {201: 1, 409: 7}, answers
    assert VisitReturn.objects.filter(visit=visit).count() == 1
