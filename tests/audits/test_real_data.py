"""Four sets of real inspections: what the files hold is what is stored. One test: the import takes its time."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db.models import Count, Sum

from audits.history import import_folder
from audits.models import Observation, Visit
from locations.models import Location, Reading
from reports.models import Tally

SETS = Path(__file__).resolve().parents[3] / "shared" / "data"
ZONES = {
    "chicago_food": "America/Chicago",
    "cms_nursing": "America/Chicago",
    "hiqa_disability": "Europe/Dublin",
    "sanmateo_food": "America/Los_Angeles",
}
EXPECTED = {  # as counted once with other tools: locations, visits, observations, readings
    "chicago_food": (6_287, 14_049, 618_156, 172_497),
    "cms_nursing": (3_223, 14_929, 840_550, 116_344),
    "hiqa_disability": (677, 1_647, 20_317, 3_178),
    "sanmateo_food": (2_829, 12_112, 450_179, 15_597),
}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.skipif(not SETS.is_dir(), reason="the real inspections of ../shared/data are not here"),
]


def rows(name: str, kind: str):
    with gzip.open(SETS / name / f"{kind}.csv.gz", "rt", newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def by_criterion(name: str) -> dict[str, tuple[int, float]]:
    """How often each criterion was observed, and how often it conformed, as the file says."""
    seen: Counter[str] = Counter()
    conformed: Counter[str] = Counter()
    for row in rows(name, "observations"):
        seen[row["criterion_id"]] += 1
        conformed[row["criterion_id"]] += float(row["conforms"])
    return {key: (seen[key], conformed[key]) for key in seen}


def stored_by_criterion(name: str) -> dict[str, tuple[int, float]]:
    observed = Observation.objects.filter(visit__version__standard__key=name).values("criterion__key")
    found = observed.annotate(n=Count("pk"), conformed=Sum("conformity")).order_by()
    return {row["criterion__key"]: (row["n"], row["conformed"]) for row in found}


@pytest.mark.django_db
def test_real_inspections_are_stored_whole_and_only_once():
    for name in EXPECTED:
        n_places = Location.objects.count()
        result = import_folder(SETS / name, time_zone=ZONES[name])
        n_locations, n_visits, n_observations, n_readings = EXPECTED[name]
        assert (result.visits, result.observations, result.readings.created) == (n_visits, n_observations, n_readings)
        assert (result.faults.n, Location.objects.count() - n_places) == (0, n_locations)
        assert stored_by_criterion(name) == by_criterion(name)
    assert Visit.objects.counting().count() == sum(expected[1] for expected in EXPECTED.values())
    assert Tally.objects.waiting().count() == Visit.objects.count()  # the queue of record holds every visit
    assert Reading.objects.count() == sum(expected[3] for expected in EXPECTED.values())
    noon = Visit.objects.get(version__standard__key="chicago_food", reference="529281").started_at
    assert noon == datetime(2011, 9, 2, 17, 0, tzinfo=UTC)
    assert import_folder(SETS / "hiqa_disability", time_zone="Europe/Dublin").changed_nothing
