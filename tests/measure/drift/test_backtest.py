from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reports.measure.drift.backtest import as_known, backtest, replay
from reports.measure.drift.detector import Settings
from reports.measure.model.chain import NONE
from tests.measure.chains import empty_chain, make_chain

SETTINGS = Settings(false_alarms_per_year=0.02)
EASY = Settings(false_alarms_per_year=1.0)
BEGUN, GROWN = 120.0, 210.0


def drifting():
    return make_chain(n_locations=30, drops={5: (240.0, 1.6, None), 6: (270.0, 1.6, None), 7: (200.0, 2.5, 1)})


def replayed(chain, **changes):
    return [
        (dated.signal.location, dated.signal.direction, dated.signal.at, dated.raised_at, dated.signal.onset)
        for dated in backtest(chain, SETTINGS, start=160.0, **changes)
    ]


def growing(seed):
    """A chain with late visits that grows on day 210: the same criteria and a new section in a new version, in front
    of the others, an auditor with the first index, and a location with the last."""
    chain = make_chain(n_locations=6, n_visits=30, drops={1: (150.0, 1.6, 0), 2: (190.0, 1.6, None)}, seed=seed)
    rng = np.random.default_rng(seed)
    is_new = chain.time >= GROWN
    old = np.where(is_new[chain.rating_visit][:, None], NONE, chain.ratings)
    new = np.where(is_new[chain.rating_visit][:, None], chain.ratings, NONE)
    extra = np.where(is_new[chain.rating_visit], rng.choice([0, 240], chain.rating_visit.size), NONE)
    known = (chain.location < 5) | is_new
    return replace(
        chain,
        arrival=chain.arrival + np.where(rng.random(chain.n_visits) < 0.1, 30.0, 0.0),
        auditor=np.where(is_new & (rng.random(chain.n_visits) < 0.2), 0, chain.auditor + 1),
        ratings=np.column_stack([extra, new, old]),
        section=np.r_[0, 1 + chain.section, 1 + chain.section],
        dimension=np.r_[0, chain.dimension, chain.dimension],
        critical=np.r_[False, chain.critical, chain.critical],
    ).subset(known)


@hypothesis_settings(max_examples=8)
@given(week=st.integers(4, 22), seed=st.integers(0, 2**16))
def test_what_becomes_known_later_changes_nothing_that_was_found_before(week, seed):
    chain, day = growing(seed), BEGUN + 7 * week
    found = backtest(chain, EASY, start=BEGUN, stop=day)
    then = backtest(as_known(chain, day), EASY, start=BEGUN, stop=day)
    assert [(one.raised_at, one.signal.at) for one in found] == [(one.raised_at, one.signal.at) for one in then]
    for one, other in zip(found, then, strict=True):
        assert one.signal.evidence == pytest.approx(other.signal.evidence, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [14, 18, 25])
def test_signals_up_to_a_day_are_the_same_whether_or_not_later_visits_exist(weeks):
    chain, day = drifting(), 160.0 + 7 * weeks
    known = [signal for signal in replayed(chain) if signal[3] <= day]
    assert known
    assert replayed(chain.as_of(day), stop=day) == known


def test_a_backtest_finds_the_drops_soon_after_they_began():
    found = {
        location: raised_at for location, direction, _, raised_at, _ in replayed(drifting()) if direction == "decline"
    }
    assert set(found) == {5, 6, 7}
    assert 240 < found[5] < 300
    assert 270 < found[6] < 330


def test_a_signal_is_never_raised_before_its_visit_was_known():
    chain = drifting()
    for dated in backtest(chain, SETTINGS, start=160.0):
        assert dated.raised_at >= chain.arrival[dated.signal.visit]
        assert chain.location[dated.signal.visit] == dated.signal.location


def test_a_visit_that_arrives_late_is_judged_in_its_own_place():
    chain = drifting()
    late = chain.arrival.copy()
    place = chain.first_visit[5] + 25  # the second visit after the onset
    late[place] += 40
    found = [signal for signal in replayed(replace(chain, arrival=late)) if signal[0] == 5]
    assert [signal[1] for signal in found] == ["decline"]


def test_a_replay_goes_on_from_where_another_stopped_as_if_it_had_not():
    chain = drifting()
    given = {"start": 160.0, "stop": 330.0}
    whole = list(replay(chain, SETTINGS, **given))
    assert whole[-1].signals
    for done in (whole[3], whole[-2]):  # between two fits, and where one of them is due
        assert list(replay(chain, SETTINGS, **given, after=done))[-1].signals == whole[-1].signals
    assert not list(replay(chain, SETTINGS, **given, after=whole[-1]))


def test_an_empty_chain_has_an_empty_history():
    assert backtest(empty_chain(), SETTINGS, start=0.0, stop=100.0) == []


def test_days_must_be_positive():
    with pytest.raises(ValueError, match="must be positive"):
        backtest(empty_chain(), SETTINGS, start=0.0, refit_days=0.0)
