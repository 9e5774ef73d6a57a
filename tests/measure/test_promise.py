"""The promise: at the stated threshold, no more false alarms than were asked for.

The chains are of bench/chains, with nothing that changes at any location; bench/scenarios.py measures the same at
length, and more of what else may move.
"""

import pytest

from bench.chains import Options, make
from bench.judge import Flags, false_alarms
from reports.measure.backtest import backtest
from reports.measure.drift import DECLINE, IMPROVEMENT, Settings

RATE = Settings().false_alarms_per_year


def realised(options: Options, seeds: list[int]) -> dict[str, float]:
    """False alarms per location-year, by direction."""
    counted, years = dict.fromkeys((DECLINE, IMPROVEMENT), 0), 0.0
    for seed in seeds:
        made = make(options, seed)
        signals = backtest(made.chain, Settings(), start=made.truth.start, stop=made.truth.stop)
        for direction in counted:
            n, watched = false_alarms(made.truth, Flags.of_signals(signals, direction))
            counted[direction] += n
        years += watched
    return {direction: n / years for direction, n in counted.items()}


@pytest.mark.slow
def test_realised_false_alarms_stay_below_the_wanted_rate():
    rates = realised(Options(n_locations=150, changes=False), seeds=[1, 2])
    assert 0 < rates[DECLINE] <= RATE
    assert 0 < rates[IMPROVEMENT] <= RATE


@pytest.mark.slow
@pytest.mark.parametrize(
    "nuisance",
    [{"late": 0.05}, {"renewed": 0.5}, {"new_form": True}, {"own_season": 0.2}],
    ids=["late visits", "half of the auditors new", "a new version", "seasons of their own"],
)
def test_what_is_no_change_of_a_location_raises_no_more_false_alarms(nuisance):
    rates = realised(Options(n_locations=150, weeks=40, changes=False, **nuisance), seeds=[1])
    assert (rates[DECLINE] + rates[IMPROVEMENT]) / 2 <= RATE
