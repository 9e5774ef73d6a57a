"""A folder of history from beginning to end: everything is checked before anything is stored."""

import re
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.history.bulk import check_as_it_goes
from audits.history.criteria import Criteria, check_criteria, plain_key, store_versions
from audits.history.files import BadValue, Bar, Folder, Progress
from audits.history.locations import check_locations, store_locations
from audits.history.metrics import check_dictionary, check_readings, store_metrics
from audits.history.spool import Spool, sorted_by
from audits.history.storing import NEW, SAME, Comparison, Writer, compare
from audits.history.visits import Visits, check_observations, check_visits, windows
from audits.models import Standard
from locations.imports.readings import Stored
from locations.imports.tables import Faults, TableError
from locations.models.places import check_time_zone


class HistoryRefused(Exception):
    """Nothing of the folder was stored; `faults` says which rows are wrong."""

    def __init__(self, message: str, *, faults: Faults, notes: list[str]) -> None:
        super().__init__(message)
        self.faults, self.notes = faults, notes


@dataclass
class Imported:
    """What an import did. `faults` are the rows that were left out, when that was allowed."""

    standard: str
    faults: Faults
    notes: list[str]
    locations: Stored = field(default_factory=Stored)
    versions: int = 0
    visits: int = 0
    visits_unchanged: int = 0
    interactions: int = 0
    observations: int = 0
    metrics: int = 0
    readings: Stored = field(default_factory=Stored)

    @property
    def changed_nothing(self) -> bool:
        news = (self.versions, self.visits, self.metrics)
        return not any(news) and not any((part.created or part.updated) for part in (self.locations, self.readings))


class Silent:
    def update(self, n: int, /) -> None:
        """Shows nothing."""


def silent(label: str, total: int, unit: str) -> AbstractContextManager[Bar]:
    return nullcontext(cast(Bar, Silent()))


def import_folder(
    path: Path,
    *,
    standard_key: str = "",
    time_zone: str = "",
    under: str = "",
    skip_bad_rows: bool = False,
    progress: Progress = silent,
    now: datetime | None = None,
) -> Imported:
    """Store a folder of history in one transaction; the same folder again changes nothing.

    `standard_key` names the standard (default: the folder's name), `time_zone` is that of locations which name none,
    `under` is the region that the folder's regions are put below. Raises TableError when a file cannot be read, and
    HistoryRefused when rows are wrong and `skip_bad_rows` is off; neither leaves anything stored.
    """
    faults = Faults()
    folder = Folder(path, faults=faults, progress=progress)
    key = standard_key or folder.name
    if key != plain_key(key):
        raise TableError(f"--standard={key!r}: use letters, digits and _ . : - only, such as {plain_key(key)!r}.")
    zone = time_zone or settings.ORGANISATION_TIME_ZONE
    check_time_zone(zone)
    now = now or timezone.now()
    with tempfile.TemporaryDirectory(prefix="plumbline-history-") as disk:
        locations = check_locations(folder, zone=zone, under=under)
        criteria = check_criteria(folder)
        visits = check_visits(folder, locations=locations, criteria=criteria, standard_key=key, now=now)
        spool = check_observations(folder, visits=visits, criteria=criteria, disk=Path(disk))
        metrics = check_dictionary(folder)
        readings = check_readings(folder, metrics=metrics, locations=locations, disk=Path(disk), now=now)
        found = compare(folder, visits=visits, locations=locations, criteria=criteria, spool=spool)
        if faults.n and not skip_bad_rows:
            raise HistoryRefused(
                f"{faults.n:,} rows are wrong: nothing of {path} was stored.", faults=faults, notes=folder.notes
            )
        result = Imported(standard=key, faults=faults, notes=folder.notes)
        with transaction.atomic():
            check_as_it_goes()
            store_locations(locations)
            result.locations = Stored(locations.n_created, locations.n_updated, locations.n_unchanged)
            if criteria.editions:
                _store_visits(
                    folder, result, visits=visits, criteria=criteria, locations=locations, spool=spool, found=found
                )
            result.metrics = len(metrics.new)
            result.readings = store_metrics(folder, metrics=metrics, locations=locations, spool=readings)
    return result


def _store_visits(
    folder: Folder,
    result: Imported,
    *,
    visits: Visits,
    criteria: Criteria,
    locations,
    spool: Spool,
    found: Comparison,
) -> None:
    standard, _created = Standard.objects.get_or_create(
        key=result.standard, defaults={"name": re.sub(r"[_-]+", " ", result.standard).strip().capitalize()}
    )
    fresh = found.state == NEW
    try:
        versions = store_versions(criteria, standard=standard, used=set(visits.edition[fresh].tolist()))
    except BadValue as bad:
        raise HistoryRefused(
            f"Standard {bad}. Nothing was stored.", faults=folder.faults, notes=folder.notes
        ) from bad
    writer = Writer(visits=visits, criteria=criteria, locations=locations, versions=versions)
    if n_fresh := found.n(NEW):
        with folder.progress("Storing visits", n_fresh, " visits") as bar:
            for window, rows in windows(visits, spool):
                rows, repeats = sorted_by(rows, "visit", "number", "criterion")
                numbers = [visit for visit in window if fresh[visit]]
                writer.write(numbers, found.digests, rows[~repeats & fresh[rows["visit"]]])
                bar.update(len(numbers))
    result.versions, result.visits = versions.n_created, writer.n_visits
    result.visits_unchanged = found.n(SAME)
    result.interactions, result.observations = writer.n_interactions, writer.n_observations
