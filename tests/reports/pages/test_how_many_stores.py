"""What a manager's page opens with at one store, at four and at sixty: before, during and long after the visits."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from locations.models import Location
from reports.models import DriftFlag, LocationResult, Run
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

pytestmark = pytest.mark.django_db

DRIFT = reverse("reports:drift")
SIZES = pytest.mark.parametrize("n", [1, 4, 60])


def people(n: int) -> str:
    return f"{n} store{'s' if n > 1 else ''}"


@pytest.fixture
def stores(client, world):
    """Makes `n` open stores in North, none visited; the manager is signed in."""
    client.force_login(world.mia)

    def make(n: int) -> list[Location]:
        world.north.locations.all().delete()
        return [pages.make_location(world.north, number) for number in range(n)]

    return make


def judged(world, places: list[Location], *, n_visits: int = 14) -> Run:
    """As a scan leaves them, one visit of yesterday at each, and no flag."""
    run = pages.make_run(world.standard)
    for place in places:
        pages.make_visit(world, place, pages.AS_OF - timedelta(days=1))
        pages.make_result(run, place, n_visits=n_visits)
    pages.fit(run)
    Run.objects.update(parameters={**run.parameters, "least_baseline": 4})
    return run


@SIZES
def test_before_the_first_visit_no_store_is_said_to_be_well(client, world, stores, n):
    stores(n)
    for has_run in (False, True):
        if has_run:
            pages.make_run(world.standard)
        said = text_of(client.get(DRIFT))
        assert "needs you" not in said
        assert "need you" not in said
        assert ("No visits to North have been scanned." if has_run else "Nothing has been scanned yet.") in said


@SIZES
def test_no_store_needs_anybody_where_a_flag_was_possible(client, world, stores, n):
    judged(world, stores(n))
    said = text_of(client.get(DRIFT))
    assert "No store needs you this week." in said
    assert f"{people(n)}, {n} visit{'s' if n > 1 else ''} in four weeks." in said


@SIZES
def test_few_visits_are_too_early_to_say(client, world, stores, n):
    judged(world, stores(n), n_visits=2)
    said = text_of(client.get(DRIFT))
    assert "Too early to say which store needs you: six visits to each come first." in said
    assert "No store needs you" not in said


@pytest.mark.parametrize(
    ("n", "who"), [(4, "The one store with six visits or more does not"), (60, "None of the 15 stores with six")]
)
def test_only_the_stores_with_visits_enough_are_spoken_of(client, world, stores, n, who):
    places = stores(n)
    judged(world, places)
    LocationResult.objects.exclude(location__in=places[: n // 4]).update(n_visits=3, n_more_needed=3)
    said = text_of(client.get(DRIFT))
    assert who in said
    assert "No store needs you" not in said


@SIZES
def test_nine_weeks_after_the_last_visit_nobody_is_said_to_be_well(client, world, stores, n, read_at):
    judged(world, stores(n))
    read_at(pages.AS_OF + timedelta(weeks=9))
    client.force_login(world.mia)  # her session has ended meanwhile
    said = text_of(client.get(DRIFT))
    assert "No visit in nine weeks: nobody knows which store needs you." in said
    assert f"{people(n)}; no visit in 9 weeks." in said
    assert "No store needs you" not in said


@SIZES
def test_nine_weeks_after_the_last_visit_what_is_open_is_still_open(client, world, stores, n, read_at):
    places = stores(n)
    flag = pages.make_flag(judged(world, places), places[0])
    DriftFlag.objects.filter(pk=flag.pk).update(raised_at=pages.AS_OF)
    read_at(pages.AS_OF + timedelta(weeks=9))
    client.force_login(world.mia)
    said = text_of(client.get(DRIFT))
    assert "Nothing new since Monday; one still open: 15 weeks." in said
    assert "No store needs you" not in said


@SIZES
def test_closed_store_leads_no_page(client, world, stores, n):
    """It has a flag, a critical miss and a level that disagrees; the others have nothing."""
    places = stores(n)
    run = judged(world, places)
    shut = places[0]
    pages.make_visit(world, shut, pages.AS_OF - timedelta(days=2), greeted=False)
    pages.make_flag(run, shut, evidence=9000.0)
    row = {"metric": "satisfaction", "region": world.north.pk, "n": 12, "reported_rank": 1, "observed_rank": 12}
    LocationResult.objects.filter(location=shut).update(n_disagreements=1, disagreements=[row])
    assert "One store needs you this week." in text_of(client.get(DRIFT))
    Location.objects.filter(pk=shut.pk).update(closed_on=date(2026, 11, 16))
    said = text_of(client.get(DRIFT))
    assert "Store 0 " not in said
    assert "Critical behaviours missed" not in said
    assert "Levels that disagree" not in said
    if n == 1:
        assert "No visits to North have been scanned." in said
        assert "needs you" not in said
    else:
        assert "No store needs you this week." in said
        assert f"{people(n - 1)}, {n - 1} visits in four weeks." in said
    assert "Store 0" not in text_of(client.get(reverse("reports:next")))


def test_store_that_closes_tomorrow_still_needs_somebody(client, world, stores):
    places = stores(4)
    pages.make_flag(judged(world, places), places[0])
    Location.objects.filter(pk=places[0].pk).update(closed_on=date(2026, 11, 17))
    assert "One store needs you this week." in text_of(client.get(DRIFT))
