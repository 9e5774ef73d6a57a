"""Checked visits into the database: which are new, which are here already, and the new ones in bulk."""

import hashlib
from collections.abc import Iterator
from uuid import uuid5

import numpy as np
from django.db import reset_queries

from audits.history import bulk
from audits.history.criteria import Criteria, Versions
from audits.history.files import Folder
from audits.history.locations import Locations
from audits.history.spool import Spool, sorted_by
from audits.history.visits import WORDS, Visits, windows
from audits.models import Interaction, Observation, Visit
from audits.signals import visit_approved

NEW, SAME, OTHER = 0, 1, 2
CELL = np.dtype([("number", "<u4"), ("criterion", "<u8"), ("conformity", "<f8")])
"""What a visit's digest covers of an observation."""
LOOK_UP = 1_000


class Comparison:
    """Each visit against what is stored: NEW, SAME, or OTHER where the content differs; and its digest."""

    def __init__(self, visits: Visits) -> None:
        self.state = np.full(len(visits), NEW, np.uint8)
        self.digests = np.zeros((len(visits), 32), np.uint8)

    def n(self, state: int) -> int:
        return int(np.count_nonzero(self.state == state))


def compare(folder: Folder, *, visits: Visits, locations: Locations, criteria: Criteria, spool: Spool) -> Comparison:
    """Read-only. A repeated cell and a visit that differs from the stored one are faults of the folder."""
    result = Comparison(visits)
    codes = list(locations.index)
    hashes = np.array([_hash(identity) for identity in criteria.index], np.uint64)
    with folder.progress("Comparing visits", len(visits), " visits") as bar:
        for window, rows in windows(visits, spool):
            rows, repeats = sorted_by(rows, "visit", "number", "criterion")
            _report_repeats(folder, visits, criteria, rows, repeats)
            rows = rows[~repeats]
            cells = np.empty(len(rows), CELL)
            cells["number"], cells["criterion"] = rows["number"], hashes[rows["criterion"]]
            cells["conformity"] = np.where(np.isnan(rows["conformity"]), -1.0, rows["conformity"])
            bounds = np.searchsorted(rows["visit"], np.arange(window.start, window.stop + 1))
            for visit, start, end in zip(window, bounds[:-1], bounds[1:], strict=True):
                digest = hashlib.sha256(_context(visits, visit, codes))
                digest.update(cells[start:end].tobytes())
                result.digests[visit] = np.frombuffer(digest.digest(), np.uint8)
            _look_up(result, visits, window)
            bar.update(len(window))
    for visit in np.flatnonzero(result.state == OTHER).tolist():
        reason = "is stored with other content: give the corrected visit an id of its own, or import the first file"
        folder.fault("visits", int(visits.line[visit]), "visit_id", visits.names[visit], reason)
    return result


def _hash(identity: str) -> int:
    return int.from_bytes(hashlib.blake2b(identity.encode(), digest_size=8).digest(), "little")


def _context(visits: Visits, visit: int, codes: list[str]) -> bytes:
    words = [visits.word(column, visit) for column in WORDS]
    return "\x1f".join([codes[visits.location[visit]], visits.started_at(visit).isoformat(), *words, ""]).encode()


def _report_repeats(
    folder: Folder, visits: Visits, criteria: Criteria, rows: np.ndarray, repeats: np.ndarray
) -> None:
    identities = list(criteria.index)
    for index in np.flatnonzero(repeats).tolist():
        row, before = rows[index], rows[index - 1]
        cell = f"{visits.names[row['visit']]}, interaction {row['number']}, {identities[row['criterion']]}"
        reason = f"repeats line {before['line']}"
        folder.fault("observations", int(row["line"]), "visit_id", cell, reason, count_as="repeats a line")


def _look_up(result: Comparison, visits: Visits, window: range) -> None:
    for start in range(window.start, window.stop, LOOK_UP):
        part = range(start, min(start + LOOK_UP, window.stop))
        ids = {visits.id(visit): visit for visit in part}
        for pk, digest in Visit.objects.filter(pk__in=list(ids)).order_by().values_list("pk", "digest"):
            visit = ids[pk]
            result.state[visit] = SAME if result.digests[visit].tobytes().hex() == digest else OTHER


class Writer:
    """Writes the new visits of a folder, window by window, and says so to whoever scores."""

    def __init__(self, *, visits: Visits, criteria: Criteria, locations: Locations, versions: Versions) -> None:
        self.visits, self.location_pks, self.versions = visits, locations.pks(), versions
        keys = [criteria.keys[identity] for identity in criteria.index]
        self.criteria = {
            edition: [pks.get(key) for key in keys] for edition, pks in versions.pks.items()
        }  # by edition, then the criterion's number
        self.n_visits = self.n_interactions = self.n_observations = 0

    def write(self, fresh: list[int], digests: np.ndarray, rows: np.ndarray) -> None:
        """`rows` hold the observations of the visits `fresh` and of no others, sorted and without repeats."""
        if not fresh:
            return
        self.n_visits += bulk.insert(Visit, VISIT_FIELDS, (self._visit(visit, digests[visit]) for visit in fresh))
        self.n_interactions += bulk.insert(Interaction, INTERACTION_FIELDS, self._interactions(rows))
        self.n_observations += bulk.insert(Observation, OBSERVATION_FIELDS, self._observations(rows))
        visit_approved.send(sender=Visit, visit_ids=[self.visits.id(visit) for visit in fresh])
        reset_queries()  # with DEBUG, Django would remember every statement

    def _visit(self, visit: int, digest: np.ndarray) -> tuple:
        visits = self.visits
        started_at = bulk.moment(visits.started_at(visit))
        return (
            bulk.identity(visits.id(visit)),
            self.location_pks[visits.location[visit]],
            self.versions.by_edition[int(visits.edition[visit])].pk,
            visits.names[visit],
            *(visits.word(column, visit) for column in WORDS),
            Visit.Mode.HISTORY.value,
            started_at,
            started_at,
            started_at,
            digest.tobytes().hex(),
            "",
            "",
            "",
        )

    def _encounters(self, rows: np.ndarray) -> Iterator[tuple[int, object, object, int, int, int]]:
        """(visit, its id, the interaction's id, its position, first row, last row + 1) of each interaction."""
        if not len(rows):
            return
        changes = (rows["visit"][1:] != rows["visit"][:-1]) | (rows["number"][1:] != rows["number"][:-1])
        starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
        last, position = -1, 0
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            visit, number = int(rows["visit"][start]), int(rows["number"][start])
            if visit != last:
                last, position, visit_id = visit, 0, self.visits.id(visit)
                stored_id = bulk.identity(visit_id)
            yield visit, stored_id, bulk.identity(uuid5(visit_id, str(number))), position, start, end
            position += 1

    def _interactions(self, rows: np.ndarray) -> Iterator[tuple]:
        for _visit, visit_id, identity, position, _start, _end in self._encounters(rows):
            yield identity, visit_id, position, ""

    def _observations(self, rows: np.ndarray) -> Iterator[tuple]:
        answered, absent = Observation.State.ANSWERED.value, Observation.State.DOES_NOT_APPLY.value
        numbers, conformities = rows["criterion"].tolist(), rows["conformity"].tolist()
        editions = self.visits.edition.tolist()
        for visit, visit_id, interaction, _position, start, end in self._encounters(rows):
            criteria = self.criteria[editions[visit]]
            for number, conformity in zip(numbers[start:end], conformities[start:end], strict=True):
                if conformity == conformity:  # NaN, which differs from itself, stands for 'does not apply'
                    yield visit_id, interaction, criteria[number], answered, conformity, ""
                else:
                    yield visit_id, interaction, criteria[number], absent, None, ""


VISIT_FIELDS = (
    "id", "location", "version", "reference", "auditor_code", "kind", "daypart", "staffing", "mode",
    "started_at", "received_at", "approved_at", "digest", "busyness", "note", "exclusion_reason",
)  # fmt: skip
INTERACTION_FIELDS = ("id", "visit", "position", "label")
OBSERVATION_FIELDS = ("visit", "interaction", "criterion", "state", "conformity", "note")
