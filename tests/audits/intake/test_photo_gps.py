"""When and where a photo was taken, as its camera wrote it: graded, kept, shown; never a reason to refuse a visit."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.intake.checked_visit import VisitRefused
from audits.models import Photo
from audits.review.returns import return_visit
from tests.conftest import NOON
from tests.making import visit_payload

CLOSE, AWAY = {"latitude": 51.5009, "longitude": 0.0}, {"latitude": 51.51, "longitude": 0.0}  # 100 m, 1.1 km


@pytest.fixture
def on_the_map(world):
    world.harbour.latitude, world.harbour.longitude = 51.5, 0.0
    world.harbour.save()


def photo(**told):
    return {"id": str(uuid4()), "criterion": "clean", "sha256": "a" * 64, **told}


@pytest.mark.parametrize(
    ("place", "grade"), [(CLOSE, "near"), (AWAY, "far"), (None, ""), ({"refused": True}, "refused")]
)
def test_the_place_of_a_photo_is_graded_like_that_of_the_visit(world, on_the_map, payload, visit_id, place, grade):
    payload["photos"] = [photo(place=place)]
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert Photo.objects.get().gps_grade == grade


def test_a_correction_may_tell_the_place_anew(world, on_the_map, payload, visit_id):
    payload["photos"] = [photo(place=AWAY)]
    visit = receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit
    return_visit(visit=visit, by=world.mia, comment="Again.")
    payload["photos"][0]["place"] = CLOSE
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload | {"revision": 2})
    stored = Photo.objects.get()
    assert (stored.gps_grade, round(stored.gps_distance_m)) == ("near", 100)


def test_a_picture_from_long_ago_is_taken_and_says_so(client, world, on_the_map, payload, visit_id):
    payload["photos"] = [photo(taken_at=(NOON - timedelta(days=1000)).isoformat(), place=AWAY)]
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    Photo.objects.update(received_at=timezone.now(), image="a.jpg", thumbnail="b.jpg")
    client.force_login(world.mia)
    page = client.get(reverse("reports:visit", args=[visit_id])).content.decode()
    assert "6\xa0Jun\xa02023, 13:00, 1.1\xa0km away" in page
    assert "51.51" not in page


def test_a_photo_of_the_visit_says_the_minute_on_the_clock_of_the_place(client, world, on_the_map, visit_id):
    payload = visit_payload(world, started_at=NOON.replace(month=6))
    payload["photos"] = [photo(taken_at=NOON.replace(month=6, minute=5).isoformat(), place=CLOSE)]
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    Photo.objects.update(received_at=timezone.now(), image="a.jpg", thumbnail="b.jpg")
    client.force_login(world.mia)
    assert "13:05, at the location" in client.get(reverse("reports:visit", args=[visit_id])).content.decode()


@pytest.mark.parametrize("changed", ["started_at", "photos"])
def test_a_time_that_no_calendar_holds_is_named(world, payload, visit_id, changed):
    never = "0001-01-01T00:00:00Z"
    payload |= {"clock_offset_ms": 10**9, changed: [photo(taken_at=never)] if changed == "photos" else never}
    with pytest.raises(VisitRefused, match="no time that can be"):
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
