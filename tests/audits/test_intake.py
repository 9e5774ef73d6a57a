"""A visit from a phone is stored once, whole, or not at all."""

from copy import deepcopy
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audits.intake import VisitConflict, daypart_of, record_visit
from audits.models import Interaction, Observation, Photo, Visit
from audits.payload import VisitRefused
from tests.conftest import NOON
from tests.making import publish_small_standard, visit_payload


def refused(world, payload, auditor=None) -> dict[str, str]:
    """What record_visit refuses, by place; nothing may have been stored."""
    with pytest.raises(VisitRefused) as caught:
        record_visit(visit_id=uuid4(), auditor=auditor or world.ana, payload=payload)
    assert not Visit.objects.exists()
    assert not Interaction.objects.exists()
    assert not Observation.objects.exists()
    return {problem.where: problem.message for problem in caught.value.problems}


def test_every_answer_is_stored_with_its_conformity(world, visit):
    stored = {
        (o.interaction.position if o.interaction else None, o.criterion.key): (o.value, o.conformity)
        for o in visit.observations.select_related("interaction", "criterion")
    }
    assert stored == {
        (0, "greeted"): (True, 1.0),
        (0, "warmth"): ("own", 1.0),
        (0, "wait"): (30, 1.0),
        (1, "greeted"): (True, 1.0),
        (1, "warmth"): ("own", 1.0),
        (1, "wait"): (30, 1.0),
        (None, "clean"): (True, 1.0),
        (None, "litter"): (1, pytest.approx(0.8)),
        (None, "words"): ("Friendly team.", None),
    }


def test_a_visit_is_approved_by_policy_and_keeps_its_context(visit):
    assert visit.approved_at is not None
    assert (visit.staff_seen, visit.customers_waiting, visit.busyness, visit.daypart) == (3, 2, "normal", "afternoon")


def test_the_same_content_again_is_the_same_visit(world, visit, visit_id, payload):
    again = record_visit(visit_id=visit_id, auditor=world.ana, payload=dict(reversed(payload.items())))
    assert not again.created
    assert Visit.objects.count() == 1


def test_other_content_under_the_same_id_names_both_digests(world, visit, visit_id, payload):
    payload["note"] = "changed"
    with pytest.raises(VisitConflict) as caught:
        record_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert caught.value.stored == visit.digest
    assert caught.value.sent != visit.digest
    visit.refresh_from_db()
    assert visit.note == ""


def test_all_wrong_answers_are_named_by_criterion_at_once(world, payload):
    payload["interactions"][0]["observations"] = [
        {"criterion": "greeted", "state": "answered", "value": "yes"},
        {"criterion": "wait", "state": "answered", "value": -3},
        {"criterion": "colour", "state": "answered", "value": True},
        {"criterion": "clean", "state": "answered", "value": True},
    ]
    payload["observations"].append({"criterion": "litter", "state": "answered", "value": 2})
    problems = refused(world, payload)
    assert "neither yes nor no" in problems["interactions.0.observations.greeted"]
    assert "0 to 86,400" in problems["interactions.0.observations.wait"]
    assert "no such criterion" in problems["interactions.0.observations.colour"]
    assert "once per visit" in problems["interactions.0.observations.clean"]
    assert "twice" in problems["observations.litter"]


def test_an_answer_that_was_not_asked_is_refused(world, payload):
    payload["interactions"][0]["observations"][0]["value"] = False  # warmth is asked only after a greeting
    assert refused(world, payload) == {
        "interactions.0.observations.warmth": "Asked only if “greeted” is “yes”: leave it out."
    }


def test_does_not_apply_and_not_observed_are_stored_apart_and_carry_no_conformity(world, payload, visit_id):
    payload["observations"][0] = {"criterion": "clean", "state": "does_not_apply"}
    payload["observations"][1] = {"criterion": "litter", "state": "not_observed", "note": "Shutter down."}
    visit = record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    stored = {o.criterion.key: o for o in visit.observations.filter(interaction=None).select_related("criterion")}
    assert stored["clean"].state == Observation.State.DOES_NOT_APPLY
    assert stored["litter"].state == Observation.State.NOT_OBSERVED
    assert stored["litter"].note == "Shutter down."
    assert stored["clean"].conformity is stored["litter"].conformity is None


def test_an_unanswered_state_with_a_value_is_refused(world, payload):
    payload["observations"][0] = {"criterion": "clean", "state": "not_observed", "value": True}
    assert "has a value" in refused(world, payload)["observations.clean"]


def test_a_visit_without_any_answer_is_refused(world, payload):
    payload["interactions"], payload["observations"] = [], []
    assert "no answer" in refused(world, payload)["observations"]


def test_a_location_of_another_region_is_refused_like_an_unknown_one(world, payload):
    payload["location"] = world.cove.pk
    there = refused(world, payload)["location"]
    payload["location"] = 999_999
    assert refused(world, payload)["location"].split(" ", 1)[1] == there.split(" ", 1)[1]


def test_a_manager_who_is_no_auditor_records_no_visit(world, payload):
    assert "not a location that you audit" in refused(world, payload, auditor=world.mia)["location"]


def test_a_draft_version_takes_no_visits(world, payload):
    from audits.standards import clone

    payload["version"] = clone(version=world.version).pk
    assert "no published version" in refused(world, payload)["version"]


def test_a_version_retired_while_the_visit_was_open_still_takes_it(world, payload, visit_id):
    from audits.standards import retire

    retire(version=world.version)
    assert record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).created


def test_times_in_the_future_are_refused_by_name(world, payload):
    ahead = timezone.now() + timedelta(hours=3)
    payload["ended_at"] = ahead.isoformat()
    payload["interactions"][1]["helped_at"] = ahead.isoformat()
    problems = refused(world, payload)
    assert set(problems) == {"ended_at", "interactions.1.helped_at"}
    assert all("future" in message for message in problems.values())


def test_a_clock_three_hours_ahead_is_taken_out(world, visit_id):
    device = timezone.now() + timedelta(hours=3) - timedelta(minutes=30)
    payload = visit_payload(world, started_at=device)
    payload["clock_offset_ms"] = 3 * 3600 * 1000
    visit = record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    assert abs(visit.started_at - (timezone.now() - timedelta(minutes=30))) < timedelta(minutes=1)


def test_a_visit_that_ends_before_it_starts_is_refused(world, payload):
    payload["ended_at"] = (NOON - timedelta(minutes=1)).isoformat()
    assert refused(world, payload) == {"ended_at": "The visit ends before it starts."}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"location": "Harbour"}, "location"),
        ({"started_at": "yesterday"}, "started_at"),
        ({"interactions": {"a": 1}}, "interactions.non_field_errors"),
        ({"interactions": [{"id": "x", "observations": []}]}, "interactions.0.id"),
        ({"context": {"staff_seen": -1}}, "context.staff_seen"),
        ({"weights": [1, 2]}, "weights"),
        ({"photos": [{"id": str(uuid4()), "sha256": "short"}]}, "photos.0.sha256"),
        ({"observations": None}, "observations"),
        ({"clock_offset_ms": 10**15}, "clock_offset_ms"),
    ],
)
def test_a_wrong_shape_is_named_where_it_is(world, payload, change, where):
    problems = refused(world, payload | change)
    assert any(found.startswith(where.removesuffix(".non_field_errors")) for found in problems), problems


def test_ids_used_twice_or_by_another_visit_are_refused(world, visit, payload):
    copy = deepcopy(payload)
    with pytest.raises(VisitRefused) as caught:
        record_visit(visit_id=uuid4(), auditor=world.ana, payload=copy)
    assert caught.value.problems[0].where == "interactions"
    copy["interactions"][0]["id"] = copy["interactions"][1]["id"] = str(uuid4())
    with pytest.raises(VisitRefused) as caught:
        record_visit(visit_id=uuid4(), auditor=world.ana, payload=copy)
    assert caught.value.problems[0].where == "interactions.1.id"


def test_photos_are_expected_from_the_moment_the_visit_names_them(world, payload, visit_id):
    photo = {"id": str(uuid4()), "criterion": "clean", "interaction": None, "sha256": "a" * 64, "taken_at": None}
    payload["photos"] = [photo]
    record_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
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


def test_a_criterion_of_another_version_is_unknown_to_this_one(world, payload):
    from audits.models import Standard

    other = publish_small_standard(Standard.objects.create(key="other", name="Other"))
    other_only = payload | {"observations": [{"criterion": "gone", "state": "answered", "value": True}]}
    assert other.pk != payload["version"]
    assert "no such criterion" in refused(world, other_only)["observations.gone"]


@pytest.mark.parametrize(("hour", "daypart"), [(0, "morning"), (11, "morning"), (12, "afternoon"), (17, "evening")])
def test_dayparts_change_at_noon_and_at_five(hour, daypart):
    assert daypart_of(NOON.replace(hour=hour)) == daypart


def test_the_daypart_is_judged_in_the_locations_own_time(world, visit_id):
    from locations.models import Membership

    Membership.objects.create(user=world.ana, region=world.south, role="auditor")
    payload = visit_payload(world, started_at=NOON, location=world.cove)  # noon UTC is seven in New York
    assert record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit.daypart == "morning"
