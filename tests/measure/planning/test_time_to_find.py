"""How soon a drop is found: what has to hold whatever the numbers, and that simulated drops are found as often."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reports.measure.model.levels import Usual
from reports.measure.model.severity import fit_effects
from reports.measure.planning.time_to_find import (
    HEAD_START,
    MOST_VISITS,
    found_after,
    found_within,
    noise_of_visit,
    visits_to_find,
)
from reports.measure.planning.visit_value import Assumptions
from tests.measure.chains import make_chain

GIVEN = Assumptions(threshold=5.0, line=0.0)
noise, spread, n_before = st.floats(0.05, 2), st.floats(0.02, 0.5), st.integers(1, 80)
threshold, drop = st.floats(1, 8), st.floats(0.1, 2)
few = hypothesis_settings(max_examples=40)


@few
@given(noise, spread, n_before, threshold, drop)
def test_every_visit_finds_more_and_never_more_than_all(noise, spread, n_before, threshold, drop):
    given = Assumptions(threshold, line=0.0, drop=drop)
    found = found_after(np.arange(1, 60), noise, given, n_before=n_before, spread=spread)
    assert (np.diff(found) >= -1e-9).all()
    assert ((found >= 0) & (found <= 1)).all()


@few
@given(noise, spread, n_before, threshold, drop, st.floats(0.2, 5))
def test_the_scale_of_logits_makes_no_difference(noise, spread, n_before, threshold, drop, times):
    here, there = (Assumptions(threshold, line=0.0, drop=each) for each in (drop, drop * times))
    n = np.arange(1, 30)
    found = found_after(n, noise, here, n_before=n_before, spread=spread)
    again = found_after(n, noise * times**2, there, n_before=n_before, spread=spread * times**2)
    assert np.allclose(found, again, atol=1e-9)


@few
@given(st.lists(st.tuples(st.floats(0.5, 60), noise, n_before), min_size=1, max_size=6), st.randoms())
def test_the_share_follows_the_store_whatever_its_place_and_company(rows, random):
    """Alone, or among others in any order."""
    order = list(range(len(rows)))
    random.shuffle(order)
    weeks, noises, before = (np.array(column, float) for column in zip(*rows, strict=True))
    together = found_within(26, weeks[order], noises[order], GIVEN, n_before=before[order], spread=0.2)
    alone = [float(found_within(26, *row[:2], GIVEN, n_before=row[2], spread=0.2)) for row in rows]
    assert np.allclose(together, np.array(alone)[order], atol=1e-6)


@few
@given(st.floats(0.5, 60), noise, n_before)
def test_rarer_visits_a_shorter_time_and_a_smaller_drop_find_less(weeks, noise, n_before):
    def found(*, within=26.0, times=1.0, drop=0.6, before=n_before):
        given = Assumptions(5.0, line=0.0, drop=drop)
        return float(found_within(within, weeks * times, noise, given, n_before=before, spread=0.2))

    usual = found() + 1e-9
    assert found(times=1.5) <= usual
    assert found(within=13.0) <= usual
    assert found(drop=0.4) <= usual
    assert found(before=max(n_before - 5, 1)) <= usual


@pytest.mark.parametrize(("n", "n_before"), [(1, 30), (1, 1), (0, 0)])
def test_one_visit_finds_nothing_and_no_visit_before_leaves_open_what_the_level_was(n, n_before):
    assert found_after(n, 0.01, Assumptions(1.0, 0.0, drop=3.0), n_before=n_before, spread=0.2) == 0
    assert found_after(50, 0.3, GIVEN, n_before=0) < 0.01


@pytest.mark.parametrize("n_before", [6, 20, 100])
def test_the_share_found_is_that_of_simulated_visits(n_before):
    """A level seen before, a lower one after: the log evidence after each visit, held against the barrier."""
    rng, noise, drop, spread, size = np.random.default_rng(3), 0.3, 0.9, 0.2, 20_000
    level = rng.normal(0, np.sqrt(spread), size)
    before = level + rng.normal(0, np.sqrt(noise / n_before), size)
    known = 1 / (n_before / noise + 1 / spread)
    expected = known * before * n_before / noise
    n = np.arange(1, 25)
    after = level[:, None] - drop + np.cumsum(rng.normal(0, np.sqrt(noise), (size, n.size)), axis=1) / n
    total = known + noise / n
    evidence = drop * (expected[:, None] - after) / total - drop**2 / (2 * total)
    ever = np.maximum.accumulate(evidence, axis=1) > GIVEN.threshold - HEAD_START
    stated = found_after(n, noise, replace(GIVEN, drop=drop), n_before=n_before, spread=spread)
    off = np.abs(ever.mean(axis=0) - stated)[3:]
    assert off.max() < 0.08  # with few visits before, a step is smaller than the overshoot takes it for


@few
@given(st.floats(0.1, 0.9), noise, n_before)
def test_as_many_visits_are_told_as_find_the_share_and_not_one_more(share, noise, n_before):
    given = Assumptions(4.0, line=0.0, drop=1.2)
    n = visits_to_find(share, noise, given, n_before=n_before, spread=0.2)
    if n is None:
        assert found_after(MOST_VISITS, noise, given, n_before=n_before, spread=0.2) < share
        return
    found = found_after([n - 1, n], noise, given, n_before=n_before, spread=0.2)
    assert found[0] < share <= found[1]


def test_what_one_visit_says_is_the_less_the_less_the_auditors_are_known():
    chain = make_chain(n_locations=4, n_visits=6)
    effects = fit_effects(chain)
    usual = Usual(np.ones(1), visit_variance=0.004, mean=0.8, variance=0.005)
    sure, unsure = (replace(effects, auditor_sd=np.full(2, sd)) for sd in (0.0, 0.3))
    assert noise_of_visit(usual, sure) == pytest.approx(0.004 / 0.16**2)
    assert noise_of_visit(usual, unsure) == pytest.approx(0.004 / 0.16**2 + 0.09)
    assert np.isnan(noise_of_visit(replace(usual, mean=np.nan), sure))
    nobody = replace(effects, auditor_sd=np.zeros(0))
    assert noise_of_visit(usual, nobody) > noise_of_visit(usual, sure)
