"""How alike two customers are treated at one location: now, before the onset, and by daypart."""

import math
from dataclasses import dataclass

import numpy as np

from reports.detection.data.day_numbers import to_days
from reports.detection.data.fitted_run import FittedVisits
from reports.detection.data.recent import lately
from reports.measure.consistency import Consistency, Shrunk, consistency, pairwise_agreement
from reports.measure.model.chain import Chain
from reports.measure.model.groups import gathered
from reports.measure.unevenness import LEAST_VISITS

NOW, BEFORE = 0, 1
LEAST_INTERACTIONS = 10  # that observed a criterion, before anything is said of pairs of them
MOST_CRITERIA = 5


@dataclass(frozen=True)
class Estimate:
    """A number with a 90 % interval, 0 to 1; `missing` visits more are needed where there is none."""

    value: float | None
    low: float | None
    high: float | None
    missing: int


@dataclass(frozen=True)
class Part:
    """One time, or one daypart of the time since then."""

    name: str
    n_visits: int
    promise: Estimate
    unevenness: Estimate
    within_visits: float | None


@dataclass(frozen=True)
class Treatment:
    """now : since the onset, or lately. before : until the onset, None without one. dayparts : of now.

    has_critical : whether any criterion of the standard is critical; without one there is no promise.
    """

    now: Part
    before: Part | None
    dayparts: list[Part]
    has_critical: bool


@dataclass(frozen=True)
class SameTreatment:
    """share : of the pairs of interactions that observed a criterion, those where both kept it or neither did."""

    text: str
    share: float
    n_interactions: int


def treatment(found: FittedVisits, *, location_id: int, onset=None) -> Treatment | None:
    """How alike customers are treated at a location, judged beside its peers.

    found : with the visits of the location and its peers. onset : datetime of a flag's onset; None: lately is the
    half year up to its last visit, or the last four visits where those are more.
    None when the run did not know the location.
    """
    location_index = found.location_index(location_id)
    if location_index is None:
        return None
    chain = found.chain
    own = chain.location == location_index
    since = _since(chain, location_index, onset)
    others = [each for each in np.unique(chain.location).tolist() if each != location_index]
    peer_group = np.full(chain.n_locations, -1)
    peer_group[others] = np.arange(len(others))
    is_new = own & (chain.time >= since)
    by_time = _groups(chain.location, own, np.where(is_new, NOW, BEFORE if onset is not None else -1), 2, peer_group)
    times = _judged(found, by_time, [location_index] * 2 + others)
    names = found.history.codes.dayparts.tolist()
    daypart = np.where(is_new, chain.daypart, -1)
    by_daypart = _groups(chain.location, own, daypart, len(names), peer_group)
    parts = _judged(found, by_daypart, [location_index] * len(names) + others)
    n_visits = np.bincount(daypart[daypart >= 0], minlength=len(names))
    n_now = int(is_new.sum())
    return Treatment(
        now=_part("now", n_now, times, NOW),
        before=_part("before", int((own & ~is_new).sum()), times, BEFORE) if onset is not None else None,
        dayparts=[_part(name, int(n_visits[at]), parts, at) for at, name in enumerate(names) if n_visits[at]],
        has_critical=bool(chain.critical.any()),
    )


def least_alike(found: FittedVisits, *, location_id: int, onset=None) -> list[SameTreatment]:
    """The criteria on which two customers of a location are most often treated differently, those first.

    onset : as in `treatment`. A description, at most MOST_CRITERIA of what LEAST_INTERACTIONS observed; a criterion
    that all kept, or none, is not among them.
    """
    location_index = found.location_index(location_id)
    if location_index is None:
        return []
    is_now = (found.chain.location == location_index) & (
        found.chain.time >= _since(found.chain, location_index, onset)
    )
    chain = found.chain.subset(is_now)
    share, n = pairwise_agreement(chain)[location_index], chain.observed.sum(axis=0).astype(int)
    differs = np.flatnonzero((n >= LEAST_INTERACTIONS) & (share < 1))
    chosen = differs[np.argsort(share[differs], kind="stable")[:MOST_CRITERIA]]
    ids, text = found.history.codes.criteria, found.texts()
    return [SameTreatment(text[int(ids[at])], float(share[at]), int(n[at])) for at in chosen]


def _since(chain: Chain, location_index: int, onset) -> float:
    return to_days(onset) if onset is not None else lately(chain)[location_index]


def _groups(location, own, group, n_groups: int, peer_group) -> np.ndarray:
    """(V,) the location's own visits in their groups, each peer's in one of its own after them."""
    peers = peer_group[location]
    return np.where(own, group, np.where(peers >= 0, peers + n_groups, -1))


def _judged(found: FittedVisits, group: np.ndarray, location_index: list[int]) -> Consistency:
    chain, effects = gathered(found.chain, found.effects, group, np.array(location_index, dtype=int))
    return consistency(chain, effects)


def _part(name: str, n_visits: int, judged: Consistency, at: int) -> Part:
    return Part(
        name,
        n_visits,
        _estimate(judged.promise_kept, at, n_visits),
        _estimate(judged.unevenness, at, n_visits),
        _known(judged.within_visits[at]),
    )


def _estimate(shrunk: Shrunk, at: int, n_visits: int) -> Estimate:
    value, low, high = (_known(part[at]) for part in (shrunk.value, shrunk.low, shrunk.high))
    return Estimate(value, low, high, as_many_as_it_takes(int(shrunk.missing[at]), n_visits))


def as_many_as_it_takes(missing: int, n_visits: int) -> int:
    """Visits until `missing` more of them tell, if as many tell of those to come as of the n_visits so far.

    Of six visits two told, and two are missing: six more. Where none told yet, no fewer than are missing.

    >>> as_many_as_it_takes(2, 6), as_many_as_it_takes(2, 2), as_many_as_it_takes(4, 3)
    (6, 2, 4)
    """
    telling = LEAST_VISITS - missing
    return missing if telling <= 0 else max(missing, math.ceil(missing * n_visits / telling))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
