"""What the visits of some locations say: their signals, what stands of them, and what their results show."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from uuid import UUID

import numpy as np

from audits.models import Standard
from reports.detection.data.chain_loader import History
from reports.detection.data.channels import channel_name
from reports.detection.data.in_force import InForce
from reports.detection.data.packed_charts import points_of, unpack_points
from reports.detection.data.raised import placed
from reports.detection.data.recent import known, lately, points
from reports.detection.scan.judging import Chart, Judged, judge, judged_now
from reports.detection.scan.reconcile_flags import Change
from reports.measure.drift.arrivals import judge_arrivals
from reports.measure.drift.change_status import ChangeStatus, SectionShare
from reports.measure.drift.control_chart import control_charts
from reports.measure.drift.detector import Settings, Signal
from reports.measure.model.effects import Effects
from reports.measure.model.levels import LEAST_VISITS, Usual, adjusted_values, recent_levels
from reports.models.runs import VISITS_OF_A_CHANGE

VISIT_BYTES = 16  # of a visit in `Findings.visits`


@dataclass(frozen=True)
class Outcome:
    """One location, by its index, as its result states it; `last` in days, None without a visit.

    n_more_needed : visits still missing before there is a level and a change could be flagged. is_judged : whether a
    visit was judged now, or one went; else its flags and `log_evidence` stay as they are.
    """

    location_index: int
    n_visits: int
    n_more_needed: int
    last: float | None
    level: float | None
    low: float | None
    high: float | None
    points: list[list[float]]
    is_judged: bool
    log_evidence: float | None


@dataclass(frozen=True, eq=False)
class Findings:
    """outcomes : one for each location that was looked at. changes : what stands or ended where visits were judged.

    channels : of the charts, keys that outlive versions. charts, visits, signals : by location's index, what its
    chart draws (see data.packed_charts), when each visit of it was scored and arrived, and what was raised so far.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    charts: dict[int, np.ndarray] = field(default_factory=dict)
    visits: dict[int, bytes] = field(default_factory=dict)
    signals: dict[int, list[dict]] = field(default_factory=dict)

    @property
    def judged(self) -> set[int]:
        """Indexes of the locations whose flags may change."""
        return {one.location_index for one in self.outcomes if one.is_judged}

    @classmethod
    def gathered(cls, parts: Iterable["Findings"]) -> "Findings":
        """All that was found in the parts of one run."""
        found = cls()
        for part in parts:
            found.outcomes.extend(part.outcomes)
            found.changes.extend(part.changes)
            found.charts.update(part.charts)
            found.visits.update(part.visits)
            found.signals.update(part.signals)
            found.channels[:] = part.channels
        return found

    def pack(self) -> bytes:
        """Words as JSON, compressed, after their length; then the charts, and their visits. Floats come back as they
        were."""
        rows = {
            "outcomes": [asdict(one) for one in self.outcomes],
            "changes": [asdict(one) | {"visit_id": str(one.visit_id)} for one in self.changes],
            "signals": list(self.signals.items()),
            "channels": self.channels,
            "charts": [[at, points.size] for at, points in self.charts.items()],
        }
        words = zlib.compress(json.dumps(rows, default=lambda number: number.item()).encode())
        drawn = [points.tobytes() for points in self.charts.values()]
        return b"".join([len(words).to_bytes(8), words, *drawn, *(self.visits[at] for at in self.charts)])

    @classmethod
    def unpack(cls, packed: bytes) -> "Findings":
        start = 8 + int.from_bytes(packed[:8])
        rows = json.loads(zlib.decompress(packed[8:start]))
        size, stops = VISIT_BYTES, np.cumsum([n for _, n in rows["charts"]], dtype=int).tolist()
        n = stops[-1] if stops else 0
        visits = packed[len(packed) - n * size :]
        points = unpack_points(packed[start : len(packed) - n * size], len(rows["channels"]))
        parts = [(at, stop - n_here, stop) for (at, n_here), stop in zip(rows["charts"], stops, strict=True)]
        return cls(
            [Outcome(**row) for row in rows["outcomes"]],
            [_change(row) for row in rows["changes"]],
            rows["channels"],
            {at: points[begin:stop] for at, begin, stop in parts},
            {at: bytes(visits[begin * size : stop * size]) for at, begin, stop in parts},
            dict(rows["signals"]),
        )


def _change(row: dict) -> Change:
    status = row["status"]
    sections = tuple(SectionShare(**one) for one in status["sections"])
    found = ChangeStatus(Signal(**status["signal"]), sections, status["ended"], status["turned_at"])
    return Change(found, UUID(row["visit_id"]), row["channel"], tuple(row["sections"]))


def _placed(change: Change, location_index: int) -> Change:
    signal = replace(change.status.signal, location=location_index)
    return replace(change, status=replace(change.status, signal=signal))


def look_at(
    history: History,
    *,
    standard: Standard,
    as_of: datetime,
    location_indexes: np.ndarray,
    effects: Effects,
    usual: Usual,
    settings: Settings,
    in_force: InForce | None,
    whole: History | None = None,
) -> Findings:
    """Judge what is new at some locations, and say what their visits show.

    history : the visits of these locations and of no other, back to where the effects reach. location_indexes : also
    of those without visits. effects, usual : what results are measured by. in_force, whole : as `current` and `whole`
    in `judging.judge`: what the new visits are judged by.
    """
    ids = history.codes.locations[location_indexes].tolist()
    judged = judge(
        standard=standard,
        location_ids=ids,
        seen=history,
        since=effects.first_day,
        as_of=as_of,
        current=in_force,
        whole=whole,
    )
    chain = history.chain
    levels = recent_levels(chain, effects, lately(chain), usual)
    values, first = adjusted_values(chain, effects, usual), chain.first_visit
    least = settings.least_baseline + VISITS_OF_A_CHANGE
    outcomes = []
    for location_index, key in zip(location_indexes.tolist(), ids, strict=True):
        here = slice(int(first[location_index]), int(first[location_index + 1]))
        times = chain.time[here]
        outcomes.append(
            Outcome(
                location_index=location_index,
                n_visits=times.size,
                n_more_needed=max(0, least - times.size, LEAST_VISITS - int(levels.n_visits[location_index])),
                last=float(times[-1]) if times.size else None,
                level=known(levels.level[location_index]),
                low=known(levels.low[location_index]),
                high=known(levels.high[location_index]),
                points=points(times, values[here]),
                is_judged=key in judged.begin,
                log_evidence=judged.log_evidence.get(key),
            )
        )
    place = dict(zip(ids, location_indexes.tolist(), strict=True))
    channels, charts = _charts(history, place, effects, settings, judged)
    return Findings(
        outcomes,
        [_placed(change, place[key]) for key, changes in judged.changes.items() for change in changes],
        channels,
        charts,
        {at: judged_now(history, at) for at in charts},
        {at: [one.as_json() for one in judged.raised.get(key, [])] for key, at in place.items()},
    )


def _charts(
    history: History, place: dict[int, int], effects: Effects, settings: Settings, judged: Judged
) -> tuple[list[str], dict[int, np.ndarray]]:
    """The channels, and what the chart of each location draws in them: by these effects, with the evidence of when
    each visit was judged."""
    chain, codes, first = history.chain, history.codes, history.chain.first_visit
    raised = placed({at: judged.raised.get(key, []) for key, at in place.items()}, codes)
    nothing = np.zeros(chain.n_visits, bool)
    shown = judge_arrivals(chain, effects, settings, np.inf, past=raised, is_new=nothing)
    drawn = control_charts(chain, effects, shown)
    every = points_of(drawn, history.visit_ids, chain.time)
    channels = [channel_name(name, codes.sections) for name in drawn.channels]
    charts = {}
    for key, at in place.items():
        chart = Chart(channels, every[first[at] : first[at + 1]])
        charts[at] = chart.with_evidence_of(judged.charts.get(key)).points
    return channels, charts
