"""What holds for the fit of any chain."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.measure.model.chain import FULL
from reports.measure.model.effects import Effects
from reports.measure.model.severity import fit_effects
from tests.measure.any_chain import any_chain, relabelled, set_to, with_unobserved_criterion

few = settings(max_examples=8)


def is_alike(one, other) -> bool:
    return np.allclose(one, other, atol=1e-6)


def assert_alike(one: Effects, other: Effects, *but: str) -> None:
    for name in (field.name for field in fields(Effects) if field.name not in but):
        if name == "variance":
            assert one.variance == pytest.approx(other.variance, abs=1e-6)
        else:
            assert is_alike(getattr(one, name), getattr(other, name)), name


@few
@given(any_chain())
def test_every_effect_is_a_number_and_every_variance_one_of_a_fit(chain):
    found = fit_effects(chain)
    for field in fields(Effects):
        if field.name != "variance":
            assert np.isfinite(getattr(found, field.name)).all()
    assert (found.criterion_sd > 0).all()
    assert (found.auditor_sd > 0).all()
    assert all(np.isfinite(value) and value >= 0 for value in found.variance.values())
    assert (found.overdispersion >= 0).all()


@few
@given(any_chain(), st.integers(0, 99))
def test_effects_move_with_their_labels_and_are_otherwise_equal(chain, seed):
    moved, labels = relabelled(chain, seed)
    found, again = fit_effects(chain), fit_effects(moved)
    assert is_alike(again.location[labels.location], found.location)
    assert is_alike(again.steady[labels.location], found.steady)
    assert is_alike(again.own_scatter[labels.location], found.own_scatter)
    assert is_alike(again.auditor[labels.auditor], found.auditor)
    assert is_alike(again.auditor_sd[labels.auditor], found.auditor_sd)
    assert is_alike(again.criterion, found.criterion[labels.criterion])
    assert is_alike(again.criterion_sd, found.criterion_sd[labels.criterion])
    assert is_alike(again.overdispersion[1 + labels.section], found.overdispersion[1:])
    told = (
        "location",
        "steady",
        "own_scatter",
        "auditor",
        "auditor_sd",
        "criterion",
        "criterion_sd",
        "overdispersion",
    )
    assert_alike(again, found, *told)
    assert is_alike(again.overdispersion[0], found.overdispersion[0])


@few
@given(any_chain(least_visits=1))
def test_a_criterion_that_was_never_observed_changes_nothing(chain):
    found, more = fit_effects(chain), fit_effects(with_unobserved_criterion(chain))
    assert is_alike(more.criterion[:-1], found.criterion)
    assert_alike(more, found, "criterion", "criterion_sd")


@few
@given(any_chain(), st.integers(-500, 500))
def test_another_first_day_changes_the_dates_alone(chain, days):
    later = replace(chain, time=chain.time + days, arrival=chain.arrival + days)
    found, moved = fit_effects(chain), fit_effects(later)
    if chain.n_visits:
        assert (moved.fitted_at, moved.first_day) == pytest.approx((found.fitted_at + days, found.first_day + days))
    assert_alike(moved, found, "fitted_at", "first_day")


@few
@given(any_chain())
def test_a_location_without_visits_is_like_its_region_and_changes_no_other(chain):
    more = replace(chain, region=np.r_[chain.region, chain.region[0]], n_locations=chain.n_locations + 1)
    found, wider = fit_effects(chain), fit_effects(more)
    assert wider.location[-1] == wider.region[chain.region[0]]
    assert is_alike(wider.location[:-1], found.location)
    assert is_alike(wider.steady, np.r_[found.steady, 1.0])
    assert is_alike(wider.own_scatter, np.r_[found.own_scatter, 0.0])
    assert_alike(wider, found, "location", "steady", "own_scatter")


@few
@given(any_chain())
def test_what_is_kept_by_half_lies_between_what_is_kept_and_what_is_not(chain):
    rows = np.ones(chain.rating_visit.size, bool)
    failed, half, kept = (fit_effects(set_to(chain, rows, byte)).criterion for byte in (0, FULL // 2, FULL))
    observed = chain.observed.any(axis=0)
    assert (failed[observed] < half[observed]).all()
    assert (half[observed] < kept[observed]).all()


@few
@given(any_chain(least_locations=2, least_visits=2))
def test_auditors_who_share_no_location_are_told_from_their_locations_by_the_priors_alone(chain):
    apart = replace(chain, auditor=chain.location)
    worst = set_to(apart, chain.location[chain.rating_visit] == 0, 0)
    best = set_to(worst, chain.location[chain.rating_visit] > 0, FULL)
    found = fit_effects(best)
    assert found.location[0] < found.location[1:].min() + 1e-9
    assert found.auditor[0] < found.auditor[1:].min() + 1e-9
