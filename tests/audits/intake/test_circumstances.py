"""What surrounds the answers: context, reasons, taps, a conflict of interest."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.models import Visit
from tests.audits.intake.conftest import refused, stored
from tests.conftest import NOON


def test_a_visit_is_approved_by_policy_and_keeps_its_context(visit):
    assert visit.approved_at is not None
    assert (visit.staff_seen, visit.customers_waiting, visit.busyness, visit.daypart) == (3, 2, "normal", "afternoon")


def test_what_nobody_sends_is_stored_as_unknown(visit):
    visit.refresh_from_db()
    assert (visit.revision, visit.returned_at, visit.gps_grade, visit.taps) == (1, None, "", None)
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
