"""Visits judged as they arrive: in one call or in many, in their order or late."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.arrivals import judge_arrivals
from reports.measure.drift.detector import Settings, detect
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


def judged(chain, effects, moments):
    """Bit by bit: each step knows the visits that arrived by its moment."""
    past, seen, raised_at = [], np.zeros(chain.n_visits, bool), {}
    for moment in moments:
        known = chain.arrival <= moment
        found = judge_arrivals(
            chain.subset(known), effects, SETTINGS, THRESHOLD, past=past, is_new=~seen[np.flatnonzero(known)]
        )
        past, raised_at = found.signals, raised_at | found.raised_at
        seen |= known
    return past, raised_at


def at_once(chain, effects):
    every = np.ones(chain.n_visits, bool)
    found = judge_arrivals(chain, effects, SETTINGS, THRESHOLD, past=[], is_new=every)
    return found.signals, found.raised_at


@pytest.mark.parametrize("step", [10.0, 45.0, 400.0])
def test_visits_in_their_order_raise_what_one_replay_raises(chain, effects, step):
    whole = detect(chain, effects, SETTINGS, THRESHOLD)
    assert {signal.direction for signal in whole} == {"decline", "improvement"}
    found, _ = judged(chain, effects, np.arange(step, 400.0 + step, step))
    assert words(found) == words(whole)
    assert [one.evidence for one in found] == pytest.approx([one.evidence for one in whole], rel=1e-6)


def delayed(chain):
    rng = np.random.default_rng(8)
    late = rng.random(chain.n_visits) < 0.15
    return replace(chain, arrival=np.where(late, chain.time + rng.uniform(10, 60, chain.n_visits), chain.arrival))


@pytest.mark.parametrize("step", [1.0, 20.0, 90.0])
def test_late_visits_say_the_same_however_many_are_judged_together(chain, effects, step):
    late = delayed(chain)
    found, raised_at = judged(late, effects, np.arange(step, 420.0 + step, step))
    whole, whole_raised_at = at_once(late, effects)
    assert words(found) == words(whole)
    assert raised_at == pytest.approx(whole_raised_at)
    assert any(day > at for (_, at), day in raised_at.items())  # some were raised by a visit that came late


def test_a_signal_stays_as_it_was_raised_whatever_arrives_before_it(chain, effects):
    late = delayed(chain)
    early = late.as_of(250.0)
    before, _ = at_once(early, effects)
    whole, _ = at_once(late, effects)
    assert before
    told = {(one.location, one.at, one.direction, one.onset, one.n_visits) for one in whole}
    assert {(one.location, one.at, one.direction, one.onset, one.n_visits) for one in before} <= told


def test_visits_of_one_moment_are_judged_together(chain, effects):
    arrival = np.ceil(chain.arrival / 30) * 30
    together = replace(chain, arrival=arrival)
    found, raised_at = judged(together, effects, np.arange(30.0, 450.0, 30.0))
    whole, _ = at_once(together, effects)
    assert words(found) == words(whole)
    assert all(day % 30 == 0 for day in raised_at.values())


def test_nothing_new_says_nothing_new(chain, effects):
    whole, _ = at_once(chain, effects)
    again = judge_arrivals(chain, effects, SETTINGS, THRESHOLD, past=whole, is_new=np.zeros(chain.n_visits, bool))
    assert (words(again.signals), again.raised_at) == (words(whole), {})
    assert np.isnan(again.decline).all()
