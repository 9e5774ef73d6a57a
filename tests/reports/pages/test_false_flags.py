"""Wherever a flag is shown: how sure, expected against seen, and how many flags chance alone raises."""

import doctest
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from reports.detection.data.settings import expected_rates
from reports.models import DriftFlag, Run, Shard
from reports.pages.director.runs import running
from reports.pages.sentences import false_flags
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def flagged(world):
    """Harbour Street and Mill Lane have visits enough for a flag; an earlier flag of Harbour Street is closed."""
    world.run = pages.make_run(world.standard, simulated_rate=0.05, simulated_improvement_rate=0.01)
    for place in (world.harbour, world.mill):
        for week in range(12):
            pages.make_visit(world, place, pages.AS_OF - timedelta(days=1 + 7 * week))
        pages.make_result(world.run, place, points=pages.half_year(seed=1, drop=0), n_visits=12)
    closed = pages.make_flag(world.run, world.harbour, evidence=412.0)
    DriftFlag.objects.filter(pk=closed.pk).update(closed_at=timezone.now(), close_reason="Faded.")
    pages.make_flag(world.run, world.harbour, evidence=93.0, chance=0.96)
    pages.make_flag(world.run, world.harbour, direction="improvement", evidence=65.0, channel="overall", chance=0.96)
    return world


def test_page_of_a_store_sets_its_flag_among_the_false_ones_of_all_stores(client, flagged):
    client.force_login(flagged.mia)
    said = text_of(client.get(f"/reports/locations/{flagged.harbour.pk}/"))
    assert "here 90 : 1." in said
    assert "About one false flag is to be expected in eight years over your 2 stores." in said


def test_closed_store_raises_no_false_flag(client, flagged):
    flagged.mill.closed_on = pages.AS_OF.date()
    flagged.mill.save()
    client.force_login(flagged.mia)
    said = text_of(client.get(f"/reports/locations/{flagged.harbour.pk}/"))
    assert "About one false flag is to be expected in 17 years over your 1 store." in said
    client.force_login(flagged.dan)
    assert "over your 1 store, at most" in text_of(client.get("/reports/settings/"))


def test_every_flag_of_a_store_says_how_sure_it_is(client, flagged):
    client.force_login(flagged.mia)
    said = text_of(client.get(f"/reports/locations/{flagged.harbour.pk}/"))
    assert said.count("19 in 20 such flags are real") == 2, "the decline, and the improvement beside it"


@pytest.mark.parametrize("address", ["/reports/", "/reports/locations/"])
def test_row_of_a_store_with_a_flag_says_how_sure_it_is(client, flagged, address):
    client.force_login(flagged.mia)
    assert "blind spot · very sure 12" in text_of(client.get(address))


def test_page_of_a_run_says_how_many_false_flags_to_expect(client, flagged):
    client.force_login(flagged.mia)
    said = text_of(client.get(f"/reports/runs/{flagged.run.pk}/"))
    assert "About one false flag is to be expected in eight years over your 2 stores." in said


def test_admin_sets_a_flag_among_the_false_ones_of_its_run(client, flagged):
    Run.objects.update(n_locations=2)
    flag = DriftFlag.objects.open().first()
    client.force_login(flagged.dan)
    said = text_of(client.get(reverse("admin:reports_driftflag_change", args=[flag.pk])))
    assert "About one false flag is to be expected in eight years over the 2 stores." in said


def test_expected_rate_is_what_the_simulation_says_even_where_that_is_more_than_was_wanted():
    wanted = {"false_alarms_per_year": 0.1}

    def expected(*simulated, parameters=wanted):
        rates = dict(zip(("simulated_rate", "simulated_improvement_rate"), simulated, strict=True))
        return expected_rates(Run(parameters=parameters, **rates)).both

    assert expected(None, None) == 0.2
    assert expected(0.06, 0.01) == pytest.approx(0.07)
    assert expected(0.21, 0.05) == pytest.approx(0.26)
    assert expected(0.06, None) == 0.12  # of a run that did not count improvements
    assert expected(0.06, 0.01, parameters={}) is None


@pytest.mark.parametrize(
    ("rate", "n_able", "said"),
    [
        (0.1, 1000, "About two false flags are to be expected a week over your 1,000 stores."),
        (0.0, 60, "Hardly any false flag is to be expected over your 60 stores."),
        (0.1, 0, ""),
        (None, 60, ""),
    ],
)
def test_false_flags_are_counted_over_your_stores(rate, n_able, said):
    found = false_flags.over_your_stores(per_location_year=rate, n_able=n_able)
    assert found.replace("\N{NO-BREAK SPACE}", " ") == said


def test_worked_values_of_the_words_hold():
    assert doctest.testmod(false_flags).failed == 0


def test_scan_that_takes_long_is_under_way_while_its_workers_are_seen(world, settings):
    long_ago = timezone.now() - timedelta(seconds=2 * settings.CELERY_TASK_TIME_LIMIT)
    run = pages.make_run(world.standard, state="running", finished_at=None, started_at=long_ago)
    assert running(world.standard) is None
    shard = Shard.objects.create(run=run, phase=2, index=0, state="done", lease_until=timezone.now())
    assert running(world.standard) == run
    Shard.objects.filter(pk=shard.pk).update(lease_until=long_ago)
    assert running(world.standard) is None
