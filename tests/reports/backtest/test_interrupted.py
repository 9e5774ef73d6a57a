"""A backtest whose worker dies, is stopped, or has no more time: the next one goes on, and finds the same."""

import os
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from bench.product.database_chains import START, MadeChain, make_chain
from reports.detection.backtest import flags_csv, lifecycle
from reports.detection.backtest import replay as replaying
from reports.detection.backtest.lifecycle import BacktestTaken, request_backtest
from reports.detection.backtest.replay import replay_past
from reports.models import Backtest, PastFlag, Tally
from tests.meanwhile import meanwhile, raising

pytestmark = pytest.mark.django_db
FIRST_DAY = START.date() + timedelta(weeks=20)


class Killed(BaseException):
    """What a worker's process does not live to handle."""


@pytest.fixture
def chain() -> MadeChain:
    return make_chain(n_locations=10, n_visits=36, drops={5: (160.0, 2.0, None), 2: (190.0, 2.0, None)})


def requested(chain, **fields) -> Backtest:
    asked = {"standard": chain.standard, "start_on": FIRST_DAY, "stop_on": chain.end.date(), **fields}
    return request_backtest(**asked)


def rows_of(backtest: Backtest) -> list[tuple[str, ...]]:
    return list(flags_csv.rows(backtest, backtest.flags.all()))


def kill_after(backtest: Backtest, n_runs: int) -> None:
    """As kill -9 does it: nothing more is written, and the lease goes on until it ends by itself."""
    dead = ExitStack()

    def listener(n_done, n_total, moment):
        if n_done == n_runs:
            dead.enter_context(meanwhile(raising(Killed()), before="", always=True))
            raise Killed

    with dead, pytest.raises(Killed):
        replay_past(backtest.pk, listener=listener, seconds_between_kept=0)


def end_the_lease(backtest: Backtest) -> None:
    Backtest.objects.filter(pk=backtest.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_backtest_killed_in_the_middle_finds_the_same_as_one_that_nobody_touched(chain):
    whole = replay_past(requested(chain).pk)
    assert {row[0] for row in rows_of(whole)[1:]} >= {"L005", "L002"}
    killed = requested(chain)
    assert killed.pk != whole.pk
    kill_after(killed, 7)
    killed.refresh_from_db()
    assert (killed.state, killed.n_done) == ("running", 7)
    assert not PastFlag.objects.filter(backtest=killed).exists()
    end_the_lease(killed)
    replayed = []
    again = replay_past(killed.pk, listener=lambda n_done, n_total, moment: replayed.append(n_done))
    assert replayed == list(range(8, whole.n_total + 1))
    assert again.state == "done"
    assert rows_of(again) == rows_of(whole)
    assert (again.threshold, again.simulated_rate) == (whole.threshold, whole.simulated_rate)


def test_backtest_whose_time_is_over_is_put_back_and_gone_on_with(chain, monkeypatch):
    stop_on = FIRST_DAY + timedelta(weeks=9)
    whole = replay_past(requested(chain, stop_on=stop_on).pk)
    assert rows_of(whole)[1:]
    monkeypatch.setattr(replaying, "TIMES_READING", 0)
    parts = [replay_past(requested(chain, stop_on=stop_on).pk, seconds=0)]
    assert (parts[0].state, parts[0].n_done) == ("waiting", 1)
    while parts[-1].state != "done":
        parts.append(replay_past(parts[0].pk, seconds=0))
    assert len(parts) == whole.n_total
    assert rows_of(parts[-1]) == rows_of(whole)


def test_visit_taken_out_meanwhile_makes_it_begin_anew(chain):
    killed = requested(chain)
    kill_after(killed, 7)
    end_the_lease(killed)
    Tally.objects.filter(location=chain.locations[5]).update(is_excluded=True)
    again = replay_past(killed.pk)
    assert "L005" not in {row[0] for row in rows_of(again)}
    assert rows_of(again) == rows_of(replay_past(requested(chain).pk))


def test_release_that_came_in_between_makes_it_begin_anew(chain):
    stop_on = FIRST_DAY + timedelta(weeks=6)
    killed = requested(chain, stop_on=stop_on)
    kill_after(killed, 3)
    end_the_lease(killed)
    Backtest.objects.filter(pk=killed.pk).update(code_version="0.0.1+before")
    replayed = []
    replay_past(killed.pk, listener=lambda n_done, n_total, moment: replayed.append(n_done))
    assert replayed[0] == 1


def test_visit_that_is_approved_meanwhile_belongs_to_the_next_backtest(chain):
    late = Tally.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=160))
    late.update(scored_at=None)
    killed = requested(chain)
    kill_after(killed, 7)
    end_the_lease(killed)
    late.update(scored_at=timezone.now())
    replayed = []
    again = replay_past(killed.pk, listener=lambda n_done, n_total, moment: replayed.append(n_done))
    assert replayed[0] == 8
    assert "L005" not in {row[0] for row in rows_of(again)}
    assert "L005" in {row[0] for row in rows_of(replay_past(requested(chain).pk))}


def test_two_workers_never_make_the_same_backtest_nor_two_at_a_time(chain):
    first, second = requested(chain), requested(chain, stop_on=chain.end.date() - timedelta(weeks=1))
    lifecycle.take(first.pk)
    with pytest.raises(BacktestTaken, match=f"is running: .*:{os.getpid()}:.* holds it until"):
        lifecycle.take(first.pk)
    with pytest.raises(BacktestTaken, match="Another backtest is under way"):
        lifecycle.take(second.pk)
    assert lifecycle.next_free() is None
    end_the_lease(first)
    assert lifecycle.next_free() == first
    assert lifecycle.take(second.pk).state == "running"
    first.refresh_from_db()
    assert first.state == "waiting"


def test_worker_that_lost_its_backtest_writes_nothing(chain):
    taken = requested(chain)
    slow = lifecycle.take(taken.pk)
    end_the_lease(taken)
    quick = lifecycle.take(taken.pk)
    with pytest.raises(BacktestTaken, match="taken over or stopped"):
        lifecycle.advance(slow, n_done=3)
    lifecycle.advance(quick, n_done=1)


def test_backtest_whose_workers_keep_dying_is_given_up(chain):
    doomed = requested(chain)
    for _ in range(3):
        lifecycle.take(doomed.pk)
        end_the_lease(doomed)
    with pytest.raises(BacktestTaken, match="Given up after 3 workers died"):
        lifecycle.take(doomed.pk)
    doomed.refresh_from_db()
    assert doomed.state == "failed"
    assert lifecycle.go_on(doomed)
    assert replay_past(doomed.pk).state == "done"


@pytest.mark.parametrize("fault", [OperationalError("the database is away"), KeyboardInterrupt()])
def test_what_time_heals_puts_it_back(chain, fault):
    backtest = requested(chain)

    def listener(n_done, n_total, moment):
        raise fault

    with pytest.raises(type(fault)):
        replay_past(backtest.pk, listener=listener, seconds_between_kept=0)
    backtest.refresh_from_db()
    assert (backtest.state, backtest.n_done, backtest.error) == ("waiting", 1, "")


def test_error_fails_it_with_its_words(chain):
    backtest = requested(chain)

    def listener(n_done, n_total, moment):
        raise RuntimeError("no room on the disk")

    with pytest.raises(RuntimeError):
        replay_past(backtest.pk, listener=listener)
    backtest.refresh_from_db()
    assert (backtest.state, backtest.error) == ("failed", "no room on the disk")


def test_stopped_one_ends_at_its_next_run(chain, world):
    backtest = requested(chain)

    def listener(n_done, n_total, moment):
        lifecycle.stop(backtest, by="Dan")

    with pytest.raises(BacktestTaken, match="taken over or stopped"):
        replay_past(backtest.pk, listener=listener, seconds_between_kept=0)
    backtest.refresh_from_db()
    assert (backtest.state, backtest.error) == ("failed", "Stopped by Dan.")
    assert not lifecycle.stop(backtest, by="Dan")


def test_same_request_made_twice_is_one_backtest(chain):
    assert requested(chain) == requested(chain)
    assert requested(chain, parameters={"look_back": 20}) != requested(chain)


def test_command_resumes_the_last_one_of_the_standard(chain, tmp_path, capsys):
    killed = requested(chain)
    kill_after(killed, 7)
    end_the_lease(killed)
    call_command("backtest", standard="chain", resume=True, out=tmp_path / "flags.csv")
    said = capsys.readouterr().out
    assert f"Backtest {killed.pk} goes on after run 7 of {killed.n_total}." in said
    killed.refresh_from_db()
    assert killed.state == "done"
