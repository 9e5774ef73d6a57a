"""From the phone's request to the scored row, on PostgreSQL and Redis, with a worker that may be killed."""

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audits.api.documents import receive_visit
from audits.models import Interaction, Observation, Visit
from reports.models import SectionScore, Tally
from reports.tasks import sweep_unscored
from tests.conftest import NOON
from tests.making import visit_payload
from tests.servers.conftest import eventually

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def is_scored(visit_id: UUID) -> bool:
    return Tally.objects.filter(pk=visit_id, scored_at__isnull=False).exists()


def test_the_database_is_postgresql_and_the_broker_redis(settings):
    assert connection.vendor == "postgresql"
    assert settings.CELERY_BROKER_URL.startswith("redis://")


def test_a_recorded_visit_is_scored_by_the_worker(start_worker, world, payload, visit_id):
    start_worker()
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert eventually(lambda: is_scored(visit_id))
    tally = Tally.objects.get(pk=visit_id)
    assert tally.score == pytest.approx((2 * (1 + 2 + 1) + 1 + 0.8) / 10)
    assert SectionScore.objects.filter(tally=tally).exists()


def test_a_message_waits_in_redis_until_a_worker_comes(start_worker, world, payload, visit_id):
    start_worker().kill()
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert not is_scored(visit_id)
    start_worker()
    assert eventually(lambda: is_scored(visit_id))


def test_the_sweeper_scores_what_a_lost_message_left(start_worker, world, payload, visit_id):
    from config.celery import app

    start_worker().kill()
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    assert app.control.purge() >= 1  # the broker lost its memory: only the table still knows
    Tally.objects.filter(pk=visit_id).update(known_at=timezone.now() - timedelta(minutes=5))
    start_worker()
    sweep_unscored.delay()
    assert eventually(lambda: is_scored(visit_id))


def test_a_broken_visit_is_not_lost_when_the_worker_is_killed_in_the_middle(start_worker, world):
    """Twenty visits, and the worker dies while it scores them: a new worker and the sweeper finish all."""
    worker = start_worker()
    ids = [uuid4() for _ in range(20)]
    for number, visit_id in enumerate(ids):
        payload = visit_payload(world, started_at=NOON + timedelta(hours=number))
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
        if number == 10:
            worker.kill()
    Tally.objects.filter(scored_at=None).update(known_at=timezone.now() - timedelta(minutes=5))
    start_worker()
    sweep_unscored.delay()
    assert eventually(lambda: Tally.objects.filter(pk__in=ids, scored_at__isnull=False).count() == 20)


# ---- eight phones at once


class Phone:
    """Sends over a real socket with a signed-in session, as a browser does."""

    def __init__(self, base: str, user):
        client = Client()
        client.force_login(user)
        self.base, self.session = base, client.cookies["sessionid"].value

    def put(self, visit_id: UUID, payload: dict) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"{self.base}/api/v1/visits/{visit_id}/",
            data=json.dumps(payload).encode(),
            method="PUT",
            headers={
                "Content-Type": "application/json",
                "Cookie": f"sessionid={self.session}; csrftoken={'a' * 32}",
                "X-CSRFToken": "a" * 32,
                "Referer": self.base,
            },
        )
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def all_at_once(phone: Phone, visit_id: UUID, payloads: list[dict]) -> list[tuple[int, dict]]:
    """Every payload from a thread of its own, let go at the same moment."""
    gate = threading.Barrier(len(payloads))
    answers: list[tuple[int, dict]] = []

    def send(payload: dict) -> None:
        gate.wait()
        answers.append(phone.put(visit_id, payload))

    threads = [threading.Thread(target=send, args=[payload]) for payload in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_same_visit_sent_eight_times_at_once_is_stored_once(live_server, world, payload):
    phone = Phone(live_server.url, world.ana)
    for _ in range(5):
        visit_id, fresh = (
            uuid4(),
            payload | {"interactions": [one | {"id": str(uuid4())} for one in payload["interactions"]]},
        )
        answers = all_at_once(phone, visit_id, [fresh] * 8)
        assert Counter(status for status, _ in answers) == {201: 1, 200: 7}, answers
        assert len({answer["receipt"] for _, answer in answers}) == 1
        assert Visit.objects.filter(pk=visit_id).count() == 1
        assert Interaction.objects.filter(visit=visit_id).count() == 2
        assert Observation.objects.filter(visit=visit_id).count() == 9
        assert Tally.objects.filter(pk=visit_id).count() == 1


def test_eight_different_visits_under_one_id_leave_one_and_tell_the_others(live_server, world):
    phone, visit_id = Phone(live_server.url, world.ana), uuid4()
    payloads = [visit_payload(world, started_at=NOON, wait=30 + number) for number in range(8)]
    answers = all_at_once(phone, visit_id, payloads)
    assert Counter(status for status, _ in answers) == {201: 1, 409: 7}, answers
    stored = Visit.objects.get(pk=visit_id)
    refused = [answer for status, answer in answers if status == 409]
    assert {answer["stored"] for answer in refused} == {stored.digest}
    assert len({answer["sent"] for answer in refused} - {stored.digest}) == 7
    assert stored.interactions.count() == 2
