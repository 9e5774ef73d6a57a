"""Celery's way into backtests: a little at a time, so that visits that come in meanwhile need not wait."""

import logging

from celery import shared_task

from reports.detection.backtest import lifecycle
from reports.detection.backtest.replay import NothingToReplay, replay_past
from reports.models import Backtest
from reports.queueing import heals, send_on_commit

log = logging.getLogger(__name__)

SECONDS_AT_ONCE = 20.0


@shared_task(**heals)
def work_on_backtests() -> None:
    """Replays some runs of the first backtest that nobody holds, then calls again for what is left."""
    backtest = lifecycle.next_free()
    if backtest is None:
        return
    try:
        replay_past(backtest.pk, seconds=SECONDS_AT_ONCE)
    except (lifecycle.BacktestTaken, NothingToReplay) as ended:
        log.info("%s", ended)
    if lifecycle.unfinished().exists():
        work_on_backtests.delay()


def request_backtest(**asked) -> Backtest:
    """As `detection.backtests.request_backtest`, and sent to the workers once the transaction is over."""
    backtest = lifecycle.request_backtest(**asked)
    send_on_commit(work_on_backtests)
    return backtest


def go_on(backtest: Backtest) -> bool:
    """Go on with one that failed or was stopped."""
    is_waiting = lifecycle.go_on(backtest)
    if is_waiting:
        send_on_commit(work_on_backtests)
    return is_waiting


def call_for_lost_backtests() -> None:
    """For the sweeper: whose message was lost, or whose worker died."""
    if lifecycle.next_free():
        work_on_backtests.delay()
