"""What is common, between two fits: the days and severities since, and what earlier visits keep."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.detector import Settings, detect
from reports.measure.model.forward_filter import carry_on
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

FIT, WEEK = 280.0, 7.0


@pytest.fixture(scope="module")
def chain():
    """30 locations; a new auditor, 1.2 logits severe, makes a third of the visits after the fit."""
    made = make_chain(n_locations=30, every=7.0, n_visits=56, auditor_sd=0.3, seed=4)
    made = replace(made, arrival=made.time)
    taken = (made.time >= FIT) & (np.arange(made.n_visits) % 3 == 0)
    rng = np.random.default_rng(4)
    missed = taken[made.rating_visit][:, None] & (rng.random(made.ratings.shape) < 0.24) & (made.ratings == 240)
    return replace(made, auditor=np.where(taken, 6, made.auditor), ratings=np.where(missed, 0, made.ratings))


def carried(chain, n_weeks):
    effects = fit_effects(chain.as_of(FIT), at=FIT)
    for n in range(n_weeks):
        known = chain.as_of(FIT + (n + 1) * WEEK)
        effects = carry_on(effects, known, known_until=FIT + n * WEEK, until=FIT + (n + 1) * WEEK)
    return effects


def test_a_visit_is_judged_for_good_by_what_was_known_in_the_week_that_it_arrived(chain):
    early, late = carried(chain, 2), carried(chain, 6)
    known = chain.as_of(FIT + 2 * WEEK)
    assert np.array_equal(early.common(known), late.common(known))
    assert np.array_equal(early.auditor_variance(known), late.auditor_variance(known))


def test_a_location_without_a_new_visit_gives_the_same_signals_bit_for_bit(chain):
    silent = chain.subset((chain.location != 3) | (chain.time < FIT + 2 * WEEK))
    here = silent.subset(silent.location == 3)
    first, last = carried(silent, 2), carried(silent, 6)
    assert detect(here, first, Settings(), 2.0) == detect(here, last, Settings(), 2.0) != []


def test_a_late_visit_has_the_effect_of_its_own_day_and_the_severity_of_the_week_it_arrived(chain):
    late = np.flatnonzero((chain.auditor == 6) & (chain.time < FIT + WEEK))[:1]
    arrival = chain.arrival.copy()
    arrival[late] = FIT + 3.5 * WEEK
    effects = carried(replace(chain, arrival=arrival), 5)
    owed = effects.common(replace(chain, arrival=arrival))[late]
    row = int(np.searchsorted(effects.kept_until, FIT + 3.5 * WEEK))
    day, context = effects.of_day(chain.time[late]), effects.daypart[chain.daypart[late]]
    staffing = np.where(chain.staffing[late] >= 0, effects.staffing[chain.staffing[late]], 0.0)
    assert owed == pytest.approx(effects.kept_auditor[row, 6] + day + context + staffing)
    assert effects.kept_auditor[0, 6] == 0.0  # nobody knew the auditor at the fit


def test_a_new_auditor_is_known_better_week_by_week(chain):
    effects = carried(chain, 6)
    prior = np.sqrt(effects.variance["auditor"])
    sd = [*effects.kept_auditor_sd[:, 6], effects.auditor_sd[6]]
    assert sd[0] == pytest.approx(prior)
    assert (np.diff(sd) < 0).all()
    assert effects.auditor[6] < -0.6


def test_days_that_have_an_effect_keep_it(chain):
    early, late = carried(chain, 2), carried(chain, 6)
    assert np.array_equal(late.day[: early.day.size], early.day)
    assert late.day.size == early.day.size + 28


def test_a_week_without_visits_changes_nothing_but_the_days(chain):
    effects = carried(chain, 2)
    until = FIT + 2 * WEEK
    again = carry_on(effects, chain.as_of(until), known_until=until, until=until)
    assert np.array_equal(again.common(chain), effects.common(chain))
    assert np.array_equal(again.auditor_variance(chain), effects.auditor_variance(chain))
