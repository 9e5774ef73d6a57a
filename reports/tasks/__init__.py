"""Celery's way in. A task takes ids, may run twice, and tries again only what time can heal.

A task's name stays, wherever its module lies: messages and schedules that an earlier release left name it so.
"""

from reports.tasks.backtests import work_on_backtests
from reports.tasks.comparisons import rejudge_comparisons
from reports.tasks.scans import scan_all_standards, work_on_run
from reports.tasks.scoring import evaluate_location, score_visit
from reports.tasks.sweeper import sweep_unscored

__all__ = [
    "evaluate_location",
    "rejudge_comparisons",
    "scan_all_standards",
    "score_visit",
    "sweep_unscored",
    "work_on_backtests",
    "work_on_run",
]
