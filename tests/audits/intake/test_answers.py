"""The answers of a visit against the version that they were given to."""

import pytest

from audits.api.documents import receive_visit
from audits.models import Observation
from tests.audits.intake.conftest import refused, stored
from tests.making import publish_small_standard


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
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
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


def test_a_criterion_of_another_version_is_unknown_to_this_one(world, payload):
    from audits.models import Standard

    other = publish_small_standard(Standard.objects.create(key="other", name="Other"))
    other_only = payload | {"observations": [{"criterion": "gone", "state": "answered", "value": True}]}
    assert other.pk != payload["version"]
    assert "no such criterion" in refused(world, other_only)["observations.gone"]


def test_a_reason_stands_beside_what_was_not_answered(world, payload):
    payload["observations"][0] = {"criterion": "clean", "state": "does_not_apply", "reason": "not_offered"}
    payload["observations"][1] = {"criterion": "litter", "state": "not_observed", "reason": "Dark outside."}
    visit = stored(world, payload)
    reasons = dict(visit.observations.exclude(reason="").values_list("criterion__key", "reason"))
    assert reasons == {"clean": "not_offered", "litter": "Dark outside."}


def test_an_answer_with_a_reason_why_there_is_none_is_refused(world, payload):
    payload["observations"][0]["reason"] = "closed"
    assert "reason why there is none" in refused(world, payload)["observations.clean"]


@pytest.mark.parametrize("text", ["a\0b", "cut \ud83d"])
def test_characters_that_no_database_keeps_are_refused_by_criterion(world, payload, text):
    payload["observations"][2]["value"] = text
    assert "no database keeps" in refused(world, payload)["observations.words"]
