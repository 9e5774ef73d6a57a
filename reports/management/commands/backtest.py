"""What would have been flagged, run by run, with only what was known then."""

from datetime import date, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date
from tqdm import tqdm

from audits.models import Standard
from reports.detection.backtest import flags_csv
from reports.detection.backtest.lifecycle import BacktestTaken, BadPeriod, go_on, request_backtest
from reports.detection.backtest.replay import NothingToReplay, replay_past
from reports.detection.data.parameters import BadParameters
from reports.management.commands.scan import standards
from reports.measure.defaults import REFIT_DAYS, SCAN_DAYS, SEED
from reports.models import Backtest, DriftFlag

RATE_HELP = "Wanted false alarms per location and year, in each direction (as set for the standard)."
DROP_HELP = "Smallest drop worth acting on, in points (as set for the standard)."
LOOK_BACK_HELP = "How many visits back a change may have begun (as set for the standard)."


class Command(BaseCommand):
    help = "Replay a standard's past in runs and write what they would have flagged as flags.csv."

    def add_arguments(self, parser):
        parser.add_argument("--standard", metavar="KEY", required=True)
        parser.add_argument(
            "--from", dest="start", metavar="DATE", help="What was known when this day began is the baseline."
        )
        parser.add_argument("--to", dest="stop", metavar="DATE", help="The last day, included.")
        parser.add_argument(
            "--every", type=float, default=SCAN_DAYS, metavar="DAYS", help=f"Days between two runs ({SCAN_DAYS:g})."
        )
        parser.add_argument(
            "--refit",
            type=float,
            default=REFIT_DAYS,
            metavar="DAYS",
            help=f"Days between two refits ({REFIT_DAYS:g}).",
        )
        parser.add_argument("--false-alarms", type=float, metavar="RATE", help=RATE_HELP)
        parser.add_argument("--smallest-drop", type=float, metavar="POINTS", help=DROP_HELP)
        parser.add_argument("--look-back", type=int, metavar="VISITS", help=LOOK_BACK_HELP)
        parser.add_argument(
            "--seed", type=int, default=SEED, help=f"Of the simulation that sets the threshold ({SEED})."
        )
        parser.add_argument(
            "--resume", action="store_true", help="Go on with the last one of this standard that is not done."
        )
        parser.add_argument("--out", type=Path, default=Path("flags.csv"), metavar="FILE")

    def handle(self, *args, standard, out, resume, verbosity, **options):
        if not out.parent.is_dir():
            raise CommandError(f"--out {out}: there is no folder {out.parent}.")
        chosen = standards(standard)[0]
        backtest = self.unfinished(chosen) if resume else self.requested(chosen, options)
        if verbosity and backtest.n_done:
            self.stdout.write(f"Backtest {backtest.pk} goes on after run {backtest.n_done} of {backtest.n_total}.")
        with tqdm(total=backtest.n_total, unit="run", desc="Backtest", disable=verbosity == 0) as bar:

            def step(n_done: int, n_total: int, moment: datetime) -> None:
                bar.set_postfix_str(f"{moment:%d %b %Y}", refresh=False)
                bar.update(n_done - bar.n)

            try:
                backtest = replay_past(backtest.pk, listener=step)
            except BacktestTaken as busy:
                raise CommandError(f"{busy} Try again then, with --resume.") from busy
            except NothingToReplay as nothing:
                raise CommandError(str(nothing)) from nothing
        flags_csv.write(flags_csv.rows(backtest, backtest.flags.all()), out)
        if verbosity:
            n_declines = backtest.flags.filter(direction=DriftFlag.Direction.DECLINE).count()
            n_improvements = backtest.flags.count() - n_declines
            self.stdout.write(
                f"{out}: {n_declines} declines and {n_improvements} improvements in {backtest.n_total} runs "
                f"(backtest {backtest.pk})."
            )

    def requested(self, standard: Standard, given: dict) -> Backtest:
        points = given["smallest_drop"]
        parameters = {
            "false_alarms_per_year": given["false_alarms"],
            "smallest_drop": None if points is None else points / 100,
            "look_back": given["look_back"],
            "seed": given["seed"],
        }
        try:
            return request_backtest(
                standard=standard,
                start_on=day_of(given["start"], "--from"),
                stop_on=day_of(given["stop"], "--to"),
                every_days=given["every"],
                refit_days=given["refit"],
                parameters={name: value for name, value in parameters.items() if value is not None},
            )
        except (BadPeriod, BadParameters) as wrong:
            raise CommandError(str(wrong)) from wrong

    def unfinished(self, standard: Standard) -> Backtest:
        last = Backtest.objects.filter(standard=standard).exclude(state=Backtest.State.DONE).first()
        if last is None:
            raise CommandError(f"--resume: no backtest of {standard} is unfinished; give --from and --to instead.")
        go_on(last)
        return last


def day_of(text: str | None, option: str) -> date:
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"{option} {text!r}: write a date such as 2026-03-31.")
    return day
