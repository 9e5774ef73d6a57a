"""What a location's chart draws: each visit beside what was expected there, with the last run's common effects."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np

from audits.models import Standard
from locations.models import Location
from reports.detection.data.chain_loader import load
from reports.detection.data.day_numbers import to_datetime
from reports.detection.data.packed_effects import unpack
from reports.detection.scan.lifecycle import settings_of
from reports.detection.scan.reconcile_flags import channel_name
from reports.measure.drift import control_chart as measured
from reports.models import Run


@dataclass(frozen=True)
class LocationSeries:
    """One channel of one location, oldest visit first; shares from 0 to 1, None where nothing was observed.

    values : each visit's share, adjusted to the location's usual auditors, dayparts and criteria. expected, low,
    high : the share that its baseline leads one to expect, and the natural limits around it. evidence : after each
    visit, how many times likelier a decline is than none, as logarithm; None where the channel is not scanned.
    """

    times: list[datetime]
    values: list[float | None]
    expected: list[float | None]
    low: list[float | None]
    high: list[float | None]
    evidence: list[float | None]
    visit_ids: list[UUID]
    run: Run


def location_series(*, standard: Standard, location: Location, channel: str = "overall") -> LocationSeries | None:
    """The series that the last finished run of a standard saw, in one channel of one location.

    channel : as in DriftFlag. None when no run has finished, or the run knows neither the location nor the channel.
    """
    run = Run.objects.filter(standard=standard, state=Run.State.DONE, effects__isnull=False).first()
    if run is None or run.effects is None or run.threshold is None:
        return None
    effects, codes = unpack(run.effects)
    location_index = np.flatnonzero(codes.locations == location.pk)
    if not location_index.size:
        return None
    history = load(standard=standard, as_of=run.as_of, codes=codes, locations=[location.pk]).since(effects.first_day)
    by_channel = measured.series(history.chain, effects, settings_of(run), run.threshold, int(location_index[0]))
    named = {channel_name(name, codes.sections): series for name, series in by_channel.items()}
    if channel not in named:
        return None
    found = named[channel]
    return LocationSeries(
        times=[to_datetime(days) for days in found.time.tolist()],
        values=_listed(found.value),
        expected=_listed(found.expected),
        low=_listed(found.low),
        high=_listed(found.high),
        evidence=_listed(found.decline),
        visit_ids=history.visit_ids[found.visit].tolist(),
        run=run,
    )


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]
