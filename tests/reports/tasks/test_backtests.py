"""Celery's way into backtests."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from bench.product.database_chains import START, make_chain
from reports.detection.backtest import lifecycle
from reports.detection.backtest import replay as replay_module
from reports.detection.backtest.lifecycle import start_backtest
from reports.models import Backtest
from reports.tasks import backtests, sweep_unscored

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain():
    return make_chain(n_locations=4, n_visits=26)


@pytest.fixture
def calls(monkeypatch):
    made = []
    monkeypatch.setattr(backtests.work_on_backtests, "delay", lambda: made.append(1))
    return made


def asked(chain, weeks=22):
    stop_on = START.date() + timedelta(weeks=weeks)
    start_on = START.date() + timedelta(weeks=19)
    return start_backtest(standard=chain.standard, start_on=start_on, stop_on=stop_on)


def test_request_calls_a_worker_once_its_transaction_is_over(chain, calls, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        backtest = asked(chain)
        assert not calls
    assert calls == [1]
    backtests.work_on_backtests()
    backtest.refresh_from_db()
    assert (backtest.state, backtest.n_done) == ("done", 22)  # nights
    assert calls == [1]


def test_worker_makes_a_little_of_the_first_one_and_calls_again(chain, calls, monkeypatch):
    monkeypatch.setattr(backtests, "SECONDS_AT_ONCE", 0.0)
    monkeypatch.setattr(replay_module, "TIMES_READING", 0)
    first, second = asked(chain), asked(chain, weeks=23)
    backtests.work_on_backtests()
    assert list(Backtest.objects.order_by("pk").values_list("pk", "n_done")) == [(first.pk, 1), (second.pk, 0)]
    assert calls == [1]


def test_worker_leaves_alone_what_another_holds(chain, calls):
    backtest = asked(chain)
    lifecycle.take(backtest.pk)
    asked(chain, weeks=23)
    backtests.work_on_backtests()
    assert set(Backtest.objects.values_list("n_done", flat=True)) == {0}
    assert not calls


def test_sweeper_calls_for_a_backtest_whose_message_was_lost_or_whose_worker_died(chain, calls):
    sweep_unscored()
    assert not calls
    backtest = asked(chain)
    sweep_unscored()
    assert calls == [1]
    lifecycle.take(backtest.pk)
    sweep_unscored()
    assert calls == [1]
    Backtest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep_unscored()
    assert calls == [1, 1]


def test_task_is_acknowledged_late_and_retries_only_what_time_heals():
    assert backtests.work_on_backtests.acks_late
    assert backtests.work_on_backtests.autoretry_for == (OperationalError,)
