"""A chain's past from a folder of CSV files: every rule of the format, on small folders."""

import csv
import gzip
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError

from audits.history import HistoryRefused, import_folder
from audits.history.metrics import cadence_of
from audits.models import Criterion, Interaction, Observation, Section, Standard, Version, Visit
from audits.signals import visit_approved
from locations.imports.readings import end_of_period
from locations.imports.tables import TableError
from locations.models import Location, Metric, Reading, Region

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    return Files(tmp_path / "chain")


class Files:
    """A folder that can be imported as it stands: two locations, two criteria, two visits. Tests change its files."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self.write("locations", "location_id,name,region", "A,Alder Road,North/Leeds", "B,Birch Lane,South")
        self.write("criteria", "criterion_id,text,section,critical", "greet,Greeted?,Door,1", "clean,Clean?,Shop,0")
        self.write(
            "visits",
            "visit_id,location_id,auditor_id,visited_on,kind",
            "v1,A,ann,2026-01-10,routine",
            "v2,B,,2026-07-10,",
        )
        self.write("observations", "visit_id,criterion_id,conforms", "v1,greet,1", "v1,clean,0", "v2,greet,1")

    def write(self, kind, *lines, packed=False):
        data = "".join(f"{line}\n" for line in lines).encode()
        name = f"{kind}.csv.gz" if packed else f"{kind}.csv"
        (self.path / name).write_bytes(gzip.compress(data) if packed else data)

    def add(self, kind, *lines):
        with (self.path / f"{kind}.csv").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def load(self, **options):
        return import_folder(self.path, **options)

    def errors(self):
        """What a refused import says, row by row; asserts that it left nothing behind."""
        before = counts()
        with pytest.raises(HistoryRefused) as refused:
            self.load()
        assert counts() == before
        return [str(error) for error in refused.value.faults.first]


def counts():
    return [
        model.objects.count() for model in (Region, Location, Standard, Version, Visit, Observation, Metric, Reading)
    ]


def cells():
    rows = Observation.objects.order_by("visit__reference", "interaction__position", "criterion__key")
    return list(rows.values_list("visit__reference", "interaction__position", "criterion__key", "conformity"))


# places


def test_a_region_path_makes_a_tree(folder):
    folder.load()
    leeds = Location.objects.get(code="A").region
    assert (leeds.name, leeds.parent.name, leeds.parent.parent) == ("Leeds", "North", None)


def test_regions_can_be_put_below_another(folder):
    folder.load(under="Chain/UK")
    region = Location.objects.get(code="B").region
    assert [region.parent.parent.name, region.parent.name] == ["Chain", "UK"]


def test_a_location_without_a_region_gets_one_that_says_so(folder):
    folder.write("locations", "location_id,region", "A,", "B,South")
    folder.load()
    location = Location.objects.get(code="A")
    assert (location.region.name, location.name) == ("No region", "A")


def test_a_known_location_is_updated_and_a_blank_leaves_what_is_stored(folder):
    folder.load()
    Location.objects.filter(code="A").update(address="1 Alder Road", latitude=53.8, longitude=-1.5)
    folder.write(
        "locations",
        "location_id,name,region,latitude,longitude,opened_on",
        "A,,North/York,,,2020-01-01",
        "B,,South,,,",
    )
    result = folder.load()
    location = Location.objects.get(code="A")
    assert (location.name, location.region.name, location.latitude) == ("Alder Road", "York", 53.8)
    assert location.opened_on == date(2020, 1, 1)
    assert (result.locations.updated, result.locations.unchanged) == (1, 1)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (",X,North,,,,,", "locations.csv:4: location_id='': is needed"),
        ("A,X,North,,,,,", "locations.csv:4: location_id='A': repeats line 2"),
        ("C,X,North,1/2/20,,,,", "locations.csv:4: opened_on='1/2/20': is no date: write it as YYYY-MM-DD"),
        ("C,X,North,2020-02-01,2020-01-01,,,", "closed_on='2020-01-01': lies before the opening on 2020-02-01"),
        ("C,X,North,,,95,0,", "latitude='95': must lie between -90 and 90"),
        ("C,X,North,,,51,,", "longitude='': give both coordinates or none"),
        ("C,X,North,,,,,Mars/Base", "timezone='Mars/Base': is no time zone"),
        ("C,X", "locations.csv:4: has 2 values, the header names 8"),
        ("C," + "x" * 161 + ",North,,,,,", "is longer than 160 characters"),
    ],
)
def test_a_wrong_location_is_named_by_file_line_column_and_value(folder, row, error):
    folder.write(
        "locations",
        "location_id,name,region,opened_on,closed_on,latitude,longitude,timezone",
        "A,Alder Road,North,,,,,",
        "B,Birch Lane,South,,,,,",
        row,
    )
    assert error in folder.errors()[0]


# files


def test_files_may_be_packed_and_columns_come_in_any_order(folder):
    (folder.path / "observations.csv").unlink()
    folder.write("observations", "conforms,criterion_id,visit_id", "1,greet,v1", packed=True)
    folder.load()
    assert cells() == [("v1", 0, "greet", 1.0)]


def test_unknown_columns_and_files_are_said_once_and_ignored(folder):
    folder.write("locations", "location_id,name,region,colour", "A,Alder Road,North,red", "B,Birch Lane,South,blue")
    folder.write("weather", "day,rain", "2026-01-01,3")
    assert folder.load().notes == [
        "Ignored, no file of the history format: weather.csv.",
        "locations.csv: ignored the unknown columns colour.",
    ]


def test_the_same_file_plain_and_packed_is_refused(folder):
    folder.write("visits", "visit_id", packed=True)
    with pytest.raises(TableError, match=r"both visits.csv and visits.csv.gz: keep one"):
        folder.load()


def test_a_missing_column_or_companion_file_is_refused_by_name(folder):
    folder.write("visits", "visit_id,visited_on", "v1,2026-01-10")
    with pytest.raises(TableError, match=r"visits.csv lacks the column location_id"):
        folder.load()
    (folder.path / "visits.csv").unlink()
    with pytest.raises(TableError, match="observations without the visits they belong to"):
        folder.load()
    assert counts() == [0] * 8


def test_a_folder_with_nothing_of_the_format_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"holds none of the files locations.csv"):
        import_folder(tmp_path)
    with pytest.raises(TableError, match="is no folder"):
        import_folder(tmp_path / "nowhere")


def test_metrics_may_come_alone_for_locations_that_are_known(folder, tmp_path):
    folder.load()
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "metrics.csv").write_text("location_id,metric,period_start,value\nA,nps,2026-01-05,40\n")
    assert import_folder(tmp_path / "later").readings.created == 1
    assert not Standard.objects.filter(key="later").exists()


# criteria and versions


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


# visits


def test_a_day_without_a_time_is_noon_in_the_zone_of_the_location(folder):
    folder.write("locations", "location_id,region,timezone", "A,North,America/Chicago", "B,South,")
    folder.load(time_zone="Europe/Dublin")
    assert list(Visit.objects.order_by("reference").values_list("started_at", flat=True)) == [
        datetime(2026, 1, 10, 18, 0, tzinfo=UTC),
        datetime(2026, 7, 10, 11, 0, tzinfo=UTC),
    ]
    assert Location.objects.get(code="B").timezone == "Europe/Dublin"


def test_a_time_without_a_zone_is_the_locations_own(folder):
    folder.write(
        "visits",
        "visit_id,location_id,started_at,visited_on",
        "v1,A,2026-07-10T09:30,2020-01-01",
        "v2,B,2026-07-10 09:30:00+02:00,",
    )
    folder.load(time_zone="America/New_York")
    times = dict(Visit.objects.values_list("reference", "started_at"))
    assert times == {
        "v1": datetime(2026, 7, 10, 13, 30, tzinfo=UTC), "v2": datetime(2026, 7, 10, 7, 30, tzinfo=UTC)
    }  # fmt: skip


def test_a_visit_keeps_what_the_file_says_of_it_and_counts_at_once(folder):
    folder.write(
        "visits",
        "visit_id,location_id,auditor_id,started_at,kind,daypart,staffing",
        "v1,A,ann,2026-07-10T09:30,routine,morning,low",
        "v2,B,,2026-07-10T09:30,,,",
    )
    folder.load()
    visit = Visit.objects.get(reference="v1")
    assert (visit.auditor_code, visit.auditor, visit.kind) == ("ann", None, "routine")
    assert (visit.daypart, visit.staffing, visit.mode) == ("morning", "low", "history")
    assert visit.received_at == visit.approved_at == visit.started_at
    assert Visit.objects.counting().count() == 2


def test_a_visit_without_observations_is_a_visit(folder):
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,greet,1")
    result = folder.load()
    assert (result.visits, result.interactions, result.observations) == (2, 1, 1)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (",A,2026-01-10,", "visit_id='': is needed"),
        ("v1,A,2026-01-10,", "visit_id='v1': repeats line 2"),
        ("v3,Z,2026-01-10,", "location_id='Z': no location has this code"),
        ("v3,A,,", "started_at='': is needed, or visited_on"),
        ("v3,A,10.1.2026,", "visited_on='10.1.2026': is no date: write it as 2026-03-02"),
        ("v3,A,,half past nine", "started_at='half past nine': is no time: write it as 2026-03-02T14:30"),
        ("v3,A,2999-01-01,", "visited_on='2999-01-01': lies in the future"),
        ("v3,A,,2999-01-01T10:00", "started_at='2999-01-01T10:00': lies in the future"),
        ("v3,A,0026-01-10,", "lies before 1900"),
        ("v3,A,0001-01-01,", "lies before 1900"),
        ("x" * 65 + ",A,2026-01-10,", "is longer than 64 characters"),
    ],
)
def test_a_wrong_visit_is_named(folder, row, error):
    folder.write("visits", "visit_id,location_id,visited_on,started_at", "v1,A,2026-01-10,", "v2,B,2026-01-10,", row)
    assert error in folder.errors()[0]


def test_noon_of_today_that_is_still_to_come_asks_for_the_time(folder):
    with pytest.raises(HistoryRefused) as refused:
        folder.load(now=datetime(2026, 7, 10, 8, 0, tzinfo=UTC))
    assert "its noon is still to come" in str(refused.value.faults.first[0])


# observations


@pytest.mark.parametrize("column", ["conformity", "conforms", "value"])
def test_conformity_goes_by_three_names(folder, column):
    folder.write("observations", f"visit_id,criterion_id,{column}", "v1,greet,0.25")
    folder.load()
    assert cells() == [("v1", 0, "greet", 0.25)]


def test_conformity_is_taken_before_a_column_value_beside_it(folder):
    folder.write("observations", "visit_id,criterion_id,value,conformity", "v1,greet,42,0.5")
    assert folder.load().notes == ["observations.csv: ignored the unknown columns value."]
    assert cells() == [("v1", 0, "greet", 0.5)]


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


# once


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


# all or nothing


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


# metrics


def test_metrics_take_their_meaning_from_the_dictionary(folder):
    folder.write(
        "metric_dictionary",
        "metric,description,self_reported,higher_is",
        "mystery_score,own survey,1,better",
        'complaints,"from the city, so NOT independent of the visits",0,worse',
        "guests,how many came,0,",
    )
    notes = folder.load().notes
    assert list(
        Metric.objects.order_by("key").values_list("key", "higher_is", "is_self_reported", "is_independent")
    ) == [
        ("complaints", "worse", False, False),
        ("guests", "", False, True),
        ("mystery_score", "better", True, True),
    ]
    assert notes == ["Metric complaints is no evidence about the visits: its description says 'NOT independent'."]


def test_a_metric_without_a_dictionary_has_no_direction_and_that_is_said(folder):
    folder.write("metrics", "location_id,metric,period_start,value", "A,nps,2026-01-05,40", "A,nps,2026-01-12,41")
    assert folder.load().notes == [
        "Metric nps is not in the metric dictionary: without a direction it is shown, but not compared."
    ]
    metric = Metric.objects.get()
    assert (metric.higher_is, metric.cadence) == ("", "weekly")
    assert Reading.objects.first().period_end == date(2026, 1, 11)


def test_a_metric_that_exists_keeps_what_was_set_here(folder):
    Metric.objects.create(key="nps", name="Promoters", description="ours", higher_is="better", cadence="monthly")
    folder.write("metric_dictionary", "metric,description,higher_is", "nps,theirs,better")
    assert folder.load().notes == ["Metric nps exists and keeps its description, direction and cadence."]
    assert Metric.objects.get().name == "Promoters"


def test_a_metric_of_the_other_direction_is_an_error(folder):
    Metric.objects.create(key="nps", name="Promoters", higher_is="better")
    folder.write("metric_dictionary", "metric,higher_is", "nps,worse")
    assert "nps exists, and there a higher number is better: use another key" in folder.errors()[0]


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("Z,nps,2026-01-05,,40", "location_id='Z': no location of yours has this code"),
        ("A,,2026-01-05,,40", "metric='': is needed"),
        ("A,nps,January,,40", "period_start='January': is no date"),
        ("A,nps,2999-01-01,,40", "period_start='2999-01-01': lies in the future"),
        ("A,nps,2026-01-05,2999-01-01,40", "period_end='2999-01-01': lies in the future"),
        ("A,nps,2026-01-05,2026-01-04,40", "period_end='2026-01-04': lies before period_start"),
        ("A,nps,2026-01-05,,", "value='': is no number"),
        ("A,nps,2026-01-05,,400", "400 is above the largest plausible NPS, 100."),
        ("A,nps,2025-01-06,,1", "repeats the location, metric and period of line 2"),
    ],
)
def test_a_wrong_reading_is_named(folder, row, error):
    Metric.objects.create(key="nps", name="NPS", plausible_max=100)
    folder.write("metrics", "location_id,metric,period_start,period_end,value", "A,nps,2025-01-06,,40", row)
    (said,) = folder.errors()
    assert said.startswith("metrics.csv:3: ")
    assert error in said


@pytest.mark.parametrize(
    ("days", "cadence"),
    [(1, "daily"), (7, "weekly"), (30, "monthly"), (91, "quarterly"), (181, "yearly"), (365, "yearly")],
)
def test_the_cadence_is_the_median_length_of_the_periods(folder, days, cadence):
    start = date(2024, 1, 1)
    rows = [
        f"A,nps,{start + timedelta(days=days * step)},{start + timedelta(days=days * (step + 1) - 1)},40"
        for step in range(2)
    ]
    folder.write("metrics", "location_id,metric,period_start,period_end,value", *rows)
    folder.load()
    assert Metric.objects.get().cadence == cadence


def test_single_days_far_apart_are_no_daily_numbers():
    from collections import Counter

    assert cadence_of(Counter({1: 9}), Counter({200: 3, 310: 3})) == "yearly"
    assert cadence_of(Counter({1: 9}), Counter({1: 8})) == "daily"


@pytest.mark.parametrize(
    ("start", "cadence", "end"),
    [
        (date(2026, 3, 2), "daily", date(2026, 3, 2)),
        (date(2026, 3, 2), "weekly", date(2026, 3, 8)),
        (date(2026, 2, 1), "monthly", date(2026, 2, 28)),
        (date(2026, 10, 1), "quarterly", date(2026, 12, 31)),
        (date(2024, 2, 29), "yearly", date(2025, 2, 27)),
    ],
)
def test_a_period_without_an_end_lasts_as_long_as_the_cadence(start, cadence, end):
    assert end_of_period(start, cadence) == end


# the command


def test_the_command_says_what_it_stored_and_when_nothing_changed(folder):
    out = StringIO()
    call_command("import_history", folder.path, "--standard", "service", "--no-progress", stdout=out)
    assert "2 visits stored" in out.getvalue()
    assert "changed nothing" not in out.getvalue()
    call_command("import_history", folder.path, "--standard", "service", "--no-progress", stdout=out)
    assert "This folder changed nothing: all of it was here already." in out.getvalue()


def test_the_command_refuses_with_every_error_by_file_and_line(folder):
    folder.add("observations", "v9,greet,1")
    err = StringIO()
    with pytest.raises(CommandError, match=r"1 rows are wrong: nothing of .* was stored.\nMend them"):
        call_command("import_history", folder.path, "--no-progress", stderr=err)
    assert "observations.csv:5: visit_id='v9': no sound row of the visits file has this id" in err.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--timezone", "Mars/Base"], "no time zone"), (["--standard", "my key"], "such as 'my-key'")],
)
def test_the_command_refuses_odd_options(folder, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("import_history", folder.path, "--no-progress", *options)


def test_ids_with_signs_that_a_key_cannot_have_are_taken(folder):
    folder.write("criteria", "criterion_id,section", "Q 1 (a),Door", "Q 2,Door")
    folder.write("observations", "visit_id,criterion_id,conforms", "v1,Q 1 (a),1")
    folder.load()
    assert cells() == [("v1", 0, "Q-1-a", 1.0)]
    folder.add("criteria", "Q-2,Door")
    assert "is too like 'Q 2' to get a key of its own" in folder.errors()[0]


def test_an_exact_copy_of_the_rows_comes_back(folder):
    """What was read is what is stored: interactions, criteria, conformity, over several versions."""
    with (folder.path / "observations.csv").open() as file:
        sent = sorted((row["visit_id"], row["criterion_id"], float(row["conforms"])) for row in csv.DictReader(file))
    folder.load()
    assert sorted((visit, key, value) for visit, _number, key, value in cells()) == sent
    assert Interaction.objects.count() == 2
