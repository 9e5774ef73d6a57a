"""The last phase of a run: what was found, beside the reported numbers, as flags and results."""

from dataclasses import dataclass

import numpy as np

from reports.detection.data.chain_loader import Codes
from reports.detection.data.channels import section_titles
from reports.detection.data.day_numbers import to_datetime, to_days
from reports.detection.data.reported_metrics import reported_numbers
from reports.detection.data.usual_numbers import usual_lags
from reports.detection.data.verdicts import Begun, ReportedNumbers, Verdict
from reports.detection.scan import reconcile_flags
from reports.detection.scan.level_disagreements import Disagreements, level_disagreements
from reports.detection.scan.location_result import Findings, Outcome
from reports.detection.scan.write_charts import keep_charts, write_charts
from reports.measure.drift.detector import DECLINE
from reports.measure.model.effects import Effects
from reports.measure.model.levels import Usual, expected_shares
from reports.models import DriftFlag, LocationResult, Run

RESULT_FIELDS = [
    "run", "n_visits", "n_more_needed", "last_visit_at", "level", "level_low", "level_high", "log_evidence", "points",
    "reported", "reported_metric", "comparison", "n_disagreements", "disagreements",
]  # fmt: skip
COMPARED = ["reported", "reported_metric_id", "comparison", "n_disagreements", "disagreements"]


@dataclass(frozen=True, eq=False)
class Compared:
    """What the reported numbers say of every location, by index."""

    numbers: ReportedNumbers
    verdicts: dict[int, Verdict]
    disagreements: Disagreements

    def fields(self, location_index: int) -> dict:
        """Of a LocationResult."""
        verdict, rows = self.verdicts[location_index], self.disagreements.rows.get(location_index, [])
        return {
            "reported": verdict.reported,
            "reported_metric_id": None if verdict.metric is None else verdict.metric.pk,
            "comparison": verdict.comparison,
            "n_disagreements": len(rows),
            "disagreements": rows,
        }


def compare(
    run: Run, *, codes: Codes, effects: Effects, usual: Usual, n_visits: np.ndarray, found: Findings
) -> Compared:
    """All locations, also those without news: readings come without visits, and time passes. n_visits : (L,)."""
    numbers = reported_numbers(codes.locations, as_of=run.as_of.date(), lags=usual_lags(run.standard_id))
    now = to_days(run.as_of)
    declines = _declines(run, codes, found)
    verdicts = {}
    for location_index in range(codes.locations.size):
        begun = declines[location_index]._asdict() if location_index in declines else {}
        verdicts[location_index] = numbers.verdict(location_index, now=now, **begun)
    observed = np.full(codes.locations.size, np.nan)
    seen = np.flatnonzero(n_visits)
    observed[seen] = expected_shares(effects, seen, usual.mix)
    disagreements = level_disagreements(codes=codes, observed=observed, numbers=numbers, as_of=run.as_of.date())
    return Compared(numbers, verdicts, disagreements)


def _declines(run: Run, codes: Codes, found: Findings) -> dict[int, Begun]:
    """The declines that stand, by location's index: those found now, and those that nobody looked at again.

    To the second, as the flags have them, so that both kinds are compared alike.
    """
    location_index = {location: index for index, location in enumerate(codes.locations.tolist())}
    looked_at = {-1} | found.judged
    declines = {}
    flagged = DriftFlag.objects.filter(standard=run.standard, direction=DECLINE).open()
    for flag in flagged.only("location_id", "onset_at", "onset_low", "flagged_at", "chance"):
        if location_index.get(flag.location_id, -1) not in looked_at:
            declines[location_index[flag.location_id]] = Begun.of_flag(flag)
    for change in found.changes:
        signal = change.status.signal
        if signal.direction == DECLINE and change.status.ended is None:
            declines[signal.location] = Begun.of_signal(signal)
    return declines


def write(run: Run, *, codes: Codes, found: Findings, compared: Compared, before: Run | None) -> None:
    """Within the transaction that ends the run.

    Of a location that was looked at the result is written, and its flags where a visit was judged: nothing else
    changes them. The others keep theirs, but for what the reported
    numbers say; they name this run too, for it would find the same. before : the run that was carried on, if any.
    """
    looked_at = {one.location_index for one in found.outcomes}
    reconcile_flags.lock(run.standard_id)
    reconcile_flags.reconcile(
        run=run,
        codes=codes,
        found=found.changes,
        verdicts=compared.verdicts,
        titles=section_titles(run.standard),
        location_indexes=found.judged,
    ).write()
    results = LocationResult.objects.filter(standard=run.standard)
    if before is not None:
        _bring_up_to_date(results.filter(run=before), codes, compared, looked_at)
        results.filter(run=before).update(run=run)
    LocationResult.objects.bulk_create(
        (_result(run, codes, one, compared) for one in found.outcomes),
        update_conflicts=True,
        unique_fields=["standard", "location"],
        update_fields=RESULT_FIELDS,
        batch_size=500,
    )
    results.exclude(run=run).delete()
    keep_charts(run, before)
    write_charts(run, codes=codes, found=found, known_until=run.as_of)


def _bring_up_to_date(results, codes: Codes, compared: Compared, looked_at: set[int]) -> None:
    location_index = {location: index for index, location in enumerate(codes.locations.tolist())}
    changed = []
    for result in results.only("location_id", *COMPARED).iterator(chunk_size=2000):
        at = location_index.get(result.location_id)
        if at is None or at in looked_at:
            continue
        now = compared.fields(at)
        if any(getattr(result, name) != value for name, value in now.items()):
            for name, value in now.items():
                setattr(result, name, value)
            changed.append(result)
    LocationResult.objects.bulk_update(changed, COMPARED, batch_size=500)


def _result(run: Run, codes: Codes, one: Outcome, compared: Compared) -> LocationResult:
    return LocationResult(
        standard=run.standard,
        location_id=int(codes.locations[one.location_index]),
        run=run,
        **visible(one),
        **compared.fields(one.location_index),
    )


def visible(one: Outcome) -> dict:
    """What the visits of a location say, as fields of its LocationResult."""
    return {
        "n_visits": one.n_visits,
        "n_more_needed": one.n_more_needed,
        "last_visit_at": None if one.last is None else to_datetime(one.last),
        "level": one.level,
        "level_low": one.low,
        "level_high": one.high,
        "log_evidence": one.log_evidence,
        "points": one.points,
    }
