"""What holds for the evidence of a change in any chain, and for the signals of its scan."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.measure.drift.control_chart import control_charts
from reports.measure.drift.detector import DECLINE, DIRECTIONS, IMPROVEMENT, Settings, detect, scan
from reports.measure.drift.evidence import SHARES, Baselines, History, Stretches, evidence
from reports.measure.drift.expected_vs_observed import baseline_level, seen_and_expected
from reports.measure.model.chain import FULL
from reports.measure.model.effects import Effects
from reports.measure.model.severity import fit_effects
from tests.measure.any_chain import (
    any_chain,
    effects_for,
    knowing_one_more,
    mirrored,
    mirrored_effects,
    moved_with,
    relabelled,
    set_to,
    with_unobserved_criterion,
)
from tests.measure.chains import make_chain

few = settings(max_examples=12)
several = any_chain(least_visits=3, most_visits=8)
EAGER = Settings(look_back=6, least_baseline=1)


def log_terms(chain, effects: Effects, direction: int, visit=None) -> np.ndarray:
    """(N, J, K) log of the evidence of each onset and channel; -inf where none may have begun."""
    first = chain.first_visit[:-1].copy()
    stretches = Stretches(
        History(chain, effects),
        Baselines(first, first.copy(), np.zeros(chain.n_locations, bool)),
        np.arange(chain.n_visits) if visit is None else visit,
        look_back=6,
        least_baseline=1,
    )
    found = evidence(stretches, direction=direction, smallest_drop=0.25)
    with np.errstate(divide="ignore"):
        return np.log(found.terms)


def assert_alike(one, other) -> None:
    """Likelihood ratios of sums in single precision: equal to a hundredth."""
    assert np.array_equal(np.isfinite(one), np.isfinite(other))
    known = np.isfinite(one)
    assert np.allclose(one[known], other[known], atol=1e-2)


def channels_moved(chain, labels) -> np.ndarray:
    n = chain.n_sections
    return np.r_[0, 1 + np.argsort(labels.section), 1 + n, 2 + n, 3 + n]


def first_signals(signals) -> dict:
    """By location; where the next one begins rests on a day of onset, of which two may be as likely."""
    return {signal.location: signal for signal in reversed(signals)}


@few
@given(several, st.integers(0, 99), st.sampled_from(DIRECTIONS))
def test_evidence_moves_with_its_labels_and_is_otherwise_equal(chain, seed, direction):
    effects = effects_for(chain)
    moved, labels = relabelled(chain, seed)
    found = log_terms(chain, effects, direction[0])
    again = log_terms(moved, moved_with(labels, effects, chain), direction[0])
    assert_alike(again, found[labels.visit][:, :, channels_moved(chain, labels)])


@few
@given(several)
def test_a_decline_of_mirrored_visits_is_as_likely_as_an_improvement_of_the_visits(chain):
    effects = effects_for(chain)
    shares = {
        direction: np.r_[of[0], np.full(chain.n_sections, of[1]), of[2], of[2]] for direction, of in SHARES.items()
    }
    for direction in (1, -1):
        found = log_terms(chain, effects, direction)[:, :, :-1] - np.log(shares[direction])
        turned = log_terms(mirrored(chain), mirrored_effects(effects), -direction)[:, :, :-1]
        assert_alike(turned - np.log(shares[-direction]), found)


@few
@given(several)
def test_a_criterion_that_was_never_observed_is_no_evidence_of_a_change_of_level(chain):
    effects, more = effects_for(chain), with_unobserved_criterion(chain)
    again = log_terms(more, knowing_one_more(effects), 1)
    assert_alike(again[:, :, :-1], log_terms(chain, effects, 1)[:, :, :-1])


@few
@given(several)
def test_the_worse_the_last_visit_the_more_evidence_of_a_decline_and_the_less_of_an_improvement(chain):
    effects, last = effects_for(chain), chain.first_visit[1:] - 1
    rows = np.isin(chain.rating_visit, last)
    for direction in (1, -1):
        worse, half, best = (
            direction * log_terms(set_to(chain, rows, byte), effects, direction, last)[:, :, :-1]
            for byte in (0, FULL // 2, FULL)
        )
        assert (worse >= half - 1e-3).all()
        assert (half >= best - 1e-3).all()


@few
@given(any_chain(least_locations=2, least_visits=3, most_visits=8))
def test_other_locations_are_no_evidence(chain):
    effects, here = effects_for(chain), chain.location == 0
    whole = log_terms(chain, effects, 1)[here]
    assert_alike(log_terms(chain.subset(here), effects, 1), whole)


@few
@given(several)
def test_later_visits_are_no_evidence_of_an_earlier_change(chain):
    effects, early = effects_for(chain), chain.time < 150
    assert_alike(log_terms(chain.subset(early), effects, 1), log_terms(chain, effects, 1)[early])


@few
@given(any_chain(most_visits=8), st.floats(0.5, 3))
def test_every_signal_rests_on_visits_of_its_location_and_on_more_than_one(chain, threshold):
    found = scan(chain, effects_for(chain), EAGER, threshold)
    assert found.ranking.shape == (chain.n_locations,)
    for signal in found.signals:
        assert chain.location[signal.visit] == signal.location
        assert chain.time[signal.visit] == signal.at
        assert signal.onset_low <= signal.onset <= signal.onset_high <= signal.at
        assert signal.n_visits >= 2
        assert np.log(signal.evidence) > threshold
        assert signal.channel in found.channels
    once = {(signal.location, signal.visit) for signal in found.signals}
    assert len(once) == len(found.signals)


@few
@given(any_chain(most_visits=8), st.integers(0, 99))
def test_signals_move_with_their_labels_and_their_dates(chain, seed):
    effects, later = effects_for(chain), 700.0
    moved, labels = relabelled(chain, seed)
    moved = replace(moved, time=moved.time + later, arrival=moved.arrival + later)
    known = moved_with(labels, effects, chain)
    known = replace(known, first_day=known.first_day + later, fitted_at=known.fitted_at + later)
    found, again = first_signals(detect(chain, effects, EAGER, 1.0)), first_signals(detect(moved, known, EAGER, 1.0))
    assert {labels.location[place] for place in found} == set(again)
    for place, signal in found.items():
        other = again[labels.location[place]]
        assert (other.direction, other.at) == (signal.direction, pytest.approx(signal.at + later))
        assert other.evidence == pytest.approx(signal.evidence, rel=1e-2)


@pytest.mark.parametrize("place", [0, 5])
def test_a_decline_scanned_in_the_mirror_is_an_improvement(place):
    chain = make_chain(n_locations=8, difficulty=0.5, drops={place: (250.0, 2.0, None)})
    effects, rare = fit_effects(chain), 7.0
    found = [s for s in detect(chain, effects, Settings(), rare, since=150.0) if s.location == place]
    turned = detect(mirrored(chain), mirrored_effects(effects), Settings(), rare, since=150.0)
    turned = [s for s in turned if s.location == place]
    assert [s.direction for s in found] == [DECLINE]
    assert [s.direction for s in turned] == [IMPROVEMENT]
    assert turned[0].seen > turned[0].expected
    assert abs(turned[0].onset - found[0].onset) < 28


def test_a_chain_in_which_everything_is_kept_by_half_has_no_signal():
    chain = make_chain(n_locations=6)
    halves = set_to(chain, np.ones(chain.rating_visit.size, bool), FULL // 2)
    assert detect(halves, fit_effects(halves), Settings(), 3.0) == []


@few
@given(several)
def test_where_the_visits_before_are_all_there_is_the_level_lies_between_them_and_the_region(chain):
    history = History(chain, effects_for(chain))
    seen = history.residuals
    first, stop = chain.first_visit[0], chain.first_visit[1]
    region = history.effects.region[chain.region[0]]
    level = baseline_level(history, first=first, onset=stop, channel=0)
    reach = np.r_[region, seen.level[first:stop, 0][seen.weight[first:stop, 0] > 0]]
    assert reach.min() - 1e-6 <= level <= reach.max() + 1e-6
    for channel in history.channels[:-1]:
        shares = seen_and_expected(history, np.arange(first, stop), channel, first=first, onset=stop)
        assert all(np.isnan(share) or 0 <= share <= 1 for share in shares)


@few
@given(any_chain(least_locations=2, most_visits=8))
def test_the_series_of_a_location_is_of_its_own_visits_within_its_limits(chain):
    effects = effects_for(chain)
    alone = chain.subset(chain.location == 1)
    found, again = (control_charts(one, effects, scan(one, effects, EAGER, 3.0)) for one in (chain, alone))
    own = chain.location == 1
    assert found.channels == again.channels
    assert np.allclose(found.value[own], again.value, atol=1e-4, equal_nan=True)
    told = np.isfinite(found.low)
    assert (found.low[told] <= found.expected[told]).all()
    assert (found.expected[told] <= found.high[told]).all()
    assert (np.isnan(found.decline) | (found.decline >= 0)).all()
