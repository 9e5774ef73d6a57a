"""Observations of an imported past."""

import pytest

from audits.models import Observation
from tests.audits.history.conftest import cells

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("column", ["conformity", "conforms", "value"])
def test_conformity_goes_by_three_names(folder, column):
    folder.write("observations", f"visit_id,criterion_id,{column}", "v1,greet,0.25")
    folder.load()
    assert cells() == [("v1", 0, "greet", 0.25)]


def test_conformity_is_taken_before_a_column_value_beside_it(folder):
    folder.write("observations", "visit_id,criterion_id,value,conformity", "v1,greet,42,0.5")
    assert folder.load().notes == ["observations.csv: ignored the unknown columns value."]
    assert cells() == [("v1", 0, "greet", 0.5)]


@pytest.mark.parametrize("written", ['"0,25"', "٠٫٢٥", "０.２５"])
def test_conformity_is_read_as_people_write_decimals(folder, written):
    folder.write("observations", "visit_id,criterion_id,conformity", f"v1,greet,{written}")
    folder.load()
    assert cells() == [("v1", 0, "greet", 0.25)]


def test_a_blank_conformity_does_not_apply_and_a_missing_row_was_not_observed(folder):
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,greet,", "v2,clean,1")
    folder.load()
    blank, seen = Observation.objects.order_by("visit__reference")
    assert (blank.state, blank.conformity, blank.value) == (Observation.State.DOES_NOT_APPLY, None, None)
    assert (seen.state, seen.conformity, seen.value) == (Observation.State.ANSWERED, 1.0, None)


def test_interactions_are_numbered_in_the_order_of_their_numbers(folder):
    folder.write(
        "observations",
        "visit_id,interaction,criterion_id,conformity",
        "v1,7,greet,0",
        "v1,0,greet,1",
        "v1,,greet,0.5",
    )
    folder.load()
    assert cells() == [("v1", 0, "greet", 1.0), ("v1", 1, "greet", 0.5), ("v1", 2, "greet", 0.0)]


def test_observations_in_any_order_give_the_same_visits(folder, tmp_path, monkeypatch):
    """Small groups and small buffers, so that every visit is spread over several of them."""
    monkeypatch.setattr("audits.history.visits.VISITS_TOGETHER", 3)
    monkeypatch.setattr("audits.history.visits.FLUSH", 4)
    visits = [f"v{number},A,2026-01-{number:02}" for number in range(1, 20)]
    rows = [f"v{number},{key},{(number + len(key)) % 2}" for number in range(1, 20) for key in ("greet", "clean")]
    folder.write("visits", "visit_id,location_id,visited_on", *visits)
    folder.write("observations", "visit_id,criterion_id,conforms", *rows)
    folder.load(standard_key="one")
    sorted_cells = cells()
    assert len(sorted_cells) == 38
    folder.write("observations", "visit_id,criterion_id,conforms", *rows[::-2], *rows[::2])
    again = folder.load(standard_key="one")
    assert again.changed_nothing
    assert again.visits_unchanged == 19
    assert cells() == sorted_cells


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("v9,greet,1,1", "visit_id='v9': no sound row of the visits file has this id"),
        ("v1,smile,1,1", "criterion_id='smile': no sound row of the criteria file has this id"),
        ("v1,clean,1,1.5", "conformity='1.5': must lie between 0 and 1"),
        ("v1,clean,1,nan", "conformity='nan': must lie between 0 and 1"),
        ("v1,clean,1,yes", "conformity='yes': is no number: use 0 to 1, or leave it blank"),
        ("v1,clean,first,1", "interaction='first': is no whole number of 0 or more"),
        ("v1,greet,1,0", "visit_id='v1, interaction 1, greet': repeats line 2"),
    ],
)
def test_a_wrong_observation_is_named(folder, row, error):
    folder.write("observations", "visit_id,criterion_id,interaction,conformity", "v1,greet,1,1", row)
    assert folder.errors() == [f"observations.csv:3: {error}"]
