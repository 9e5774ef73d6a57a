"""Words upward: what waits for the workers. `reports.receivers` hears them; nobody below knows of Celery."""

from django.dispatch import Signal

run_waits = Signal()
"""With `run_id`: workers are to make this run."""
backtest_waits = Signal()
"""Workers are to go on with the backtests that wait."""
