from dataclasses import replace

import numpy as np
import pytest

from tests.measure.chains import empty_chain, make_chain


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("location", [1, 0], "sorted"),
        ("location", [0, 2], "location must be in 0..1"),
        ("time", [1.0, np.nan], "finite"),
        ("auditor", [0, -2], "auditor must be -1 or more"),
        ("rating_visit", [1, 0], "never decrease"),
        ("rating_visit", [0, 2], "rating_visit must be in 0..1"),
        ("ratings", [[250], [0]], "ratings must be 0..240"),
        ("ratings", [[0, 0], [0, 0]], "section must have shape"),
        ("arrival", [1.0], "arrival must have shape"),
    ],
)
def test_a_chain_refuses_what_does_not_fit_and_names_the_field(field, value, message):
    chain = make_chain(n_locations=2, n_visits=1, n_criteria=1, n_sections=1, n_interactions=1)
    with pytest.raises(ValueError, match=message):
        replace(chain, **{field: value})


def test_tallies_count_what_was_observed_and_sum_its_conformity():
    chain = make_chain(n_locations=3, n_visits=4, seed=3)
    visit = 5
    rows = chain.ratings[chain.rating_visit == visit].astype(float)
    rows[rows == 255] = np.nan
    assert np.allclose(chain.observed[visit], np.isfinite(rows).sum(axis=0))
    assert np.allclose(chain.conforming[visit], np.nansum(rows, axis=0) / 240)


def test_a_visit_without_interactions_has_an_empty_tally():
    chain = make_chain(n_locations=1, n_visits=3, n_interactions=1)
    without = replace(chain, ratings=chain.ratings[[0, 2]], rating_visit=[0, 2])
    assert without.observed[1].sum() == 0
    assert np.allclose(without.observed[2], chain.observed[2])


def test_a_subset_keeps_tallies_whether_or_not_they_were_summed_before():
    chain, keep = make_chain(n_locations=4, n_visits=5), np.arange(20) % 3 > 0
    fresh = chain.subset(keep).observed
    assert chain.observed.shape == (20, 12)
    assert np.array_equal(chain.subset(keep).observed, fresh)
    assert np.array_equal(chain.observed[keep], fresh)


def test_as_of_knows_only_what_had_arrived():
    chain = make_chain(n_locations=4, n_visits=10)
    known = chain.as_of(45.0)
    assert known.n_visits == (chain.arrival <= 45.0).sum()
    assert (known.arrival <= 45.0).all()


def test_an_empty_chain_is_a_chain():
    chain = empty_chain()
    assert chain.observed.shape == (0, 3)
    assert chain.as_of(1.0).n_visits == 0
