"""`flags.csv` of docs/history.md: what a backtest would have flagged, one row a flag."""

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.db.models import QuerySet

from locations.times import in_a_file
from reports.detection.data.channels import section_titles
from reports.models import Backtest, PastFlag

COLUMNS = ("location_id", "flagged_at", "channel", "direction", "onset", "comparison", "strength")
ORDER = ("flagged_at", "-evidence", "pk")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(backtest: Backtest, flags: QuerySet[PastFlag]) -> Iterator[tuple[str, ...]]:
    """The header, then a row for each of these flags of a backtest, by time."""
    yield COLUMNS
    titles = section_titles(backtest.standard)
    for flag in flags.select_related("location").order_by(*ORDER).iterator(chunk_size=500):
        yield (
            flag.location.code,
            in_a_file(flag.flagged_at, flag.location.zone),
            _channel(flag.channel, titles),
            flag.direction,
            in_a_file(flag.onset_at, flag.location.zone),
            flag.comparison,
            f"{flag.evidence:.6g}",
        )


def _channel(channel: str, titles: dict[str, str]) -> str:
    """`section:NAME` with the section's title, as the files of an organisation name it."""
    kind, _, key = channel.partition(":")
    return f"section:{titles[key]}" if kind == "section" else channel


def harmless(row: tuple[str, ...]) -> tuple[str, ...]:
    """For a spreadsheet, which would compute what begins like a formula.

    >>> harmless(("=1+1", "L1"))
    ("'=1+1", 'L1')
    """
    return tuple(f"'{cell}" if cell.startswith(FORMULA) else cell for cell in row)


def write(rows: Iterable[tuple[str, ...]], path: Path) -> None:
    """Write the file whole or not at all."""
    with NamedTemporaryFile("w", newline="", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
        try:
            csv.writer(file).writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
