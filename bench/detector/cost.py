"""What a weekly run costs (G7), in passes that sum the same ratings to visits."""

import time
from dataclasses import replace

from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import Settings
from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS
from reports.measure.model.severity import fit_effects


def cost_of_a_week(chain: Chain, settings: Settings, moment: float) -> float:
    """CPU time of a weekly run, a fourth of a refit included, over that of one pass."""
    clock = time.process_time
    began = clock()
    replace(chain, location=chain.location.copy()).conforming  # noqa: B018
    one_pass = clock() - began
    chain.observed, chain.conforming  # noqa: B018
    began = clock()
    fit_effects(chain.as_of(moment), at=moment)
    fit = clock() - began
    began = clock()
    backtest(chain, settings, start=moment, stop=moment + WEEK_DAYS)
    return (clock() - began - 0.75 * fit) / one_pass
