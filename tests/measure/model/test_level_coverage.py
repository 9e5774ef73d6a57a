"""A stated 90 % interval of a level holds the truth, from one store and four visits on, and is not wide without need.

`bench/truth.py` measures the same on more chains.
"""

import pytest

from bench.chains import Options
from bench.lines.levels import coverage

OPTIONS = Options(n_criteria=12, n_sections=3)


@pytest.mark.parametrize(
    ("stores", "n_locations", "widest"),
    [(1, 150, 24.0), (4, 240, 18.0), (60, 1200, 16.0)],
)
def test_nine_in_ten_intervals_from_four_visits_hold_the_true_level(stores, n_locations, widest):
    found = coverage(OPTIONS, stores=stores, visits=4, seed=2000, n_locations=n_locations)
    assert 0.84 <= found.share <= 0.97
    assert found.width <= widest


def test_more_visits_narrow_the_intervals_and_keep_their_coverage():
    few, many = (coverage(OPTIONS, stores=4, visits=n, seed=3000, n_locations=200) for n in (4, 12))
    assert many.width < 0.85 * few.width
    assert many.share >= 0.84


def test_neighbours_narrow_the_intervals():
    alone, among = (coverage(OPTIONS, stores=n, visits=4, seed=4000, n_locations=150) for n in (1, 30))
    assert among.width < 0.85 * alone.width
