"""A replay that goes on finds what a replay from the start finds."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.detector import Settings, detect
from reports.measure.drift.replay import go_on
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

SETTINGS = Settings()
THRESHOLD = 2.5  # low, so that there are signals to go on from
DROPS = {place: (60.0 + 8 * place, (-1) ** place * 1.2, place % 3 or None) for place in range(0, 30, 2)}


@pytest.fixture(scope="module")
def chain():
    return make_chain(n_locations=30, n_visits=30, drops=DROPS, seed=3)


@pytest.fixture(scope="module")
def effects(chain):
    return fit_effects(chain, at=150.0)


def words(signals):
    return [(one.location, one.visit, one.direction, one.channel, one.onset, one.n_visits) for one in signals]


def replayed(chain, effects, moments):
    """Bit by bit: each step knows the visits that arrived by its moment."""
    past, seen = [], np.zeros(chain.n_visits, bool)
    for moment in moments:
        known = chain.arrival <= moment
        past = go_on(
            chain.subset(known), effects, SETTINGS, THRESHOLD, past=past, is_new=~seen[np.flatnonzero(known)]
        ).signals
        seen |= known
    return past


@pytest.mark.parametrize("step", [10.0, 45.0, 400.0])
def test_going_on_week_by_week_finds_what_one_replay_finds(chain, effects, step):
    whole = detect(chain, effects, SETTINGS, THRESHOLD)
    assert {signal.direction for signal in whole} == {"decline", "improvement"}
    found = replayed(chain, effects, np.arange(step, 400.0 + step, step))
    assert words(found) == words(whole)
    assert [one.evidence for one in found] == pytest.approx([one.evidence for one in whole], rel=1e-6)


def test_late_visits_land_in_their_own_place(chain, effects):
    rng = np.random.default_rng(8)
    late = rng.random(chain.n_visits) < 0.15
    delayed = replace(chain, arrival=np.where(late, chain.time + rng.uniform(10, 60, chain.n_visits), chain.arrival))
    assert words(replayed(delayed, effects, np.arange(20.0, 420.0, 20.0))) == words(
        detect(chain, effects, SETTINGS, THRESHOLD)
    )


def test_two_visits_at_one_moment_are_replayed_from_the_start(chain, effects):
    time = chain.time.copy()
    paired = np.flatnonzero(np.arange(chain.n_visits) % 30 % 3 == 1)
    time[paired] = time[paired - 1]
    pairs = replace(chain, time=time, arrival=chain.arrival)
    assert words(replayed(pairs, effects, np.arange(20.0, 320.0, 20.0))) == words(
        detect(pairs, effects, SETTINGS, THRESHOLD)
    )


def test_a_location_whose_visits_all_count_as_new_forgets_its_signals(chain, effects):
    whole = detect(chain, effects, SETTINGS, THRESHOLD)
    left = chain.subset(np.arange(chain.n_visits) % 30 < 12)
    again = go_on(left, effects, SETTINGS, THRESHOLD, past=whole, is_new=np.ones(left.n_visits, bool)).signals
    assert words(again) == words(detect(left, effects, SETTINGS, THRESHOLD))
