"""An imported past is stored once, and whole or not at all."""

import pytest
from django.db.models import ProtectedError

from audits.history import HistoryRefused
from audits.models import Visit
from audits.signals import visit_approved
from tests.audits.history.conftest import cells, counts

pytestmark = pytest.mark.django_db


def test_the_same_folder_twice_changes_nothing_and_says_so(folder):
    folder.write("metrics", "location_id,metric,period_start,value", "A,nps,2026-01-05,40")
    assert not folder.load().changed_nothing
    before = counts(), cells(), list(Visit.objects.order_by("pk").values())
    again = folder.load()
    assert again.changed_nothing
    assert (counts(), cells(), list(Visit.objects.order_by("pk").values())) == before


def test_the_same_visit_of_another_standard_is_another_visit(folder):
    folder.load(standard_key="one")
    assert folder.load(standard_key="two").visits == 2


@pytest.mark.parametrize(
    "change",
    [
        ("observations", "visit_id,criterion_id,conforms", "v1,greet,0", "v1,clean,0", "v2,greet,1"),
        ("observations", "visit_id,criterion_id,conforms", "v1,greet,1", "v2,greet,1"),
        ("observations", "visit_id,criterion_id,conforms", "v1,greet,1", "v1,clean,", "v2,greet,1"),
        (
            "visits",
            "visit_id,location_id,auditor_id,visited_on,kind",
            "v1,B,ann,2026-01-10,routine",
            "v2,B,,2026-07-10,",
        ),
        (
            "visits",
            "visit_id,location_id,auditor_id,visited_on,kind",
            "v1,A,ann,2026-01-11,routine",
            "v2,B,,2026-07-10,",
        ),
        (
            "visits",
            "visit_id,location_id,auditor_id,visited_on,kind",
            "v1,A,bob,2026-01-10,routine",
            "v2,B,,2026-07-10,",
        ),
    ],
    ids=["conformity", "cell gone", "cell blank", "location", "day", "auditor"],
)
def test_a_visit_that_differs_from_the_stored_one_is_an_error_that_names_it(folder, change):
    folder.load()
    folder.write(*change)
    (error,) = folder.errors()
    assert error.startswith("visits.csv:2: visit_id='v1': is stored with other content")


def test_a_new_criterion_does_not_make_old_visits_differ(folder):
    folder.load()
    folder.add("criteria", "about,New?,Door,0")
    assert folder.load().visits_unchanged == 2


def test_bad_rows_are_left_out_only_when_that_is_allowed(folder):
    folder.add("visits", "v3,Z,ann,2026-01-10,routine")
    folder.add("observations", "v3,greet,1", "v2,clean,7")
    assert len(folder.errors()) == 3
    result = folder.load(skip_bad_rows=True)
    assert result.faults.n == 3
    assert (result.visits, result.observations) == (2, 3)


def test_errors_are_shown_in_bounded_number_and_counted_by_reason(folder):
    folder.add("observations", *(f"v1,x{number},1" for number in range(250)))
    with pytest.raises(HistoryRefused) as refused:
        folder.load()
    faults = refused.value.faults
    assert (len(faults.first), faults.n_more) == (100, 150)
    reason = "no sound row of the criteria file has this id"
    assert faults.by_reason == {("observations.csv", "criterion_id", reason): 250}


def test_a_failure_while_storing_rolls_everything_back(folder):
    def fail(sender, visit_ids, **kwargs):
        raise ProtectedError("the receiver failed", set())

    visit_approved.connect(fail)
    try:
        with pytest.raises(ProtectedError):
            folder.load()
    finally:
        visit_approved.disconnect(fail)
    assert counts() == [0] * 8


def test_those_who_score_hear_of_every_new_visit_once(folder):
    said = []

    def listen(sender, visit_ids, **kwargs):
        said.extend(visit_ids)

    visit_approved.connect(listen)
    try:
        folder.load()
        folder.load()
    finally:
        visit_approved.disconnect(listen)
    assert sorted(said) == sorted(Visit.objects.values_list("pk", flat=True))
