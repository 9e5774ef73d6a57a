"""The chain's weeks follow the chain, and not the part of it that drifts."""

import numpy as np
import pytest

from reports.measure.model.forward_filter import with_current_days
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

FALL, FIT = 240.0, 400.0


def fallen(n, logits):
    """60 locations, of which the first n fall by so many logits."""
    return make_chain(
        n_locations=60, every=8.0, n_visits=60, drops=dict.fromkeys(range(n), (FALL, logits, None)), seed=2
    )


def movement(effects):
    """How much harder the last ten weeks of the days known were for the whole chain than those before the fall."""
    day = effects.first_day + np.arange(effects.day.size)
    before = effects.day[(day > 20) & (day < FALL)].mean()
    return effects.day[-70:].mean() - before


def test_a_quarter_of_the_stores_that_falls_hardly_moves_the_chains_weeks():
    drifting = movement(fit_effects(fallen(15, 1.2), at=FIT))
    alike = movement(fit_effects(fallen(0, 0.0), at=FIT))
    assert drifting - alike > -0.1  # their mean share of the fall would be -0.3


def test_a_fall_of_the_whole_chain_is_its_own():
    assert movement(fit_effects(fallen(60, 1.2), at=FIT)) == pytest.approx(-1.2, abs=0.25)


def test_what_drifts_does_not_move_the_days_after_the_fit_either():
    chain = fallen(15, 1.2)
    effects = fit_effects(chain.as_of(FIT), at=FIT)
    later = with_current_days(effects, chain.subset(chain.time >= FIT - 7), until=FIT + 28)
    day = later.first_day + np.arange(later.day.size)
    assert np.all(effects.steady[:15] < 0.7)
    assert later.day[day >= FIT].mean() - later.day[(day > 20) & (day < FALL)].mean() > -0.1


def test_one_store_alone_has_weeks_too():
    effects = fit_effects(make_chain(n_locations=1, n_visits=30), at=FIT)
    assert np.isfinite(effects.day).all()
    assert effects.steady.tolist() == [1.0]
