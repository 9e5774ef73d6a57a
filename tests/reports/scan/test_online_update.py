"""An approved visit re-evaluates its own location at once, with what the last run found common to the chain."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audits.models import Visit
from audits.signals import visit_approved, visit_excluded, visit_withdrawn
from bench.product.database_chains import (
    START,
    a_tally,
    a_visit,
    make_chain,
    make_metric,
    publish_version,
    report_weekly,
)
from reports import tasks
from reports.detection.scan import online_update, scan, shards
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan
from reports.models import DriftFlag, LocationResult, Run, Tally
from tests.meanwhile import meanwhile

pytestmark = pytest.mark.django_db
N_VISITS = 36
BEFORE = 19  # visits of the falling location that the run sees; the drop begins with the 19th
FALLING = {5: (126.0, 1.5, 0)}


@pytest.fixture
def chain():
    """12 locations, 36 weekly visits; the greeting of the sixth erodes from the 18th week on."""
    return make_chain(n_locations=12, n_visits=N_VISITS, drops=FALLING)


@pytest.fixture
def later(chain):
    """The last visits of the falling location, taken out; the run that follows has not seen them."""
    rows = list(Tally.objects.filter(location=chain.locations[5]).order_by("started_at")[BEFORE:])
    Tally.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return rows


def scanned(chain, **parameters) -> Run:
    return run_scan(request_scan(standard=chain.standard, as_of=chain.end, parameters=parameters).pk)


def evaluated(chain, place=5) -> bool:
    return online_update.evaluate_location(standard_id=chain.standard.pk, location_id=chain.locations[place].pk)


def state_of(chain) -> tuple[list[dict], list[dict]]:
    flags = DriftFlag.objects.filter(standard=chain.standard).order_by("pk").values()
    return list(flags), list(LocationResult.objects.filter(standard=chain.standard).order_by("pk").values())


def test_the_visit_that_crosses_raises_a_flag_without_a_run(chain, later):
    run = scanned(chain)
    assert not DriftFlag.objects.filter(location=chain.locations[5]).exists()
    crossing = None
    for tally in later:
        tally.save(force_insert=True)
        assert online_update.evaluate_visit(tally.pk)
        if crossing is None and DriftFlag.objects.open().filter(location=chain.locations[5]).exists():
            crossing = tally
    assert crossing is not None
    flag = DriftFlag.objects.get(location=chain.locations[5])
    assert (flag.run, flag.flagged_by_id, flag.channel) == (run, crossing.pk, "section:greeting")
    assert flag.closed_at is None
    assert Run.objects.count() == 1
    result = LocationResult.objects.get(location=chain.locations[5])
    assert (result.run, result.n_visits) == (run, N_VISITS)
    assert result.last_visit_at is not None
    assert abs(result.last_visit_at - later[-1].started_at) < timedelta(seconds=1)


def test_a_manager_finds_the_flag_of_a_visit_that_was_approved_after_the_run(
    chain, later, world, client, django_capture_on_commit_callbacks, monkeypatch
):
    for task in (tasks.score_visit, tasks.evaluate_location):
        monkeypatch.setattr(task, "delay", task)
    scanned(chain)
    for tally in later[:-1]:
        tally.save(force_insert=True)
    visit = Visit.objects.get(pk=later[-1].pk)
    with django_capture_on_commit_callbacks(execute=True):
        visit_approved.send(sender=Visit, visit_ids=[visit.pk])
    tally = Tally.objects.get(pk=visit.pk)
    assert tally.scored_at is not None
    assert DriftFlag.objects.open().filter(location=chain.locations[5], direction="decline").exists()
    client.force_login(world.root)
    page = client.get(reverse("reports:drift"), {"standard": "chain"}).content.decode()
    assert "Store 5" in page


def test_what_is_found_at_once_is_what_the_next_run_finds_with_the_same_effects(chain):
    """With nothing new, the evaluation repeats the run, up to the last digits and the peers of the level."""
    report_weekly(make_metric(), chain.locations)
    scanned(chain)
    before = {flag.pk: flag for flag in DriftFlag.objects.open()}
    assert before
    level = LocationResult.objects.get(location=chain.locations[5])
    for place in range(12):
        assert evaluated(chain, place)
    after = {flag.pk: flag for flag in DriftFlag.objects.open()}
    assert set(after) == set(before)
    for pk, flag in after.items():
        for field in ("run_id", "channel", "flagged_by_id", "flagged_at", "onset_at", "n_visits", "comparison"):
            assert getattr(flag, field) == getattr(before[pk], field), field
        assert flag.evidence == pytest.approx(before[pk].evidence, rel=1e-6)
    again = LocationResult.objects.get(location=chain.locations[5])
    assert (again.comparison, again.reported, again.n_visits) == (level.comparison, level.reported, level.n_visits)
    assert again.level == pytest.approx(level.level, abs=1e-9)  # all 12 locations are peers
    assert again.points == level.points


def test_evaluating_twice_changes_nothing(chain, later):
    scanned(chain)
    Tally.objects.bulk_create(later)
    assert evaluated(chain)
    before = state_of(chain)
    assert DriftFlag.objects.open().filter(location=chain.locations[5]).exists()
    assert evaluated(chain)
    assert state_of(chain) == before


def test_only_its_own_location_is_touched(chain, later):
    scanned(chain)
    flags, results = state_of(chain)
    Tally.objects.bulk_create(later)
    evaluated(chain)
    place = chain.locations[5].pk

    def others(rows):
        return [row for row in rows if row["location_id"] != place]

    after = state_of(chain)
    assert (others(after[0]), others(after[1])) == (others(flags), others(results))


def test_the_comparison_with_the_reported_numbers_comes_with_the_flag(chain, later):
    report_weekly(make_metric(), chain.locations)
    scanned(chain)
    Tally.objects.bulk_create(later)
    evaluated(chain)
    flag = DriftFlag.objects.open().get(location=chain.locations[5])
    assert flag.comparison == "blind_spot"
    assert LocationResult.objects.get(location=chain.locations[5]).comparison == "blind_spot"


def test_a_flag_is_closed_when_the_visits_it_rested_on_are_excluded(
    chain, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(tasks.evaluate_location, "delay", tasks.evaluate_location)
    scanned(chain)
    suspect = Visit.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=126))
    with django_capture_on_commit_callbacks(execute=True):
        visit_excluded.send(sender=Visit, visit_ids=[visit.pk for visit in suspect])
    flag = DriftFlag.objects.get(location=chain.locations[5])
    assert flag.closed_at is not None
    assert flag.close_reason


def test_withdrawn_visits_leave_the_result_at_once(chain, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(tasks.evaluate_location, "delay", tasks.evaluate_location)
    scanned(chain)
    visit = Visit.objects.filter(location=chain.locations[2]).first()
    assert visit is not None
    with django_capture_on_commit_callbacks(execute=True):
        visit_withdrawn.send(sender=Visit, visit_ids=[visit.pk])
    assert LocationResult.objects.get(location=chain.locations[2]).n_visits == N_VISITS - 1


def test_an_auditor_whom_the_run_did_not_know_counts_as_an_average_one(chain):
    scanned(chain)
    visit = a_visit(chain.version, chain.locations[2], chain.end, auditor="new")
    visit.save()
    a_tally(visit, np.full((3, 15), 240, np.uint8)).save()
    assert online_update.evaluate_visit(visit.pk)
    assert LocationResult.objects.get(location=chain.locations[2]).n_visits == N_VISITS + 1


def test_nothing_is_guessed_where_no_run_knows_the_ground(chain):
    assert not evaluated(chain)  # no run
    scanned(chain)
    harder = publish_version(chain.standard, number=2)
    visit = a_visit(harder, chain.locations[2], chain.end)
    visit.save()
    a_tally(visit, np.zeros((3, 15), np.uint8)).save()
    before = state_of(chain)
    assert not online_update.evaluate_visit(visit.pk)  # criteria that the effects do not know
    newcomer = type(chain.locations[0]).objects.create(code="N", name="New", region=chain.locations[0].region)
    visit = a_visit(chain.version, newcomer, chain.end)
    visit.save()
    a_tally(visit, np.zeros((3, 15), np.uint8)).save()
    assert not online_update.evaluate_visit(visit.pk)  # a location that it does not know
    assert state_of(chain) == before
    assert not online_update.evaluate_visit(uuid4())


def test_a_visit_that_comes_in_between_is_not_written_over(chain, later):
    """Between the reading of the visits and the lock under which their result is written."""
    scanned(chain)
    Tally.objects.bulk_create(later[:-1])
    with meanwhile(partial(later[-1].save, force_insert=True), before="SAVEPOINT"):
        assert evaluated(chain)
    assert LocationResult.objects.get(location=chain.locations[5]).n_visits == N_VISITS


def test_a_run_that_ends_in_between_is_the_one_that_counts(chain, later):
    before = scanned(chain)
    Tally.objects.bulk_create(later)
    with meanwhile(partial(scanned, chain, seed=2), before="SAVEPOINT"):
        assert evaluated(chain)
    newest = Run.objects.exclude(pk=before.pk).get()
    assert {row.run_id for row in LocationResult.objects.filter(standard=chain.standard)} == {newest.pk}
    assert DriftFlag.objects.open().get(location=chain.locations[5]).run == newest


def scanned_while(chain, happens) -> Run:
    """A run of now, and what happens once it has read the visits."""
    run = scan.begin(request_scan(standard=chain.standard).pk)
    desk = scan._Desk(run, None)
    while shard := shards.take(run):
        desk.make(shard)
        if shard.phase == shard.Phase.COMMON:
            happens()
    run.refresh_from_db()
    return run


def approve(tallies) -> None:
    for tally in tallies:
        tally.known_at = tally.scored_at = timezone.now()
    Tally.objects.bulk_create(tallies)
    assert online_update.evaluate_visit(tallies[-1].pk)


def test_a_flag_of_visits_that_were_approved_while_a_run_was_under_way_stands_after_it(chain, later):
    scanned(chain)
    fallen = DriftFlag.objects.open().filter(location=chain.locations[5])

    def happens():
        approve(later)
        assert not fallen.exists()  # what the run leaves will judge them

    run = scanned_while(chain, happens)
    assert not fallen.exists()  # the run had not seen them
    assert online_update.catch_up(run)
    assert fallen.get().run == run
    assert LocationResult.objects.get(location=chain.locations[5]).n_visits == N_VISITS


def test_visits_that_were_excluded_while_a_run_was_under_way_are_out_after_it(chain):
    scanned(chain)
    fallen = DriftFlag.objects.open().filter(location=chain.locations[5])
    suspect = Tally.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=126))

    def happens():
        suspect.update(is_excluded=True)
        assert evaluated(chain)
        assert not fallen.exists()

    run = scanned_while(chain, happens)
    assert not fallen.exists()  # the run had seen them, and found nothing new
    assert online_update.catch_up(run)
    assert not fallen.exists()
    assert LocationResult.objects.get(location=chain.locations[5]).n_visits == N_VISITS - suspect.count()


def test_news_of_too_many_locations_ask_for_another_run(chain, monkeypatch):
    monkeypatch.setattr(online_update, "MOST_TO_CATCH_UP", 1)
    run = scanned_while(chain, lambda: Tally.objects.filter(started_at__gte=chain.end - timedelta(days=9)).delete())
    assert not online_update.catch_up(run)


def test_the_number_of_queries_does_not_grow_with_the_chain():
    def count(key, n_locations, n_visits):
        made = make_chain(key=key, n_locations=n_locations, n_visits=n_visits)
        scanned(made)
        with CaptureQueriesContext(connection) as queries:
            assert evaluated(made, 1)
        return len(queries)

    assert count("many", 20, 16) == count("few", 4, 8) <= 17
