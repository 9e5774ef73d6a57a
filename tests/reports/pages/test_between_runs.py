"""A flag that a visit raises between two runs: everything on its page holds the visit that raised it."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from audits.models import Visit
from bench.product.database_chains import a_tally, a_visit, make_chain
from locations.accounts.roles import Role
from locations.models import Membership, User
from reports.detection.data.fitted_run import FittedRun
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.online_update import evaluate_visit
from reports.detection.scan.scan import run_scan
from reports.detection.views.consistency import treatment
from reports.detection.views.control_chart import charts_of, location_series
from reports.models import ControlChart, DriftFlag, LocationResult, Run, Tally
from tests.reports.page_rows import text_of

pytestmark = pytest.mark.django_db

FALLEN = 5


@pytest.fixture
def chain():
    """Twelve stores; the last four visits of one, which fell, are kept back."""
    made = make_chain(n_locations=12, n_visits=30, drops={FALLEN: (182.0, 2.5, None)})
    later = list(Tally.objects.filter(location=made.locations[FALLEN]).order_by("-started_at")[:4])[::-1]
    Tally.objects.filter(pk__in=[tally.pk for tally in later]).delete()
    run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    assert not DriftFlag.objects.filter(location=made.locations[FALLEN]).exists()
    for tally in later:
        tally.known_at = made.end + timedelta(hours=1)
    made.later = later
    return made


@pytest.fixture
def manager(chain) -> User:
    user = User.objects.create_user("rita@example.org")
    Membership.objects.create(user=user, region=chain.locations[FALLEN].region, role=Role.MANAGER)
    return user


def arrive(chain) -> Visit:
    """The visits that were kept back are approved one after the other, until one raises a flag; that visit."""
    for tally in chain.later:
        Tally.objects.bulk_create([tally])
        assert evaluate_visit(tally.visit_id)
        flag = DriftFlag.objects.open().filter(location=chain.locations[FALLEN]).first()
        if flag is not None:
            assert flag.flagged_by_id == tally.visit_id
            return flag.flagged_by
    raise AssertionError("no flag was raised")


def test_chart_table_consistency_and_why_hold_the_visit_that_raised_the_flag(client, chain, manager):
    visit, store = arrive(chain), chain.locations[FALLEN]
    result = LocationResult.objects.get(location=store)
    series = location_series(charts_of(chain.standard, [store.pk])[store.pk])
    assert series.visit_ids[-1] == visit.pk
    assert len(series.visit_ids) == result.n_visits
    known = FittedRun.last(chain.standard).visits([store.pk], with_peers=True)
    assert (
        known.history.visit_ids[known.chain.location == known.location_index(store.pk)].tolist() == series.visit_ids
    )
    flag = DriftFlag.objects.open().get(location=store)
    told = treatment(known, location_id=store.pk, onset=flag.onset_at)
    assert told.now.n_visits + told.before.n_visits == result.n_visits

    client.force_login(manager)
    body = client.get(reverse("reports:location", args=[store.pk])).content.decode()
    raised_by = reverse("reports:visit", args=[visit.pk])
    chart, table = (
        re.search(r'(?s)<svg[^>]*class="chart control.*?</svg>', body).group(0),
        body[body.index("<table") :],
    )
    assert raised_by in chart
    assert raised_by in table
    assert f"{told.now.n_visits} visits since it began" in text_of(
        client.get(reverse("reports:location", args=[store.pk]))
    )


def test_evidence_on_the_chart_reaches_the_threshold_at_the_visit_that_raised_the_flag(chain):
    visit, store = arrive(chain), chain.locations[FALLEN]
    run = Run.objects.fitted().get(standard=chain.standard)
    flag = DriftFlag.objects.open().get(location=store)
    series = location_series(charts_of(chain.standard, [store.pk])[store.pk], flag.channel)
    at = series.visit_ids.index(visit.pk)
    assert max(np.exp(series.evidence[at]), flag.evidence) >= np.exp(run.threshold)
    assert series.evidence[at] == max(each for each in series.evidence if each is not None)


def test_a_run_that_goes_on_keeps_the_evidence_of_visits_that_it_did_not_replay(chain):
    whole, store = {}, chain.locations[FALLEN]
    arrive(chain)
    before = location_series(charts_of(chain.standard, [store.pk])[store.pk])
    Tally.objects.bulk_create(each for each in chain.later if not Tally.objects.filter(pk=each.pk).exists())
    run = run_scan(request_scan(standard=chain.standard, as_of=chain.end + timedelta(days=1)).pk)
    assert run.estimated_by_id is not None
    for chart in ControlChart.objects.filter(standard=chain.standard):
        series = location_series(chart)
        assert None not in series.evidence
        whole[chart.location_id] = series
    after = whole[store.pk]
    assert after.visit_ids[: len(before.visit_ids)] == before.visit_ids
    assert len(whole) == len(chain.locations)


def test_an_excluded_visit_leaves_the_chart(chain):
    visit, store = arrive(chain), chain.locations[FALLEN]
    Tally.objects.filter(visit=visit).update(is_excluded=True)
    assert evaluate_visit(visit.pk)
    assert visit.pk not in location_series(charts_of(chain.standard, [store.pk])[store.pk]).visit_ids


def test_a_page_draws_what_was_judged_and_judges_nothing_itself(client, chain, manager):
    arrive(chain)
    store = chain.locations[FALLEN]
    client.force_login(manager)
    ControlChart.objects.filter(location=store).delete()
    body = client.get(reverse("reports:location", args=[store.pk])).content.decode()
    assert 'class="chart control' not in body
    assert "The next scan draws this" in body


def test_visits_that_nobody_judged_yet_are_in_no_figure_though_another_store_was_evaluated(chain):
    """An import leaves them to the next run; an evaluation elsewhere does not bring them into the page of a store."""
    arrive(chain)
    store, other = chain.locations[FALLEN], chain.locations[0]
    result = LocationResult.objects.get(location=store)
    moment = chain.end + timedelta(hours=2)
    imported = [a_visit(chain.version, store, moment + timedelta(minutes=n)) for n in range(5)]
    imported.append(elsewhere := a_visit(chain.version, other, moment))
    Visit.objects.bulk_create(imported)
    tallies = [a_tally(visit, np.full((3, 15), 240, np.uint8)) for visit in imported]
    for tally in tallies:
        tally.known_at = timezone.now()
    Tally.objects.bulk_create(tallies)
    assert evaluate_visit(elsewhere.pk)
    fitted = FittedRun.last(chain.standard)
    known = fitted.visits([store.pk, other.pk])
    is_own = known.chain.location == known.location_index(store.pk)
    series = location_series(charts_of(chain.standard, [store.pk])[store.pk])
    assert known.history.visit_ids[is_own].tolist() == series.visit_ids
    assert len(series.visit_ids) == result.n_visits
    assert elsewhere.pk in known.history.visit_ids[~is_own]
