"""Where the phone was, which is graded and never blocks."""

import pytest
from django.db import connection

from tests.audits.intake.conftest import HERE, stored


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
    assert visit.gps_grade == grade
    assert visit.approved_at is not None


def test_distance_and_accuracy_are_stored_beside_the_grade(world, on_the_map, payload):
    visit = stored(world, payload | {"place": HERE | {"longitude": 0.01}})
    assert (round(visit.gps_distance_m), visit.gps_accuracy_m) == (692, 20)


def test_a_location_without_a_position_leaves_the_place_unsure(world, payload):
    visit = stored(world, payload | {"place": HERE})
    assert (visit.gps_grade, visit.gps_distance_m, visit.gps_accuracy_m) == ("unsure", None, 20)


def test_the_columns_keep_the_names_by_which_the_release_before_reads_them(world, on_the_map, payload):
    visit = stored(world, payload | {"place": HERE})
    with connection.cursor() as cursor:
        cursor.execute("SELECT place, place_distance_m, place_accuracy_m FROM audits_visit")
        assert cursor.fetchall() == [(visit.gps_grade, visit.gps_distance_m, visit.gps_accuracy_m)]
