"""The first phase of a run: what is common to all locations, estimated anew or carried on from the run before.

It is estimated anew every `refit_days`, and in between when what the last estimate rested on has changed (see
`why_estimate`). Other runs carry it on: days and visits keep the effects that they were judged by, so that only the
locations with news have to be looked at. An estimate holds for visits to come; what was in force before it stays on
record, for the visits that arrived then.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db.models import Exists, OuterRef

from audits.models import Version
from locations.models import Location
from reports.detection.data.chain_loader import Codes, History, counting, load
from reports.detection.data.day_numbers import DAY, EPOCH, to_days
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.in_force import InForce
from reports.detection.data.matrices import forms
from reports.detection.data.packed_effects import pack
from reports.detection.data.parameters import DETECTOR, settings_of
from reports.detection.data.recent import known, lately
from reports.detection.data.threshold import simulated_threshold
from reports.detection.scan.checkpoint import Checkpoint, CountedNow, counted_now
from reports.detection.scan.lifecycle import code_version
from reports.measure.defaults import REFIT_DAYS
from reports.measure.drift.backtest import FAMILIAR_SD, MOST_CHANGED, in_force, is_due, is_outgrown, why_unfamiliar
from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.model.forward_filter import carry_on
from reports.measure.model.levels import Usual, chain_movement, fit_window, usual_levels
from reports.measure.model.severity import fit_effects
from reports.models import Carried, ControlChart, LocationResult, Run

SIMULATED = ("threshold", "simulated_rate", "simulated_improvement_rate", "n_simulated")
PAST_DAYS = 182.0  # that a first run judges of the past that it finds


@dataclass(frozen=True, eq=False)
class Base:
    """The last run, as far as another one can go on from it."""

    fitted: FittedRun
    usual: Usual
    kept: Checkpoint

    @property
    def run(self) -> Run:
        return self.fitted.run

    @property
    def effects(self) -> Effects:
        return self.fitted.effects

    @property
    def codes(self) -> Codes:
        return self.fitted.codes

    @property
    def estimate(self) -> Run:
        """The run that estimated what is common."""
        return self.run.estimated_by or self.run

    @property
    def seen_until(self) -> float:
        """Days: the run saw what was known by then."""
        return to_days(self.run.as_of)


@dataclass(frozen=True, eq=False)
class Estimate:
    """What all locations share in a run.

    history : all visits, where they were read. base : the run that this one carries on; None of an estimate.
    location_indexes : (n,) indexes of the locations that are to be looked at. found : fields of the run's row.
    replayed : what was in force in the past that a first run finds.
    """

    effects: Effects
    codes: Codes
    usual: Usual
    kept: Checkpoint
    location_indexes: np.ndarray
    history: History | None
    base: Base | None
    found: dict
    replayed: tuple[InForce, ...] = ()


def base_of(run: Run) -> Base | None:
    """What this run could carry on, and what the visits since are judged by.

    None without a finished run, or where that was of an older release or looked at a later moment.
    """
    before = FittedRun.last(run.standard_id, but=run.pk)
    return None if before is None or before.run.as_of > run.as_of else left_by(before)


def left_by(fitted: FittedRun) -> Base | None:
    """What a finished run left for the next one; None where it is not the last, or was of an older release."""
    carried = Carried.objects.filter(run=fitted.run).first()
    if carried is None or fitted.usual is None:
        return None
    return Base(fitted, fitted.usual, Checkpoint.unpack(carried.kept))


def seen_since(base: Base, as_of: datetime) -> CountedNow:
    """What counts at `as_of`, beside what the last run saw."""
    return counted_now(
        standard=base.run.standard,
        as_of=as_of,
        since=base.effects.first_day,
        locations=base.codes.locations,
        before=base.kept,
        before_as_of=base.run.as_of,
        estimate_as_of=base.estimate.as_of,
    )


def estimate_or_carry_on(run: Run, tell) -> Estimate:
    """Carry on what is common, or estimate it anew where there is a reason to.

    tell : called with what is being done, in words.
    """
    tell("Reading the visits")
    base = base_of(run)
    why, seen = why_estimate(run, base)
    if base is None or seen is None or why:
        return _estimate(run, base, why, tell)
    return _carry_on(run, base, seen, tell)


def why_estimate(run: Run, base: Base | None) -> tuple[str, CountedNow | None]:
    """Why what is common has to be estimated anew, empty where it can be carried on; and what counts now."""
    if base is None:
        later = Run.objects.fitted().filter(standard=run.standard, as_of__gt=run.as_of)
        if later.exists():
            return "It looks at an earlier moment than the run before.", None
        return "There was no run to carry on from.", None
    if run.must_estimate:
        return "It was asked for.", None
    if _detector(run) != _detector(base.run):
        return "The parameters are others than those of the run before.", None
    if code_version() != base.run.code_version:
        return "The release is another one than that of the run before.", None
    if is_due(to_days(base.estimate.as_of), to_days(run.as_of), run.parameters["refit_days"]):
        return f"The last estimate is {run.parameters['refit_days']:g} days old or more.", None
    seen = seen_since(base, run.as_of)
    if seen.n_elsewhere:
        return "There are visits at locations that the last estimate did not know.", None
    if has_unknown_criteria(run, base.codes):
        return "There are visits with criteria that the last estimate did not know.", None
    if why := _why_unfamiliar(run, base):
        return why, None
    if _has_moved(base.codes):
        return "A location belongs to another region than at the last estimate.", None
    n_then, n_now = base.estimate.n_visits, int(seen.kept.n.sum())
    n_changed = max(0, n_then - seen.n_of_estimate) + n_now - seen.n_of_estimate
    if n_changed > MOST_CHANGED * n_then:
        return f"Of the {n_then:,} visits of the last estimate, {n_changed:,} came or left since.", None
    return "", seen


def has_unknown_criteria(run: Run, codes: Codes, *, as_of: datetime | None = None, **only) -> bool:
    """Whether visits that count have criteria beyond these. only : of the tallies, such as their location."""
    scored = _scored_criteria(run, as_of or run.as_of, **only)
    return any(np.setdiff1d(criteria, codes.criteria).size for criteria in scored)


def _why_unfamiliar(run: Run, base: Base) -> str:
    """Whether visits since the estimate are on a form that it hardly knew."""
    if not (base.effects.criterion_sd > FAMILIAR_SD).any():
        return ""
    news = load(standard=run.standard, as_of=run.as_of, codes=base.codes, known_after=base.estimate.as_of)
    return why_unfamiliar(news.chain, base.effects)


def _scored_criteria(run: Run, as_of: datetime, **only) -> list[list[int]]:
    """Of each version on which a visit counts. only : of the tallies."""
    tallies = counting(standard=run.standard, as_of=as_of).filter(version=OuterRef("pk"), **only)
    versions = Version.objects.filter(Exists(tallies), standard=run.standard).order_by().values_list("pk", flat=True)
    return [
        [criterion for criterion, at in form.column.items() if form.scored[at]]
        for form in forms(set(versions)).values()
    ]


def _has_moved(codes: Codes) -> bool:
    regions = dict(Location.objects.values_list("pk", "region_id").iterator(chunk_size=10_000))
    then = zip(codes.locations.tolist(), codes.regions[codes.region].tolist(), strict=True)
    return any(regions.get(location, region) != region for location, region in then)


def _estimate(run: Run, base: Base | None, why: str, tell) -> Estimate:
    history = load(standard=run.standard, as_of=run.as_of)
    chain, settings, at = history.chain, settings_of(run), to_days(run.as_of)
    replayed = () if base else tuple(_replayed(run, history, tell))
    tell("Estimating what is common to all locations")
    window = fit_window(chain, look_back=settings.look_back, at=at)
    effects = fit_effects(chain, at=at, window_days=window)
    drawn = history.since(effects.first_day)
    usual = usual_levels(drawn.chain, effects, lately(drawn.chain))
    tell("Setting the threshold")
    simulated = _simulated(run, base, chain, window, drawn.chain.n_visits)
    return Estimate(
        effects,
        history.codes,
        usual,
        Checkpoint.of(drawn),
        np.arange(chain.n_locations),
        drawn,
        None,
        {
            "inputs_digest": history.digest,
            "n_locations": chain.n_locations,
            "n_visits": drawn.chain.n_visits,
            **simulated,
            "effects": pack(effects, history.codes, usual),
            "chain_movement": chain_movement(effects),
            "estimated_by": None,
            "why_estimated": why,
        },
        replayed,
    )


def _simulated(run: Run, base: Base | None, chain: Chain, window: float, n_visits: int) -> dict:
    """The threshold, the rates that were simulated at it, and how many visits it rests on, by the run's fields.

    Found anew at the first estimate, with other parameters, and where the visits have outgrown the last one; else
    it stays, as a threshold that moves with every estimate would be another promise every month.
    """
    before = base.run if base else None
    if before and _detector(run) == _detector(before) and not is_outgrown(before.n_simulated, n_visits):
        return _as_simulated(before)
    settings, at = settings_of(run), to_days(run.as_of)
    found = simulated_threshold(chain, settings, at=at, window=window, seed=run.parameters["seed"])
    return {
        "threshold": found.threshold,
        "simulated_rate": known(found.simulated_rate),
        "simulated_improvement_rate": known(found.improvement_rate),
        "n_simulated": n_visits,
    }


def _as_simulated(before: Run) -> dict:
    return {name: getattr(before, name) for name in SIMULATED}


def _replayed(run: Run, history: History, tell) -> Iterator[InForce]:
    """What would have been in force in the half year up to the last visit, had there been a run every night: by it a
    first run judges the past that it finds, as a backtest does.

    The visits of the first four weeks at least are what the others are held against; nothing where there are no more.
    """
    chain, settings, now = history.chain, settings_of(run), to_days(run.as_of)
    if not chain.n_visits:
        return
    days = run.parameters["refit_days"] or REFIT_DAYS
    at = min(now, float(np.ceil(chain.arrival.max())))
    span = at - float(chain.time.min()) - REFIT_DAYS
    n = min(int(PAST_DAYS // days), int(span // days))
    if n < 1:
        return

    def set_threshold(known_then: Chain, effects: Effects) -> float:
        window = fit_window(known_then, look_back=settings.look_back, at=effects.fitted_at)
        found = simulated_threshold(chain, settings, at=effects.fitted_at, window=window, seed=run.parameters["seed"])
        return found.threshold

    start, last = at - n * days, None
    nights = in_force(chain, settings, start=start, stop=at, refit_days=days, threshold=set_threshold)
    for number, (effects, threshold) in enumerate(nights):
        tell("Looking back over the past that was found", number, round(n * days))
        if last is not None and effects.fitted_at != last.effects.fitted_at:
            yield replace(last, until=effects.fitted_at)
        last = InForce(effects, history.codes, settings, threshold, effects.fitted_at, now)
    if last is not None:
        yield last


def _carry_on(run: Run, base: Base, seen: CountedNow, tell) -> Estimate:
    tell("Carrying on what is common to all locations")
    before = base.effects
    # the first new day owes what the seven days before it do, over all locations
    trailing = EPOCH + (before.first_day + before.day.size - WEEK_DAYS) * DAY
    arrived = counting(standard=run.standard, as_of=run.as_of).filter(known_at__gt=base.run.as_of)
    codes = base.codes.with_auditors(arrived.order_by().values_list("auditor", flat=True).distinct())
    news = load(standard=run.standard, as_of=run.as_of, codes=codes, known_after=min(base.run.as_of, trailing))
    effects = carry_on(before, news.chain, known_until=base.seen_until, until=to_days(run.as_of))
    every = np.arange(codes.locations.size)
    has_news = seen.has_news | (_shown(run, codes) != seen.kept.n)
    return Estimate(
        effects,
        codes,
        base.usual,
        seen.kept,
        every[has_news] if run.parameters["incremental"] else every,
        None,
        base,
        {
            "inputs_digest": _digest(base, seen, news),
            "n_locations": codes.locations.size,
            "n_visits": int(seen.kept.n.sum()),
            **_as_simulated(base.run),
            "effects": pack(effects, codes, base.usual),
            "chain_movement": chain_movement(effects),
            "estimated_by": base.estimate,
            "why_estimated": "",
        },
    )


def _digest(base: Base, seen: CountedNow, news: History) -> str:
    """That of the run before where nothing is new; else of it, of what came, and of what counts now."""
    if not seen.has_news.any():
        return base.run.inputs_digest
    sha = hashlib.sha256(f"{base.run.inputs_digest}|{news.digest}".encode())
    sha.update(seen.kept.n.astype(np.int64).tobytes())
    sha.update(seen.kept.scored.tobytes())
    return sha.hexdigest()


def _shown(run: Run, codes: Codes) -> np.ndarray:
    """(L,) how many visits each location's result rests on, -1 without one.

    It is another number than the run before saw where a visit came and left, and its evaluation at once was lost. A
    result without a chart, as an older release left it, counts as none.
    """
    shown = np.full(codes.locations.size, -1)
    charts = ControlChart.objects.filter(standard=run.standard, location=OuterRef("location"))
    rows = LocationResult.objects.filter(Exists(charts), standard=run.standard)
    for location, n_visits in rows.values_list("location_id", "n_visits").iterator(chunk_size=10_000):
        location_index = np.searchsorted(codes.locations, location)
        if location_index < codes.locations.size and codes.locations[location_index] == location:
            shown[location_index] = n_visits
    return shown


def _detector(run: Run) -> dict:
    return {name: value for name, value in run.parameters.items() if name in DETECTOR}
