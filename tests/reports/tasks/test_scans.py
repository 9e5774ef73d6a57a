"""Celery's way in: what is enqueued, what may run twice, what is tried again."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from audits.api.documents import receive_visit
from audits.models import Observation, Visit
from audits.signals import visit_approved
from reports import receivers, tasks
from reports.detection.scan import online_update
from reports.detection.scan.lifecycle import start_scan
from reports.detection.scan.scan import request_scan
from reports.models import Run, Tally
from tests.conftest import NOON
from tests.making import publish_small_standard, visit_payload
from tests.meanwhile import meanwhile


@pytest.fixture
def sent(monkeypatch):
    """What would go to the broker: (task, its arguments)."""
    messages: list[tuple] = []
    for name in ("score_visit", "evaluate_location", "work_on_run"):
        task = getattr(tasks, name)
        monkeypatch.setattr(task, "delay", lambda *arguments, name=name: messages.append((name, *arguments)))
    return messages


def test_approved_visit_is_sent_to_be_scored_once_its_transaction_is_over(
    world, payload, visit_id, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
        assert sent == []
    assert sent == [("score_visit", str(visit_id))]
    tasks.score_visit(str(visit_id))
    tasks.score_visit(str(visit_id))
    assert Tally.objects.get().score is not None


def test_many_visits_at_once_are_left_to_the_import_or_the_sweeper(
    world, visit, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        visit_approved.send(sender=Visit, visit_ids=[visit.pk] * (receivers.ONE_BY_ONE + 1))
    assert sent == []
    assert Tally.objects.waiting().count() == 1


def test_broker_that_is_away_does_not_undo_the_visit(world, payload, visit_id, monkeypatch):
    def away(*args):
        raise BrokerAway("no broker")

    monkeypatch.setattr(tasks.score_visit, "delay", away)
    before = len(connection.run_on_commit)
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    (waiting,) = connection.run_on_commit[before:]
    send, robust = waiting[1], bool(waiting[-1])
    with pytest.raises(BrokerAway):
        send()
    assert robust  # Django logs the error by the function's name, and the request goes on
    assert send.__qualname__
    assert Tally.objects.waiting().count() == 1


def test_sweeper_scores_what_a_lost_message_left(visit, sent):
    tasks.sweep_unscored()
    assert Tally.objects.waiting().count() == 1  # it arrived just now: its own task is under way
    Tally.objects.update(known_at=timezone.now() - timedelta(seconds=31))
    tasks.sweep_unscored()
    assert not Tally.objects.waiting().exists()
    assert sent == [("evaluate_location", visit.version.standard_id, visit.location_id)]


def contradicting(world) -> Visit:
    """A visit with an answer to a question of another version, waiting to be scored."""
    broken = receive_visit(visit_id=uuid4(), auditor=world.ana, payload=visit_payload(world, started_at=NOON)).visit
    other = publish_small_standard(world.standard, number=2).criteria().first()
    Observation.objects.filter(visit=broken, criterion__key="clean").update(criterion=other)
    Tally.objects.update(known_at=timezone.now() - timedelta(seconds=31))
    return broken


def test_sweeper_names_a_visit_that_cannot_be_scored_and_evaluates_the_others(world, visit, sent, caplog):
    broken = contradicting(world)
    sent.clear()
    tasks.sweep_unscored()
    assert list(Tally.objects.waiting().values_list("visit", flat=True)) == [broken.pk]
    assert sent == [("evaluate_location", visit.version.standard_id, visit.location_id)]
    assert f"Visit {broken.pk} cannot be scored: criterion" in caplog.text
    assert "return it to its auditor, or exclude it with a reason" in caplog.text


def test_command_scans_although_a_visit_cannot_be_scored(world, visit, caplog):
    broken = contradicting(world)
    call_command("scan", verbosity=0)
    assert Run.objects.get().n_visits == 1
    assert f"Visit {broken.pk} cannot be scored" in caplog.text


def test_sweeper_calls_again_for_a_run_that_nobody_makes(world, sent):
    run = request_scan(standard=world.standard)
    tasks.sweep_unscored()
    assert sent == []
    Run.objects.update(requested_at=timezone.now() - timedelta(minutes=5))
    tasks.sweep_unscored()
    assert sent == [("work_on_run", run.pk)]


def test_scan_of_all_standards_sends_one_run_for_each_that_has_visits(
    world, visit, sent, django_capture_on_commit_callbacks
):
    from audits.models import Standard

    Standard.objects.create(key="unused", name="Never visited")
    tasks.score_visit(str(visit.pk))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.scan_all_standards()
    run = Run.objects.get()
    assert run.standard == world.standard
    assert sent == [("work_on_run", run.pk)]


def test_run_makes_its_results_and_calls_for_the_one_that_waited(world, visit, sent):
    tasks.score_visit(str(visit.pk))
    first = request_scan(standard=world.standard)
    second = request_scan(standard=world.standard, parameters={"seed": 2})
    tasks.work_on_run(first.pk)
    first.refresh_from_db()
    assert (first.state, first.n_visits) == (Run.State.DONE, 1)
    assert sent == [("work_on_run", second.pk)]
    tasks.work_on_run(first.pk)  # handed out twice: it is done, nothing happens
    assert Run.objects.filter(state=Run.State.DONE).count() == 1


def test_run_during_which_much_came_in_asks_for_another(
    world, visit, sent, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(online_update, "MOST_TO_CATCH_UP", 0)
    tasks.score_visit(str(visit.pk))
    run = request_scan(standard=world.standard)
    excludes = partial(Tally.objects.filter(pk=visit.pk).update, is_excluded=True)
    excluded = meanwhile(excludes, before='INSERT INTO "reports_locationresult"')
    with excluded, django_capture_on_commit_callbacks(execute=True):
        tasks.work_on_run(run.pk)
    due = Run.objects.get(state=Run.State.WAITING)
    assert set(sent) == {("work_on_run", due.pk)}


def test_asking_for_a_scan_tells_who_asked_and_sends_it(world, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = start_scan(standard=world.standard, requested_by=world.dan)
    assert run.requested_by == world.dan
    assert sent == [("work_on_run", run.pk)]


@pytest.mark.parametrize(
    "task",
    [tasks.score_visit, tasks.evaluate_location, tasks.sweep_unscored, tasks.work_on_run, tasks.scan_all_standards],
)
def test_tasks_are_acknowledged_late_and_retry_only_what_time_heals(task):
    assert task.acks_late
    assert task.autoretry_for == (OperationalError,)
    assert task.max_retries == 5


def test_the_beat_schedule_names_tasks_that_exist(settings):
    from config.celery import app

    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)


def test_the_nightly_scan_comes_at_the_hour_of_the_organisation_whenever_the_scheduler_began(settings):
    nightly = settings.CELERY_BEAT_SCHEDULE["scan-every-night"]["schedule"]
    assert (nightly.hour, nightly.minute) == ({settings.NIGHT_HOUR}, {0})
    assert settings.CELERY_TIMEZONE == settings.ORGANISATION_TIME_ZONE


def test_visits_of_two_interactions_and_none_are_scored_by_the_same_task(world, sent):
    for greeted in ((True, True), ()):
        made = receive_visit(
            visit_id=uuid4(), auditor=world.ana, payload=visit_payload(world, started_at=NOON, greeted=greeted)
        )
        tasks.score_visit(str(made.visit.pk))
    assert sorted(Tally.objects.values_list("n_interactions", flat=True)) == [0, 2]
