"""Readings from the API to the flag beside them, through the real worker, which may be killed, on PostgreSQL."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from bench.product.database_chains import make_chain, make_metric, report_weekly
from locations.models import ApiKey, Location, Reading
from locations.signals import readings_changed
from reports.detection.scan import reconcile_flags
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.rejudge_comparisons import rejudge_waiting
from reports.detection.scan.scan import run_scan
from reports.models import ChangedReadings, DriftFlag, LocationResult
from reports.tasks import sweep_unscored
from reports.tasks.comparisons import GATHERING_SECONDS
from tests.servers.conftest import eventually
from tests.servers.test_run_at_once import side_by_side

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
FIRST = date(2025, 1, 6)
FALLING, KNOWN = 5, 34  # a store, and the weeks of readings that the first run knows


@pytest.fixture
def chain(world):
    """The sixth of 12 locations declines, which its readings of KNOWN weeks have not noticed."""
    chain = make_chain(n_locations=12, n_visits=36, drops={FALLING: (112.0, 1.5, 0)})
    report_weekly(make_metric(), chain.locations, n_weeks=KNOWN)
    run_scan(request_scan(standard=chain.standard).pk)
    assert what_is_said(chain) == "blind_spot"
    return chain


def what_is_said(chain) -> str:
    flag = DriftFlag.objects.open().get(location=chain.locations[FALLING], direction="decline")
    assert flag.comparison == LocationResult.objects.get(location=chain.locations[FALLING]).comparison
    return flag.comparison


def fallen(location: Location, weeks=range(KNOWN, KNOWN + 10)) -> list[dict]:
    starts = [FIRST + timedelta(weeks=week) for week in weeks]
    return [{"location": location.code, "metric": "speed", "period_start": str(day), "value": 70} for day in starts]


@pytest.fixture
def post(world):
    """As a machine sends, with a key of its own."""
    key = ApiKey.objects.create_key(name="till", user=world.root)[1]
    client = Client(headers={"Authorization": f"Api-Key {key}"})

    def send(rows: list[dict]) -> None:
        answer = client.post(reverse("locations:api-readings"), rows, content_type="application/json")
        assert answer.status_code == 200, answer.content

    return send


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def test_the_worker_judges_readings_of_the_api_within_a_minute(start_worker, chain, post):
    start_worker()
    post(fallen(chain.locations[FALLING]))
    assert eventually(lambda: what_is_said(chain) == "confirmed")
    assert eventually(lambda: not ChangedReadings.objects.exists())
    Reading.objects.filter(
        location=chain.locations[FALLING], period_start__gte=FIRST + timedelta(weeks=KNOWN)
    ).delete()
    readings_changed.send(sender=Reading, location_ids={chain.locations[FALLING].pk})
    assert eventually(lambda: what_is_said(chain) == "blind_spot")


def test_a_burst_of_readings_one_by_one_asks_for_few_tasks(start_worker, chain, post):
    """One for as long as what comes is gathered, however fast or slow the machine is."""
    worker, began = start_worker(), time.monotonic()
    for location in chain.locations:
        for row in fallen(location):
            post([row])
    assert eventually(lambda: not ChangedReadings.objects.exists())
    took = time.monotonic() - began
    assert what_is_said(chain) == "confirmed"
    n_tasks = len(re.findall(r"rejudge_comparisons\[\S+\] received", worker.log.read_text(errors="replace")))
    assert 1 <= n_tasks <= 1 + took / GATHERING_SECONDS


def test_a_worker_that_is_killed_while_it_judges_loses_nothing(start_worker, chain, post):
    """It holds the rows and waits for the standard, which the test holds, when the power goes."""
    from config.celery import app

    with transaction.atomic():
        reconcile_flags.lock(chain.standard.pk)
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(lambda: (post(fallen(chain.locations[FALLING])), connection.close())).result()
        worker = start_worker()
        assert eventually(somebody_waits_for_a_lock)
        worker.kill()
    assert what_is_said(chain) == "blind_spot"
    app.control.purge()  # the message is lost, too: only the table still knows
    start_worker()
    sweep_unscored.delay()
    assert eventually(lambda: what_is_said(chain) == "confirmed")
    assert eventually(lambda: not ChangedReadings.objects.exists())


def test_readings_are_stored_while_others_are_judged(start_worker, chain, post):
    """Who stores waits for nobody: not for a worker that holds the rows of the same location, nor for a run."""
    start_worker()
    with transaction.atomic():
        reconcile_flags.lock(chain.standard.pk)
        with ThreadPoolExecutor(1) as elsewhere:
            for weeks in (range(KNOWN, KNOWN + 5), range(KNOWN + 5, KNOWN + 10)):
                rows = fallen(chain.locations[FALLING], weeks)
                elsewhere.submit(lambda rows=rows: (post(rows), connection.close())).result()
                assert eventually(somebody_waits_for_a_lock)
        assert Reading.objects.filter(location=chain.locations[FALLING]).count() == KNOWN + 10
        assert ChangedReadings.objects.count() == 2
    assert eventually(lambda: what_is_said(chain) == "confirmed")
    assert eventually(lambda: not ChangedReadings.objects.exists())


def test_workers_that_judge_beside_a_run_leave_what_the_readings_say(chain, post):
    run = request_scan(standard=chain.standard)
    few = chain.locations[FALLING - 2 : FALLING + 3]  # what most numbers do is no news of a store
    post([row for location in few for row in fallen(location)])
    faults = side_by_side(lambda: run_scan(run.pk), *[rejudge_waiting] * 4)
    assert faults == [None] * 5
    assert what_is_said(chain) == "confirmed"
    rejudge_waiting()
    assert not ChangedReadings.objects.exists()
    assert what_is_said(chain) == "confirmed"
