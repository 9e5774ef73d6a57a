from dataclasses import replace

import numpy as np
import pytest

from reports.measure.auditors.severities import by_quarter, joining_swaps, paired_visits, severities
from reports.measure.model.chain import Chain
from reports.measure.model.severity import fit_effects
from tests.measure.any_chain import with_unobserved_criterion
from tests.measure.chains import empty_chain, make_chain


def judged(seed=1, *, sd=0.5, drift=0.0):
    """A chain of 40 stores and six auditors; auditor 0 gets more severe by `drift` logits in the last quarter."""
    chain = make_chain(n_visits=40, auditor_sd=sd, seed=seed)
    if drift:
        rng = np.random.default_rng(seed)
        late = (chain.auditor == 0) & (chain.time >= chain.time.max() - 91)
        rows = np.flatnonzero(late[chain.rating_visit])
        lost = (chain.ratings[rows] == 240) & (rng.random((rows.size, chain.n_criteria)) < 1 - np.exp(-drift))
        ratings = chain.ratings.copy()
        ratings[rows] = np.where(lost, 0, ratings[rows])
        chain = replace(chain, ratings=ratings)
    return chain, fit_effects(chain)


def test_severity_in_points_is_that_of_the_fit():
    _, effects = judged()
    assert np.allclose(severities(effects).value, effects.severity_points())


def test_criteria_and_stores_that_nobody_has_visited_change_no_severity():
    chain, effects = judged()
    unvisited = replace(chain, region=np.r_[chain.region, 0], n_locations=chain.n_locations + 1)
    wider = with_unobserved_criterion(unvisited)
    assert np.allclose(severities(fit_effects(wider)).value, severities(effects).value)


def test_intervals_of_severity_hold_the_value_and_narrow_with_visits():
    chain, effects = judged()
    found = severities(effects)
    assert ((found.low < found.value) & (found.value < found.high)).all()
    fewer = severities(fit_effects(chain.subset(np.arange(chain.n_visits) % 4 == 0)))
    assert (fewer.high - fewer.low > found.high - found.low).all()


def test_steady_auditors_seldom_seem_to_move():
    moved = []
    for seed in range(6):
        quarters = by_quarter(*judged(seed))
        moved += ((quarters.high[:, -1] < quarters.low[:, 0]) | (quarters.low[:, -1] > quarters.high[:, 0])).tolist()
    assert np.mean(moved) <= 0.1


def test_an_auditor_who_grows_severe_is_seen_to():
    quarters = by_quarter(*judged(drift=0.3))
    assert quarters.high[0, -1] < quarters.low[0, 0]
    assert quarters.value[0].argmin() == 3


def test_a_quarter_with_few_visits_or_stores_is_left_open():
    chain, effects = judged()
    one_store = chain.subset((chain.auditor != 0) | (chain.location == 0))
    quarters = by_quarter(one_store, effects)
    assert np.isnan(quarters.value[0]).all()
    assert np.isfinite(quarters.value[1:]).all()


@pytest.mark.filterwarnings("error")
def test_nobody_and_nothing_have_no_figures():
    chain = empty_chain()
    effects = fit_effects(chain)
    assert by_quarter(chain, effects).value.shape == (0, 4)
    assert severities(effects).value.size == 0
    assert paired_visits(chain, within_days=7).shape == (0, 2)
    assert joining_swaps([], [], []) == (0, [])


def test_the_number_of_quarters_must_be_positive():
    with pytest.raises(ValueError, match="n_quarters must be 1 or more; got 0"):
        by_quarter(*judged(), n_quarters=0)


# Pairs


def visits(location, time, auditor) -> Chain:
    n = len(time)
    return Chain(
        location,
        time,
        [0] * n,
        auditor,
        [0] * n,
        [0] * n,
        np.zeros((0, 1)),
        [],
        [0],
        [0],
        [False],
        [0] * (max(location) + 1),
        max(location) + 1,
    )


def test_a_pair_is_of_one_store_two_auditors_and_a_few_days():
    assert paired_visits(visits([0, 1], [0, 0], [0, 1]), within_days=7).tolist() == []
    assert paired_visits(visits([0, 0], [0, 1], [0, 0]), within_days=7).tolist() == []
    assert paired_visits(visits([0, 0], [0, 8], [0, 1]), within_days=7).tolist() == []
    assert paired_visits(visits([0, 0], [0, 1], [0, -1]), within_days=7).tolist() == []
    assert paired_visits(visits([0, 0], [0, 7], [0, 1]), within_days=7).tolist() == [[0, 1]]


def test_no_visit_is_in_two_pairs():
    chain = make_chain(every=2.0)
    pairs = paired_visits(chain, within_days=7)
    assert len(pairs) > 100
    assert np.unique(pairs).size == pairs.size
    with pytest.raises(ValueError, match="within_days must be 0 or more; got -1"):
        paired_visits(chain, within_days=-1)


# Links


def test_swaps_join_every_group_to_the_largest():
    auditor, location, n = [0, 0, 1, 2, 3, 3], [0, 1, 1, 2, 3, 4], [9, 3, 4, 2, 1, 5]
    n_groups, swaps = joining_swaps(auditor, location, n)
    assert n_groups == 3
    for swap in swaps:
        auditor += [swap.auditor, swap.other_auditor]
        location += [swap.to_location, swap.from_location]
        n += [1, 1]
    assert joining_swaps(auditor, location, n) == (1, [])
    assert [swap.other_auditor for swap in swaps] == [0, 1]  # not the same one twice


def test_relabelling_changes_only_the_labels():
    auditor, location, n = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 2]), np.array([4, 3, 2, 1])
    n_groups, (swap,) = joining_swaps(auditor, location, n)
    n_same, (other,) = joining_swaps(2 - auditor, 2 - location, n)
    assert (n_groups, n_same) == (2, 2)
    assert (other.auditor, other.to_location) == (2 - swap.auditor, 2 - swap.to_location)
