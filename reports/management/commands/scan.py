"""Scan the visits of one standard, or of all, here and now."""

from contextlib import suppress
from datetime import UTC, datetime, time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from tqdm import tqdm

from audits.models import Standard
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.matrices import Unscorable
from reports.detection.data.parameters import BadParameters
from reports.detection.data.scoring import score_waiting
from reports.detection.data.settings import expected_rates
from reports.detection.scan.lifecycle import RunTaken, request_scan
from reports.detection.scan.online_update import catch_up
from reports.detection.scan.scan import run_scan
from reports.measure.defaults import FALSE_ALARMS_PER_YEAR, REFIT_DAYS
from reports.models import DriftFlag, LocationResult, Run, Tally

SHOWN = 10
MOST_EVIDENCE = 1e6  # beyond it a ratio says more about the model than about the store


class Command(BaseCommand):
    help = "Score what waits, then scan for drift: estimate what is common to the chain, raise, keep and close flags."

    def add_arguments(self, parser):
        parser.add_argument("--standard", metavar="KEY", help="Key of the standard; all that have visits by default.")
        parser.add_argument(
            "--false-alarms",
            type=float,
            metavar="RATE",
            help=f"Wanted false alarms per location and year ({FALSE_ALARMS_PER_YEAR:g}).",
        )
        parser.add_argument("--as-of", metavar="DATE", help="Only what was known at this moment (UTC) counts: now.")
        parser.add_argument(
            "--refit-days",
            type=float,
            metavar="DAYS",
            help="Carry on what is common to all locations for so long, then estimate it anew "
            f"({REFIT_DAYS:g}; 0: every run).",
        )
        parser.add_argument("--refit", action="store_true", help="Estimate it anew now.")
        parser.add_argument(
            "--every-location",
            action="store_true",
            help="Look at all locations, not only at those with news: takes longer and finds the same.",
        )

    def handle(self, *args, standard, false_alarms, as_of, refit_days, refit, every_location, verbosity, **options):
        given = {"false_alarms_per_year": false_alarms, "refit_days": refit_days}
        parameters = {name: value for name, value in given.items() if value is not None}
        if every_location:
            parameters["incremental"] = False
        moment = None if as_of is None else moment_of(as_of, "--as-of")
        score_first(hidden=verbosity == 0)
        every = standards(standard)
        if moment is not None:
            refuse_the_past(every, moment.astimezone(UTC))
        for chosen in every:
            try:
                run = request_scan(standard=chosen, as_of=moment, parameters=parameters, must_estimate=refit)
                with Bars(hidden=verbosity == 0) as bars:
                    run = run_scan(run.pk, progress=bars)
                    if moment is None and not catch_up(run):
                        run = run_scan(request_scan(standard=chosen, parameters=parameters).pk, progress=bars)
            except BadParameters as wrong:
                raise CommandError(str(wrong)) from wrong
            except RunTaken as busy:
                raise CommandError(f"{busy} Wait until it is done, then scan again.") from busy
            if verbosity:
                self.stdout.write(summary(run))


def score_first(*, hidden: bool) -> None:
    """Visits that were just imported wait for a worker; here none may be running."""
    n_waiting = Tally.objects.waiting().count()
    if n_waiting:
        with tqdm(desc="Scoring", total=n_waiting, unit="visit", disable=hidden) as bar:

            def advance(n: int) -> None:
                bar.update(n)

            with suppress(Unscorable):  # each is in the log; the others are scored, and scanned
                score_waiting(progress=advance)


def refuse_the_past(every: list[Standard], moment: datetime) -> None:
    """A run of an earlier moment would write over the flags and results that people read."""
    for standard in every:
        last = FittedRun.last(standard)
        if last is not None and moment < last.run.as_of:
            raise CommandError(
                f"--as-of {moment:%Y-%m-%d %H:%M} UTC lies before the last scan of {standard}, which looked at "
                f"{last.run.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC: its flags and results would be written over. "
                "What would have been flagged then, a backtest tells: manage.py backtest --from … --to …"
            )


def standards(key: str | None) -> list[Standard]:
    if key is None:
        scored = Tally.objects.filter(scored_at__isnull=False).values("version__standard")
        found = list(Standard.objects.filter(pk__in=scored).order_by("key"))
        if not found:
            raise CommandError("No visit has been scored yet: record or import visits first.")
        return found
    chosen = Standard.objects.filter(key=key).first()
    if chosen is None:
        known = ", ".join(Standard.objects.order_by("key").values_list("key", flat=True)[:20]) or "none"
        raise CommandError(f"No standard has the key {key!r}. Known: {known}.")
    return [chosen]


def moment_of(text: str, option: str) -> datetime:
    """A date means its end, so that the day itself counts; a time without a zone is UTC."""
    try:
        moment = parse_datetime(text) if "T" in text or " " in text else None
        day = None if moment else parse_date(text)
    except ValueError:
        moment = day = None
    if moment is not None:
        return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)
    if day is None:
        raise CommandError(f"{option} {text!r}: write a date such as 2026-03-31, or a time such as 2026-03-31T09:00.")
    return datetime.combine(day, time.max, tzinfo=UTC)


class Bars:
    """One progress bar per phase."""

    def __init__(self, *, hidden: bool):
        self.hidden = hidden
        self.phase = ""
        self.bar: tqdm | None = None

    def __enter__(self) -> "Bars":
        return self

    def __call__(self, phase: str, n_done: int, n_total: int) -> None:
        if phase != self.phase:
            self.close()
            self.phase = phase
            self.bar = tqdm(desc=phase, total=n_total or 1, unit="shard" if n_total else "step", disable=self.hidden)
        if self.bar is not None and n_total:
            self.bar.update(n_done - self.bar.n)

    def __exit__(self, *fault) -> None:
        self.close(whole=fault[0] is None)

    def close(self, *, whole: bool = True) -> None:
        if self.bar is not None:
            if whole and self.bar.total:
                self.bar.update(self.bar.total - self.bar.n)
            self.bar.close()
            self.bar = None


def summary(run: Run) -> str:
    """What a run found, in words, the strongest flags first."""
    flags = DriftFlag.objects.filter(standard=run.standard, run=run).open()
    declines = flags.filter(direction=DriftFlag.Direction.DECLINE)
    blind = declines.filter(comparison=DriftFlag.Comparison.BLIND_SPOT).count()
    raised = flags.filter(raised_at__gte=run.started_at).count()
    closed = DriftFlag.objects.filter(standard=run.standard, closed_at__gte=run.started_at).count()
    results = LocationResult.objects.filter(standard=run.standard, run=run)
    thin = results.filter(level=None).count()
    able = results.able_to_flag(run).count()
    apart = results.filter(n_disagreements__gt=0).count()
    rate = expected_rates(run).both or 0.0
    lines = [
        f"Run {run.pk} of {run.standard}: {run.n_visits:,} visits at {run.n_locations:,} locations, as of "
        f"{run.as_of:%d %b %Y}.",
        _origin(run),
        f"Open: {declines.count()} declines ({blind} blind spots), "
        f"{flags.filter(direction=DriftFlag.Direction.IMPROVEMENT).count()} improvements; "
        f"raised now: {raised}, closed now: {closed}.",
        "False flags to expect, declines and improvements together: "
        f"about {able * rate / 52:.1f} a week ({rate:.2g} per location and year at {able:,} locations with "
        f"{run.least_visits} visits or more).",
    ]
    if thin:
        lines.append(f"Too few visits for a level: {thin} locations.")
    if apart:
        lines.append(f"In the best quarter of their region as reported, in the worst as observed: {apart} locations.")
    lines += [f"Not compared: “{name}” {reason}." for name, reason in run.levels_not_compared]
    lines += [sentence(flag) for flag in declines.select_related("location")[:SHOWN]]
    if declines.count() > SHOWN:
        lines.append(f"  … and {declines.count() - SHOWN} more.")
    return "\n".join(lines)


def _origin(run: Run) -> str:
    if run.estimated_by is None:
        return f"What is common to all locations was estimated anew. {run.why_estimated}"
    return (
        f"What is common to all locations is carried on from run {run.estimated_by_id} of "
        f"{run.estimated_by.as_of:%d %b %Y}; only locations with news were looked at."
        if run.parameters["incremental"]
        else f"What is common to all locations is carried on from run {run.estimated_by_id}."
    )


def sentence(flag: DriftFlag) -> str:
    since = f"since about {flag.onset_at:%d %b %Y}"
    if flag.channel == "consistency":
        what = f"interactions {since} differ by {flag.seen * 100:.0f} points, {flag.expected * 100:.0f} expected"
    else:
        what = f"{flag.channel} {flag.seen:.0%} {since}, {flag.expected:.0%} expected"
    strength = f"evidence {min(flag.evidence, MOST_EVIDENCE):,.0f} : 1"
    return f"  {flag.location} ({flag.location.code}): {what}; {strength}; {flag.get_comparison_display().lower()}"
