"""A small folder of a chain's past, and what is stored of it."""

import gzip

import pytest

from audits.history import HistoryRefused, import_folder
from audits.models import Observation, Standard, Version, Visit
from locations.models import Location, Metric, Reading, Region


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
