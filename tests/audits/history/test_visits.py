"""Visits of an imported past: when, by whom, of which kind."""

from datetime import UTC, datetime

import pytest

from audits.history import HistoryRefused
from audits.models import Visit
from locations.models import Location

pytestmark = pytest.mark.django_db


def test_a_day_without_a_time_is_noon_in_the_zone_of_the_location(folder):
    folder.write("locations", "location_id,region,timezone", "A,North,America/Chicago", "B,South,")
    folder.load(time_zone="Europe/Dublin")
    assert list(Visit.objects.order_by("reference").values_list("started_at", flat=True)) == [
        datetime(2026, 1, 10, 18, 0, tzinfo=UTC),
        datetime(2026, 7, 10, 11, 0, tzinfo=UTC),
    ]
    assert Location.objects.get(code="B").timezone == "Europe/Dublin"


def test_a_time_without_a_zone_is_the_locations_own(folder):
    folder.write(
        "visits",
        "visit_id,location_id,started_at,visited_on",
        "v1,A,2026-07-10T09:30,2020-01-01",
        "v2,B,2026-07-10 09:30:00+02:00,",
    )
    folder.load(time_zone="America/New_York")
    times = dict(Visit.objects.values_list("reference", "started_at"))
    assert times == {
        "v1": datetime(2026, 7, 10, 13, 30, tzinfo=UTC), "v2": datetime(2026, 7, 10, 7, 30, tzinfo=UTC)
    }  # fmt: skip


def test_a_visit_keeps_what_the_file_says_of_it_and_counts_at_once(folder):
    folder.write(
        "visits",
        "visit_id,location_id,auditor_id,started_at,kind,daypart,staffing",
        "v1,A,ann,2026-07-10T09:30,routine,morning,low",
        "v2,B,,2026-07-10T09:30,,,",
    )
    folder.load()
    visit = Visit.objects.get(reference="v1")
    assert (visit.auditor_code, visit.auditor, visit.kind) == ("ann", None, "routine")
    assert (visit.daypart, visit.staffing, visit.mode) == ("morning", "low", "history")
    assert visit.received_at == visit.approved_at == visit.started_at
    assert Visit.objects.counting().count() == 2


def test_a_visit_without_observations_is_a_visit(folder):
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,greet,1")
    result = folder.load()
    assert (result.visits, result.interactions, result.observations) == (2, 1, 1)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (",A,2026-01-10,", "visit_id='': is needed"),
        ("v1,A,2026-01-10,", "visit_id='v1': repeats line 2"),
        ("v3,Z,2026-01-10,", "location_id='Z': no location has this code"),
        ("v3,A,,", "started_at='': is needed, or visited_on"),
        ("v3,A,10.1.2026,", "visited_on='10.1.2026': is no date: write it as 2026-03-02"),
        ("v3,A,,half past nine", "started_at='half past nine': is no time: write it as 2026-03-02T14:30"),
        ("v3,A,2999-01-01,", "visited_on='2999-01-01': lies in the future"),
        ("v3,A,,2999-01-01T10:00", "started_at='2999-01-01T10:00': lies in the future"),
        ("v3,A,0026-01-10,", "lies before 1900"),
        ("v3,A,0001-01-01,", "lies before 1900"),
        ("x" * 65 + ",A,2026-01-10,", "is longer than 64 characters"),
    ],
)
def test_a_wrong_visit_is_named(folder, row, error):
    folder.write("visits", "visit_id,location_id,visited_on,started_at", "v1,A,2026-01-10,", "v2,B,2026-01-10,", row)
    assert error in folder.errors()[0]


def test_noon_of_today_that_is_still_to_come_asks_for_the_time(folder):
    with pytest.raises(HistoryRefused) as refused:
        folder.load(now=datetime(2026, 7, 10, 8, 0, tzinfo=UTC))
    assert "its noon is still to come" in str(refused.value.faults.first[0])
