import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.measure.auditors.agreement import krippendorff_alpha


def alpha(values):
    return krippendorff_alpha(values, rng=np.random.default_rng(1), n_draws=50)


def test_krippendorffs_published_example_is_reproduced():
    """Krippendorff (2011): four observers, twelve units; alpha of the interval metric is .849."""
    x = np.nan
    observers = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, x, x, x],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, x, 3],
        [x, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, x],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, x],
    ]
    assert alpha(np.array(observers).T).value == pytest.approx(0.849, abs=0.001)


def test_full_agreement_is_one():
    found = alpha([[0, 0], [1, 1]] * 10)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_readings_by_chance_agree_about_as_zero():
    found = alpha(np.random.default_rng(2).integers(0, 2, (2000, 2)))
    assert found.low < 0 < found.high


@given(st.permutations(range(20)))
def test_the_order_of_units_changes_nothing(order):
    values = np.random.default_rng(3).integers(0, 3, (20, 2)).astype(float)
    assert alpha(values[list(order)]).value == pytest.approx(alpha(values).value)


def test_without_variation_or_with_few_pairs_there_is_no_figure():
    assert np.isnan(alpha([[1, 1]] * 20).value)
    assert np.isnan(alpha([[1, 0]] * 9).value)
