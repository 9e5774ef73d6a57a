"""A run in shards: who takes what, what a dead worker costs, and that the flags do not depend on it."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from bench.product.database_chains import make_chain, make_metric, report_weekly
from reports import tasks
from reports.detection.scan import scan, shards
from reports.detection.scan.lifecycle import RunTaken, request_scan
from reports.detection.scan.scan import LEAST_SHARDS, cut, run_scan, work_on_run
from reports.models import DriftFlag, LocationResult, Run, Shard
from tests.meanwhile import meanwhile, raising

pytestmark = pytest.mark.django_db
FALLING = {5: (126.0, 1.5, 0), 11: (100.0, -1.5, None)}


@pytest.fixture
def chain():
    made = make_chain(n_locations=16, n_visits=36, drops=FALLING)
    report_weekly(make_metric(), made.locations)
    return made


@pytest.fixture
def run(chain):
    return request_scan(standard=chain.standard, as_of=chain.end)


@pytest.fixture
def begun(run):
    """A run whose first phase is over; the shards of its locations wait."""

    class Over(Exception):
        pass

    def stop(n_shards):
        raise Over

    with pytest.raises(Over):
        work_on_run(run.pk, call_helpers=stop)
    run.refresh_from_db()
    return run


def found_of(chain) -> tuple[list[dict], list[dict]]:
    hidden = {"id", "run_id", "raised_at", "closed_at"}
    rows = [
        model.objects.filter(standard=chain.standard).order_by("location", "pk").values()
        for model in (DriftFlag, LocationResult)
    ]
    flags, results = [[{name: row[name] for name in row if name not in hidden} for row in each] for each in rows]
    return flags, results


def forget(chain) -> None:
    for model in (DriftFlag, LocationResult, Run):
        model.objects.all().delete()


def lapse(shard: Shard) -> None:
    Shard.objects.filter(pk=shard.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def taken(run: Run) -> Shard:
    shard = shards.take(run)
    assert shard is not None
    return shard


def test_workers_that_take_turns_find_what_one_process_finds(chain, run):
    run_scan(run.pk)
    alone = found_of(chain)
    assert {row["direction"] for row in alone[0]} == {"decline", "improvement"}
    forget(chain)
    again = request_scan(standard=chain.standard, as_of=chain.end, must_estimate=True)
    begun = scan.begin(again.pk)
    desks = [scan._Desk(begun, None) for _ in range(3)]  # none but the first has read the visits
    n = 0
    while shard := shards.take(begun):
        desks[n % 3].make(shard)
        n += 1
    again.refresh_from_db()
    assert (again.state, n) == (Run.State.DONE, LEAST_SHARDS + 2)
    assert found_of(chain) == alone


def test_shards_of_one_process_are_gone_when_the_run_is_done(chain, run):
    run_scan(run.pk)
    assert not Shard.objects.exists()


def test_a_phase_begins_when_the_one_before_is_over(begun):
    assert Shard.objects.filter(run=begun, phase=Shard.Phase.LOCATIONS).count() == LEAST_SHARDS
    mine = [taken(begun) for _ in range(LEAST_SHARDS)]
    assert {shard.phase for shard in mine} == {Shard.Phase.LOCATIONS}
    assert shards.take(begun) is None  # the flags wait for all of these
    for shard in mine[1:]:
        shards.finish(shard, b"")
    assert shards.take(begun) is None
    shards.finish(mine[0], b"")
    assert taken(begun).phase == Shard.Phase.WRITING


def test_shard_of_a_dead_worker_is_taken_again_when_its_lease_ends(chain, begun):
    dead = taken(begun)
    rest, n_made = work_on_run(begun.pk)
    assert (rest.state, n_made) == (Run.State.RUNNING, LEAST_SHARDS - 1)  # that one is left to its holder
    lapse(dead)
    done, n_made = work_on_run(begun.pk)
    assert (done.state, n_made) == (Run.State.DONE, 2)  # the dead worker's shard and the last phase
    assert DriftFlag.objects.filter(location=chain.locations[5], direction="decline").exists()


def test_worker_that_comes_back_too_late_keeps_nothing(begun):
    slow = taken(begun)
    lapse(slow)
    again = taken(begun)
    assert (again.pk, again.attempts) == (slow.pk, 2)
    with pytest.raises(RunTaken, match="taken over"):
        shards.finish(slow, b"stale")
    with pytest.raises(RunTaken):
        shards.renew(slow)
    shards.finish(again, b"right")
    again.refresh_from_db()
    assert bytes(again.result or b"") == b"right"


def test_shard_that_every_worker_dies_over_fails_the_run(begun):
    for _ in range(shards.MOST_ATTEMPTS):
        lapse(taken(begun))
    with pytest.raises(shards.GivenUp):
        work_on_run(begun.pk)
    begun.refresh_from_db()
    assert begun.state == Run.State.FAILED
    assert "given up after 3 workers died" in begun.error
    assert shards.take(begun) is None


def test_database_that_was_away_costs_no_attempt(begun):
    away = raising(OperationalError("the connection was closed"))
    with meanwhile(away, before='FROM "reports_tally"', always=True):
        for _ in range(shards.MOST_ATTEMPTS + 1):
            with pytest.raises(OperationalError):
                work_on_run(begun.pk)
    begun.refresh_from_db()
    assert begun.state == Run.State.WAITING
    assert run_scan(begun.pk).state == Run.State.DONE


def test_first_phase_calls_for_as_many_workers_as_there_are(run, monkeypatch, settings):
    settings.WORKERS = 4
    called = []
    monkeypatch.setattr(tasks.work_on_run, "delay", called.append)
    tasks.work_on_run(run.pk)
    assert called == [run.pk] * 3
    run.refresh_from_db()
    assert run.state == Run.State.DONE


def test_a_task_whose_time_is_over_leaves_the_rest_to_another(run, monkeypatch, settings):
    settings.WORKERS = 1
    monkeypatch.setattr("reports.tasks.scans.SHARE_OF_TIME", 0)
    waiting = [run.pk]
    monkeypatch.setattr(tasks.work_on_run, "delay", waiting.append)
    n_tasks = 0
    while waiting:
        tasks.work_on_run(waiting.pop())
        n_tasks += 1
    assert n_tasks == LEAST_SHARDS + 2
    run.refresh_from_db()
    assert run.state == Run.State.DONE


def test_sweeper_calls_for_shards_that_nobody_holds(begun, monkeypatch):
    called = []
    monkeypatch.setattr(tasks.work_on_run, "delay", called.append)
    shard = taken(begun)
    tasks.sweep_unscored()
    assert called == []  # somebody is at work
    lapse(shard)
    tasks.sweep_unscored()
    assert called == [begun.pk]


def test_row_counts_the_shards_that_are_done(begun):
    for _ in range(3):
        shards.finish(taken(begun), b"")
    shard = taken(begun)
    scan.Progress(begun, shard)("Looking for changes", *shards.counted(begun, shard.phase))
    begun.refresh_from_db()
    assert (begun.phase, begun.n_done, begun.n_total) == ("Looking for changes", 3, LEAST_SHARDS)


def test_a_shard_is_made_once_and_never_held_without_an_end(begun):
    assert shards.plan(begun, Shard.Phase.WRITING, [{}]) == 1
    assert Shard.objects.filter(run=begun, phase=Shard.Phase.WRITING).count() == 1
    with pytest.raises(IntegrityError, match="shard_taken_with_a_lease"), transaction.atomic():
        Shard.objects.filter(run=begun, phase=Shard.Phase.WRITING).update(state=Shard.State.TAKEN)


@pytest.mark.parametrize("n_visits", [[], [0, 0], [3], [1] * 40, [100, 1, 1, 1, 1], [0, 5, 0, 5, 0], [9000, 9000, 1]])
def test_shards_hold_every_location_once(n_visits):
    parts = cut(np.arange(len(n_visits)), np.array(n_visits, dtype=int))
    assert [place for part in parts for place in part.tolist()] == list(range(len(n_visits)))
    for part in parts:
        assert sum(n_visits[place] for place in part) <= scan.MOST_VISITS or part.size == 1


def test_a_run_that_another_release_began_starts_over(begun):
    """Its shards may be written in another way: what they hold is not read."""
    Run.objects.filter(pk=begun.pk).update(code_version="0.0.1+another")
    Shard.objects.filter(run=begun, phase=Shard.Phase.LOCATIONS).update(result=b"of another release", payload={})
    done = run_scan(begun.pk)
    assert done.state == Run.State.DONE
    assert done.code_version != "0.0.1+another"
    assert LocationResult.objects.filter(run=done).count() == 16


def test_a_run_whose_shards_this_release_would_have_written_otherwise_starts_over(begun):
    """Also where both releases bear one name, as without a git checkout."""
    for shard in Shard.objects.filter(run=begun, phase=Shard.Phase.LOCATIONS):
        shard.payload = {"places": shard.payload["location_indexes"]}
        shard.save(update_fields=["payload"])
    assert run_scan(begun.pk).state == Run.State.DONE
    assert LocationResult.objects.filter(run=begun).count() == 16
