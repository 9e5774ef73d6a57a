"""Levels as observed and as reported: who stands best in one and worst in the other, and which cannot tell."""

from datetime import date, timedelta

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.product.database_chains import START, make_chain, make_metric
from locations.models import Location, Metric, Reading, Region
from reports.detection.data.settings import expected_rates
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan
from reports.models import LocationResult, Run, Tally
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

pytestmark = pytest.mark.django_db
END = date(2025, 3, 31)
FALLEN = dict.fromkeys((0, 1), (0.0, 2.5, None)) | dict.fromkeys((18, 19, 20, 21, 22, 23), (0.0, -2.0, None))
"""Of 24 stores in two regions, one in each is bad from the first visit on, three are good: no drift to see."""


def report(metric, locations, values, *, end=END):
    Reading.objects.bulk_create(
        Reading(
            location=location,
            metric=metric,
            period_start=end - timedelta(days=90),
            period_end=end,
            value=float(value),
        )
        for location, value in zip(locations, values, strict=True)
    )


def scanned(chain, **moment):
    return run_scan(request_scan(standard=chain.standard, **moment).pk)


def found() -> dict[str, list[str]]:
    rows = LocationResult.objects.filter(n_disagreements__gt=0).select_related("location")
    return {row.location.code: [one["metric"] for one in row.disagreements] for row in rows}


@pytest.fixture
def chain():
    """Three visits a store; the two bad ones report the best numbers of their region."""
    made = make_chain(n_locations=24, n_visits=3, every_days=30.0, drops=FALLEN)
    report(make_metric("stars"), made.locations, [99, 99, *range(22)])
    return made


def test_store_that_reports_best_and_is_seen_worst_in_its_region_is_told(chain):
    scanned(chain)
    assert found() == {"L000": ["stars"], "L001": ["stars"]}
    result = LocationResult.objects.get(location__code="L000")
    (row,) = result.disagreements
    assert (row["n"], row["reported_rank"], row["observed_rank"]) == (12, 1, 12)
    assert row["region"] == result.location.region_id


def test_where_lower_is_better_the_smallest_number_is_the_best(chain):
    Metric.objects.update(higher_is=Metric.Better.LOWER)
    scanned(chain)
    assert {"L000", "L001"}.isdisjoint(found())
    Reading.objects.all().delete()
    report(Metric.objects.get(), chain.locations, [-1, -1, *range(22, 0, -1)])
    scanned(chain)
    assert set(found()) == {"L000", "L001"}


def test_region_with_few_stores_is_judged_within_the_region_above(chain):
    above = Region.objects.create(name="Above")
    for region in Region.objects.filter(parent=None).exclude(pk=above.pk):
        region.parent = above
        region.save()
    small = Region.objects.create(name="Small", parent=above)
    Location.objects.filter(code__in=["L000", "L002"]).update(region=small)
    scanned(chain)
    assert set(found()) == {"L000", "L001"}
    (row,) = LocationResult.objects.get(location__code="L000").disagreements
    assert (row["region"], row["n"]) == (above.pk, 24)
    (row,) = LocationResult.objects.get(location__code="L001").disagreements
    assert row["n"] == 12  # its own region is large enough


def test_number_that_contains_the_visits_is_refused_by_name_and_changes_nothing(chain):
    scanned(chain)
    before = found()
    report(make_metric("total", name="Total", is_independent=False), chain.locations, [99, 99, *range(22)])
    report(make_metric("size", name="Size", higher_is=""), chain.locations, range(24))
    run = scanned(chain)
    assert found() == before
    assert run.levels_not_compared == [
        ["Size", "says neither better nor worse"],
        ["Total", "is not independent of the visits"],
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([5] * 24, "does not vary"),
        ([5] * 18 + [1, 2, 3, 1, 2, 3], "is at its ceiling"),
        (range(5), "is reported by fewer than 8 locations of any region in the last year"),
    ],
)
def test_number_without_quarters_is_refused_by_name(chain, values, reason):
    Reading.objects.all().delete()
    report(Metric.objects.get(), chain.locations[: len(values)], values)
    assert scanned(chain).levels_not_compared == [["Stars", reason]]
    assert found() == {}


def test_only_the_readings_of_the_last_year_count_and_none_that_were_not_over_yet(chain):
    report(Metric.objects.get(), chain.locations, [-900, -900, *range(22)], end=END - timedelta(days=400))
    scanned(chain, as_of=START + timedelta(days=110))
    assert set(found()) == {"L000", "L001"}
    scanned(chain, as_of=START + timedelta(days=70))  # the good numbers are not over, the bad ones are
    assert found() == {}


def test_next_run_takes_back_what_no_longer_holds(chain):
    scanned(chain)
    Reading.objects.all().delete()
    scanned(chain)
    assert found() == {}


def test_number_of_queries_does_not_grow_with_the_numbers(chain):
    def n_queries():
        with CaptureQueriesContext(connection) as captured:
            scanned(chain)
        return len(captured)

    scanned(chain)
    before = n_queries()
    for number in range(5):
        report(make_metric(f"m{number}"), chain.locations, [99, 99, *range(22)])
    assert n_queries() - before <= 1  # one more batch of nothing: the rows are the same


def test_scan_in_the_terminal_scores_what_waits_and_says_what_disagrees_and_who_can_be_flagged(chain, capsys):
    waiting = Tally.objects.filter(location=chain.locations[5]).first()
    Tally.objects.filter(pk=waiting.pk).update(scored_at=None)
    call_command("scan")
    said = capsys.readouterr().out
    assert not Tally.objects.waiting().exists()
    assert "in the worst as observed: 2 locations" in said
    rate = expected_rates(Run.objects.get()).both
    assert f"about 0.0 a week ({rate:.2g} per location and year at 0 locations with 6 visits or more)" in said


def test_small_chart_keeps_the_last_eight_visits_where_half_a_year_holds_fewer():
    made = make_chain(n_locations=4, n_visits=12, every_days=50.0)
    scanned(made)
    points = LocationResult.objects.first().points
    assert len(points) == 8
    days = [day for day, _ in points]
    assert days == sorted(days)
    assert np.diff(days).min() > 40


@pytest.fixture
def report_page(world, client):
    """Harbour Street disagrees in two numbers, Cove (South) in one."""
    world.run = pages.make_run(world.standard, levels_not_compared=[["Stars", "is not independent of the visits"]])
    world.metric = pages.make_metric()

    def row(region, metric=world.metric.key):
        return {"metric": metric, "region": region.pk, "n": 41, "reported_rank": 3, "observed_rank": 40}

    apart = {"n_disagreements": 2, "disagreements": [row(world.north), row(world.north, "gone")]}
    pages.make_result(world.run, world.harbour, **apart)
    pages.make_result(world.run, world.mill)
    pages.make_result(world.run, world.cove, n_disagreements=1, disagreements=[row(world.south)])
    client.force_login(world.mia)
    world.get = client.get
    return world


def test_report_lists_the_stores_of_the_readers_regions_and_names_what_is_not_compared(report_page):
    text = text_of(report_page.get("/reports/"))
    assert "One store stands in the best reported quarter and the worst observed quarter of its region" in text
    assert "Harbour Street North Satisfaction number 3 of 41 number 40 of 41 1" in text
    assert "Cove" not in text
    assert "Not compared: “Stars” is not independent of the visits." in text


def test_report_without_disagreement_says_nothing_of_levels(report_page):
    LocationResult.objects.update(n_disagreements=0, disagreements=[])
    assert "Levels that disagree" not in text_of(report_page.get("/reports/"))


def test_store_page_says_it_in_one_sentence(report_page):
    text = text_of(report_page.get(f"/reports/locations/{report_page.harbour.pk}/"))
    assert (
        "In North this store is number 3 of 41 in “Satisfaction” as reported, and number 40 of 41 as observed: the "
        "number may not see what visits see. The same holds for one other number."
    ) in text
    assert "as reported" not in text_of(report_page.get(f"/reports/locations/{report_page.mill.pk}/"))


def test_list_is_bounded_and_its_queries_are_constant(report_page):
    def asked(address):
        with CaptureQueriesContext(connection) as captured:
            text = text_of(report_page.get(address))
        return text, len(captured)

    def more(numbers):
        row = {"metric": "satisfaction", "region": report_page.north.pk, "n": 41}
        for number in numbers:
            place = pages.make_location(report_page.north, number)
            apart = [row | {"reported_rank": 1, "observed_rank": 41}]
            pages.make_result(report_page.run, place, n_disagreements=1, disagreements=apart)

    more(range(1, 13))
    _, before = asked("/reports/")
    more(range(13, 40))
    text, after = asked("/reports/")
    assert after == before
    assert text.count("number 41 of 41") == 9  # ten rows, of which Harbour Street is the first
    assert "Page 1 of 4" in text
    assert text_of(report_page.get("/reports/?levels=4")).count("number 41 of 41") == 10
    assert text_of(report_page.get("/reports/?levels=99")).count("number 41 of 41") == 10
