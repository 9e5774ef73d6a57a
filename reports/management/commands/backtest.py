"""What would have been flagged, run by run, with only what was known then."""

from datetime import UTC, datetime, time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date
from tqdm import tqdm

from reports.detection.backtest import NothingToReplay, past_flags, write_flags
from reports.detection.runs import BadParameters, check_parameters
from reports.management.commands.scan import standards
from reports.measure.drift import Settings


class Command(BaseCommand):
    help = "Replay a standard's past in runs and write what they would have flagged as flags.csv."

    def add_arguments(self, parser):
        parser.add_argument("--standard", metavar="KEY", required=True)
        parser.add_argument(
            "--from", dest="start", metavar="DATE", required=True, help="What was known then is the baseline."
        )
        parser.add_argument("--to", dest="stop", metavar="DATE", required=True, help="The last day, included.")
        parser.add_argument("--every", type=float, default=7.0, metavar="DAYS", help="Days between two runs (7).")
        parser.add_argument("--refit", type=float, default=28.0, metavar="DAYS", help="Days between two refits (28).")
        parser.add_argument("--false-alarms", type=float, metavar="RATE", help="Wanted per location and year (0.1).")
        parser.add_argument("--seed", type=int, default=1, help="Of the simulation that sets the threshold (1).")
        parser.add_argument("--out", type=Path, default=Path("flags.csv"), metavar="FILE")

    def handle(self, *args, standard, start, stop, every, refit, false_alarms, seed, out, verbosity, **options):
        first, last = day_of(start, "--from"), day_of(stop, "--to", end=True)
        if last <= first:
            raise CommandError(f"--to {stop} lies before --from {start}: exchange them.")
        if every <= 0 or refit <= 0:
            raise CommandError(f"--every {every:g} --refit {refit:g}: both must be above 0 days.")
        if not out.parent.is_dir():
            raise CommandError(f"--out {out}: there is no folder {out.parent}.")
        wanted = {} if false_alarms is None else {"false_alarms_per_year": false_alarms}
        try:
            parameters = check_parameters(wanted | {"seed": seed})
        except BadParameters as wrong:
            raise CommandError(str(wrong)) from wrong
        seed = parameters.pop("seed")
        n_runs = int((last - first).total_seconds() / 86400 / every + 1e-9)
        with tqdm(total=n_runs, unit="run", desc="Backtest", disable=verbosity == 0) as bar:

            def step(moment: datetime) -> None:
                bar.set_postfix_str(f"{moment:%d %b %Y}", refresh=False)
                bar.update(1)

            try:
                rows = past_flags(
                    standard=standards(standard)[0],
                    start=first,
                    stop=last,
                    every_days=every,
                    refit_days=refit,
                    parameters=Settings(**parameters),
                    seed=seed,
                    progress=step,
                )
            except NothingToReplay as nothing:
                raise CommandError(str(nothing)) from nothing
        write_flags(rows, out)
        if verbosity:
            declines = sum(row.direction == "decline" for row in rows)
            self.stdout.write(f"{out}: {declines} declines and {len(rows) - declines} improvements in {n_runs} runs.")


def day_of(text: str, option: str, *, end: bool = False) -> datetime:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"{option} {text!r}: write a date such as 2026-03-31.")
    return datetime.combine(day, time.max if end else time.min, tzinfo=UTC)
