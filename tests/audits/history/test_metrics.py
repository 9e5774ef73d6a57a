"""Reported numbers of an imported past."""

from datetime import date, timedelta

import pytest

from audits.history.metrics import cadence_of
from locations.imports.readings import end_of_period
from locations.models import Metric, Reading

pytestmark = pytest.mark.django_db


def test_metrics_take_their_meaning_from_the_dictionary(folder):
    folder.write(
        "metric_dictionary",
        "metric,description,self_reported,higher_is",
        "mystery_score,own survey,1,better",
        'complaints,"from the city, so NOT independent of the visits",0,worse',
        "guests,how many came,0,",
    )
    notes = folder.load().notes
    assert list(
        Metric.objects.order_by("key").values_list("key", "higher_is", "is_self_reported", "is_independent")
    ) == [
        ("complaints", "worse", False, False),
        ("guests", "", False, True),
        ("mystery_score", "better", True, True),
    ]
    assert notes == ["Metric complaints is no evidence about the visits: its description says 'NOT independent'."]


def test_a_metric_without_a_dictionary_has_no_direction_and_that_is_said(folder):
    folder.write("metrics", "location_id,metric,period_start,value", "A,nps,2026-01-05,40", "A,nps,2026-01-12,41")
    assert folder.load().notes == [
        "Metric nps is not in the metric dictionary: without a direction it is shown, but not compared."
    ]
    metric = Metric.objects.get()
    assert (metric.higher_is, metric.cadence) == ("", "weekly")
    assert Reading.objects.first().period_end == date(2026, 1, 11)


def test_a_metric_that_exists_keeps_what_was_set_here(folder):
    Metric.objects.create(key="nps", name="Promoters", description="ours", higher_is="better", cadence="monthly")
    folder.write("metric_dictionary", "metric,description,higher_is", "nps,theirs,better")
    assert folder.load().notes == ["Metric nps exists and keeps its description, direction and cadence."]
    assert Metric.objects.get().name == "Promoters"


def test_a_metric_of_the_other_direction_is_an_error(folder):
    Metric.objects.create(key="nps", name="Promoters", higher_is="better")
    folder.write("metric_dictionary", "metric,higher_is", "nps,worse")
    assert "nps exists, and there a higher number is better: use another key" in folder.errors()[0]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("Z,nps,2026-01-05,,40", "location_id='Z': no location of yours has this code"),
        ("A,,2026-01-05,,40", "metric='': is needed"),
        ("A,nps,January,,40", "period_start='January': is no date"),
        ("A,nps,2999-01-01,,40", "period_start='2999-01-01': lies in the future"),
        ("A,nps,2026-01-05,2999-01-01,40", "period_end='2999-01-01': lies in the future"),
        ("A,nps,2026-01-05,2026-01-04,40", "period_end='2026-01-04': lies before period_start"),
        ("A,nps,2026-01-05,,", "value='': is no number"),
        ("A,nps,2026-01-05,,400", "400 is above the largest plausible NPS, 100."),
        ("A,nps,2025-01-06,,1", "repeats the location, metric and period of line 2"),
    ],
)
def test_a_wrong_reading_is_named(folder, row, error):
    Metric.objects.create(key="nps", name="NPS", plausible_max=100)
    folder.write("metrics", "location_id,metric,period_start,period_end,value", "A,nps,2025-01-06,,40", row)
    (said,) = folder.errors()
    assert said.startswith("metrics.csv:3: ")
    assert error in said


@pytest.mark.parametrize(
    ("days", "cadence"),
    [(1, "daily"), (7, "weekly"), (30, "monthly"), (91, "quarterly"), (181, "yearly"), (365, "yearly")],
)
def test_the_cadence_is_the_median_length_of_the_periods(folder, days, cadence):
    start = date(2024, 1, 1)
    rows = [
        f"A,nps,{start + timedelta(days=days * step)},{start + timedelta(days=days * (step + 1) - 1)},40"
        for step in range(2)
    ]
    folder.write("metrics", "location_id,metric,period_start,period_end,value", *rows)
    folder.load()
    assert Metric.objects.get().cadence == cadence


def test_single_days_far_apart_are_no_daily_numbers():
    from collections import Counter

    assert cadence_of(Counter({1: 9}), Counter({200: 3, 310: 3})) == "yearly"
    assert cadence_of(Counter({1: 9}), Counter({1: 8})) == "daily"


@pytest.mark.parametrize(
    ("start", "cadence", "end"),
    [
        (date(2026, 3, 2), "daily", date(2026, 3, 2)),
        (date(2026, 3, 2), "weekly", date(2026, 3, 8)),
        (date(2026, 2, 1), "monthly", date(2026, 2, 28)),
        (date(2026, 10, 1), "quarterly", date(2026, 12, 31)),
        (date(2024, 2, 29), "yearly", date(2025, 2, 27)),
    ],
)
def test_a_period_without_an_end_lasts_as_long_as_the_cadence(start, cadence, end):
    assert end_of_period(start, cadence) == end
