"""When a change began: what is guessed, and how far the guess may be trusted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.chains import Options, make
from bench.lines.onsets import dated_declines
from reports.measure.drift.onset import INTERVAL_MASS, dated, onset_among_last, onset_of


def weekly(n: int) -> np.ndarray:
    return 7.0 * np.arange(n + 1)


def test_a_sure_onset_is_the_middle_of_its_gap():
    found = onset_of(weekly(10), np.eye(10)[4])
    assert found.day == pytest.approx(31.5, abs=0.51)
    assert 28 <= found.low <= found.high <= 35


def test_a_little_doubt_far_away_does_not_move_it():
    sure = np.eye(40)[30]
    assert onset_of(weekly(40), sure + 0.02).day == pytest.approx(onset_of(weekly(40), sure).day, abs=7)


def test_of_two_equal_terms_the_longer_gap_is_the_likelier():
    found = onset_of(np.array([0.0, 7.0, 14.0, 74.0]), np.array([1.0, 1.0, 1.0]))
    assert found.day > 30


def test_two_visits_of_one_day_are_no_error():
    found = onset_of(np.array([3.0, 3.0]), np.array([1.0]))
    assert (found.day, found.low, found.high) == (3.0, 3.0, 3.0)


@pytest.mark.parametrize(("time", "profile"), [([0.0, 1.0], [0.0]), ([0.0], [1.0]), ([0.0, 1.0], [[1.0]])])
def test_what_cannot_be_dated_is_refused(time, profile):
    with pytest.raises(ValueError, match="profile"):
        onset_of(np.array(time), np.array(profile))


@given(
    st.lists(st.floats(0.1, 60), min_size=2, max_size=30),
    st.lists(st.floats(0, 1e6), min_size=30, max_size=30),
    st.floats(-1e4, 1e4),
)
def test_the_guess_lies_in_its_interval_and_moves_with_the_clock(gaps, profile, shift):
    time, profile = np.r_[0.0, np.cumsum(gaps)], np.array(profile[: len(gaps)]) + 1e-3
    found, later = onset_of(time, profile), onset_of(time + shift, profile)
    assert time[0] <= found.low <= found.day <= found.high <= time[-1]
    cell = max(1.0, (time[-1] - time[0]) / 400)
    assert later.low - shift == pytest.approx(found.low, abs=2 * cell)
    assert later.high - shift == pytest.approx(found.high, abs=2 * cell)


def test_the_interval_holds_the_onset_as_often_as_it_says():
    """A step of one standard deviation somewhere in 40 weekly measurements, its likelihood known exactly."""
    rng, n, right, near = np.random.default_rng(3), 40, 0, 0
    for _ in range(400):
        began = rng.uniform(0, 7 * n)
        y = rng.normal(0, 1, n) - 1.5 * (weekly(n)[1:] > began)
        terms = np.array([(-1.5 * y[i:] - 1.125).sum() for i in range(n)])
        found = onset_of(weekly(n), np.exp(terms - terms.max()))
        right += found.low - 1 <= began <= found.high + 1
        near += abs(found.day - began) <= 28
    assert right / 400 >= INTERVAL_MASS - 0.04
    assert near / 400 >= 0.9


profiles = st.lists(
    st.tuples(st.floats(0.1, 60), st.floats(0.001, 1e6), st.floats(0, 1e6)), min_size=3, max_size=30
).map(lambda rows: tuple(np.array(each) for each in zip(*rows, strict=True)))


@given(profiles, st.floats(0.01, 100))
def test_slow_changes_widen_the_interval_and_leave_the_guess(rows, scale):
    gaps, steps, ramps = rows
    time = np.r_[0.0, np.cumsum(gaps)][::-1]
    steps, ramps = steps[: gaps.size], ramps[: gaps.size]
    sudden, either = onset_among_last(time, steps), dated(time, steps, ramps)
    assert either.day == sudden.day
    assert either.low <= sudden.low <= sudden.high <= either.high
    assert dated(time, steps, 0 * ramps) == sudden
    again = dated(time, scale * steps, scale * ramps)
    assert (again.day, again.low, again.high) == pytest.approx((either.day, either.low, either.high), abs=2.0)


@pytest.mark.slow
def test_the_interval_of_a_real_decline_holds_its_begin_sudden_or_slow_at_the_flag_and_later():
    """Roughly, on few declines; `python bench/truth.py --only onsets` has the many."""
    found = list(dated_declines(make(Options(n_locations=240, weeks=65, burn_in_weeks=40), 3200)))
    assert {one.is_again for one in found} == {False, True}
    for is_slow in (False, True):
        held = [one.low <= one.true <= one.high for one in found if one.is_slow == is_slow]
        assert len(held) >= 20
        assert np.mean(held) >= 0.8
