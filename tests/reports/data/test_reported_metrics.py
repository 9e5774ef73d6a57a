"""What the reported numbers say: alarmed metrics first, refused ones by name, and when it is too early to tell."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bench.product.database_chains import START, make_chain, make_metric, report_weekly
from locations.models import Location, Metric, Reading, Region
from reports.detection.data.day_numbers import to_days
from reports.detection.data.reported_metrics import read_numbers, reported_numbers
from reports.detection.data.usual_numbers import UsualNumbers
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan
from reports.models import DriftFlag, LocationResult

pytestmark = pytest.mark.django_db
ONSET = to_days(START + timedelta(weeks=40))
FLAGGED = ONSET + 21
N_WEEKS = 80
AS_OF = date(2025, 1, 6) + timedelta(weeks=N_WEEKS)
NOW = to_days(START + timedelta(weeks=N_WEEKS))


@pytest.fixture
def locations():
    region = Region.objects.create(name="Chain")
    return [Location.objects.create(code=f"L{n}", name=f"Store {n}", region=region) for n in range(6)]


def numbers(locations, as_of=AS_OF):
    return reported_numbers(np.array([location.pk for location in locations]), as_of=as_of)


def verdict(locations, place, *, now=NOW, onset=ONSET, flagged_at=FLAGGED, chance=0.98):
    return numbers(locations).verdict(place, now=now, onset=onset, flagged_at=flagged_at, chance=chance)


def test_metric_that_falls_later_confirms_with_the_days_of_lead(locations):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS, drops={2: (48, 5.0)})
    found = verdict(locations, 2)
    assert (found.comparison, found.reported) == ("confirmed", "falling")
    assert found.alarm_on > date(2025, 1, 6) + timedelta(weeks=48)
    assert 0 < found.lead_days < 90
    assert verdict(locations, 2, now=to_days(START + timedelta(weeks=47))).reported == "steady"


def test_metric_that_stays_steady_is_first_too_early_to_tell_then_a_blind_spot(locations):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS)
    early = verdict(locations, 1, now=ONSET + 38)
    assert (early.comparison, early.note) == ("waiting", "not yet in the metric (week 6)")
    late = verdict(locations, 1)
    assert (late.comparison, late.note, late.lead_days) == ("blind_spot", "", None)


@hypothesis_settings(
    max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(week=st.integers(0, N_WEEKS))
def test_what_readings_say_as_of_a_day_does_not_depend_on_later_ones(locations, week):
    Reading.objects.all().delete()
    metric, context = Metric.objects.get_or_create(key="speed")[0], Metric.objects.get_or_create(key="own")[0]
    Metric.objects.filter(pk=context.pk).update(is_independent=False)
    report_weekly(metric, locations, n_weeks=N_WEEKS, drops={2: (48, 5.0), 3: (60, -9.0)})
    report_weekly(context, locations[:2], n_weeks=3, first=date(2026, 1, 5))
    now, day = to_days(START + timedelta(weeks=week)), date(2025, 1, 6) + timedelta(weeks=week)
    ids = np.array([location.pk for location in locations])
    read = read_numbers(ids, until=AS_OF).as_of(day)
    Reading.objects.filter(period_end__gte=day).delete()
    then = reported_numbers(ids, as_of=AS_OF)
    assert read.usual == then.usual
    for place in range(len(locations)):
        assert read.verdict(place, now=now) == then.verdict(place, now=now)


def test_metric_that_falls_where_execution_holds_is_reported_only(locations):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS, drops={3: (70, 5.0)})
    assert verdict(locations, 3, onset=None, flagged_at=None).comparison == "reported_only"
    assert verdict(locations, 4, onset=None, flagged_at=None).comparison == "stable"


def test_metric_of_which_more_is_worse_is_turned_round(locations):
    wait = make_metric(key="wait", higher_is="worse", unit="minutes")
    report_weekly(wait, locations, n_weeks=N_WEEKS, drops={2: (70, -5.0), 3: (70, 5.0)})  # minutes grow at 2
    assert verdict(locations, 2).comparison == "confirmed" or verdict(locations, 2).reported == "falling"
    assert verdict(locations, 3).reported == "rising"


def test_metric_in_alarm_is_chosen_before_one_that_is_not(locations):
    report_weekly(make_metric(key="a", name="A metric"), locations, n_weeks=N_WEEKS, seed=5)
    report_weekly(make_metric(key="b", name="B metric"), locations, n_weeks=N_WEEKS, seed=4, drops={2: (44, 5.0)})
    assert verdict(locations, 2).metric.key == "b"
    assert verdict(locations, 1).metric.key == "a"


def test_metric_that_contains_the_audits_is_refused_by_name(locations):
    stars = make_metric(key="overall_stars", name="overall_stars", is_independent=False)
    report_weekly(stars, locations, n_weeks=N_WEEKS)
    found = verdict(locations, 0)
    assert (found.comparison, found.metric, found.reported) == ("", None, "")
    assert found.note == "“overall_stars” is not independent of the visits"


def test_metrics_at_the_ceiling_without_variance_or_too_short_are_refused_with_the_reason(locations):
    top = make_metric(key="top", name="Top", plausible_max=100)
    flat = make_metric(key="flat", name="Flat")
    short = make_metric(key="short", name="Short")
    day = timedelta(days=1)
    for week in range(N_WEEKS):
        start = date(2025, 1, 6) + week * 7 * day
        for metric, value in ((top, 100 - (week % 4 == 0)), (flat, 7.0), (short, week)):
            if metric is not short or week < 5:
                Reading.objects.create(
                    location=locations[0], metric=metric, period_start=start, period_end=start + 6 * day, value=value
                )
    reasons = "“Flat” does not vary; “Short” needs 22 more weeks of readings; “Top” is at its ceiling"
    assert verdict(locations, 0).note == reasons
    assert verdict(locations, 1).note == "no metric is reported"


def test_metric_speaks_only_once_it_has_readings_after_its_baseline(locations):
    report_weekly(make_metric(), locations, n_weeks=26)
    assert verdict(locations, 0).comparison == ""
    assert verdict(locations, 0).note == "“Speed” needs 1 more week of readings"


def test_metric_for_context_only_is_no_evidence(locations):
    report_weekly(make_metric(higher_is=Metric.Better.NEITHER), locations, n_weeks=N_WEEKS, drops={0: (45, 9.0)})
    assert verdict(locations, 0).note == "“Speed” says neither better nor worse"


def test_period_that_was_not_over_is_not_known(locations):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS)
    last_monday = AS_OF - timedelta(weeks=1)
    known = numbers(locations, as_of=last_monday + timedelta(days=6))
    assert known.until == to_days(START.replace(hour=0) + timedelta(weeks=N_WEEKS - 1))


def test_readings_are_read_in_three_queries_however_many_locations(locations, django_assert_num_queries):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS)
    make_metric(key="stars", is_independent=False)
    for some in (locations[:1], locations):
        with django_assert_num_queries(3):
            numbers(some)


def test_improvement_has_no_quadrant_and_the_result_of_a_location_has_one():
    chain = make_chain(n_locations=12, drops={4: (140.0, -1.6, None), 7: (140.0, 1.6, None)}, difficulty=0.6, seed=8)
    report_weekly(make_metric(), chain.locations, drops={7: (27, 6.0)})
    run_scan(request_scan(standard=chain.standard, as_of=chain.end).pk)
    better = DriftFlag.objects.get(location=chain.locations[4])
    worse = DriftFlag.objects.get(location=chain.locations[7])
    assert (better.direction, better.comparison, better.metric) == ("improvement", "", None)
    assert (worse.direction, worse.comparison, worse.metric) == ("decline", "confirmed", Metric.objects.get())
    assert worse.metric_alarm_on is not None
    assert LocationResult.objects.get(location=chain.locations[7]).comparison == "confirmed"
    steady = LocationResult.objects.exclude(location__drift_flags__direction="decline")
    assert steady.count() >= 9
    assert set(steady.values_list("comparison", flat=True)) <= {"stable", "reported_only"}


def test_one_location_is_judged_alone_as_it_is_among_all(locations):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS, drops={2: (48, 5.0), 3: (20, 4.0)})
    report_weekly(make_metric("praise", higher_is=Metric.Better.LOWER), locations[:4], n_weeks=N_WEEKS, mean=4.0)
    report_weekly(make_metric("rank", higher_is=Metric.Better.NEITHER), locations[4:], n_weeks=4)
    every = numbers(locations)
    usual = UsualNumbers.from_json(json.loads(json.dumps(every.usual.as_json())))
    for place, location in enumerate(locations):
        alone = reported_numbers(np.array([location.pk]), as_of=AS_OF, usual=usual)
        assert alone.until == every.until
        for onset in (None, ONSET):
            judged = {"now": NOW, "onset": onset, "flagged_at": onset and FLAGGED}
            assert alone.verdict(0, **judged) == every.verdict(place, **judged)


def test_a_metric_that_the_run_did_not_know_waits_for_the_next_one(locations):
    report_weekly(make_metric(), locations, n_weeks=N_WEEKS)
    usual = numbers(locations).usual
    report_weekly(make_metric("late"), locations, n_weeks=N_WEEKS, drops={0: (48, 8.0)})
    alone = reported_numbers(np.array([locations[0].pk]), as_of=AS_OF, usual=usual)
    assert [one.metric.key for one in alone.metrics] == ["speed"]
