"""A store that has always been uneven raises no more flags than others."""

import pytest

from bench.chains import Options, make
from bench.lines.false_flags import MOST_OF_A_FIFTH, Counted, count
from reports.measure.drift.detector import Settings

RATE = Settings().false_alarms_per_year


@pytest.mark.slow
@pytest.mark.parametrize("which", ["uneven", "uneven_service"])
def test_stores_that_have_always_been_uneven_keep_the_promise(which):
    counted = Counted()
    for seed in (5101, 5102, 5103):
        count(make(Options(n_locations=150, changes=False, traps=False, **{which: 0.2}), seed), Settings(), counted)
    for flags in counted.flags.values():
        assert flags[-1] <= MOST_OF_A_FIFTH * RATE * counted.years[-1]
        assert flags.sum() <= RATE * counted.years.sum()
