from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reports.measure.drift.control_chart import control_charts
from reports.measure.drift.detector import Restarts, Settings, detect, scan, stated_threshold
from reports.measure.model.residuals import residuals
from reports.measure.model.severity import fit_effects
from tests.measure.chains import empty_chain, make_chain

SETTINGS = Settings()
RARE = Settings(false_alarms_per_year=0.005)  # so that a test of one location's signal meets no false alarm


def signals_of(chain, *, since=150.0, settings=RARE, **changes):
    effects = fit_effects(chain)
    return detect(chain, effects, settings, stated_threshold(chain, settings), since=since, **changes)


def declines(signals):
    return [signal for signal in signals if signal.direction == "decline"]


@pytest.mark.parametrize(
    "chain",
    [
        empty_chain(),
        make_chain(conform=True),
        make_chain(conform=False),
        make_chain(n_locations=1, n_visits=1),
        replace(make_chain(), ratings=np.full((4800, 12), 255)),
    ],
    ids=["empty", "all conform", "all fail", "one visit", "nothing observed"],
)
def test_a_chain_in_which_nothing_moves_has_no_signal(chain):
    assert signals_of(chain) == []


def test_a_clear_drop_is_found_near_its_onset_with_its_share():
    found = declines(signals_of(make_chain(drops={7: (250.0, 1.5, None)})))
    assert [signal.location for signal in found] == [7]
    signal = found[0]
    assert signal.channel == "overall"
    assert abs(signal.onset - 250) <= 28
    assert signal.onset_low <= 250 <= signal.onset_high
    assert signal.onset_low <= signal.onset <= signal.onset_high <= signal.at
    assert 250 < signal.at < 320
    assert signal.seen < signal.expected - 0.15
    assert signal.n_visits >= 2
    assert signal.evidence > 400


def test_a_drop_of_one_section_names_the_section():
    found = declines(signals_of(make_chain(drops={3: (250.0, 2.0, 1)}, n_interactions=5)))
    assert [(signal.location, signal.channel) for signal in found] == [(3, "section:1")]


def test_a_rise_is_an_improvement():
    found = signals_of(make_chain(drops={3: (250.0, -2.0, None)}, difficulty=0.5))
    assert [(signal.location, signal.direction) for signal in found] == [(3, "improvement")]
    assert found[0].seen > found[0].expected


def test_one_visit_alone_never_raises_a_decline():
    chain = make_chain()
    ratings = chain.ratings.copy()
    worst = chain.rating_visit == 30  # location 0, its 31st visit: everything fails
    ratings[worst] = np.where(ratings[worst] == 255, 255, 0)
    chain = replace(chain, ratings=ratings).subset((chain.location > 0) | (np.arange(chain.n_visits) <= 30))
    assert [signal for signal in signals_of(chain) if signal.location == 0] == []


def test_what_a_signal_has_told_is_not_told_again():
    chain = make_chain(drops={7: (250.0, 1.5, None)}, n_visits=60)
    assert [signal.location for signal in declines(signals_of(chain))] == [7]


def test_restarts_of_earlier_signals_silence_them():
    chain = make_chain(drops={7: (250.0, 1.5, None)})
    found = signals_of(chain)
    assert signals_of(chain, restarts=Restarts.after(found, chain.n_locations)) == []


def test_later_visits_do_not_change_the_signals_of_a_replay():
    chain = make_chain(drops={7: (250.0, 1.5, None), 9: (300.0, 1.5, None)})
    effects, threshold = fit_effects(chain), stated_threshold(chain, SETTINGS)
    all_, early = detect(chain, effects, SETTINGS, threshold), chain.subset(chain.time < 320)
    before = [(s.location, s.at, s.onset) for s in all_ if s.at < 320]
    assert [(s.location, s.at, s.onset) for s in detect(early, effects, SETTINGS, threshold)] == before


@hypothesis_settings(max_examples=15)
@given(st.integers(0, 2**31))
def test_locations_do_not_influence_each_others_replay(seed):
    chain = make_chain(n_locations=6, drops={2: (200.0, 1.2, None)})
    effects = fit_effects(chain)
    chosen = np.random.default_rng(seed).random(6) < 0.5
    both = [(s.location, s.at, s.evidence) for s in detect(chain, effects, SETTINGS, 4.0) if chosen[s.location]]
    alone = detect(chain.subset(chosen[chain.location]), effects, SETTINGS, 4.0)
    assert [(s.location, s.at) for s in alone] == [b[:2] for b in both]
    assert np.allclose([s.evidence for s in alone], [b[2] for b in both])


def test_a_visit_that_looks_only_at_what_is_hard_is_expected_to_see_less():
    chain = make_chain(n_criteria=2, n_sections=2, n_interactions=6)
    ratings = chain.ratings.copy()
    rng = np.random.default_rng(8)
    ratings[:, 1] = np.where(rng.random(len(ratings)) < 0.3, 240, 0)
    suspect = chain.rating_visit % 40 >= 30
    ratings[suspect, 0] = 255
    found = declines(signals_of(replace(chain, ratings=ratings), since=200.0))
    assert found == []


def test_information_and_expectation_of_a_visit_follow_the_criteria_it_observed():
    chain = make_chain(n_locations=3, n_visits=4)
    seen = residuals(chain, fit_effects(chain))
    assert np.allclose(seen.n[:, 0], chain.observed.sum(axis=1))
    assert np.allclose(seen.n[:, 1:4].sum(axis=1), seen.n[:, 0])
    assert np.allclose(seen.expected[:, 4:].sum(axis=1), seen.expected[:, 0], rtol=1e-4)


def test_effects_of_another_form_are_refused():
    with pytest.raises(ValueError, match="effects know 12 criteria, the chain has 3"):
        residuals(empty_chain(), fit_effects(make_chain(n_locations=2)))


@pytest.mark.parametrize("seed", [1, 2])
def test_realised_false_alarms_stay_below_the_stated_rate(seed):
    chain = make_chain(n_locations=150, n_visits=50, every=14.0, seed=seed, auditor_sd=0.3)
    found = signals_of(chain, since=350.0, settings=SETTINGS)
    years = 150 * 350 / 365.25
    for direction in ("decline", "improvement"):
        assert sum(signal.direction == direction for signal in found) / years <= SETTINGS.false_alarms_per_year


def test_the_series_of_a_page_shows_the_drop_below_its_limits_and_the_evidence():
    chain = make_chain(drops={7: (250.0, 1.8, None)})
    effects = fit_effects(chain)
    shown = control_charts(chain, effects, scan(chain, effects, SETTINGS, stated_threshold(chain, SETTINGS)))
    assert set(shown.channels) == {"overall", "section:0", "section:1", "section:2", "dimension:0", "dimension:1"}
    here = chain.location == 7
    time, value, expected = chain.time[here], shown.value[here, 0], shown.expected[here, 0]
    assert value[time < 245].mean() > expected[0] - 0.05
    assert value[time > 255].mean() < expected[0] - 0.2
    assert ((shown.low[here, 0] <= expected) & (expected <= shown.high[here, 0])).all()
    assert np.nanmax(shown.decline[here, 0]) > np.nanmax(shown.improvement[here, 0])


def test_locations_are_ranked_by_their_evidence():
    chain = make_chain(drops={7: (300.0, 1.0, None)})
    ranked = scan(chain, fit_effects(chain), SETTINGS, np.inf).ranking
    assert ranked.argmax() == 7


@pytest.mark.parametrize("changes", [{"false_alarms_per_year": 0}, {"smallest_drop": 1.0}, {"look_back": 1}])
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        Settings(**changes)
