"""A visit says under which circumstances it was made, how often it was sent, and what changed each time."""

from copy import deepcopy
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from audits.api.documents import receive_visit
from audits.intake.given_up_photos import give_up_photo
from audits.models import Criterion, Visit
from audits.review.returns import return_visit
from reports.pages.visit.revisions import MOST_CHANGES, revision_rows
from tests.conftest import NOON
from tests.reports.page_rows import text_of


@pytest.fixture
def read(client, world, visit):
    def read(user=None) -> str:
        client.force_login(user or world.mia)
        return text_of(client.get(reverse("reports:visit", args=[visit.pk])))

    return read


@pytest.fixture
def corrected(world, visit, payload):
    """Stores the next revision, after a reviewer's word."""

    def corrected(change) -> list:
        item = {"criterion": "litter", "comment": "I see four pieces."}
        return_visit(visit=visit, by=world.mia, comment="Look again.", items=[item])
        sent = deepcopy(payload) | {"revision": 2}
        change(sent)
        receive_visit(visit_id=visit.pk, auditor=world.ana, payload=sent)
        criteria = {each.key: each for each in Criterion.objects.filter(section__version=world.version)}
        newest, first = revision_rows(Visit.objects.get(pk=visit.pk), criteria, names_reviewers=True)
        assert (newest.number, first.number, first.changes) == (2, 1, None)
        return [(each.where, each.was, each.now) for each in newest.changes]

    return corrected


def test_a_visit_sent_once_shows_no_history(read):
    assert "Sent and sent back" not in read()


def test_each_changed_answer_is_named_with_both_versions(corrected):
    def change(sent):
        sent["observations"][1] |= {"value": 4, "note": "By the door."}
        sent["interactions"][0]["observations"][0] = {
            "criterion": "greeted", "state": "does_not_apply", "reason": "no_customer",
        }  # fmt: skip
        del sent["interactions"][0]["observations"][2]

    assert corrected(change) == [
        ("Till 1 · Was the customer greeted?", "Yes", "Does not apply, No customer or situation to see it in"),
        ("Till 1 · How was it said?", "Own words", "nothing"),
        ("Pieces of litter", "1", "4, “By the door.”"),
    ]


def test_encounters_times_circumstances_and_photos_are_compared_too(corrected):
    def change(sent):
        gone = sent["interactions"].pop()
        assert gone["label"] == "Till 2"
        sent["interactions"][0] |= {"label": "Door", "helped_at": (NOON + timedelta(minutes=3)).isoformat()}
        sent["context"]["busyness"] = "busy"
        sent["ended_at"] = None
        sent["conflict_of_interest"] = True
        sent["place"] = {"refused": True}
        sent["photos"] = [{"id": str(uuid4()), "criterion": "clean", "sha256": "a" * 64}]

    changes = corrected(change)
    assert [change for change in changes if "Till 2" in change[0]] == [("Till 2", "recorded", "left out")]
    assert ("Door, its name", "Till 1", "Door") in changes
    assert ("Door, helped", "nothing", "12:03:00") in changes
    assert ("Left", "12:25:00", "nothing") in changes
    assert ("Busyness", "normal", "busy") in changes
    assert ("Knows people there", "nothing", "yes") in changes
    assert ("Place", "nothing", "not told") in changes
    assert ("Photo: Was the floor clean?", "nothing", "added") in changes


def test_a_clock_that_was_set_right_between_two_revisions_changes_no_time(corrected):
    def change(sent):
        for stamped in (sent, *sent["interactions"]):
            for name in ("started_at", "ended_at"):
                if stamped.get(name):
                    stamped[name] = stamped[name].replace("T12:", "T15:")
        sent["clock_offset_ms"] = 3 * 3600 * 1000

    assert corrected(change) == []


def test_a_time_that_was_written_by_hand_is_shown_as_written_whatever_the_phones_clock(corrected):
    def change(sent):
        sent["clock_offset_ms"] = 3 * 3600 * 1000
        sent["written"] = ["started_at", "ended_at"]
        for interaction in sent["interactions"]:
            for name in ("started_at", "ended_at"):
                if interaction.get(name):
                    interaction[name] = interaction[name].replace("T12:", "T15:")
        sent["ended_at"] = (NOON + timedelta(minutes=40)).isoformat()

    assert corrected(change) == [("Left", "12:25:00", "12:40:00")]


def test_the_page_tells_who_returned_it_when_and_why(corrected, read, world):
    corrected(lambda sent: sent["observations"][1].update(value=4))
    said = read()
    assert "Look again." in said
    assert "by mia@example.org" in said
    assert "Pieces of litter: I see four pieces." in said
    assert "Pieces of litter: 1 4" in said
    assert "by mia@example.org" not in read(world.ana)


def test_a_visit_sent_before_revisions_were_kept_has_none_to_compare(visit, read):
    visit.revisions.all().delete()
    assert "Harbour Street" in read()


def test_long_lists_of_changes_are_cut(corrected, monkeypatch, world, visit):
    monkeypatch.setattr("reports.pages.visit.revisions.MOST_CHANGES", 2)
    assert MOST_CHANGES > 2
    changes = corrected(lambda sent: [each["observations"].clear() for each in sent["interactions"]])
    assert len(changes) == 2


def test_circumstances_are_told_in_words_and_never_as_coordinates(client, world, payload, visit_id):
    world.harbour.latitude, world.harbour.longitude = 51.5, 0.0
    world.harbour.save()
    payload |= {
        "mode": "covert", "hidden_notes": "Two at the till.", "conflict_of_interest": True,
        "conflict_of_interest_note": "My cousin works there.", "not_completed_reason": "They closed early.",
        "place": {"latitude": 51.62, "longitude": 0.0, "accuracy_m": 30}, "clock_offset_ms": -2 * 3600 * 1000,
        "taps": [{"what": "arrived", "at": (NOON - timedelta(hours=2)).isoformat()}],
        "started_at": (NOON - timedelta(hours=2)).isoformat(),
    }  # fmt: skip
    payload["observations"][0] = {"criterion": "clean", "state": "does_not_apply", "reason": "closed"}
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    client.force_login(world.mia)
    page = client.get(reverse("reports:visit", args=[visit_id]))
    said = text_of(page)
    for words in (
        "Could not be completed: They closed early.",
        "Knows people there yes: My cousin works there.",
        "Entry reported afterwards from taps and notes",
        "Place elsewhere, 13 km away",
        "2 hours slow; the times here are corrected",
        "12:00:00 arrived",
        "Two at the till.",
        "Does not apply: That part of the location was closed",
    ):
        assert words in said, words
    assert "51.6" not in page.content.decode()


def test_a_photo_without_an_answer_is_shown_as_well(client, world, payload, visit_id):
    payload["photos"] = [{"id": str(uuid4()), "criterion": "clean", "sha256": "a" * 64}]
    payload["observations"] = [each for each in payload["observations"] if each["criterion"] != "clean"]
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    client.force_login(world.mia)
    said = text_of(client.get(reverse("reports:visit", args=[visit_id])))
    assert "Photo not received yet" in said
    assert "Photos to come 1 of 1" in said


def test_a_photo_that_was_given_up_is_said_to_be_and_nobody_waits_for_it(client, world, payload, visit_id):
    photo_id = uuid4()
    payload["photos"] = [{"id": str(photo_id), "criterion": "clean", "sha256": "a" * 64}]
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    give_up_photo(visit=visit, photo_id=photo_id, by=world.ana, reason="The photo is damaged.")
    client.force_login(world.mia)
    said = text_of(client.get(reverse("reports:visit", args=[visit_id])))
    assert "Photo given up on the phone" in said
    assert "Photos given up on the phone 1 of 1" in said
    assert "Photos to come" not in said
    assert "not received yet" not in said
