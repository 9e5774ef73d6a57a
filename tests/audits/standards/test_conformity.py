"""From an answer to its conformity."""

import pytest

from audits.models import Criterion
from audits.standards.kinds import BadAnswer, conformity_of


def criterion(**fields):
    return Criterion(key="k", text="?", **fields)


@pytest.mark.parametrize(("yes_conforms", "value", "expected"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_yes_or_no_knows_which_answer_conforms(yes_conforms, value, expected):
    assert conformity_of(criterion(kind="yes_no", yes_conforms=yes_conforms), value) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, 1), (30, 1), (75, 0.5), (120, 0), (500, 0)])
def test_seconds_run_linearly_from_full_to_zero_credit(seconds, expected):
    wait = criterion(kind="seconds", full_credit=30, zero_credit=120)
    assert conformity_of(wait, seconds) == pytest.approx(expected)


def test_a_count_where_more_is_better_runs_the_other_way():
    offers = criterion(kind="count", full_credit=4, zero_credit=0)
    assert [conformity_of(offers, n) for n in (0, 1, 4, 9)] == [0, 0.25, 1, 1]


def test_without_bounds_a_count_is_recorded_but_not_scored():
    assert conformity_of(criterion(kind="count"), 3) is None


def test_perception_and_text_carry_no_conformity():
    assert conformity_of(criterion(kind="yes_no", dimension="perception"), True) is None
    assert conformity_of(criterion(kind="text"), "Fine.") is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("yes_no", "yes"), ("yes_no", 1), ("yes_no", None), ("count", True), ("count", 1.5), ("count", -1),
        ("seconds", "30"), ("seconds", 90_000), ("seconds", True), ("text", 5), ("text", "x" * 5001),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(kind, value):
    with pytest.raises(BadAnswer):
        conformity_of(criterion(kind=kind), value)


def test_an_option_that_does_not_exist_is_refused_with_those_that_do(world):
    warmth = Criterion.objects.get(key="warmth")
    assert conformity_of(warmth, "routine") == 0.5
    with pytest.raises(BadAnswer, match="none, routine, own"):
        conformity_of(warmth, "cold")
