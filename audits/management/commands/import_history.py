"""Bring a chain's past in: `manage.py import_history DIR`."""

from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audits.history import HistoryRefused, Imported, import_folder
from locations.imports.readings import Stored
from locations.imports.tables import Faults, TableError


class Command(BaseCommand):
    help = "Store a folder of locations, criteria, visits, observations and metrics (docs/history.md), whole or not."

    def add_arguments(self, parser) -> None:
        parser.add_argument("dir", type=Path, help="the folder that holds locations.csv and its companions")
        parser.add_argument("--standard", default="", metavar="KEY", help="the standard's key; default: DIR's name")
        parser.add_argument("--timezone", default="", metavar="ZONE", help="of locations that name none")
        parser.add_argument("--under", default="", metavar="REGION", help="put the folder's regions below this one")
        parser.add_argument("--skip-bad-rows", action="store_true", help="leave wrong rows out and store the others")
        parser.add_argument("--no-progress", action="store_true", help="draw no progress bars")

    def handle(self, *args, **options) -> None:
        def bar(label: str, total: int, unit: str) -> tqdm:
            return tqdm(desc=label, total=total, unit=unit, unit_scale=True, disable=options["no_progress"])

        try:
            result = import_folder(
                options["dir"],
                standard_key=options["standard"],
                time_zone=options["timezone"],
                under=options["under"],
                skip_bad_rows=options["skip_bad_rows"],
                progress=bar,
            )
        except TableError as error:
            raise CommandError(f"{error}\nNothing was stored.") from None
        except ValidationError as error:
            raise CommandError(f"--timezone: {error.messages[0]}") from None
        except HistoryRefused as refused:
            self._tell(refused.notes, refused.faults)
            hint = "\nMend them, or leave them out with --skip-bad-rows." if refused.faults.n else ""
            raise CommandError(f"{refused}{hint}") from None
        self._tell(result.notes, result.faults)
        self.stdout.write(summary(result))

    def _tell(self, notes: list[str], faults: Faults) -> None:
        for note in notes:
            self.stderr.write(note)
        for error in faults.first:
            self.stderr.write(str(error))
        if faults.n_more:
            self.stderr.write(f"... and {faults.n_more:,} more.")
        for (file, column, reason), n in faults.by_reason.most_common(20):
            self.stderr.write(f"{n:>9,} x {file}{f', {column}' if column else ''}: {reason}")


def summary(result: Imported) -> str:
    lines = [f"Locations: {_counts(result.locations)}"]
    lines.append(
        f"Standard {result.standard}: {result.versions} versions published; {result.visits:,} visits stored, "
        f"{result.visits_unchanged:,} were here already; {result.interactions:,} interactions, "
        f"{result.observations:,} observations"
    )
    lines.append(f"Metrics: {result.metrics} new; readings: {_counts(result.readings)}")
    if result.faults.n:
        lines.append(f"Left out: {result.faults.n:,} bad rows.")
    if result.changed_nothing:
        lines.append("This folder changed nothing: all of it was here already.")
    return "\n".join(lines)


def _counts(stored: Stored) -> str:
    return f"{stored.created:,} created, {stored.updated:,} updated, {stored.unchanged:,} unchanged"
