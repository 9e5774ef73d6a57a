"""What a visit names: location, version, assignment, interactions, photos."""

from copy import deepcopy
from uuid import uuid4

import pytest

from audits.api.documents import receive_visit
from audits.intake.checked_visit import VisitRefused
from audits.models import Photo
from tests.audits.intake.conftest import refused


def test_a_location_of_another_region_is_refused_like_an_unknown_one(world, payload):
    payload["location"] = world.cove.pk
    there = refused(world, payload)["location"]
    payload["location"] = 999_999
    assert refused(world, payload)["location"].split(" ", 1)[1] == there.split(" ", 1)[1]


def test_a_manager_who_is_no_auditor_records_no_visit(world, payload):
    assert "not a location that you audit" in refused(world, payload, auditor=world.mia)["location"]


def test_a_draft_version_takes_no_visits(world, payload):
    from audits.standards.cloning import clone

    payload["version"] = clone(version=world.version).pk
    assert "no published version" in refused(world, payload)["version"]


def test_a_version_retired_while_the_visit_was_open_still_takes_it(world, payload, visit_id):
    from audits.standards.publication import retire

    retire(version=world.version)
    assert receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).created


def test_ids_used_twice_or_by_another_visit_are_refused(world, visit, payload):
    copy = deepcopy(payload)
    with pytest.raises(VisitRefused) as caught:
        receive_visit(visit_id=uuid4(), auditor=world.ana, payload=copy)
    assert caught.value.problems[0].where == "interactions"
    copy["interactions"][0]["id"] = copy["interactions"][1]["id"] = str(uuid4())
    with pytest.raises(VisitRefused) as caught:
        receive_visit(visit_id=uuid4(), auditor=world.ana, payload=copy)
    assert caught.value.problems[0].where == "interactions.1.id"


def test_photos_are_expected_from_the_moment_the_visit_names_them(world, payload, visit_id):
    photo = {"id": str(uuid4()), "criterion": "clean", "interaction": None, "sha256": "a" * 64, "taken_at": None}
    payload["photos"] = [photo]
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    stored = Photo.objects.get()
    assert (str(stored.pk), stored.criterion.key, stored.received_at) == (photo["id"], "clean", None)


def test_a_photo_of_an_unknown_criterion_or_interaction_is_refused(world, payload):
    photo = {"id": str(uuid4()), "criterion": "moon", "interaction": str(uuid4()), "sha256": "a" * 64}
    payload["photos"] = [photo, photo]
    assert set(refused(world, payload)) == {
        "photos.0.criterion", "photos.0.interaction", "photos.1.id", "photos.1.criterion", "photos.1.interaction",
    }  # fmt: skip


def test_the_assignment_must_be_ones_own_and_for_the_place(world, payload):
    from audits.models import Assignment

    payload["assignment"] = Assignment.objects.create(
        location=world.mill, version=world.version, auditor=world.ana, opens_on="2026-03-01", closes_on="2026-03-09"
    ).pk
    assert "no assignment of yours" in refused(world, payload)["assignment"]
