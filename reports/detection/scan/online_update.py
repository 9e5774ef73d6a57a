"""Between runs: what a new visit says of its own location, at once, with the common effects of the last run."""

import logging
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from reports.detection.data.chain_loader import load
from reports.detection.data.channels import section_titles
from reports.detection.data.day_numbers import to_days
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.in_force import InForce
from reports.detection.data.reported_metrics import reported_numbers
from reports.detection.data.usual_numbers import UsualNumbers
from reports.detection.data.verdicts import Begun, Verdict
from reports.detection.scan import reconcile_flags
from reports.detection.scan.estimate import has_unknown_criteria, left_by, seen_since
from reports.detection.scan.location_result import Findings, look_at
from reports.detection.scan.write_charts import write_charts
from reports.detection.scan.write_results import visible
from reports.measure.drift.detector import DECLINE
from reports.models import DriftFlag, LocationResult, Run, Tally

log = logging.getLogger(__name__)

TRIES = 5
MOST_TO_CATCH_UP = 50


def evaluate_visit(visit_id: UUID) -> bool:
    """Evaluate the location of a scored visit; see `evaluate_location`."""
    where = Tally.objects.filter(pk=visit_id).values_list("version__standard", "location").first()
    return where is not None and evaluate_location(standard_id=where[0], location_id=where[1])


def evaluate_location(*, standard_id: int, location_id: int, now: datetime | None = None) -> bool:
    """Raise, keep, update or close the flags of one location, and write its result, from all visits known now.

    now : another moment than this one, as that of a run.

    New visits are judged by what the last run has left: its effects, threshold and parameters. That holds for good:
    a run says of these visits what is said here, and an estimate that comes later changes what is expected of visits
    to come. A visit that arrives while a run is under way is left to what that run leaves. Levels are measured
    against what was usual at the last estimate, readings against what the last run found common to them; where the
    location stands among others (`disagreements`) is left to the run.
    Where there is no run, or it did not know the location or a criterion of its visits (a new version), nothing is
    evaluated: the nightly run does it. Returns whether anything was.

    Doing it twice changes nothing. A visit or a run that comes between reading and writing makes it begin anew; a run
    under way writes later, and then counts.
    """
    for _ in range(TRIES):
        stamp = _stamp(standard_id, location_id)
        last, moment = FittedRun.last(standard_id), _judged_until(standard_id, now or timezone.now())
        if last is None or has_unknown_criteria(last.run, last.codes, as_of=moment, location=location_id):
            return False
        found = _find(last, location_id, moment)
        if found is None:
            return False
        with transaction.atomic():
            reconcile_flags.lock(standard_id)
            if _stamp(standard_id, location_id) == stamp and _is_still_the_last(last):
                verdict = _verdict(last, location_id, found, moment)  # readings that come later are judged later
                _write(last, location_id, found, verdict, moment)
                return True
    log.warning("Location %s changed %s times while it was evaluated; the last visit does it.", location_id, TRIES)
    return False


def catch_up(run: Run) -> bool:
    """Evaluate the locations with news since a finished run read them: what was evaluated at once while it was under
    way it has written over.

    Returns whether all were; False when they are so many that they come from an import, and another run is due.
    """
    fitted = FittedRun.last(run.standard_id)
    base = left_by(fitted) if fitted and fitted.run.pk == run.pk else None
    if base is None:
        return True
    has_news = seen_since(base, timezone.now()).has_news
    location_ids = base.codes.locations[has_news].tolist()
    if len(location_ids) > MOST_TO_CATCH_UP:
        return False
    for location_id in location_ids:
        evaluate_location(standard_id=run.standard_id, location_id=location_id)
    return True


def _judged_until(standard_id: int, now: datetime) -> datetime:
    """Now, or the moment of a run that is under way."""
    under_way = Run.objects.filter(standard=standard_id, state=Run.State.RUNNING, is_current=True)
    moment = under_way.values_list("as_of", flat=True).first()
    return min(now, moment) if moment else now


def _stamp(standard_id: int, location_id: int) -> dict:
    """Changes with every visit that is scored, corrected, excluded or withdrawn there."""
    tallies = Tally.objects.filter(location=location_id, version__standard=standard_id)
    excluded = Count("pk", filter=Q(is_excluded=True))
    return tallies.aggregate(n=Count("pk"), last=Max("scored_at"), n_excluded=excluded)


def _find(last: FittedRun, location_id: int, now: datetime) -> Findings | None:
    """None where the run did not know the location, or was of an older release."""
    location_index = last.location_index(location_id)
    if location_index is None or last.usual is None:
        return None
    whole = load(standard=last.run.standard, as_of=now, codes=last.codes, locations=[location_id])
    return look_at(
        whole.since(last.effects.first_day),
        standard=last.run.standard,
        as_of=now,
        location_indexes=np.array([location_index]),
        effects=last.effects,
        usual=last.usual,
        settings=last.settings,
        in_force=InForce.of_run(last),
        whole=whole,
    )


def _is_still_the_last(fitted: FittedRun) -> bool:
    runs = Run.objects.fitted().filter(standard=fitted.run.standard_id)
    return runs.values_list("pk", flat=True).first() == fitted.run.pk


def _verdict(last: FittedRun, location_id: int, found: Findings, now: datetime) -> Verdict | None:
    """What the reported numbers say, of a location with a decline now or until now.

    Without one, None: what the last run said of it stands.
    """
    declines = DriftFlag.objects.filter(standard=last.run.standard, location=location_id, direction=DECLINE)
    flag = declines.open().first()
    stands = [one.status.signal for one in found.changes if one.status.ended is None]
    decline = next((signal for signal in stands if signal.direction == DECLINE), None)
    if decline is None and flag is None:
        return None
    usual = UsualNumbers.from_json(last.run.numbers)
    numbers = reported_numbers(np.array([location_id]), as_of=now.date(), usual=usual)
    moment = to_days(now)
    begun = Begun.of_signal(decline) if decline else None
    if flag and not found.judged:
        begun = Begun.of_flag(flag)
    return numbers.verdict(0, now=moment, **begun._asdict() if begun else {})


def _write(
    last: FittedRun, location_id: int, found: Findings, verdict: Verdict | None, known_until: datetime
) -> None:
    location_index = found.outcomes[0].location_index
    if found.judged:
        reconcile_flags.reconcile(
            run=last.run,
            codes=last.codes,
            found=found.changes,
            verdicts={location_index: verdict or Verdict()},
            titles=section_titles(last.run.standard) if found.changes else {},
            location_indexes=[location_index],
        ).write()
    write_charts(last.run, codes=last.codes, found=found, known_until=known_until)
    earlier = Q(evaluated_until=None) | Q(evaluated_until__lt=known_until)
    Run.objects.filter(earlier, pk=last.run.pk).update(evaluated_until=known_until)
    now = {"run": last.run} | visible(found.outcomes[0])
    if verdict:
        now |= {"comparison": verdict.comparison, "reported": verdict.reported, "reported_metric": verdict.metric}
    LocationResult.objects.bulk_create(
        [LocationResult(standard=last.run.standard, location_id=location_id, **now)],
        update_conflicts=True,
        unique_fields=["standard", "location"],
        update_fields=list(now),
    )
