"""Where head office and standards owners set the three numbers, in words that say what they mean for this chain."""

import doctest

import pytest
from django.urls import reverse

from locations.models import Membership
from reports.detection.data.settings import DEFAULT, chosen_for
from reports.models import DriftSettings, LocationResult, Run
from reports.pages.director import settings as settings_queries
from reports.pages.director.settings import ChainFacts
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

pytestmark = pytest.mark.django_db
PAGE = "/reports/settings/"


@pytest.fixture
def sue(client, world):
    client.force_login(world.sue)
    return client


@pytest.fixture
def scanned(world):
    """A thousand stores with visits enough; the last run flagged at 180 : 1."""
    run = pages.make_run(world.standard, threshold=5.193)
    places = [pages.make_location(world.north, number) for number in range(997)]
    places += [world.harbour, world.mill, world.cove]
    LocationResult.objects.bulk_create(
        LocationResult(standard=world.standard, location=place, run=run, n_visits=40) for place in places
    )
    for place in (world.harbour, world.cove):
        pages.make_visit(world, place, pages.AS_OF)
    return world


def given(**fields) -> dict:
    numbers = {"false_alarms_per_year": "0.05", "smallest_drop": "8", "look_back": "20"}
    return {"standard": "service"} | numbers | fields


def test_page_says_what_is_set_and_what_it_means_for_this_chain(sue, scanned):
    said = text_of(sue.get(PAGE))
    assert "a year for each store: about four a week over your 1,000 stores, at most." in said
    assert "A flag then needs evidence of about 180 : 1." in said
    assert "Nobody has changed them so far: these are the defaults." in said
    assert "0.05 one in ten years about two a week about 360 : 1" in said
    assert "0.1 as set one in five years about four a week about 180 : 1" in said


def test_page_says_what_the_last_scan_simulated_even_where_that_is_more_than_was_wanted(sue, scanned):
    Run.objects.update(simulated_rate=0.03, simulated_improvement_rate=0.02)
    assert "the last scan raises about one a week." in text_of(sue.get(PAGE))
    Run.objects.update(simulated_rate=0.21, simulated_improvement_rate=0.1)
    assert "the last scan raises about six a week: more than is wanted." in text_of(sue.get(PAGE))


def test_director_of_a_region_reads_what_it_means_for_the_stores_of_that_region(client, scanned):
    Membership.objects.create(user=scanned.cal, region=scanned.south, role="director")
    client.force_login(scanned.cal)
    assert "about one in five years over your 1 store, at most" in text_of(client.get(PAGE))


def test_numbers_are_saved_for_all_scans_to_come(sue, world):
    answer = sue.post(PAGE, given(), follow=True)
    said = text_of(answer)
    assert "Saved. The next scan uses these numbers" in said
    assert f"Set by {world.sue} on" in said
    row = DriftSettings.objects.get(standard=world.standard)
    assert (row.false_alarms_per_year, row.smallest_drop, row.look_back) == (0.05, 0.08, 20)
    assert row.changed_by == world.sue
    html = answer.content.decode()
    assert 'value="0.05"' in html
    assert 'value="8"' in html


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"false_alarms_per_year": "5"}, "must lie between 0.01 (one in 100 years) and 2; got 5."),
        ({"smallest_drop": "-1"}, "must lie between 0 and 25 points; got -1."),
        ({"look_back": "500"}, "must lie between 5 and 120 visits; got 500."),
        ({"smallest_drop": "some"}, "Write a number, such as 3."),
        ({"false_alarms_per_year": "nan"}, "Write a number, such as 0.1."),
    ],
)
def test_number_that_cannot_be_is_refused_with_what_it_may_be(sue, world, change, words):
    answer = sue.post(PAGE, given(**change))
    assert answer.status_code == 422
    assert words in text_of(answer)
    (typed,) = change.values()
    assert f'value="{typed}"' in answer.content.decode()
    assert chosen_for(world.standard) == DEFAULT


def test_unknown_standard_is_missing_and_one_without_visits_says_so(sue, world):
    assert sue.get(f"{PAGE}?standard=other").status_code == 404
    assert "There is no past to replay" not in text_of(sue.get(PAGE))
    assert "No visit of Service standard to your stores has been scored yet" in text_of(
        sue.get("/reports/backtests/")
    )


def test_head_office_and_standards_owners_find_the_page_and_nobody_else(client, world):
    for person, finds in ((world.dan, True), (world.sue, True), (world.mia, False), (world.ana, False)):
        client.force_login(person)
        assert (client.get(PAGE).status_code == 200) is finds
    client.force_login(world.mia)
    assert "Settings" not in text_of(client.get("/reports/"))


def test_admin_shows_what_is_set_and_leads_to_where_it_is_set(sue, world):
    sue.post(PAGE, given())
    assert sue.get(reverse("admin:reports_driftsettings_changelist")).headers["Location"] == PAGE
    row = DriftSettings.objects.get()
    assert "8 points" in text_of(sue.get(reverse("admin:reports_driftsettings_change", args=[row.pk])))
    assert sue.get(reverse("admin:reports_driftsettings_add")).status_code == 403


def test_evidence_at_another_rate_is_worked_out_from_the_last_run(world):
    run = pages.make_run(world.standard, threshold=5.193)
    facts = ChainFacts(10, 29.0, None, None, run)
    assert facts.evidence_at(0.1) == pytest.approx(180, rel=0.01)
    assert facts.evidence_at(0.02) == pytest.approx(900, rel=0.01)
    assert facts.evidence_at(2.0) == 20
    assert ChainFacts(10, 29.0, None, None, None).evidence_at(0.1) is None


def test_worked_values_hold():
    assert doctest.testmod(settings_queries).failed == 0
