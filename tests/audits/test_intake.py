"""A visit from a phone is stored once, whole, or not at all."""

import hashlib
from copy import deepcopy
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from audits import intake
from audits.content import content_digest
from audits.intake import NotYours, PhotoUnexpected, VisitConflict, attach_photo, daypart_of, record_visit
from audits.models import Interaction, Observation, Photo, Visit, VisitRevision
from audits.payload import VisitRefused
from audits.photos import prepare
from audits.review import exclude, return_visit
from tests.audits.test_photos import jpeg
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
    told = date_format(ahead.astimezone(ZoneInfo("Europe/London")), "j F Y H:i")
    assert problems["ended_at"].startswith(f"{told} at the location")


def test_a_clock_three_hours_ahead_is_taken_out(world, visit_id):
    device = timezone.now() + timedelta(hours=3) - timedelta(minutes=30)
    payload = visit_payload(world, started_at=device)
    payload["clock_offset_ms"] = 3 * 3600 * 1000
    visit = record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    assert abs(visit.started_at - (timezone.now() - timedelta(minutes=30))) < timedelta(minutes=1)


def test_a_departure_that_was_written_by_hand_is_as_a_watch_showed_it(world, visit_id):
    came = (timezone.now() - timedelta(minutes=30)).replace(microsecond=0)
    left = came + timedelta(minutes=20)
    payload = visit_payload(world, started_at=came + timedelta(hours=3))
    payload |= {"clock_offset_ms": 3 * 3600 * 1000, "ended_at": left.isoformat(), "written": ["ended_at"]}
    visit = record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    assert (visit.started_at, visit.ended_at) == (came, left)


def test_a_time_to_come_that_was_written_by_hand_is_refused_whatever_the_phones_clock_says(world, payload):
    payload["ended_at"] = (timezone.now() + timedelta(hours=1)).isoformat()
    payload |= {"clock_offset_ms": 3 * 3600 * 1000, "written": ["ended_at"]}
    assert "future" in refused(world, payload)["ended_at"]


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
        ({"written": ["taken_at"]}, "written"),
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


# ---- what surrounds the answers


def stored(world, payload, visit_id=None) -> Visit:
    visit_id = visit_id or uuid4()
    record_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    return Visit.objects.get(pk=visit_id)


def test_a_payload_of_the_first_release_has_the_digest_it_always_had():
    payload = {"location": 1, "note": "é", "interactions": [], "clock_offset_ms": 0}
    assert content_digest(payload) == "5a76d609068ce737a4cb686f8090af504328bb03ad2ed8059c45a64f1c99c02b"


def test_what_nobody_sends_is_stored_as_unknown(visit):
    visit.refresh_from_db()
    assert (visit.revision, visit.returned_at, visit.place, visit.taps) == (1, None, "", None)
    assert (visit.not_completed_reason, visit.conflict_of_interest, visit.hidden_notes) == ("", None, "")


def test_a_visit_that_could_not_be_completed_may_be_empty_and_counts_nowhere(world, payload):
    payload |= {"interactions": [], "observations": [], "not_completed_reason": "Closed for stock-taking."}
    visit = stored(world, payload)
    assert visit.not_completed_reason == "Closed for stock-taking."
    assert visit.approved_at is None
    assert not Visit.objects.counting().exists()


def test_a_visit_that_was_broken_off_counts_with_what_it_saw(world, payload):
    assert stored(world, payload | {"not_completed_reason": "Fire alarm."}).approved_at is not None


def test_a_reason_of_blanks_is_none(world, payload):
    payload |= {"interactions": [], "observations": [], "not_completed_reason": "  \n"}
    assert "say why it could not be completed" in refused(world, payload)["observations"]


@pytest.mark.parametrize("answer", [True, False, None])
def test_the_answer_about_conflicts_of_interest_is_kept_as_given(world, payload, answer):
    visit = stored(world, payload | {"conflict_of_interest": answer, "conflict_of_interest_note": "My cousin."})
    assert (visit.conflict_of_interest, visit.conflict_of_interest_note) == (answer, "My cousin.")
    assert visit.approved_at is not None


def test_a_reason_stands_beside_what_was_not_answered(world, payload):
    payload["observations"][0] = {"criterion": "clean", "state": "does_not_apply", "reason": "not_offered"}
    payload["observations"][1] = {"criterion": "litter", "state": "not_observed", "reason": "Dark outside."}
    visit = stored(world, payload)
    reasons = dict(visit.observations.exclude(reason="").values_list("criterion__key", "reason"))
    assert reasons == {"clean": "not_offered", "litter": "Dark outside."}


def test_an_answer_with_a_reason_why_there_is_none_is_refused(world, payload):
    payload["observations"][0]["reason"] = "closed"
    assert "reason why there is none" in refused(world, payload)["observations.clean"]


def test_taps_and_hidden_notes_of_a_covert_visit_are_kept_on_the_servers_clock(world, payload):
    taps = [{"what": "Greeted", "at": (NOON + timedelta(hours=3)).isoformat()}]
    later = {name: (NOON + timedelta(hours=3)).isoformat() for name in ("started_at", "ended_at")}
    payload |= later | {"mode": "covert", "taps": taps, "hidden_notes": "red scarf", "clock_offset_ms": 3 * 3600_000}
    visit = stored(world, payload)
    assert visit.mode == "covert"
    assert visit.taps == [{"what": "Greeted", "at": NOON.isoformat()}]
    assert visit.hidden_notes == "red scarf"


def test_two_hundred_taps_are_taken_and_one_more_is_not(world, payload):
    taps = [{"what": f"Tap {number}", "at": NOON.isoformat()} for number in range(201)]
    assert any(where.startswith("taps") for where in refused(world, payload | {"taps": taps}))
    assert len(stored(world, payload | {"taps": taps[:200]}).taps) == 200


def test_a_tap_in_the_future_is_named(world, payload):
    taps = [{"what": "Left", "at": (timezone.now() + timedelta(days=1)).isoformat()}]
    assert set(refused(world, payload | {"taps": taps})) == {"taps.0.at"}


# ---- the place, which never blocks

HERE = {"latitude": 51.5, "longitude": 0.0, "accuracy_m": 20}


@pytest.fixture
def on_the_map(world):
    world.harbour.latitude, world.harbour.longitude = 51.5, 0.0
    world.harbour.save()


@pytest.mark.parametrize(
    ("place", "grade"),
    [
        (HERE, "near"),
        (HERE | {"longitude": 0.003}, "near"),  # 208 m
        (HERE | {"longitude": 0.003, "accuracy_m": 150}, "unsure"),
        (HERE | {"accuracy_m": 5_000}, "unsure"),
        (HERE | {"accuracy_m": None}, "unsure"),
        (HERE | {"longitude": 0.01}, "unsure"),  # 692 m
        (HERE | {"longitude": 0.02}, "far"),  # 1,384 m
        (HERE | {"longitude": 0.02, "accuracy_m": 900}, "unsure"),
        (HERE | {"latitude": -51.5, "longitude": 180.0}, "far"),
        ({}, "unsure"),
        ({"refused": True}, "refused"),
        (None, ""),
    ],
)
def test_the_place_is_graded_by_distance_and_accuracy(world, on_the_map, payload, place, grade):
    visit = stored(world, payload | {"place": place})
    assert visit.place == grade
    assert visit.approved_at is not None


def test_distance_and_accuracy_are_stored_beside_the_grade(world, on_the_map, payload):
    visit = stored(world, payload | {"place": HERE | {"longitude": 0.01}})
    assert (round(visit.place_distance_m), visit.place_accuracy_m) == (692, 20)


def test_a_location_without_a_position_leaves_the_place_unsure(world, payload):
    visit = stored(world, payload | {"place": HERE})
    assert (visit.place, visit.place_distance_m, visit.place_accuracy_m) == ("unsure", None, 20)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"place": {"latitude": 51.5}}, "place"),
        ({"place": {"latitude": 91, "longitude": 0}}, "place.latitude"),
        ({"place": HERE | {"refused": True}}, "place"),
        ({"place": HERE | {"accuracy_m": -1}}, "place.accuracy_m"),
        ({"place": "here"}, "place"),
        ({"taps": [{"what": "", "at": NOON.isoformat()}]}, "taps.0.what"),
        ({"taps": "Greeted"}, "taps"),
        ({"not_completed_reason": "x" * 501}, "not_completed_reason"),
        ({"conflict_of_interest": "perhaps"}, "conflict_of_interest"),
        ({"hidden_notes": "x" * 5001}, "hidden_notes"),
        ({"revision": "2"}, "revision"),
        ({"revision": None}, "revision"),
        ({"revision": True}, "revision"),
        ({"revision": 0}, "revision"),
        ({"revision": 2}, "revision"),
        ({"mode": "history"}, "mode"),
        ({"note": float("inf")}, "visit"),
    ],
)
def test_what_does_not_fit_beside_the_answers_is_named_where_it_is(world, payload, change, where):
    problems = refused(world, payload | change)
    assert any(found.startswith(where) for found in problems), problems


@pytest.mark.parametrize("text", ["a\0b", "cut \ud83d"])
def test_characters_that_no_database_keeps_are_refused_by_criterion(world, payload, text):
    payload["observations"][2]["value"] = text
    assert "no database keeps" in refused(world, payload)["observations.words"]


# ---- returned visits


def photo_named(sha256="a" * 64, **fields) -> dict:
    return {"id": str(uuid4()), "criterion": "clean", "interaction": None, "sha256": sha256, **fields}


def returned(visit, world, **fields):
    return return_visit(visit=Visit.objects.get(pk=visit.pk), by=world.mia, comment="Look again.", **fields)


def corrected(payload, revision=2, **changes) -> dict:
    return deepcopy(payload) | {"revision": revision, **changes}


def test_a_returned_visit_takes_its_next_revision_and_counts_again(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Corrected.")
    second["interactions"].pop()
    second["observations"][1]["value"] = 5
    recorded = record_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    now = Visit.objects.get(pk=visit.pk)
    assert not recorded.created
    assert (now.revision, now.note, now.returned_at) == (2, "Corrected.", None)
    assert now.approved_at is not None
    assert now.received_at > visit.received_at
    assert now.interactions.count() == 1
    assert now.observations.get(criterion__key="litter").value == 5
    assert now.observations.count() == 6


def test_every_revision_stays_readable_as_it_was_sent(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Corrected.")
    record_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    kept = list(VisitRevision.objects.filter(visit=visit).order_by("revision"))
    assert [(one.revision, one.content) for one in kept] == [(1, payload), (2, second)]
    assert [one.digest for one in kept] == [content_digest(payload), content_digest(second)]


def test_either_revision_again_is_no_conflict(world, visit, payload):
    returned(visit, world)
    second = corrected(payload, note="Corrected.")
    for sent in (payload, second, second, payload):
        assert record_visit(visit_id=visit.pk, auditor=world.ana, payload=sent).created is False
    assert Visit.objects.get(pk=visit.pk).revision == 2
    assert VisitRevision.objects.filter(visit=visit).count() == 2


@pytest.mark.parametrize("revision", [1, 3, 99])
def test_a_wrong_revision_of_a_returned_visit_is_a_conflict_with_both(world, visit, payload, revision):
    returned(visit, world)
    with pytest.raises(VisitConflict) as caught:
        record_visit(visit_id=visit.pk, auditor=world.ana, payload=corrected(payload, revision, note="Corrected."))
    assert (caught.value.stored_revision, caught.value.sent_revision) == (1, revision)
    assert caught.value.stored_content == payload
    assert Visit.objects.get(pk=visit.pk).returned_at is not None


def test_a_visit_that_was_not_returned_takes_no_second_revision(world, visit, payload):
    with pytest.raises(VisitConflict):
        record_visit(visit_id=visit.pk, auditor=world.ana, payload=corrected(payload, note="Corrected."))
    assert Visit.objects.get(pk=visit.pk).note == ""


def test_a_correction_that_does_not_fit_changes_nothing(world, visit, payload):
    returned(visit, world)
    second = corrected(payload)
    second["observations"][0]["value"] = 7
    with pytest.raises(VisitRefused) as caught:
        record_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    assert [problem.where for problem in caught.value.problems] == ["observations.clean"]
    now = Visit.objects.get(pk=visit.pk)
    assert (now.revision, now.observations.count(), now.interactions.count()) == (1, 9, 2)
    assert now.returned_at is not None


def test_nobody_else_corrects_a_returned_visit(world, visit, payload):
    returned(visit, world)
    with pytest.raises(NotYours):
        record_visit(visit_id=visit.pk, auditor=world.abe, payload=corrected(payload, note="Mine."))


def test_of_two_different_corrections_at_once_one_wins_and_the_other_is_told(world, visit, payload, monkeypatch):
    """The second request stores its revision while the first is still being checked."""
    returned(visit, world)
    first, second = corrected(payload, note="First."), corrected(payload, note="Second.")
    check = intake.check_visit

    def overtaken(*args, **kwargs):
        checked = check(*args, **kwargs)
        monkeypatch.setattr(intake, "check_visit", check)
        record_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
        return checked

    monkeypatch.setattr(intake, "check_visit", overtaken)
    with pytest.raises(VisitConflict) as caught:
        record_visit(visit_id=visit.pk, auditor=world.ana, payload=first)
    assert caught.value.stored_content == second
    now = Visit.objects.get(pk=visit.pk)
    assert (now.revision, now.note, now.observations.count()) == (2, "Second.", 9)


def test_the_same_correction_twice_at_once_is_stored_once(world, visit, payload, monkeypatch):
    returned(visit, world)
    second = corrected(payload, note="Second.")
    check = intake.check_visit

    def overtaken(*args, **kwargs):
        checked = check(*args, **kwargs)
        monkeypatch.setattr(intake, "check_visit", check)
        record_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
        return checked

    monkeypatch.setattr(intake, "check_visit", overtaken)
    record_visit(visit_id=visit.pk, auditor=world.ana, payload=second)
    assert VisitRevision.objects.filter(visit=visit).count() == 2
    assert Observation.objects.filter(visit=visit).count() == 9


class TestPhotosOfACorrection:
    @pytest.fixture
    def picture(self):
        return jpeg()

    @pytest.fixture
    def sent(self, world, payload, visit_id, picture) -> dict:
        """A returned visit with one photo that is here and one that never came."""
        here = photo_named(hashlib.sha256(picture).hexdigest(), interaction=payload["interactions"][1]["id"])
        payload["photos"] = [here | {"criterion": "greeted"}, photo_named()]
        visit = record_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
        attach_photo(visit=visit, photo_id=here["id"], data=picture)
        returned(visit, world)
        return payload

    def test_a_photo_that_is_here_stays_even_if_its_interaction_goes(self, world, sent, visit_id):
        second = corrected(sent)
        second["interactions"].pop()
        second["photos"] = [second["photos"][0] | {"interaction": None}]
        record_visit(visit_id=visit_id, auditor=world.ana, payload=second)
        [photo] = Photo.objects.filter(visit=visit_id)
        assert (str(photo.pk), photo.interaction, photo.withdrawn_at) == (sent["photos"][0]["id"], None, None)
        assert photo.received_at is not None
        assert photo.image.storage.exists(photo.image.name)

    def test_a_photo_that_is_left_out_is_kept_but_shown_no_more_and_may_come_back(self, world, sent, visit_id):
        record_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, photos=[]))
        [photo] = Photo.objects.filter(visit=visit_id)
        assert photo.withdrawn_at is not None
        assert not Photo.objects.visible_to(world.ana).exists()
        returned(Visit.objects.get(pk=visit_id), world)
        record_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, 3, photos=sent["photos"][:1]))
        assert Photo.objects.visible_to(world.ana).get().received_at is not None

    def test_another_picture_needs_an_id_of_its_own(self, world, sent, visit_id):
        second = corrected(sent)
        second["photos"][0]["sha256"] = "b" * 64
        with pytest.raises(VisitRefused) as caught:
            record_visit(visit_id=visit_id, auditor=world.ana, payload=second)
        assert [problem.where for problem in caught.value.problems] == ["photos.0.sha256"]

    def test_a_photo_on_its_way_while_the_visit_drops_it_is_told_so(self, world, sent, visit_id, monkeypatch):
        late = sent["photos"][1] | {"sha256": hashlib.sha256(jpeg((40, 30))).hexdigest()}
        Photo.objects.filter(pk=late["id"]).update(sha256=late["sha256"])

        def dropped_meanwhile(data):
            record_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, photos=[]))
            return prepare(data)

        monkeypatch.setattr(intake, "prepare", dropped_meanwhile)
        with pytest.raises(PhotoUnexpected):
            attach_photo(visit=Visit.objects.get(pk=visit_id), photo_id=late["id"], data=jpeg((40, 30)))


def test_an_exclusion_outlives_a_correction(world, visit, payload):
    returned(visit, world)
    exclude(visit=Visit.objects.get(pk=visit.pk), by=world.mia, reason="Wrong shop.")
    record_visit(visit_id=visit.pk, auditor=world.ana, payload=corrected(payload, note="Corrected."))
    now = Visit.objects.get(pk=visit.pk)
    assert (now.note, now.exclusion_reason) == ("Corrected.", "Wrong shop.")
    assert not Visit.objects.counting().exists()


def test_a_photo_or_an_interaction_more_costs_no_query_more(world, payload, django_assert_max_num_queries):
    many = visit_payload(world, started_at=NOON, greeted=(True,) * 20)
    many["photos"] = [photo_named(f"{number:064d}") for number in range(20)]
    for sent in (payload, many):
        visit_id = uuid4()
        with django_assert_max_num_queries(34):
            record_visit(visit_id=visit_id, auditor=world.ana, payload=sent)
        returned(Visit.objects.get(pk=visit_id), world)
        with django_assert_max_num_queries(44):
            record_visit(visit_id=visit_id, auditor=world.ana, payload=corrected(sent, note="Corrected."))
