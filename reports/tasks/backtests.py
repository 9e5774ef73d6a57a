"""Celery's way into backtests: a little at a time, so that visits that come in meanwhile need not wait."""

import logging

from celery import shared_task

from locations.queueing import heals
from reports.detection.backtest import lifecycle
from reports.detection.backtest.replay import NothingToReplay, replay_past

log = logging.getLogger(__name__)

SECONDS_AT_ONCE = 20.0


@shared_task(name="reports.tasks.work_on_backtests", **heals)
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


def call_for_lost_backtests() -> None:
    """For the sweeper: whose message was lost, or whose worker died."""
    if lifecycle.next_free():
        work_on_backtests.delay()
