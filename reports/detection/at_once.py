"""Between runs: what a new visit says of its own location, at once, with the common effects of the last run."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from reports.detection import flags
from reports.detection.comparison import Verdict, reported_numbers
from reports.detection.effects import unpack
from reports.detection.matrices import forms
from reports.detection.moments import to_datetime, to_days
from reports.detection.recent import known, lately, points
from reports.detection.rows import Codes, load
from reports.detection.runs import settings_of
from reports.measure.drift import DECLINE, Settings, detect
from reports.measure.effects import Effects
from reports.measure.levels import LEAST_VISITS, adjusted_values, recent_levels
from reports.measure.standing import Standing, standing
from reports.models import DriftFlag, LocationResult, Run, Tally

log = logging.getLogger(__name__)

N_PEERS = 40
TRIES = 5
MOST_TO_CATCH_UP = 50
WRITTEN = ["run", "n_visits", "n_more_needed", "last_visit_at", "level", "level_low", "level_high", "points"]


@dataclass(frozen=True, eq=False)
class Known:
    """What the last run left: its effects, the names of their indexes, and where the location stands in them."""

    run: Run
    effects: Effects
    codes: Codes
    place: int
    settings: Settings
    threshold: float


@dataclass(frozen=True, eq=False)
class Found:
    """What the visits of one location say now, before anything is written."""

    changes: list[flags.Change]
    verdict: Verdict | None
    result: LocationResult


def evaluate_visit(visit_id: UUID) -> bool:
    """Evaluate the location of a scored visit; see `evaluate_location`."""
    where = Tally.objects.filter(pk=visit_id).values_list("version__standard", "location").first()
    return where is not None and evaluate_location(standard_id=where[0], location_id=where[1])


def evaluate_location(*, standard_id: int, location_id: int) -> bool:
    """Raise, keep, update or close the flags of one location, and write its result, from all visits known now.

    The replay is that of a run, with the effects, threshold and parameters of the standard's last finished run, whose
    name the flags carry. What only a run can know is not guessed: days after the fit count as its last day, an
    auditor whom the run did not know counts as an average one, and the level is shrunk towards up to N_PEERS
    locations, evenly spaced. Where there is no run, or it did not know the location or a criterion of its visits (a
    new version), nothing is evaluated: the nightly run does it. Returns whether anything was.

    Doing it twice changes nothing. A visit or a run that comes between reading and writing makes it begin anew; a run
    under way writes later, and then counts.
    """
    for _ in range(TRIES):
        stamp = _stamp(standard_id, location_id)
        last = _last_run(standard_id, location_id)
        if last is None:
            return False
        found = _find(last, location_id)
        if found is None:
            return False
        with transaction.atomic():
            flags.lock(standard_id)
            if _stamp(standard_id, location_id) == stamp and _last_run_id(standard_id) == last.run.pk:
                _write(last, location_id, found)
                return True
    log.warning("Location %s changed %s times while it was evaluated; the last visit does it.", location_id, TRIES)
    return False


def catch_up(run: Run) -> int:
    """Evaluate the locations of the visits that a run did not see because they came while it was under way.

    Returns how many; none when they are so many that they come from an import: the next run sees those.
    """
    meanwhile = Tally.objects.filter(
        version__standard=run.standard, received_at__gt=run.as_of, scored_at__gte=run.requested_at
    )
    places = meanwhile.order_by().values_list("location", flat=True).distinct()[: MOST_TO_CATCH_UP + 1]
    if len(places) > MOST_TO_CATCH_UP:
        return 0
    return sum(evaluate_location(standard_id=run.standard_id, location_id=place) for place in places)


def _stamp(standard_id: int, location_id: int) -> dict:
    """Changes with every visit that is scored, corrected, excluded or withdrawn there."""
    tallies = Tally.objects.filter(location=location_id, version__standard=standard_id)
    excluded = Count("pk", filter=Q(is_excluded=True))
    return tallies.aggregate(n=Count("pk"), last=Max("scored_at"), n_excluded=excluded)


def _done(standard_id: int):
    return Run.objects.filter(
        standard=standard_id, state=Run.State.DONE, effects__isnull=False, threshold__isnull=False
    )


def _last_run_id(standard_id: int) -> int | None:
    return _done(standard_id).values_list("pk", flat=True).first()


def _last_run(standard_id: int, location_id: int) -> Known | None:
    run = _done(standard_id).select_related("standard").first()
    if run is None or run.effects is None or run.threshold is None:
        return None
    effects, codes = unpack(run.effects)
    place = np.flatnonzero(codes.locations == location_id)
    return Known(run, effects, codes, int(place[0]), settings_of(run), run.threshold) if place.size else None


def _find(last: Known, location_id: int) -> Found | None:
    now, codes, effects = timezone.now(), last.codes, last.effects
    if _has_unknown_criteria(last, location_id):
        return None
    peers = codes.locations[np.linspace(0, codes.locations.size - 1, min(N_PEERS, codes.locations.size)).astype(int)]
    wanted = sorted({location_id, *peers.tolist()})
    every = load(standard=last.run.standard, as_of=now, codes=codes, locations=wanted).since(effects.first_day)
    here = every.chain.location == last.place
    own = replace(every, chain=every.chain.subset(here), visit_ids=every.visit_ids[here])
    chain = own.chain
    signals = detect(chain, effects, last.settings, last.threshold)
    found = standing(chain, effects, last.settings, signals)
    at = effects.fitted_at
    if chain.n_visits:
        at = min(to_days(now), max(at, float(np.floor(chain.time.max()) + 1)))
    levels = recent_levels(every.chain, effects, lately(every.chain, at))
    values = adjusted_values(every.chain, effects)[here]
    verdict = _verdict(last, location_id, found, now, at)
    result = LocationResult(
        standard=last.run.standard,
        location_id=location_id,
        run=last.run,
        n_visits=chain.n_visits,
        n_more_needed=max(0, LEAST_VISITS - int(levels.n_visits[last.place])),
        last_visit_at=to_datetime(chain.time[-1]) if chain.n_visits else None,
        level=known(levels.level[last.place]),
        level_low=known(levels.low[last.place]),
        level_high=known(levels.high[last.place]),
        points=points(chain.time, values, at),
        reported=verdict.reported if verdict else "",
        comparison=verdict.comparison if verdict else "",
    )
    return Found(flags.changes_in(own, found), verdict, result)


def _has_unknown_criteria(last: Known, location_id: int) -> bool:
    tallies = Tally.objects.filter(location=location_id, version__standard=last.run.standard, scored_at__isnull=False)
    versions = forms(tallies.order_by().values_list("version", flat=True).distinct())
    scored = [criterion for form in versions.values() for criterion, at in form.column.items() if form.scored[at]]
    return bool(np.setdiff1d(scored, last.codes.criteria).size)


def _verdict(last: Known, location_id: int, found: list[Standing], now: datetime, at: float) -> Verdict | None:
    """What the reported numbers say, of a location with a decline now or until now.

    Without one, None: what the last run said of it stands, for its readings are judged beside those of the whole
    chain, and those are many.
    """
    decline = next((one.signal for one in found if one.signal.direction == DECLINE and one.ended is None), None)
    declines = DriftFlag.objects.filter(standard=last.run.standard, location=location_id, direction=DECLINE).open()
    if decline is None and not declines.exists():
        return None
    numbers = reported_numbers(last.codes.locations, as_of=now.date())
    moment = max(at, min(numbers.until, to_days(now)))
    onset, flagged_at = (decline.onset, decline.at) if decline else (None, None)
    return numbers.verdict(last.place, now=moment, onset=onset, flagged_at=flagged_at)


def _write(last: Known, location_id: int, found: Found) -> None:
    changes = flags.reconcile(
        run=last.run,
        codes=last.codes,
        found=found.changes,
        verdicts={last.place: found.verdict or Verdict()},
        titles=flags.section_titles(last.run.standard),
        location_id=location_id,
    )
    changes.write()
    fields = [*WRITTEN, "reported", "comparison"] if found.verdict else WRITTEN
    LocationResult.objects.bulk_create(
        [found.result], update_conflicts=True, unique_fields=["standard", "location"], update_fields=fields
    )
