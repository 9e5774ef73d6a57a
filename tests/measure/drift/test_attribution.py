from dataclasses import replace

import numpy as np
import pytest

from reports.measure.consistency import consistency
from reports.measure.drift.attribution import LEAST_POINTS, moved_by
from reports.measure.model.groups import gathered
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

ONE_VERSION = np.zeros(12, int)


def told(chain, effects, **changes):
    return moved_by(chain, replace(effects, **changes), location=0, version=ONE_VERSION)


@pytest.fixture(scope="module")
def chain():
    return make_chain(n_locations=20, n_visits=20)


@pytest.fixture(scope="module")
def calm(chain):
    """The effects of a chain without any but criteria and locations."""
    effects = fit_effects(chain)
    none = {name: np.zeros_like(getattr(effects, name)) for name in ("auditor", "daypart", "staffing", "day")}
    return replace(effects, **none)


def test_without_effects_nothing_is_explained_and_all_remains(chain, calm):
    found = told(chain, calm)
    assert (found.auditor, found.daypart, found.staffing, found.chain, found.version) == (0, 0, 0, 0, 0)
    assert found.rest == found.change
    assert found.told() == []


def test_a_severe_auditor_who_took_over_is_counted(chain, calm):
    auditor = chain.auditor.copy()
    auditor[:12], auditor[12:18], auditor[18:20] = 0, 1, 0
    found = told(replace(chain, auditor=auditor), calm, auditor=np.array([0.3, -0.6, 0, 0, 0, 0]))
    assert found.n_further == 6
    assert found.auditor == pytest.approx(-found.further_by * 6 / 8)
    assert found.auditor < -0.05


def test_more_evening_visits_are_named(chain, calm):
    daypart = chain.daypart.copy()
    daypart[:12], daypart[12:20] = 0, [2, 2, 2, 2, 2, 0, 0, 1]
    found = told(replace(chain, daypart=daypart), calm, daypart=np.array([0.2, 0.0, -0.6]))
    assert (found.in_daypart.code, found.in_daypart.lately, found.in_daypart.before) == (2, 5, 0)
    assert found.daypart < 0


def test_the_whole_chain_is_told_apart_from_the_store(chain, calm):
    day = np.zeros_like(calm.day)
    first_of_last = int(chain.time[12] - calm.first_day)
    day[first_of_last:] = -0.5
    found = told(chain, calm, day=day)
    assert found.chain < -0.04
    assert found.auditor == found.daypart == 0


def test_a_harder_version_explains_the_difference_of_its_criteria(chain, calm):
    """Columns 0-5 are the first version, 6-11 the second, whose criteria are one logit harder."""
    ratings = chain.ratings.copy()
    is_new = (np.arange(chain.n_visits) % 20 >= 12)[chain.rating_visit]
    ratings[np.ix_(is_new, np.arange(6))] = 255
    ratings[np.ix_(~is_new, np.arange(6, 12))] = 255
    version = np.repeat([0, 1], 6)
    harder = replace(calm, criterion=np.where(version == 1, 0.5, 1.5))
    found = moved_by(replace(chain, ratings=ratings), harder, location=0, version=version)
    level = harder.location[0]
    expected = 1 / (1 + np.exp(-0.5 - level)) - 1 / (1 + np.exp(-1.5 - level))
    assert found.version == pytest.approx(expected)


def test_only_what_points_the_same_way_and_is_large_enough_is_told(chain, calm):
    found = told(chain, calm)
    fell = replace(found, seen=0.7, before=0.8, auditor=-0.06, daypart=-LEAST_POINTS / 2, chain=0.05)
    assert fell.told() == ["auditor"]
    assert replace(fell, version=-0.07).told() == ["version", "auditor"]
    assert replace(fell, seen=0.79).told() == []


def test_too_few_visits_explain_nothing():
    few = make_chain(n_locations=2, n_visits=7)
    assert moved_by(few, fit_effects(few), location=0, version=ONE_VERSION) is None
    more = make_chain(n_locations=2, n_visits=9)
    assert moved_by(more, fit_effects(more), location=0, version=ONE_VERSION).n == 4


def test_the_number_of_versions_must_fit(chain, calm):
    with pytest.raises(ValueError, match="version 3"):
        moved_by(chain, calm, location=0, version=[0, 0, 0])


# Groups


def test_gathering_by_location_changes_nothing(chain, calm):
    same, effects = gathered(chain, calm, chain.location, np.arange(20))
    one, other = consistency(chain, calm), consistency(same, effects)
    assert np.array_equal(one.promise_kept.value, other.promise_kept.value)
    assert np.array_equal(one.unevenness.value, other.unevenness.value)


def test_a_group_holds_its_own_ratings_and_visits_left_out_are_gone(chain, calm):
    group = np.where(chain.location == 3, chain.daypart, -1)
    parts, effects = gathered(chain, calm, group, [3, 3, 3])
    assert parts.n_visits == 20
    for daypart in range(3):
        rows = (chain.location == 3)[chain.rating_visit] & (chain.daypart == daypart)[chain.rating_visit]
        assert np.array_equal(parts.ratings[(parts.location == daypart)[parts.rating_visit]], chain.ratings[rows])
    assert effects.location.tolist() == [calm.location[3]] * 3


def test_a_group_out_of_range_is_refused(chain, calm):
    with pytest.raises(ValueError, match=r"group must be in -1\.\.0"):
        gathered(chain, calm, np.ones(chain.n_visits, int), [0])
