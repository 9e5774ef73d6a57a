"""Visits that came, were corrected or went -> what they say, each by what was in force when it arrived.

The row of a location's chart holds what was judged there and what it raised. Where all is as it was, and new visits
came behind it, they alone are judged. Where a visit was corrected or taken out, or became known late, all from its
arrival on is judged once more, by the estimates on record: so what stands is what would stand had it always been so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from audits.models import Standard
from reports.detection.data.chain_loader import History, load
from reports.detection.data.channels import channel_name
from reports.detection.data.day_numbers import to_days
from reports.detection.data.in_force import InForce, past_estimates
from reports.detection.data.packed_charts import points_of, unpack_points, with_earlier_evidence
from reports.detection.data.raised import Raised, placed, recorded
from reports.detection.scan.reconcile_flags import Change, changes_in
from reports.measure.drift.arrivals import judge_arrivals
from reports.measure.drift.backtest import knows_criteria, knows_location
from reports.measure.drift.change_status import change_status
from reports.measure.drift.control_chart import control_charts
from reports.models import ControlChart


@dataclass(frozen=True, eq=False)
class Chart:
    """What a location's chart draws, in the order of `channels`; see `data.packed_charts`."""

    channels: list[str]
    points: np.ndarray

    def with_evidence_of(self, earlier: "Chart | None") -> "Chart":
        if earlier is None:
            return self
        return Chart(
            self.channels, with_earlier_evidence(self.points, self.channels, earlier.points, earlier.channels)
        )


@dataclass
class Judged:
    """What the visits of some locations say, by the id of the location.

    raised : of all of them. begin : days, the arrival of the first visit that was judged now; only of those where any
    was, or where one went. changes : what stands or ended there. log_evidence : of a decline after the last visit,
    None for none. charts : with the evidence of what was judged, now or before.
    """

    raised: dict[int, list[Raised]] = field(default_factory=dict)
    begin: dict[int, float] = field(default_factory=dict)
    changes: dict[int, list[Change]] = field(default_factory=dict)
    log_evidence: dict[int, float | None] = field(default_factory=dict)
    charts: dict[int, Chart] = field(default_factory=dict)


def judge(
    *,
    standard: Standard,
    location_ids: Iterable[int],
    seen: History,
    since: float,
    as_of: datetime,
    current: InForce | None,
    whole: History | None = None,
) -> Judged:
    """Judge what is new at some locations.

    seen : the visits that count there at `as_of`, back to `since` (days), which is how far charts reach. current :
    what the last run left; None before the first has ended, whose visits are judged by the estimates on record alone.
    whole : all visits that count there, with the codes of `current`, where they were read already.
    """
    work = _Work(standard, as_of)
    work.find_news(seen, set(location_ids), since)
    begin = work.judged.begin
    since = np.inf if current is None else current.since
    behind = {key: moment for key, moment in begin.items() if moment <= since}
    if behind:
        for force in past_estimates(standard, after=min(behind.values())):
            work.stage(force, [key for key, moment in behind.items() if moment <= force.until])
    if current is not None and begin:
        work.stage(current, list(begin), whole)
    return work.judged


class _Work:
    """The judging of some locations, estimate after estimate."""

    def __init__(self, standard: Standard, as_of: datetime):
        self.standard, self.as_of = standard, as_of
        self.judged = Judged()

    def find_news(self, seen: History, location_ids: set[int], since: float) -> None:
        """What was judged before, and since when something is to be judged, if anything is."""
        judged = self.judged
        index = {key: at for at, key in enumerate(seen.codes.locations.tolist()) if key in location_ids}
        before = {}
        for chart in ControlChart.objects.filter(standard=self.standard, location__in=list(index)):
            points = unpack_points(chart.points, len(chart.channels))
            judged.charts[chart.location_id] = Chart(chart.channels, points)
            judged.raised[chart.location_id] = [Raised.from_json(row) for row in chart.signals]
            judged.log_evidence[chart.location_id] = chart.log_evidence
            before[chart.location_id] = _Before.of(points, chart)
        for key, at in index.items():
            moment = before.get(key, _Before({}, np.inf, -np.inf)).first_news(seen, at, since)
            if np.isfinite(moment):
                judged.begin[key] = moment
                judged.raised[key] = [one for one in judged.raised.get(key, []) if one.raised_at < moment]

    def stage(self, force: InForce, location_ids: list[int], whole: History | None = None) -> None:
        """Judge the visits that arrived while one estimate was in force."""
        history = whole or load(standard=self.standard, as_of=self.as_of, codes=force.codes, locations=location_ids)
        judged, codes, effects = self.judged, history.codes, force.effects
        known_location = knows_location(history.chain, effects)
        part = history.since(effects.first_day)
        part = part.subset(part.chain.arrival <= force.until)
        chain = part.chain
        wanted = set(location_ids)
        here = {at: key for at, key in enumerate(codes.locations.tolist()) if key in wanted}
        begin = np.full(chain.n_locations, np.inf)
        for at, key in here.items():
            begin[at] = judged.begin[key] if known_location[at] else np.inf
        is_new = (chain.arrival > force.since) & (chain.arrival >= begin[chain.location])
        is_new[is_new] = knows_criteria(chain.subset(is_new), effects)
        past = {at: judged.raised.get(key, []) for at, key in here.items()}
        found = judge_arrivals(
            chain, effects, force.settings, force.threshold, past=placed(past, codes), is_new=is_new
        )
        for at, records in recorded(part, found, past).items():
            judged.raised[here[at]] = records
        self._draw(part, found, force, here)
        has_news = np.zeros(chain.n_locations, bool)
        has_news[chain.location[is_new]] = True
        untold = [at for at, key in here.items() if has_news[at] or key not in judged.changes]
        told = [signal for signal in found.signals if signal.location in set(untold)]
        for at in untold:
            judged.changes[here[at]] = []
            if has_news[at]:
                log_evidence = float(found.ranking[at])
                judged.log_evidence[here[at]] = log_evidence if np.isfinite(log_evidence) else None
        for change in changes_in(part, change_status(chain, effects, force.settings, told)):
            judged.changes[here[change.status.signal.location]].append(change)

    def _draw(self, part: History, found, force: InForce, here: dict[int, int]) -> None:
        drawn = control_charts(part.chain, force.effects, found)
        points = points_of(drawn, part.visit_ids, part.chain.time)
        channels = [channel_name(name, part.codes.sections) for name in drawn.channels]
        first = part.chain.first_visit
        for at, key in here.items():
            chart = Chart(channels, points[first[at] : first[at + 1]])
            self.judged.charts[key] = chart.with_evidence_of(self.judged.charts.get(key))


@dataclass(frozen=True)
class _Before:
    """What was judged of one location.

    visits : by id, time, when it was scored and when it arrived, in days; NaN where an older release kept neither.
    oldest : the time of the first of them. known_until : what arrived by then was looked at.
    """

    visits: dict[bytes, tuple[float, float, float]]
    oldest: float
    known_until: float

    @classmethod
    def of(cls, points: np.ndarray, chart: ControlChart) -> "_Before":
        table = np.frombuffer(bytes(chart.judged)).reshape(-1, 2)
        if len(table) != len(points):
            table = np.column_stack([np.full(len(points), np.nan), points["time"]])
        rows = zip(points["visit"], points["time"].tolist(), table.tolist(), strict=True)
        visits = {visit.tobytes(): (time, scored, arrival) for visit, time, (scored, arrival) in rows}
        oldest = float(points["time"][0]) if len(points) else np.inf
        return cls(visits, oldest, to_days(chart.known_until))

    def first_news(self, seen: History, location_index: int, since: float) -> float:
        """When the first visit arrived that was not judged, or not as it is now, or is gone; inf for none.

        What is older than all that was drawn and was known then was left out as too old, and stays so.
        """
        chain, left, moments = seen.chain, dict(self.visits), [np.inf]
        for at in range(*chain.first_visit[location_index : location_index + 2].tolist()):
            arrival = float(chain.arrival[at])
            known = left.pop(seen.visit_ids[at].bytes, None)
            if known is None:
                if chain.time[at] >= self.oldest or arrival > self.known_until or not self.visits:
                    moments.append(arrival)
            elif not np.isnan(known[1]) and known[1] != seen.scored[at]:
                moments += [arrival, known[2]]
        gone = [arrival for time, _, arrival in left.values() if time >= since]
        return min(moments + gone)


def judged_now(history: History, location_index: int) -> bytes:
    """The other way round, of the visits of one location that a chart draws."""
    here = slice(*history.chain.first_visit[location_index : location_index + 2].tolist())
    return np.column_stack([history.scored[here], history.chain.arrival[here]]).tobytes()
