"""What still stands of the signals: fresh, recovered, faded, old."""

import numpy as np
import pytest

from reports.measure.drift.change_status import FADED, OLD, RECOVERED, change_status
from reports.measure.drift.detector import DECLINE, IMPROVEMENT, Settings, Signal, scan
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

SETTINGS = Settings()
THRESHOLD = 6.0


def judged(chain, settings=SETTINGS):
    effects = fit_effects(chain)
    return change_status(chain, effects, settings, scan(chain, effects, settings, THRESHOLD).signals)


def of(found, location, direction=DECLINE):
    return next(one for one in found if (one.signal.location, one.signal.direction) == (location, direction))


def test_a_drift_that_lasts_stands_with_more_evidence_than_at_the_alarm():
    chain = make_chain(drops={3: (250.0, 1.2, None)})
    effects = fit_effects(chain)
    signals = scan(chain, effects, SETTINGS, THRESHOLD).signals
    alarm = next(one for one in signals if one.location == 3 and one.direction == DECLINE)
    now = of(change_status(chain, effects, SETTINGS, signals), 3)
    assert now.ended is None
    assert now.signal.evidence > 100 * alarm.evidence
    assert now.signal.n_visits > alarm.n_visits
    assert now.signal.expected - now.signal.seen > 0.1


@pytest.mark.parametrize("drop", [(250.0, 1.2, None), (250.0, 1.8, 1)])
def test_an_onset_is_told_anew_as_visits_come_and_comes_closer(drop):
    chain = make_chain(n_visits=60, n_criteria=18, drops={3: drop})
    effects = fit_effects(chain)
    signals = scan(chain, effects, SETTINGS, THRESHOLD).signals
    alarm = next(one for one in signals if one.location == 3 and one.direction == DECLINE)
    now = of(change_status(chain, effects, SETTINGS, signals), 3).signal
    assert now.n_visits > alarm.n_visits
    assert abs(now.onset - 250) < abs(alarm.onset - 250)
    assert now.onset_low <= 250 <= now.onset_high < now.at == alarm.at


@pytest.mark.parametrize("n_more", [0, 1, 5, 20, 40])
def test_what_is_told_of_an_onset_never_leaves_what_was_looked_at(n_more):
    chain = make_chain(n_visits=70, drops={3: (250.0, 1.2, None)})
    effects = fit_effects(chain)
    signals = scan(chain, effects, SETTINGS, THRESHOLD).signals
    alarm = next(one for one in signals if one.location == 3 and one.direction == DECLINE)
    known = np.ones(chain.n_visits, bool)
    known[alarm.visit + 1 + n_more : chain.first_visit[4]] = False
    first = [one for one in signals if one.location == 3 and one.visit <= alarm.visit]
    now = of(change_status(chain.subset(known), effects, SETTINGS, first), 3).signal
    assert now.onset_low <= now.onset <= now.onset_high <= alarm.at
    assert now.onset_low <= 250 <= now.onset_high
    assert now.n_visits > n_more


def test_the_section_that_moved_shows_the_largest_gap():
    chain = make_chain(n_criteria=18, drops={5: (250.0, 1.8, 1)})
    now = of(judged(chain), 5)
    gaps = {share.section: share.expected - share.seen for share in now.sections}
    assert max(gaps, key=gaps.get) == 1
    assert gaps[1] > 0.15


def test_a_drop_that_is_made_good_ends_as_recovered():
    drop = make_chain(n_visits=60, n_criteria=20, drops={2: (200.0, 1.5, None)}, seed=4)
    good = make_chain(n_visits=60, n_criteria=20, seed=4)
    back = (drop.location == 2) & (drop.time >= 400)
    ratings = np.where(back[drop.rating_visit][:, None], good.ratings, drop.ratings)
    from dataclasses import replace

    found = judged(replace(drop, ratings=ratings), Settings(look_back=60))
    fallen = of(found, 2)
    assert fallen.ended == RECOVERED
    assert fallen.turned_at == of(found, 2, IMPROVEMENT).signal.at


def test_a_signal_that_later_visits_contradict_fades():
    chain = make_chain(seed=3)
    effects = fit_effects(chain)
    start = int(chain.first_visit[7])
    false_alarm = Signal(7, start + 15, float(chain.time[start + 15]), "overall", DECLINE,
                         float(chain.time[start + 11 : start + 13].mean()), float(chain.time[start + 9]),
                         float(chain.time[start + 13]), 500.0, 0.5, 0.8, 4)  # fmt: skip
    now = change_status(chain, effects, SETTINGS, [false_alarm])[0]
    assert now.ended == FADED
    assert now.signal.evidence < SETTINGS.look_back


def test_a_signal_ages_out_of_the_look_back():
    chain = make_chain(n_visits=60, drops={3: (200.0, 1.2, None)})
    assert of(judged(chain), 3).ended is None
    assert of(judged(chain, Settings(look_back=20)), 3).ended == OLD


def test_a_chain_without_signals_has_nothing_standing():
    chain = make_chain(n_locations=3, n_visits=6)
    assert change_status(chain, fit_effects(chain), SETTINGS, []) == []


@pytest.mark.parametrize("direction", [DECLINE, IMPROVEMENT])
def test_signals_that_follow_each_other_are_one_change_that_began_with_the_first(direction):
    chain = make_chain()
    effects = fit_effects(chain)
    start = int(chain.first_visit[1])

    def signal(visit):
        return Signal(1, start + visit, float(chain.time[start + visit]), "overall", direction,
                      float(chain.time[start + visit - 2]) - 1.0, 0.0, 0.0, 500.0, 0.5, 0.8, 3)  # fmt: skip

    found = change_status(chain, effects, SETTINGS, [signal(10), signal(30)])
    assert [one.signal.visit for one in found] == [start + 10]
    assert found[0].signal.onset < signal(10).at
    assert found[0].signal.n_visits == (chain.time[start : start + 40] > found[0].signal.onset).sum()
