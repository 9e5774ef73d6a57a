"""Who may be sent to some locations: whose visit says most of each, and which one joins groups without a link."""

from dataclasses import dataclass

import numpy as np

from reports.detection.data.day_numbers import to_datetime
from reports.detection.data.fitted_run import FittedRun
from reports.detection.views.auditors import names_of
from reports.measure.auditors.linkage import groups
from reports.measure.model.chain import Chain
from reports.measure.model.effects import WEEK_DAYS, Effects
from reports.measure.planning.auditor_assignment import auditor_assignment
from reports.measure.planning.location_forecast import LATELY_DAYS, LocationForecasts
from reports.measure.planning.visit_value import Assumptions, value
from reports.models import Tally

MOST_LINKED = 100_000  # visits of a run in which auditors and locations without a link are looked for


@dataclass(frozen=True)
class Whom:
    """An auditor to send. is_joining : no visit links this auditor's group of stores to this one yet."""

    key: str
    name: str
    is_joining: bool


@dataclass(frozen=True)
class Joining:
    """A visit across two groups, and by how many days it helps to judge the other locations of both."""

    groups: tuple[int, int]
    days: float
    whom: Whom


class AuditorAssignments:
    """Auditors beside locations, by index.

    chain, effects, known : of the locations `ids`, with the auditors `keys` alone. usual : what a visit is worth by
    the best auditor of the location's own group. Two queries.
    """

    def __init__(
        self,
        fitted: FittedRun,
        assumptions: Assumptions,
        chain: Chain,
        effects: Effects,
        known: LocationForecasts,
        ids: list[int],
        keys: list[str],
        at: float,
    ):
        self.keys, self.names = keys, names_of(set(keys))
        self.of_location, self.of_auditor = _linked(fitted, ids, keys)
        linked = self.of_location, self.of_auditor
        self.sent = auditor_assignment(chain, effects, known, assumptions, at=at, linked=linked)
        active = np.zeros(len(keys), bool)  # the others may have left
        active[chain.auditor[(chain.auditor >= 0) & (chain.time >= at - LATELY_DAYS)]] = True
        self.best = _best(np.where(active & ~self.sent.joins, self.sent.gain, -np.inf))
        self.best_across = _best(np.where(active & self.sent.joins, self.sent.link, -np.inf))
        rows, is_known = np.arange(len(ids)), self.best >= 0
        gain = None
        if len(keys):
            by_nobody = np.median(self.sent.gain, axis=1)
            gain = np.where(is_known, self.sent.gain[rows, self.best], by_nobody)
        self.usual = value(known, assumptions, gain=gain)

    def alone(self, row: int) -> str:
        """The name of the only auditor there lately, blank where there were several or none."""
        been = np.flatnonzero(self.sent.been[row])
        return self.names[self.keys[been[0]]] if been.size == 1 else ""

    def other(self, row: int) -> Whom | None:
        """Somebody else, where all visits lately were by one auditor."""
        best = self.best[row]
        if best < 0 or not self.alone(row) or self.sent.been[row, best]:
            return None
        return Whom(self.keys[best], self.names[self.keys[best]], False)

    def joining(self, row: int) -> Joining | None:
        """Who would join the location's group to another; None where all are linked."""
        best = self.best_across[row]
        if best < 0:
            return None
        whom = Whom(self.keys[best], self.names[self.keys[best]], True)
        pair = int(self.of_location[row]), int(self.of_auditor[best])
        return Joining(pair, float(self.sent.link[row, best]) * WEEK_DAYS, whom)


def _best(worth: np.ndarray) -> np.ndarray:
    """(L,) the column with the most in each row, -1 where there is none."""
    if not worth.shape[1]:
        return np.full(worth.shape[0], -1)
    return np.where(np.isfinite(worth).any(axis=1), worth.argmax(axis=1), -1)


def _linked(fitted: FittedRun, ids: list[int], keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The group of each location and auditor over all visits of the run; one for all where those are too many."""
    if fitted.run.n_visits > MOST_LINKED:
        return np.zeros(len(ids), int), np.zeros(len(keys), int)
    tallies = Tally.objects.filter(
        version__standard=fitted.run.standard_id,
        is_excluded=False,
        scored_at__isnull=False,
        known_at__lte=fitted.run.as_of,
        started_at__gte=to_datetime(fitted.effects.first_day),
    ).exclude(auditor="")
    pairs = list(tallies.order_by().values_list("location_id", "auditor").distinct())
    location_ids, location = np.unique(np.array([*(pair[0] for pair in pairs), *ids], int), return_inverse=True)
    names, auditor = np.unique(np.array([*(pair[1] for pair in pairs), *keys], str), return_inverse=True)
    n = len(pairs)
    _, of_location, of_auditor = groups(
        location[:n], auditor[:n], n_locations=location_ids.size, n_auditors=names.size
    )
    return of_location[location[n:]], of_auditor[auditor[n:]]
