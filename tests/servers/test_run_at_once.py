"""Many workers see what one location's visits say, while a run writes: one open flag, on PostgreSQL."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from bench.product.database_chains import make_chain
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.online_update import evaluate_location
from reports.detection.scan.scan import run_scan
from reports.models import DriftFlag, LocationResult, Run, Tally

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
SEEN_BY_THE_RUN = 19


def side_by_side(*deeds: Callable[[], object]) -> list[BaseException | None]:
    """Each deed in a thread with a connection of its own, let go at the same moment; what went wrong in each."""
    gate = threading.Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> None:
        gate.wait()
        try:
            deed()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return [begun.exception() for begun in [threads.submit(do, deed) for deed in deeds]]


def test_evaluations_and_a_run_at_the_same_time_leave_one_open_flag():
    chain = make_chain(n_locations=12, n_visits=36, drops={5: (126.0, 1.5, 0)})
    place = chain.locations[5]
    later = list(Tally.objects.filter(location=place).order_by("started_at")[SEEN_BY_THE_RUN:])
    Tally.objects.filter(pk__in=[tally.pk for tally in later]).delete()
    run_scan(request_scan(standard=chain.standard, as_of=chain.end).pk)
    assert not DriftFlag.objects.filter(location=place).exists()
    Tally.objects.bulk_create(later)
    run = request_scan(standard=chain.standard, as_of=chain.end)

    def evaluate() -> None:
        evaluate_location(standard_id=chain.standard.pk, location_id=place.pk)

    faults = side_by_side(lambda: run_scan(run.pk), *[evaluate] * 5)
    assert faults == [None] * 6
    assert Run.objects.get(pk=run.pk).state == Run.State.DONE
    flag = DriftFlag.objects.open().get(location=place)
    assert (flag.direction, flag.run_id) == ("decline", run.pk)
    assert LocationResult.objects.get(location=place).n_visits == 36
