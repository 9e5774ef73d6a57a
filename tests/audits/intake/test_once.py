"""A visit from a phone is stored once, whole, or not at all."""

import pytest

from audits.api.documents import receive_visit
from audits.intake.content import content_digest
from audits.intake.visits import VisitConflict
from audits.models import Visit


def test_the_same_content_again_is_the_same_visit(world, visit, visit_id, payload):
    again = receive_visit(visit_id=visit_id, auditor=world.ana, payload=dict(reversed(payload.items())))
    assert not again.created
    assert Visit.objects.count() == 1


def test_a_visit_of_an_older_shape_that_was_stored_once_is_known_again(world, visit, visit_id, payload):
    sent = payload | {"no_longer_a_field": 1}
    Visit.objects.update(digest=content_digest(sent))
    assert not receive_visit(visit_id=visit_id, auditor=world.ana, payload=sent).created


def test_other_content_under_the_same_id_names_both_digests(world, visit, visit_id, payload):
    payload["note"] = "changed"
    with pytest.raises(VisitConflict) as caught:
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert caught.value.stored == visit.digest
    assert caught.value.sent != visit.digest
    visit.refresh_from_db()
    assert visit.note == ""


def test_a_payload_of_the_first_release_has_the_digest_it_always_had():
    payload = {"location": 1, "note": "é", "interactions": [], "clock_offset_ms": 0}
    assert content_digest(payload) == "5a76d609068ce737a4cb686f8090af504328bb03ad2ed8059c45a64f1c99c02b"
