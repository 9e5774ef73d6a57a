"""The times of a visit: the phone's clock, what is to come, the part of the day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from audits.api.documents import receive_visit
from audits.intake.daypart import daypart_of
from tests.audits.intake.conftest import refused
from tests.conftest import NOON
from tests.making import visit_payload


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
    began = timezone.now() - timedelta(minutes=30)
    payload = visit_payload(world, started_at=began + timedelta(hours=3))
    payload["clock_offset_ms"] = 3 * 3600 * 1000
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    assert visit.started_at == began


def test_a_departure_that_was_written_by_hand_is_as_a_watch_showed_it(world, visit_id):
    came = (timezone.now() - timedelta(minutes=30)).replace(microsecond=0)
    left = came + timedelta(minutes=20)
    payload = visit_payload(world, started_at=came + timedelta(hours=3))
    payload |= {"clock_offset_ms": 3 * 3600 * 1000, "ended_at": left.isoformat(), "written": ["ended_at"]}
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    assert (visit.started_at, visit.ended_at) == (came, left)


def test_a_time_to_come_that_was_written_by_hand_is_refused_whatever_the_phones_clock_says(world, payload):
    payload["ended_at"] = (timezone.now() + timedelta(hours=1)).isoformat()
    payload |= {"clock_offset_ms": 3 * 3600 * 1000, "written": ["ended_at"]}
    assert "future" in refused(world, payload)["ended_at"]


def test_a_visit_that_ends_before_it_starts_is_refused(world, payload):
    payload["ended_at"] = (NOON - timedelta(minutes=1)).isoformat()
    assert refused(world, payload) == {"ended_at": "The visit ends before it starts."}


@pytest.mark.parametrize(("hour", "daypart"), [(0, "morning"), (11, "morning"), (12, "afternoon"), (17, "evening")])
def test_dayparts_change_at_noon_and_at_five(hour, daypart):
    assert daypart_of(NOON.replace(hour=hour)) == daypart


def test_the_daypart_is_judged_in_the_locations_own_time(world, visit_id):
    from locations.models import Membership

    Membership.objects.create(user=world.ana, region=world.south, role="auditor")
    payload = visit_payload(world, started_at=NOON, location=world.cove)  # noon UTC is seven in New York
    assert receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit.daypart == "morning"
