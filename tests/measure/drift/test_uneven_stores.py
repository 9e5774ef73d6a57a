"""A store that has always been uneven raises no more flags than others, and one that became so has not improved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.chains import Options, make
from bench.chains.truth import CONSISTENCY
from bench.lines.false_flags import MOST_OF_A_FIFTH, Counted, count, flagged_drifts
from reports.measure.drift.detector import Settings
from reports.measure.drift.evidence import Baselines, History, Stretches, level_after, scatter_since
from reports.measure.drift.spread import believed, wider
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain
from tests.measure.drift.test_spread import uneven_from

RATE = Settings().false_alarms_per_year


@pytest.fixture(scope="module")
def grown_uneven():
    """The chain, and the History of it, whose location 5 has become uneven on day 250."""
    chain = uneven_from(make_chain(n_locations=20, n_visits=40), 5, 250.0, sd=2.0)
    return chain, History(chain, fit_effects(chain, at=250.0))


def visits_of(chain, location, day):
    start, stop = chain.first_visit[location : location + 2]
    return int(start), int(start + np.searchsorted(chain.time[start:stop], day)), int(stop)


def test_visits_vary_more_where_customers_have_come_to_differ(grown_uneven):
    chain, history = grown_uneven
    begin, since, stop = visits_of(chain, 5, 250.0)
    assert scatter_since(history, begin, since, stop) > 0.2
    assert scatter_since(history, begin, since, since) < 0.05  # no visit since says anything
    steady = [scatter_since(history, *visits_of(chain, place, 250.0)) for place in range(20) if place != 5]
    assert np.max(steady) < 0.1


def test_a_flagged_stores_level_is_shrunk_further_and_doubted_more_where_its_visits_vary_more(grown_uneven):
    chain, history = grown_uneven
    _, since, stop = visits_of(chain, 5, 250.0)
    given_ = history, 0, since, stop, 0.0, 0.02, 1.0
    narrow, wide = level_after(*given_), level_after(*given_, 0.8)
    assert abs(wide[0]) < abs(narrow[0])
    first = chain.first_visit[:-1].copy()
    first[5] = since
    levels = []
    for restarted in (False, True):
        flags = np.zeros(20, bool)
        flags[5] = restarted
        baselines = Baselines(first, first, flags)
        found = Stretches(history, baselines, np.array([stop - 1]), look_back=8, least_baseline=4)
        levels.append(found.levels(-1)[0])
    assert (levels[1].doubt > levels[0].doubt)[levels[0].known].all()


@given(st.lists(st.floats(-20, 20), min_size=7, max_size=7), st.floats(-50, 50))
def test_what_is_common_to_all_spreads_says_nothing_and_none_shrinks(since, constant):
    effects = fit_effects(make_chain(n_locations=2, n_visits=4))
    before, since = believed(np.zeros(7)), np.array(since)
    found = wider(before, since, effects)
    assert found >= 0
    assert wider(before, since + constant, effects) == pytest.approx(found, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("which", ["uneven", "uneven_service"])
def test_stores_that_have_always_been_uneven_keep_the_promise(which):
    counted = Counted()
    for seed in (5101, 5102, 5103):
        count(make(Options(n_locations=150, changes=False, traps=False, **{which: 0.2}), seed), Settings(), counted)
    for flags in counted.flags.values():
        assert flags[-1] <= MOST_OF_A_FIFTH * RATE * counted.years[-1]
        assert flags.sum() <= RATE * counted.years.sum()


@pytest.mark.slow
def test_a_store_that_became_uneven_is_hardly_ever_called_improved():
    options = Options(n_locations=150, traps=False, only_drift=CONSISTENCY)
    found = [improved for seed in (5111, 5112) for improved in flagged_drifts(make(options, seed))]
    assert len(found) > 40
    assert np.mean(found) <= 0.10
