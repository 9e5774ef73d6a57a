"""Which files of a folder are read, how they may be packed, and what is missing."""

import pytest

from audits.history import import_folder
from audits.models import Standard
from locations.imports.tables import TableError
from tests.audits.history.conftest import cells, counts

pytestmark = pytest.mark.django_db


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
