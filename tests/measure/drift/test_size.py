"""How far a level has moved, as the visits make it likely, and how sure that anything has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.chains import Options, make
from bench.chains.truth import DRIFTS, IN_CONTROL
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import DECLINE, Settings
from reports.measure.drift.size import posterior_mean
from reports.measure.drift.sureness import chance_real

some = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2), st.floats(0.001, 100)), min_size=1, max_size=8).map(
    lambda rows: tuple(np.array(each) for each in zip(*rows, strict=True))
)


@given(some, st.floats(0.01, 100), st.randoms(use_true_random=False))
def test_a_size_depends_neither_on_the_scale_nor_on_the_order_of_the_weights(onsets, scale, random):
    gap, variance, weight = onsets
    order = list(range(gap.size))
    random.shuffle(order)
    size = posterior_mean(gap, variance, weight)
    assert size > 0
    assert posterior_mean(gap, variance, scale * weight) == pytest.approx(size)
    assert posterior_mean(gap[order], variance[order], weight[order]) == pytest.approx(size)


@given(some, st.floats(0.01, 2))
def test_a_larger_gap_is_a_larger_size_and_a_vaguer_one_is_drawn_to_what_is_usual(onsets, more):
    gap, variance, weight = onsets
    assert posterior_mean(gap + more, variance, weight) > posterior_mean(gap, variance, weight)
    vague = posterior_mean(gap, np.full(gap.size, 1e6), weight)
    assert vague == pytest.approx(0.6 * np.sqrt(2 / np.pi), rel=0.01)  # the prior's mean


@given(st.floats(0, 1e12), st.floats(0.5, 200))
def test_a_chance_grows_with_the_evidence_and_falls_with_the_pace(evidence, pace):
    asked = {"visits_a_year": pace, "direction": DECLINE}
    chance = chance_real(evidence, **asked)
    assert 0 <= chance <= 1
    assert chance_real(2 * evidence, **asked) >= chance
    assert chance_real(evidence, visits_a_year=2 * pace, direction=DECLINE) <= chance
    with pytest.raises(ValueError, match="above 0"):
        chance_real(1.0, visits_a_year=0.0, direction=DECLINE)


@pytest.mark.slow
def test_what_flags_say_of_themselves_is_about_true_on_chains_that_nobody_tuned_on():
    """Roughly, on few flags of chains that drift more often than the lab's; see bench/truth.py for the many."""
    told, true, chance, real = [], [], [], []
    for seed in (3100, 3101):
        made = make(Options(n_locations=300), seed)
        truth, chain = made.truth, made.chain
        for dated in backtest(chain, Settings(), start=truth.start, stop=truth.stop, scan_days=7.0):
            signal = dated.signal
            kind = truth.kind[signal.location]
            if signal.direction != DECLINE or kind not in (*DRIFTS, IN_CONTROL):
                continue
            is_real = kind in DRIFTS and truth.onset[signal.location] <= signal.at < truth.end[signal.location] + 28
            chance.append(signal.chance)
            real.append(is_real)
            if is_real and signal.channel == truth.channel(signal.location) != "consistency":
                visits = np.arange(chain.first_visit[signal.location], signal.visit + 1)
                visits = visits[chain.time[visits] >= signal.onset]
                share = truth.share_of_drop(np.full(visits.size, signal.location), chain.time[visits]).mean()
                odds = signal.expected / (1 - signal.expected) * np.exp(-share * truth.size[signal.location])
                true.append(signal.expected - odds / (1 + odds))
                told.append(signal.drop)
    assert len(told) > 60
    assert 0.85 < np.mean(told) / np.mean(true) < 1.15
    assert abs(np.mean(chance) - np.mean(real)) < 0.12
    sure = np.array(chance) >= 0.9
    assert np.mean(np.array(real)[sure]) > 0.85
