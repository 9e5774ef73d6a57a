"""Between runs: what a new visit says of its own location, at once, with the common effects of the last run."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from reports.detection.data.chain_loader import Codes, load
from reports.detection.data.day_numbers import to_days
from reports.detection.data.packed_effects import unpack, unpack_usual
from reports.detection.data.reported_metrics import UsualNumbers, Verdict, reported_numbers
from reports.detection.scan import reconcile_flags
from reports.detection.scan.estimate import has_unknown_criteria, judged_at, last_run, left_by, seen_since
from reports.detection.scan.lifecycle import settings_of
from reports.detection.scan.location_result import Findings, look_at
from reports.detection.scan.write_results import visible
from reports.measure.drift.detector import DECLINE
from reports.measure.model.effects import Effects
from reports.measure.model.levels import Usual
from reports.models import DriftFlag, LocationResult, Run, Tally

log = logging.getLogger(__name__)

TRIES = 5
MOST_TO_CATCH_UP = 50


@dataclass(frozen=True, eq=False)
class Known:
    """What the last run left: its effects, the names of their indexes, and where the location stands in them."""

    run: Run
    effects: Effects
    codes: Codes
    usual: Usual
    location_index: int
    threshold: float


def evaluate_visit(visit_id: UUID) -> bool:
    """Evaluate the location of a scored visit; see `evaluate_location`."""
    where = Tally.objects.filter(pk=visit_id).values_list("version__standard", "location").first()
    return where is not None and evaluate_location(standard_id=where[0], location_id=where[1])


def evaluate_location(*, standard_id: int, location_id: int) -> bool:
    """Raise, keep, update or close the flags of one location, and write its result, from all visits known now.

    The replay is that of a run, with the effects, threshold and parameters of the standard's last finished run, whose
    name the flags carry. What only a run can know is not guessed: a visit that came after the run has the severity
    that its auditor had then (an auditor whom the run did not know counts as an average one), and days after the run
    count as its last day. The next run, to which the visit then belongs, has moved severities and days on, judges the
    visit by those for good, and so may move the figures of this location a little. Levels are measured against what
    was usual at the last estimate, readings against what the last run found common to them; where the location stands
    among others (`disagreements`) is left to the run.
    Where there is no run, or it did not know the location or a criterion of its visits (a new version), nothing is
    evaluated: the nightly run does it. Returns whether anything was.

    Doing it twice changes nothing. A visit or a run that comes between reading and writing makes it begin anew; a run
    under way writes later, and then counts.
    """
    for _ in range(TRIES):
        stamp = _stamp(standard_id, location_id)
        last = _last_run(standard_id, location_id)
        if last is None or has_unknown_criteria(last.run, last.codes, as_of=timezone.now(), location=location_id):
            return False
        now = timezone.now()
        found = _find(last, location_id, now)
        verdict = _verdict(last, location_id, found, now)
        with transaction.atomic():
            reconcile_flags.lock(standard_id)
            newest = last_run(standard_id)
            if _stamp(standard_id, location_id) == stamp and newest and newest.pk == last.run.pk:
                _write(last, location_id, found, verdict)
                return True
    log.warning("Location %s changed %s times while it was evaluated; the last visit does it.", location_id, TRIES)
    return False


def catch_up(run: Run) -> bool:
    """Evaluate the locations with news since a finished run read them: what was evaluated at once while it was under
    way it has written over.

    Returns whether all were; False when they are so many that they come from an import, and another run is due.
    """
    base = left_by(run)
    if base is None:
        return True
    has_news = seen_since(base, timezone.now()).has_news
    location_ids = base.codes.locations[has_news].tolist()
    if len(location_ids) > MOST_TO_CATCH_UP:
        return False
    for location_id in location_ids:
        evaluate_location(standard_id=run.standard_id, location_id=location_id)
    return True


def _stamp(standard_id: int, location_id: int) -> dict:
    """Changes with every visit that is scored, corrected, excluded or withdrawn there."""
    tallies = Tally.objects.filter(location=location_id, version__standard=standard_id)
    excluded = Count("pk", filter=Q(is_excluded=True))
    return tallies.aggregate(n=Count("pk"), last=Max("scored_at"), n_excluded=excluded)


def _last_run(standard_id: int, location_id: int) -> Known | None:
    run = last_run(standard_id)
    if run is None or run.effects is None or run.threshold is None:
        return None
    usual = unpack_usual(run.effects)
    effects, codes = unpack(run.effects)
    location_index = np.flatnonzero(codes.locations == location_id)
    if usual is None or not location_index.size:
        return None
    return Known(run, effects, codes, usual, int(location_index[0]), run.threshold)


def _find(last: Known, location_id: int, now: datetime) -> Findings:
    history = load(standard=last.run.standard, as_of=now, codes=last.codes, locations=[location_id])
    return look_at(
        history.since(last.effects.first_day),
        location_indexes=np.array([last.location_index]),
        effects=last.effects,
        usual=last.usual,
        settings=settings_of(last.run),
        threshold=last.threshold,
    )


def _verdict(last: Known, location_id: int, found: Findings, now: datetime) -> Verdict | None:
    """What the reported numbers say, of a location with a decline now or until now.

    Without one, None: what the last run said of it stands.
    """
    stands = (one.status for one in found.changes)
    decline = next((one.signal for one in stands if one.signal.direction == DECLINE and one.ended is None), None)
    declines = DriftFlag.objects.filter(standard=last.run.standard, location=location_id, direction=DECLINE).open()
    if decline is None and not declines.exists():
        return None
    usual = UsualNumbers.from_json(last.run.numbers)
    numbers = reported_numbers(np.array([location_id]), as_of=now.date(), usual=usual)
    latest = found.outcomes[0].last
    at = max(last.effects.fitted_at, judged_at(now, float("nan") if latest is None else latest))
    moment = max(at, min(numbers.until, to_days(now)))
    onset, flagged_at = (decline.onset, decline.at) if decline else (None, None)
    return numbers.verdict(0, now=moment, onset=onset, flagged_at=flagged_at)


def _write(last: Known, location_id: int, found: Findings, verdict: Verdict | None) -> None:
    changes = reconcile_flags.reconcile(
        run=last.run,
        codes=last.codes,
        found=found.changes,
        verdicts={last.location_index: verdict or Verdict()},
        titles=reconcile_flags.section_titles(last.run.standard),
        location_indexes=[last.location_index],
    )
    changes.write()
    now = {"run": last.run} | visible(found.outcomes[0])
    if verdict:
        now |= {"reported": verdict.reported, "comparison": verdict.comparison}
    LocationResult.objects.bulk_create(
        [LocationResult(standard=last.run.standard, location_id=location_id, **now)],
        update_conflicts=True,
        unique_fields=["standard", "location"],
        update_fields=list(now),
    )
