"""A CSV file of readings that somebody uploads: kept privately until its preview is confirmed."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import BinaryIO
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils import timezone

from locations.imports.readings import (
    Problem,
    ReadingCheck,
    ReadingRow,
    Stored,
    known_metrics,
    states,
    store_readings,
    writable_places,
)
from locations.imports.tables import Faults, Table, TableError

MAX_BYTES = 32 << 20
MAX_ROWS = 200_000
SHOWN_ERRORS = 50
SHOWN_ROWS = 10
FOLDER = "uploads/readings"
KEPT_FOR = timedelta(hours=24)
NEEDED, OPTIONAL = ("location_id", "metric", "period_start", "value"), ("period_end",)


class UploadRefused(Exception):
    """The file changed nothing, because some of its rows are wrong."""


@dataclass
class Sheet:
    """An uploaded file as read: its sound rows, and what is wrong with the others."""

    faults: Faults
    rows: list[ReadingRow] = field(default_factory=list)
    first: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass
class Preview:
    """What confirming the file would do."""

    sheet: Sheet
    n_new: int
    n_changed: int
    n_same: int
    first: list[dict]

    @property
    def is_sound(self) -> bool:
        return not self.sheet.faults.n


def read_sheet(stream: BinaryIO, *, name: str, user) -> Sheet:
    """Read and check every row for `user`. Raises TableError when the file as a whole cannot be read."""
    faults = Faults(keep=SHOWN_ERRORS)
    table = Table(stream, name=name, faults=faults, needed=NEEDED, optional=OPTIONAL, limit=MAX_BYTES)
    sheet = Sheet(faults=faults, ignored=table.ignored)
    check = ReadingCheck(places=writable_places(user), metrics=known_metrics())
    seen: dict[tuple, int] = {}
    n_rows = 0
    for line, values in table:
        n_rows += 1
        if n_rows > MAX_ROWS:
            raise TableError(f"{name} has more than {MAX_ROWS:,} rows: split it into several files.")
        location, metric, start, value, end = (text.strip() for text in values)
        row, problems = check(location, metric, start, end, value)
        if row:
            first_line = seen.setdefault(row[:3], line)
            if first_line != line:
                problems = [
                    Problem("period_start", start, f"repeats the location, metric and period of line {first_line}",
                            "repeats a row")
                ]  # fmt: skip
            else:
                sheet.rows.append(row)
                if len(sheet.first) < SHOWN_ROWS:
                    shown = {"location_id": location, "metric": metric, "period_start": start, "value": value}
                    sheet.first.append((line, shown | {"period_end": str(row.period_end)}))
        for problem in problems:
            faults.add(
                file=name, line=line, column=problem.field, value=problem.value, reason=problem.message,
                kind=problem.kind,
            )  # fmt: skip
    if not n_rows and not faults.n:
        raise TableError(f"{name} has a header and no rows: there is nothing to store.")
    return sheet


def preview(stream: BinaryIO, *, name: str, user) -> Preview:
    """Compare the file with what is stored; stores nothing."""
    sheet = read_sheet(stream, name=name, user=user)
    found = states(sheet.rows)
    first = [{"line": line, "state": found[index], **shown} for index, (line, shown) in enumerate(sheet.first)]
    return Preview(sheet, found.count("new"), found.count("changed"), found.count("same"), first)


def store_upload(stream: BinaryIO, *, name: str, user) -> Stored:
    """Store every row in one transaction. Raises UploadRefused when one is wrong: rights may have changed since."""
    sheet = read_sheet(stream, name=name, user=user)
    if sheet.faults.n:
        raise UploadRefused(f"{name} has {sheet.faults.n:,} errors: nothing was stored.")
    return store_readings(rows=sheet.rows)


def keep(upload: File) -> str:
    """Store the file where no address leads; returns its key. Takes away what others left a day ago."""
    _forget_old()
    return default_storage.save(f"{FOLDER}/{uuid4()}.csv", upload)


def open_kept(key: str):
    """The kept file, open for reading. Raises FileNotFoundError for a key that `keep` never gave or that is gone."""
    if not re.fullmatch(rf"{FOLDER}/[\w.-]+", key):
        raise FileNotFoundError(key)
    return default_storage.open(key, "rb")


def forget(key: str) -> None:
    if re.fullmatch(rf"{FOLDER}/[\w.-]+", key):
        default_storage.delete(key)


def _forget_old() -> None:
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        key = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(key) < timezone.now() - KEPT_FOR:
            default_storage.delete(key)
