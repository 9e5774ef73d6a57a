"""Criteria of an imported past become published versions."""

import pytest

from audits.history import HistoryRefused
from audits.models import Criterion, Section, Standard, Version, Visit
from tests.audits.history.conftest import cells

pytestmark = pytest.mark.django_db


def test_criteria_become_a_published_version_in_the_order_of_the_file(folder):
    folder.write(
        "criteria",
        "criterion_id,text,section,dimension,critical,weight",
        "02,Clean?,Shop (all day),delivery,0,2.5",
        "01,Greeted?,Door,,1,",
        "03,,Shop (all day),completion,,0",
    )
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,01,1")
    folder.load(standard_key="service")
    version = Version.objects.get(standard__key="service")
    assert (version.state, version.number) == ("published", 1)
    assert list(
        version.criteria().values_list("key", "text", "section__title", "dimension", "is_critical", "weight")
    ) == [
        ("02", "Clean?", "Shop (all day)", "delivery", False, 2.5),
        ("03", "03", "Shop (all day)", "completion", False, 0),
        ("01", "Greeted?", "Door", "completion", True, 1),
    ]
    assert list(Section.objects.order_by("position").values_list("key", flat=True)) == ["Shop-all-day", "Door"]


def test_dates_of_criteria_cut_versions_and_a_visit_uses_the_one_of_its_day(folder):
    folder.write(
        "criteria",
        "criterion_id,text,section,valid_from,valid_to",
        "greet,Greeted?,Door,,",
        "clean,Clean?,Shop,,2026-03-31",
        "tidy,Tidy?,Shop,2026-04-01,",
    )
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,clean,1", "v2,tidy,0")
    result = folder.load()
    first, second = Visit.objects.order_by("reference")
    assert (first.version.number, second.version.number) == (1, 2)
    assert list(first.version.criteria().values_list("key", flat=True)) == ["greet", "clean"]
    assert list(second.version.criteria().values_list("key", flat=True)) == ["greet", "tidy"]
    assert result.versions == 2
    assert Standard.objects.get().current() == second.version


def test_the_last_day_of_a_criterion_still_has_it(folder):
    folder.write("criteria", "criterion_id,section,valid_from,valid_to", "greet,Door,,2026-01-10", "clean,Shop,,")
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,greet,1")
    folder.load()
    assert cells() == [("v1", 0, "greet", 1.0)]


def test_an_observation_of_a_criterion_outside_its_dates_is_an_error(folder):
    folder.write("criteria", "criterion_id,section,valid_from", "greet,Door,", "clean,Shop,2026-02-01")
    assert folder.errors() == ["observations.csv:3: criterion_id='clean': is not valid on the day of this visit"]


def test_a_visit_on_a_day_without_any_criterion_is_an_error(folder):
    folder.write("criteria", "criterion_id,section,valid_from", "greet,Door,2026-02-01", "clean,Shop,2026-02-01")
    assert folder.errors()[0] == "visits.csv:2: visited_on='2026-01-10': no criterion is valid on this day"


def test_a_criterion_may_change_its_words_at_a_date_but_not_overlap(folder):
    folder.write(
        "criteria",
        "criterion_id,text,section,valid_from,valid_to",
        "greet,Greeted?,Door,,2026-03-31",
        "greet,Greeted by name?,Door,2026-04-01,",
        "clean,Clean?,Shop,,",
    )
    folder.load()
    assert Criterion.objects.filter(key="greet").count() == 2
    folder.add("criteria", "greet,Again?,Door,2026-03-31,")
    assert folder.errors()[0] == "criteria.csv:5: criterion_id='greet': is valid twice on the same day"


def test_the_same_words_are_the_same_version_also_for_later_visits(folder):
    folder.load()
    folder.write("visits", "visit_id,location_id,visited_on", "v3,A,2026-08-01")
    folder.write("observations", "visit_id,criterion_id,conforms", "v3,greet,1")
    assert folder.load().versions == 0
    assert Version.objects.count() == 1


def test_other_words_make_the_next_version(folder):
    folder.load()
    folder.write("criteria", "criterion_id,text,section", "greet,Greeted at once?,Door", "clean,Clean?,Shop")
    assert folder.load().versions == 1
    assert Standard.objects.get().current().number == 2
    assert Visit.objects.filter(version__number=1).count() == 2


def test_a_standard_with_a_draft_takes_no_new_version(folder):
    folder.load()
    Version.objects.create(standard=Standard.objects.get(), number=2)
    folder.write("criteria", "criterion_id,text,section", "greet,Greeted at once?,Door", "clean,Clean?,Shop")
    with pytest.raises(HistoryRefused, match="has a draft: publish or delete it"):
        folder.load()


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (",X,Door,,,,", "criterion_id='': is needed"),
        ("greet,X,Door,,,,", "criterion_id='greet': is valid twice on the same day"),
        ("c3,X,Door,mood,,,", "dimension='mood': use completion or delivery"),
        ("c3,X,Door,,yes,,", "critical='yes': use 1 or 0"),
        ("c3,X,Door,,,-1,", "weight='-1': must be 0 or more"),
        ("c3,X,Door,,,nan,", "weight='nan': must be 0 or more"),
        ("c3,X,Door,,,,never", "valid_to='never': is no date"),
    ],
)
def test_a_wrong_criterion_is_named(folder, row, error):
    folder.write(
        "criteria",
        "criterion_id,text,section,dimension,critical,weight,valid_to",
        "greet,G,Door,,,,",
        "clean,C,Shop,,,,",
        row,
    )
    assert error in folder.errors()[0]
