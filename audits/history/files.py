"""The files of a folder: which there are, which columns they have, and their rows one by one."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple, Protocol

from audits.models.limits import LONGEST_KEY
from audits.numbers import read_number
from locations.imports.tables import Faults, Table, TableError


class Columns(NamedTuple):
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


FILES = {
    "locations": Columns(
        ("location_id", "region"), ("name", "opened_on", "closed_on", "latitude", "longitude", "timezone")
    ),
    "criteria": Columns(
        ("criterion_id",), ("text", "section", "dimension", "critical", "weight", "valid_from", "valid_to")
    ),
    "visits": Columns(
        ("visit_id", "location_id"), ("auditor_id", "started_at", "visited_on", "kind", "daypart", "staffing")
    ),
    "observations": Columns(("visit_id", "criterion_id", "conformity"), ("interaction",)),
    "metrics": Columns(("location_id", "metric", "period_start", "value"), ("period_end",)),
    "metric_dictionary": Columns(("metric",), ("description", "self_reported", "higher_is")),
}
ALIASES = {"observations": {"conforms": "conformity", "value": "conformity"}}
TICK = 5_000
"""Rows between two steps of the progress bar."""


class Bar(Protocol):
    def update(self, n: int, /) -> object: ...


Progress = Callable[[str, int, str], AbstractContextManager[Bar]]
"""Opens a bar: what is being done, how much there is of it, and its unit ("B" for bytes)."""


class Folder:
    """A folder of history files. `notes` collects what the importer ought to know and is no error."""

    def __init__(self, path: Path, *, faults: Faults, progress: Progress) -> None:
        if not path.is_dir():
            raise TableError(f"{path} is no folder: give the folder that holds locations.csv and its companions.")
        self.path, self.faults, self.progress = path, faults, progress
        self.notes: list[str] = []
        self.files = {kind: found for kind in FILES if (found := self._find(kind))}
        if not self.files:
            raise TableError(f"{path} holds none of the files {', '.join(f'{kind}.csv' for kind in FILES)}.")
        if "observations" in self.files and "visits" not in self.files:
            raise TableError(f"{path} has observations without the visits they belong to: add visits.csv.")
        if "visits" in self.files and "criteria" not in self.files:
            raise TableError(f"{path} has visits without the criteria they judged: add criteria.csv.")
        known = {file.name for file in self.files.values()}
        others = sorted(file.name for file in path.iterdir() if re.search(r"\.csv(\.gz)?$", file.name))
        if ignored := [name for name in others if name not in known]:
            self.notes.append(f"Ignored, no file of the history format: {', '.join(ignored)}.")

    @property
    def name(self) -> str:
        return self.path.resolve().name

    def _find(self, kind: str) -> Path | None:
        found = [file for file in (self.path / f"{kind}.csv", self.path / f"{kind}.csv.gz") if file.is_file()]
        if len(found) > 1:
            raise TableError(f"{self.path} has both {found[0].name} and {found[1].name}: keep one.")
        return found[0] if found else None

    def rows(self, kind: str, *, either: tuple[str, ...] = ()) -> Iterator[tuple[int, tuple[str, ...]]]:
        """(line, values) of every well-formed row; nothing when the file is absent.

        Values come in the order of FILES[kind], needed before optional. One of the columns `either` must be there.
        """
        if kind not in self.files:
            return
        file = self.files[kind]
        with file.open("rb") as stream, self.progress(f"Reading {file.name}", file.stat().st_size, "B") as bar:
            spec = FILES[kind]
            table = Table(
                stream,
                name=file.name,
                faults=self.faults,
                needed=spec.needed,
                optional=spec.optional,
                aliases=ALIASES.get(kind),
            )
            if either and not table.columns.intersection(either):
                raise TableError(f"{file.name} needs one of the columns {' and '.join(either)}.")
            if table.ignored:
                self.notes.append(f"{file.name}: ignored the unknown columns {', '.join(table.ignored)}.")
            seen = 0
            for count, row in enumerate(table):
                if not count % TICK:
                    bar.update(stream.tell() - seen)
                    seen = stream.tell()
                yield row
            bar.update(stream.tell() - seen)

    def fault(self, kind: str, line: int, column: str, value: object, reason: str, *, count_as: str = "") -> None:
        self.faults.add(
            file=self.files[kind].name, line=line, column=column, value=value, reason=reason, kind=count_as
        )


class BadValue(Exception):
    """A value of a row: its column, the value, and why it cannot be taken."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(f"{column}={value!r}: {reason}")
        self.column, self.value, self.reason = column, value, reason


def needed(column: str, value: str, *, longest: int = LONGEST_KEY) -> str:
    if not value.strip():
        raise BadValue(column, value, "is needed")
    return short(column, value, longest=longest)


def short(column: str, value: str, *, longest: int) -> str:
    value = value.strip()
    if len(value) > longest:
        raise BadValue(column, value, f"is longer than {longest} characters")
    return value


def number(column: str, value: str, *, low: float, high: float) -> float | None:
    """A number in [low, high]; None for a blank."""
    if not value.strip():
        return None
    try:
        result = read_number(value)
    except ValueError:
        raise BadValue(column, value, "is no number") from None
    if not low <= result <= high:
        between = f"must lie between {low:g} and {high:g}" if high != float("inf") else f"must be {low:g} or more"
        raise BadValue(column, value, between)
    return result + 0.0  # no minus zero


def flag(column: str, value: str) -> bool | None:
    """1 or 0; None for a blank."""
    if value.strip() not in {"", "0", "1"}:
        raise BadValue(column, value, "use 1 or 0")
    return value.strip() == "1" if value.strip() else None
