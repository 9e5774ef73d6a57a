"""Rows as a scan leaves them, built directly, for the tests of the pages."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from uuid import uuid4

import numpy as np
from django.utils import timezone

from audits.models import Interaction, Observation, Visit
from locations.models import Location, Metric, Reading
from reports.detection.data.chain_loader import load
from reports.detection.data.in_force import InForce
from reports.detection.data.matrices import forms, matrices
from reports.detection.data.packed_effects import pack
from reports.detection.data.parameters import settings_of
from reports.detection.data.recent import lately
from reports.detection.scan.location_result import look_at
from reports.detection.scan.write_charts import write_charts
from reports.measure.model.levels import usual_levels
from reports.measure.model.severity import fit_effects
from reports.models import DriftFlag, LocationResult, Run, SectionScore, Tally
from reports.pages.sentences import words

AS_OF = datetime(2026, 11, 16, 6, 0, tzinfo=timezone.get_fixed_timezone(0))  # a Monday
ONSET = datetime(2026, 10, 3, 12, 0, tzinfo=timezone.get_fixed_timezone(0))
EPOCH = date(1970, 1, 1).toordinal()


def make_run(standard, **fields) -> Run:
    """A good run of 16 November 2026; `state` and the others can be told otherwise."""
    is_done = fields.get("state", "done") in ("done", "failed")
    run = Run.objects.create(**{
        "standard": standard,
        "state": "done",
        "as_of": AS_OF,
        "parameters": {"false_alarms_per_year": 0.1, "smallest_drop": 0.03, "look_back": 40, "seed": 1},
        "inputs_digest": "5f" * 32,
        "code_version": "0.1.0+abc",
        "threshold": 6.26,
        "simulated_rate": 0.06,
        "simulated_improvement_rate": 0.02,
        "chain_movement": 0.001,
        "started_at": AS_OF,
        "finished_at": AS_OF + timedelta(seconds=100) if is_done else None,
        **fields,
    })  # fmt: skip
    if run.state == "done":
        fit(run)
    return run


def make_metric() -> Metric:
    return Metric.objects.get_or_create(key="satisfaction", defaults={"name": "Satisfaction", "unit": "%"})[0]


def make_location(region, number: int, **fields) -> Location:
    return Location.objects.create(code=f"S{number}", name=f"Store {number}", region=region, **fields)


def make_visit(
    world, location, started_at, *, score=0.8, auditor=None, note="", greeted=True, run_scores=True
) -> Visit:
    """A scored visit with one interaction."""
    visit = Visit.objects.create(
        id=uuid4(), location=location, version=world.version, auditor=auditor or world.ana, started_at=started_at,
        ended_at=started_at + timedelta(minutes=25), received_at=started_at, approved_at=started_at, digest="0" * 64,
        daypart="evening", staff_seen=3, customers_waiting=2, busyness="normal",
    )  # fmt: skip
    interaction = Interaction.objects.create(
        id=uuid4(), visit=visit, position=0, label="Till 2", started_at=started_at + timedelta(minutes=4),
        acknowledged_at=started_at + timedelta(minutes=5),
    )  # fmt: skip
    criteria = {criterion.key: criterion for criterion in world.version.criteria()}
    seen = (
        (interaction, "greeted", {"value": greeted, "conformity": float(greeted), "note": note}),
        (interaction, "wait", {"value": 220, "conformity": 0.0}),
        (None, "litter", {"value": 1, "conformity": 0.8}),
        (None, "clean", {"state": Observation.State.NOT_OBSERVED}),
    )
    Observation.objects.bulk_create(
        Observation(visit=visit, interaction=where, criterion=criteria[key], **said) for where, key, said in seen
    )
    if run_scores:
        (seen_as,) = matrices([(visit.pk, world.version.pk)], forms([world.version.pk]))
        tally = Tally.objects.create(
            visit=visit, location=location, version=world.version, started_at=started_at, known_at=started_at,
            auditor=f"user:{visit.auditor_id}", n_interactions=1, matrix=seen_as.matrix.tobytes(), score=score,
            coverage=0.9,
            n_critical_failed=0 if greeted else 1, scored_at=started_at,
        )  # fmt: skip
        SectionScore.objects.bulk_create(
            SectionScore(tally=tally, section=each, dimension="completion", score=score, n_observed=2, n_applicable=3)
            for each in world.version.sections.all()
        )
    return visit


def make_result(run, location, *, points=(), **fields) -> LocationResult:
    return LocationResult.objects.create(**{
        "standard": run.standard,
        "location": location,
        "run": run,
        "n_visits": 14,
        "last_visit_at": AS_OF - timedelta(days=1),
        "level": 0.71,
        "level_low": 0.68,
        "level_high": 0.74,
        "reported": "steady",
        "comparison": "stable",
        "points": list(points) or half_year(seed=location.pk),
        **fields,
    })  # fmt: skip


def make_flag(run, location, **fields) -> DriftFlag:
    raised_by = fields.pop("flagged_by", None) or location.visits.first()
    moved = [
        {"key": "greeting", "title": "Greeting", "seen": 0.68, "expected": 0.83, "n_visits": 14},
        {"key": "shop", "title": "Shop", "seen": 0.9, "expected": 0.89, "n_visits": 14},
    ]
    return DriftFlag.objects.create(**{
        "location": location,
        "standard": run.standard,
        "run": run,
        "direction": "decline",
        "channel": "section:greeting",
        "flagged_at": ONSET + timedelta(days=30),
        "flagged_by": raised_by,
        "onset_at": ONSET,
        "onset_low": ONSET - timedelta(days=7),
        "onset_high": ONSET + timedelta(days=9),
        "evidence": 412.0,
        "seen": 0.68,
        "expected": 0.83,
        "n_visits": 14,
        "moved": moved,
        "comparison": "blind_spot",
        **fields,
    })  # fmt: skip


def make_readings(location, metric, *, weeks=26, value=86.0) -> None:
    noise = np.random.default_rng(location.pk).normal(0, 1.2, weeks)
    last = AS_OF.date() - timedelta(days=AS_OF.weekday())
    Reading.objects.bulk_create(
        Reading(
            location=location,
            metric=metric,
            period_start=last - timedelta(weeks=weeks - i),
            period_end=last - timedelta(weeks=weeks - i) + timedelta(days=6),
            value=round(value + noise[i], 1),
        )
        for i in range(weeks)
    )


def half_year(*, seed: int, level=0.83, drop=0.0) -> list[list[float]]:
    """Points of a result: a visit every ten days, lower by `drop` since the onset."""
    rng = np.random.default_rng(seed)
    last, onset = AS_OF.date().toordinal() - EPOCH, ONSET.date().toordinal() - EPOCH
    days = [last - 10 * i for i in range(18, -1, -1)]
    return [
        [day, round(min(1, level - (drop if day >= onset else 0) + float(rng.normal(0, 0.04))), 4)] for day in days
    ]


def fit(run) -> None:
    """What a run leaves of the visits that are there: its effects, and the chart of every location."""
    history = load(standard=run.standard, as_of=run.as_of)
    chain = history.chain
    effects = fit_effects(chain, at=float(np.floor(chain.time.max(initial=0.0)) + 1))
    usual = usual_levels(chain, effects, lately(chain))
    run.effects = pack(effects, history.codes, usual)
    run.save(update_fields=["effects"])
    found = look_at(
        history,
        standard=run.standard,
        as_of=run.as_of,
        location_indexes=np.arange(chain.n_locations),
        effects=effects,
        usual=usual,
        settings=settings_of(run),
        in_force=InForce(effects, history.codes, settings_of(run), run.threshold, since=-np.inf),
        whole=history,
    )
    write_charts(run, codes=history.codes, found=found, known_until=run.as_of)


def text_of(response) -> str:
    """What a reader reads: without tags and attributes, with ordinary spaces."""
    body = re.sub(r"<(title|desc|style)\b.*?</\1>|</?strong[^>]*>", "", response.content.decode(), flags=re.S)
    text = unescape(re.sub(r"<[^>]+>", " ", body)).replace(words.NBSP, " ")
    return re.sub(r"\s+", " ", text)
