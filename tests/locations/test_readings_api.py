"""Readings by machine: all or nothing, as often as one likes, only for one's own regions."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from locations.models import ApiKey, Location, Metric, Reading
from locations.signals import readings_changed


@pytest.fixture
def score(world):
    return Metric.objects.create(key="score", name="Score", cadence="weekly", plausible_min=0, plausible_max=100)


@pytest.fixture
def ian(world):
    client = APIClient()
    client.force_login(world.ian)
    return client


@pytest.fixture
def heard():
    """What `readings_changed` said."""
    said = []

    def listen(sender, location_ids, **kwargs):
        said.append(location_ids)

    readings_changed.connect(listen)
    yield said
    readings_changed.disconnect(listen)


def row(location="H1", start="2026-03-02", **changes):
    return {"location": location, "metric": "score", "period_start": start, "value": 81.5} | changes


def post(client, rows):
    return client.post(reverse("locations:api-readings"), rows, format="json")


def test_readings_are_stored_and_counted(ian, world, score, heard):
    answer = post(ian, [row(), row("C1", period_end="2026-03-08")])
    assert answer.status_code == 200
    assert answer.json() == {"created": 2, "updated": 0, "unchanged": 0}
    assert set(Reading.objects.values_list("location__code", "period_end", "value")) == {
        ("H1", date(2026, 3, 8), 81.5),  # a week, as the metric's cadence says
        ("C1", date(2026, 3, 8), 81.5),
    }
    assert heard == [{world.harbour.pk, world.cove.pk}]


def test_the_same_readings_again_change_nothing_and_nobody_hears_of_it(ian, score, heard):
    post(ian, {"readings": [row()]})
    assert post(ian, {"readings": [row()]}).json() == {"created": 0, "updated": 0, "unchanged": 1}
    assert len(heard) == 1


def test_another_value_for_a_known_period_replaces_it(ian, score):
    post(ian, [row(), row("M1")])
    assert post(ian, [row(value=70), row("M1")]).json() == {"created": 0, "updated": 1, "unchanged": 1}
    assert Reading.objects.get(location__code="H1").value == 70


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"location": "X9"}, "location", "no location of yours has this code"),
        ({"location": None}, "location", "no location of yours has this code"),
        ({"metric": "nps"}, "metric", "'nps': no metric has this key"),
        ({"metric": ["score"]}, "metric", "no metric has this key"),
        ({"period_start": "2.3.2026"}, "period_start", "write it as YYYY-MM-DD"),
        ({"period_start": 20260302}, "period_start", "write it as YYYY-MM-DD"),
        ({"period_end": "2026-03-01"}, "period_end", "lies before period_start"),
        ({"period_start": "2999-01-01"}, "period_start", "lies in the future"),
        ({"period_end": "2999-01-01"}, "period_end", "lies in the future"),
        ({"value": "high"}, "value", "'high': is no number"),
        ({"value": True}, "value", "is no number"),
        ({"value": "1_000"}, "value", "is no number"),
        ({"value": 10**400}, "value", "is no number"),
        ({"value": None}, "value", "is no number"),
        ({"value": 101}, "value", "above the largest plausible Score, 100"),
        ({"colour": "red"}, "colour", "is no field of a reading"),
    ],
)
def test_a_wrong_row_is_named_by_index_and_field_and_nothing_is_stored(ian, score, change, field, words):
    answer = post(ian, [row("M1"), row(**change)])
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["row"], error["field"]) == (1, field)
    assert words in error["message"]
    assert not Reading.objects.exists()


def test_a_row_that_is_no_object_is_named(ian, score):
    assert post(ian, [row(), 7]).json()["errors"][0]["row"] == 1


def test_a_repeated_period_is_refused_and_the_first_row_named(ian, score):
    answer = post(ian, [row(), row(value=3)])
    assert answer.json()["errors"] == [
        {"row": 1, "field": "period_start", "message": "repeats the location, metric and period of row 0."}
    ]


def test_a_location_outside_ones_regions_reads_like_one_that_does_not_exist(world, score):
    world.ian.memberships.update(region=world.north)
    client = APIClient()
    client.force_login(world.ian)
    outside = post(client, [row("C1")]).json()["errors"][0]["message"]
    assert outside.replace("C1", "X9") == post(client, [row("X9")]).json()["errors"][0]["message"]


def test_only_those_who_bring_in_readings_may_post(world, score):
    for user in (world.mia, world.ana, world.sam, world.sue):
        client = APIClient()
        client.force_login(user)
        answer = post(client, [row()])
        assert answer.status_code == 403
        assert "integrator or director" in answer.json()["detail"]
    assert post(APIClient(), [row()]).status_code in (401, 403)
    assert not Reading.objects.exists()


def test_a_role_elsewhere_does_not_open_a_location_seen_in_another_role(world, score):
    """ian may read North as its manager; he brings in readings for South only."""
    from locations.models import Membership

    world.ian.memberships.update(region=world.south)
    Membership.objects.create(user=world.ian, region=world.north, role="manager")
    client = APIClient()
    client.force_login(world.ian)
    assert post(client, [row("H1")]).status_code == 400
    assert post(client, [row("C1")]).status_code == 200


def test_a_machine_posts_with_its_key(world, score):
    _, key = ApiKey.objects.create_key(name="till", user=world.ian)
    client = APIClient(HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert post(client, [row()]).status_code == 200


def test_a_body_of_another_shape_is_refused_with_a_sentence(ian, score):
    for body in ({"rows": []}, "text", 5):
        answer = post(ian, body)
        assert answer.status_code == 400
        assert "JSON list of readings" in answer.json()["detail"]
    for text in ("[{", "[" * 100_000, '[{"\\ud800": 1, "metric": "\\ud800"}]'):
        broken = ian.post(reverse("locations:api-readings"), text, content_type="application/json")
        assert broken.status_code == 400


def test_a_zero_byte_in_a_question_is_an_unknown_code(world, score):
    client = APIClient()
    client.force_login(world.dan)
    for name in ("location", "metric"):
        assert client.get(reverse("locations:api-readings"), {name: "H\0"}).status_code == 400


def test_too_many_rows_and_too_many_bytes_are_refused(ian, score, settings, monkeypatch):
    monkeypatch.setattr("locations.api.MAX_ROWS", 2)
    assert post(ian, [row()] * 3).status_code == 413
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 50
    answer = post(ian, [row()])
    assert answer.status_code == 413
    assert "MB at a time" in answer.json()["detail"]


def test_errors_are_listed_up_to_a_hundred_and_all_counted(ian, score):
    answer = post(ian, [row(value="?", start=f"2026-01-{day:02}") for day in range(1, 29)] * 5).json()
    assert len(answer["errors"]) == 100
    assert answer["n_errors"] == 140


def test_ten_thousand_readings_need_as_many_queries_as_one_batch(
    ian, world, score, django_assert_max_num_queries, monkeypatch
):
    start = date(2026, 1, 1) - timedelta(days=3_400)
    days = [(start + timedelta(days=day)).isoformat() for day in range(3_400)]
    rows = [row(code, day) for code in ("H1", "M1", "C1") for day in days]
    assert len(rows) > 10_000
    with django_assert_max_num_queries(80):  # SQLite takes some 200 rows a statement; PostgreSQL 5,000
        assert post(ian, rows).json() == {"created": len(rows), "updated": 0, "unchanged": 0}
    with django_assert_max_num_queries(16):
        assert post(ian, rows).json() == {"created": 0, "updated": 0, "unchanged": len(rows)}


def test_queries_do_not_grow_with_the_number_of_locations(ian, world, score, django_assert_num_queries):
    places = [Location(code=f"N{number}", name="N", region=world.north) for number in range(60)]
    Location.objects.bulk_create(places)
    ian.get("/")  # the session is warm
    with django_assert_num_queries(10):
        assert post(ian, [row()]).json()["created"] == 1
    with django_assert_num_queries(10):
        assert post(ian, [row(place.code) for place in places]).json()["created"] == 60


def test_managers_read_the_readings_of_their_regions(world, ian, score):
    post(ian, [row(), row("C1")])
    client = APIClient()
    client.force_login(world.mia)
    found = client.get(reverse("locations:api-readings")).json()
    assert [reading["location"] for reading in found["results"]] == ["H1"]
    assert found["results"][0] == {
        "location": "H1", "metric": "score", "period_start": "2026-03-02", "period_end": "2026-03-08", "value": 81.5
    }  # fmt: skip
    assert client.get(reverse("locations:api-readings"), {"location": "C1"}).status_code == 400
    assert client.get(reverse("locations:api-readings"), {"metric": "nps"}).status_code == 400
    client.force_login(world.dan)
    found = client.get(reverse("locations:api-readings"), {"location": "C1", "metric": "score"}).json()
    assert [reading["location"] for reading in found["results"]] == ["C1"]


def test_auditors_and_stores_read_no_readings(world, score):
    for user in (world.ana, world.sam):
        client = APIClient()
        client.force_login(user)
        assert client.get(reverse("locations:api-readings")).status_code == 403


def test_readings_come_in_pages(world, ian, score):
    post(ian, [row(start=f"2026-01-{day:02}") for day in range(1, 8)])
    client = APIClient()
    client.force_login(world.dan)
    first = client.get(reverse("locations:api-readings"), {"page_size": 5}).json()
    second = client.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), second["next"]) == (5, 2, None)


def test_a_period_that_ends_today_is_no_future(ian, world, score):
    today = timezone.localdate(timezone=world.harbour.zone)
    assert post(ian, [row(start=today.isoformat(), period_end=today.isoformat())]).status_code == 200
