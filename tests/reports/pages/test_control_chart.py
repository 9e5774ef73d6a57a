"""What a location's chart draws."""

from datetime import timedelta

import numpy as np
import pytest

from audits.models import Visit
from bench.product.database_chains import START, MadeChain, a_tally, a_visit, make_chain
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan
from reports.detection.views.control_chart import LocationSeries, charts_of, location_series
from reports.models import Run, Tally

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> MadeChain:
    return make_chain(n_locations=12, drops={5: (140.0, 1.5, 0)})


@pytest.fixture
def run(chain) -> Run:
    return run_scan(request_scan(standard=chain.standard, as_of=chain.end).pk)


def drawn(chain, location, channel="overall") -> LocationSeries | None:
    return location_series(charts_of(chain.standard, [location.pk]).get(location.pk), channel)


def greeting(chain, place=5) -> LocationSeries:
    found = drawn(chain, chain.locations[place], "section:greeting")
    assert found is not None
    return found


def test_series_falls_below_its_limits_where_execution_eroded(chain, run):
    found = greeting(chain)
    values = np.array(found.values, dtype=float)
    after = np.array([time > START + timedelta(days=140) for time in found.times])
    assert values[~after].mean() - values[after].mean() > 0.15
    assert (values[after] < np.array(found.low, dtype=float)[after]).mean() > 0.1
    assert abs(values[~after].mean() - np.array(found.expected, dtype=float)[0]) < 0.08


def test_series_holds_one_value_per_visit_in_the_order_of_the_visits(chain, run):
    found = greeting(chain)
    assert len(found.times) == len(found.values) == len(found.expected) == len(found.low) == len(found.high) == 40
    assert found.times == sorted(found.times)
    visits = Visit.objects.filter(location=chain.locations[5]).order_by("started_at")
    assert found.visit_ids == list(visits.values_list("pk", flat=True))


def test_evidence_grows_while_the_drift_lasts(chain, run):
    evidence = np.array(greeting(chain).evidence, dtype=float)
    assert np.nanmax(evidence[22:]) > 3 > np.nanmax(evidence[:15])


def test_visit_that_came_after_the_run_is_not_shown_until_the_next(chain, run):
    late = a_visit(chain.version, chain.locations[5], chain.end + timedelta(days=1))
    Visit.objects.bulk_create([late])
    Tally.objects.bulk_create([a_tally(late, np.zeros((3, 15), np.uint8))])
    assert late.pk not in greeting(chain).visit_ids


def test_every_channel_of_a_flag_can_be_drawn(chain, run):
    for channel in ("overall", "section:till", "dimension:delivery"):
        assert drawn(chain, chain.locations[0], channel) is not None


def test_without_a_finished_run_or_for_an_unknown_channel_there_is_no_series(chain):
    place = chain.locations[5]
    assert drawn(chain, place) is None
    run_scan(request_scan(standard=chain.standard, as_of=chain.end).pk)
    assert drawn(chain, place) is not None
    assert drawn(chain, place, "section:none") is None


def test_series_takes_as_many_queries_for_any_location(chain, run, django_assert_num_queries):
    for place in (0, 5):
        with django_assert_num_queries(1):
            greeting(chain, place)
