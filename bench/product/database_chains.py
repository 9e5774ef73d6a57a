"""A small chain in the database whose truth is known: visits with their tallies, scored, and weekly readings."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
from django.db.models import F
from django.utils import timezone

from audits.models import Criterion, Interaction, Observation, Section, Standard, Version, Visit
from locations.models import Location, Metric, Reading, Region
from reports.models import Tally

START = datetime(2025, 1, 6, 11, 0, tzinfo=UTC)  # a Monday


@dataclass
class MadeChain:
    standard: Standard
    version: Version
    locations: list[Location]
    every_days: float
    n_visits: int
    end: datetime = field(init=False)

    def __post_init__(self):
        self.end = START + timedelta(days=self.every_days * self.n_visits + 1)


def make_chain(
    *, n_locations=24, n_visits=40, every_days=7.0, drops=None, difficulty=1.4, seed=1, key="chain", publish=None
) -> MadeChain:
    """Locations in two regions, visited every `every_days`; drops = {location: (day, logits, section or None)}.

    publish : makes the version of its standard; `publish_version` unless told.
    Three interactions a visit, three sections of five criteria; six auditors that imported files name.
    """
    standard = Standard.objects.create(key=key, name=f"{key.title()} standard")
    version = (publish or publish_version)(standard, number=1)
    regions = [Region.objects.create(name=f"{key.title()} {n}") for n in range(2)]
    locations = Location.objects.bulk_create(
        Location(code=f"L{n:03d}" if key == "chain" else f"{key}-{n}", name=f"Store {n}", region=regions[n % 2])
        for n in range(n_locations)
    )
    rng = np.random.default_rng(seed)
    level = rng.normal(0, 0.4, n_locations)
    severity = rng.normal(0, 0.2, 6)
    visits, tallies = [], []
    for place, location in enumerate(locations):
        for number in range(n_visits):
            day = number * every_days + rng.uniform(0, min(1.0, every_days / 2))
            auditor = int(rng.integers(6))
            eta = np.full((3, 15), difficulty + level[place] + severity[auditor])
            begin, drop, section = (drops or {}).get(place, (np.inf, 0.0, None))
            if day >= begin:
                eta[:, slice(None) if section is None else slice(5 * section, 5 * section + 5)] -= drop
            seen = np.where(rng.random(eta.shape) < 1 / (1 + np.exp(-eta)), 240, 0).astype(np.uint8)
            moment = START + timedelta(days=float(day))
            visits.append(a_visit(version, location, moment, auditor=f"a{auditor}", rng=rng))
            tallies.append(a_tally(visits[-1], seen))
    Visit.objects.bulk_create(visits)
    Tally.objects.bulk_create(tallies)
    return MadeChain(standard, version, locations, every_days, n_visits)


def publish_version(standard: Standard, *, number: int) -> Version:
    version = Version.objects.create(standard=standard, number=number)
    for place, key in enumerate(("greeting", "advice", "till")):
        section = Section.objects.create(version=version, key=key, title=key.title(), position=place)
        Criterion.objects.bulk_create(
            Criterion(
                section=section,
                key=f"{key}-{n}",
                text=f"{key} {n}?",
                dimension="delivery" if n % 2 else "completion",
                position=n,
            )
            for n in range(5)
        )
    Version.objects.filter(pk=version.pk).update(state=Version.State.PUBLISHED, published_at=timezone.now())
    version.refresh_from_db()
    return version


def a_visit(version, location, moment, *, auditor="a0", rng=None, approved_at=None) -> Visit:
    """Not saved. Approved as it was made, as imported visits are."""
    rng = rng or np.random.default_rng()
    return Visit(
        id=UUID(bytes=rng.bytes(16)),
        location=location,
        version=version,
        auditor_code=auditor,
        mode=Visit.Mode.HISTORY,
        started_at=moment,
        daypart=("morning", "afternoon", "evening")[int(rng.integers(3))],
        digest="",
        received_at=moment,
        approved_at=approved_at or moment,
    )


def a_tally(visit: Visit, seen: np.ndarray) -> Tally:
    """Not saved. seen : (interactions, criteria) bytes."""
    return Tally(
        visit=visit,
        location_id=visit.location_id,
        version_id=visit.version_id,
        started_at=visit.started_at,
        known_at=visit.approved_at or visit.received_at,
        auditor=f"code:{visit.auditor_code}",
        daypart=visit.daypart,
        n_interactions=len(seen),
        matrix=seen.tobytes(),
        coverage=1.0,
        scored_at=visit.approved_at,
    )


def make_metric(key="speed", **fields) -> Metric:
    return Metric.objects.create(key=key, name=fields.pop("name", key.title()), **fields)


def report_weekly(metric: Metric, locations, *, n_weeks=40, mean=80.0, drops=None, seed=2, first=date(2025, 1, 6)):
    """Readings of independent weeks with sd 2; drops = {location: (week, points)}."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, location in enumerate(locations):
        begin, points = (drops or {}).get(place, (n_weeks, 0.0))
        for week in range(n_weeks):
            start = first + timedelta(weeks=week)
            value = rng.normal(mean, 2) - (points if week >= begin else 0.0)
            rows.append(
                Reading(
                    location=location,
                    metric=metric,
                    period_start=start,
                    period_end=start + timedelta(days=6),
                    value=value,
                )
            )
    Reading.objects.bulk_create(rows)


def move(by: timedelta) -> None:
    """All visits and readings by whole days, as for pages that speak of now."""
    Visit.objects.update(**{name: F(name) + by for name in ("started_at", "received_at", "approved_at")})
    Tally.objects.update(**{name: F(name) + by for name in ("started_at", "known_at", "scored_at")})
    for reading in (readings := list(Reading.objects.all())):
        reading.period_start, reading.period_end = reading.period_start + by, reading.period_end + by
    Reading.objects.bulk_update(readings, ["period_start", "period_end"])


def observe(chain: MadeChain) -> int:
    """The interactions and observations behind the tallies, so that they can be scored anew; returns how many."""
    criteria = list(chain.version.criteria().values_list("pk", flat=True))
    n = 0
    for location in chain.locations:
        interactions, observations = [], []
        for tally in Tally.objects.filter(location=location):
            seen = np.frombuffer(tally.matrix or b"", np.uint8).reshape(-1, len(criteria))
            for position, row in enumerate(seen.tolist()):
                interactions.append(Interaction(id=uuid4(), visit_id=tally.visit_id, position=position))
                observations += [
                    Observation(
                        visit_id=tally.visit_id,
                        interaction=interactions[-1],
                        criterion_id=criterion,
                        value=byte > 0,
                        conformity=byte / 240,
                    )
                    for criterion, byte in zip(criteria, row, strict=True)
                ]
        Interaction.objects.bulk_create(interactions)
        Observation.objects.bulk_create(observations)
        n += len(observations)
    return n
