"""A run on real workers, with PostgreSQL and Redis: the flags of one process, also when a worker is killed in it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bench.product.database_chains import make_chain, make_metric, report_weekly
from reports.detection.scan import reconcile_flags
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan, work_on_run
from reports.models import DriftFlag, LocationResult, Run, Shard
from reports.tasks import sweep_unscored
from reports.tasks import work_on_run as work_task
from tests.servers.conftest import eventually

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
HIDDEN = {"id", "run_id", "raised_at", "closed_at"}


@pytest.fixture
def chain():
    made = make_chain(n_locations=16, n_visits=36, drops={5: (126.0, 1.5, 0), 11: (100.0, -1.5, None)})
    report_weekly(make_metric(), made.locations)
    return made


def asked(chain) -> Run:
    return request_scan(standard=chain.standard, as_of=chain.end, must_estimate=True)


def is_done(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, state=Run.State.DONE).exists()


def heartbeat(run: Run) -> Callable[[], object]:
    """Changes with every step of the run, and with every renewal of what its workers hold."""
    row = Run.objects.filter(pk=run.pk).values_list("state", "phase", "n_done")
    shards = Shard.objects.filter(run=run).order_by("pk").values_list("state", "lease_until")
    return lambda: (list(row.all()), list(shards.all()))


def found_of(chain) -> list[list[dict]]:
    return [
        [
            {name: value for name, value in row.items() if name not in HIDDEN}
            for row in model.objects.filter(standard=chain.standard).order_by("location", "pk").values()
        ]
        for model in (DriftFlag, LocationResult)
    ]


@pytest.fixture
def alone(chain) -> list[list[dict]]:
    """What one process finds; forgotten again."""
    run_scan(asked(chain).pk)
    found = found_of(chain)
    assert {row["direction"] for row in found[0]} == {"decline", "improvement"}
    for model in (DriftFlag, LocationResult, Run):  # with the run goes what was judged
        model.objects.all().delete()
    return found


def test_workers_find_what_one_process_finds(chain, alone, start_worker):
    start_worker()
    run = asked(chain)
    work_task.delay(run.pk)
    assert eventually(lambda: is_done(run), signs=heartbeat(run))
    assert found_of(chain) == alone
    assert not Shard.objects.exists()


def test_a_worker_that_is_killed_in_a_run_costs_time_and_no_results(chain, alone, start_worker):
    worker = start_worker()
    run = asked(chain)
    at_work = Shard.objects.filter(run=run, phase=Shard.Phase.WRITING, state=Shard.State.TAKEN)
    with transaction.atomic():
        reconcile_flags.lock(chain.standard.pk)  # held, so that the last phase is still to be made when it is killed
        work_task.delay(run.pk)
        assert eventually(at_work.exists, signs=heartbeat(run))
        worker.kill()
    left = Shard.objects.filter(run=run).exclude(state=Shard.State.DONE)
    assert left.exists()
    assert not DriftFlag.objects.exists()
    left.filter(state=Shard.State.TAKEN).update(lease_until=timezone.now() - timedelta(seconds=1))
    start_worker()
    sweep_unscored.delay()
    assert eventually(lambda: is_done(run), signs=heartbeat(run))
    assert found_of(chain) == alone


def test_a_worker_helps_the_process_that_scans(chain, alone, start_worker):
    """One process makes the first phase, a worker the rest, as when `manage.py scan` stops after it."""

    class Stop(Exception):
        pass

    def stop(n_shards: int) -> None:
        raise Stop

    run = asked(chain)
    with pytest.raises(Stop):
        work_on_run(run.pk, call_helpers=stop)
    start_worker()
    work_task.delay(run.pk)
    assert eventually(lambda: is_done(run), signs=heartbeat(run))
    assert found_of(chain) == alone
