import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reports.measure.scores import visit_scores

ratings = st.sampled_from([0, 60, 120, 240, 255])
matrices = arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(6)), elements=ratings)
FORM = {
    "weights": [1, 2, 3, 1, 2, 3],
    "section": [0, 0, 1, 1, 2, 2],
    "dimension": [0, 1, 0, 1, 0, 1],
    "critical": [True, False, False, True, False, False],
}


def score(matrix, **changes):
    return visit_scores(matrix, **(FORM | changes))


@given(matrices)
def test_every_score_lies_between_0_and_1_or_is_missing(matrix):
    scores = score(matrix)
    for value in (scores.overall, *scores.section.ravel(), *scores.promise_kept):
        assert np.isnan(value) or 0 <= value <= 1


@given(matrices, st.permutations(range(6)))
def test_the_order_of_criteria_changes_nothing(matrix, order):
    moved = score(matrix[:, order], **{name: np.array(values)[order] for name, values in FORM.items()})
    assert np.allclose(moved.section, score(matrix).section, equal_nan=True)
    assert moved.overall == pytest.approx(score(matrix).overall, nan_ok=True)


@given(matrices)
def test_a_criterion_that_was_not_observed_changes_no_score(matrix):
    wider = np.column_stack([matrix, np.full(len(matrix), 255, np.uint8)])
    extra = {"weights": 9, "section": 1, "dimension": 0, "critical": True}
    moved = score(wider, **{name: [*values, extra[name]] for name, values in FORM.items()})
    assert moved.overall == pytest.approx(score(matrix).overall, nan_ok=True)
    assert moved.n_critical_failed == score(matrix).n_critical_failed
    assert np.array_equal(moved.promise_kept, score(matrix).promise_kept, equal_nan=True)


@given(matrices)
def test_raising_a_rating_never_lowers_the_overall_score(matrix):
    higher = np.where(matrix == 0, 60, matrix).astype(np.uint8)
    assert np.isnan(score(matrix).overall) or score(higher).overall >= score(matrix).overall


def test_a_visit_without_observations_has_no_scores_and_no_failures():
    scores = score(np.full((2, 6), 255, np.uint8))
    assert np.isnan(scores.overall)
    assert np.isnan(scores.section).all()
    assert (scores.coverage, scores.n_critical_failed) == (0.0, 0)


def test_coverage_counts_only_what_was_applicable():
    matrix = np.array([[240, 255, 255, 255, 255, 255]], np.uint8)
    applicable = np.array([[True, True, False, False, False, False]])
    assert score(matrix, applicable=applicable).coverage == 0.5


def test_an_observation_of_what_was_not_applicable_is_refused():
    with pytest.raises(ValueError, match="applicable is False"):
        score(np.zeros((1, 6), np.uint8), applicable=np.zeros((1, 6), bool))


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="weights must be 0 or more; got -1"):
        score(np.zeros((1, 6), np.uint8), weights=[-1, 1, 1, 1, 1, 1])
