"""What a run leaves for the next one, by location: the visits that it saw.

A location has news when a visit of it was scored, corrected, excluded or withdrawn since: then the number of visits
that count, or the time when the last of them was scored, is another one.
"""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Count, Max, Q

from audits.models import Standard
from reports.detection.data.chain_loader import History, counting
from reports.detection.data.day_numbers import EPOCH, to_days


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """n : (L,) visits that count. scored : (L,) days, when the last of them was scored, NaN without one.

    last : days, the last visit of all, NaN without one.
    """

    n: np.ndarray
    scored: np.ndarray
    last: float

    @classmethod
    def of(cls, history: History) -> "Checkpoint":
        n_locations, location = history.chain.n_locations, history.chain.location
        scored = np.full(n_locations, -np.inf)
        np.maximum.at(scored, location, history.scored)
        n = np.bincount(location, minlength=n_locations)
        last = float(history.chain.time.max()) if location.size else float("nan")
        return cls(n, np.where(n > 0, scored, np.nan), last)

    def pack(self) -> bytes:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, n=self.n, scored=self.scored, last=self.last)
        return buffer.getvalue()

    @classmethod
    def unpack(cls, packed: bytes | memoryview) -> "Checkpoint":
        with np.load(io.BytesIO(bytes(packed)), allow_pickle=False) as arrays:
            return cls(arrays["n"], arrays["scored"], float(arrays["last"]))


@dataclass(frozen=True, eq=False)
class CountedNow:
    """What counts now at the locations of a run, before any visit is read.

    has_news : (L,) bool, since the run before. n_of_estimate : how many visits could be
    known to the run that estimated what is common. n_elsewhere : visits at locations that it does not know.
    """

    kept: Checkpoint
    has_news: np.ndarray
    n_of_estimate: int
    n_elsewhere: int


def counted_now(
    *,
    standard: Standard,
    as_of: datetime,
    since: float,
    locations: np.ndarray,
    before: Checkpoint,
    before_as_of: datetime,
    estimate_as_of: datetime,
) -> CountedNow:
    """One query, grouped by location. since : days, earlier visits do not count."""
    known, estimated = Q(known_at__lte=before_as_of), Q(known_at__lte=estimate_as_of)
    rows = (
        counting(standard=standard, as_of=as_of)
        .filter(started_at__gte=EPOCH + timedelta(days=since))
        .order_by()
        .values_list("location")
        .annotate(
            n=Count("pk"),
            scored=Max("scored_at"),
            n_before=Count("pk", filter=known),
            scored_before=Max("scored_at", filter=known),
            n_estimate=Count("pk", filter=estimated),
            last=Max("started_at"),
        )
    )
    table = np.array(
        [
            (location_index, n, _days(scored), n_before, _days(scored_before), n_estimate, _days(last))
            for location_index, n, scored, n_before, scored_before, n_estimate, last in rows.iterator(
                chunk_size=10_000
            )
        ],
        dtype=float,
    ).reshape(-1, 7)
    location_index = np.minimum(np.searchsorted(locations, table[:, 0]), max(locations.size - 1, 0))
    here = locations[location_index] == table[:, 0] if locations.size else np.zeros(len(table), bool)
    columns = np.zeros((locations.size, 7))
    columns[:, [2, 4]] = np.nan
    columns[location_index[here]] = table[here]
    n, n_before, scored_before = columns[:, 1].astype(int), columns[:, 3].astype(int), columns[:, 4]
    same = (n_before == before.n) & ((scored_before == before.scored) | (n_before == 0))
    return CountedNow(
        kept=Checkpoint(n, columns[:, 2], float(table[:, 6].max()) if len(table) else float("nan")),
        has_news=~same | (n > n_before),
        n_of_estimate=int(columns[:, 5].sum()),
        n_elsewhere=int(table[~here, 1].sum()),
    )


def _days(moment: datetime | None) -> float:
    return float("nan") if moment is None else to_days(moment)
