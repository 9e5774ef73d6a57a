"""What the visits of some locations say: their signals, what stands of them, and what their results show."""

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from uuid import UUID

import numpy as np

from reports.detection.data.chain_loader import History
from reports.detection.data.channels import channel_name
from reports.detection.data.packed_charts import points_of, unpack_points
from reports.detection.data.recent import known, lately, points
from reports.detection.scan.reconcile_flags import Change, changes_in
from reports.measure.drift.change_status import ChangeStatus, SectionShare, change_status
from reports.measure.drift.control_chart import control_charts
from reports.measure.drift.detector import Scan, Settings, Signal
from reports.measure.drift.replay import go_on
from reports.measure.model.effects import Effects
from reports.measure.model.levels import LEAST_VISITS, Usual, adjusted_values, recent_levels
from reports.models.runs import VISITS_OF_A_CHANGE


@dataclass(frozen=True)
class Outcome:
    """One location, by its index, as its result states it; `last` in days, None without a visit.

    n_more_needed : visits still missing before there is a level and a change could be flagged.
    """

    location_index: int
    n_visits: int
    n_more_needed: int
    last: float | None
    level: float | None
    low: float | None
    high: float | None
    points: list[list[float]]
    log_evidence: float | None


@dataclass(frozen=True, eq=False)
class Findings:
    """outcomes : one for each location that was looked at. changes : what stands or ended. signals : all raised.

    charts : by location's index, what its chart draws (see data.packed_charts), in the order of `channels`, the keys
    of which outlive versions.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    charts: dict[int, np.ndarray] = field(default_factory=dict)

    @classmethod
    def gathered(cls, parts: Iterable["Findings"]) -> "Findings":
        """All that was found in the parts of one run."""
        found = cls()
        for part in parts:
            found.outcomes.extend(part.outcomes)
            found.changes.extend(part.changes)
            found.signals.extend(part.signals)
            found.charts.update(part.charts)
            found.channels[:] = part.channels
        return found

    def pack(self) -> bytes:
        """Words as JSON, compressed, after their length; then the charts. Floats come back as they were."""
        rows = {
            "outcomes": [asdict(one) for one in self.outcomes],
            "changes": [asdict(one.status) | {"visit_id": str(one.visit_id)} for one in self.changes],
            "signals": [asdict(one) for one in self.signals],
            "channels": self.channels,
            "charts": [[at, points.size] for at, points in self.charts.items()],
        }
        words = zlib.compress(json.dumps(rows, default=lambda number: number.item()).encode())
        return b"".join([len(words).to_bytes(8), words, *(points.tobytes() for points in self.charts.values())])

    @classmethod
    def unpack(cls, packed: bytes) -> "Findings":
        start = 8 + int.from_bytes(packed[:8])
        rows = json.loads(zlib.decompress(packed[8:start]))
        points = unpack_points(packed[start:], len(rows["channels"]))
        stops = np.cumsum([size for _, size in rows["charts"]], dtype=int).tolist()
        return cls(
            [Outcome(**row) for row in rows["outcomes"]],
            [_change(row) for row in rows["changes"]],
            [Signal(**row) for row in rows["signals"]],
            rows["channels"],
            {at: points[stop - size : stop] for (at, size), stop in zip(rows["charts"], stops, strict=True)},
        )


def _change(row: dict) -> Change:
    sections = tuple(SectionShare(**one) for one in row["sections"])
    found = ChangeStatus(Signal(**row["signal"]), sections, row["ended"], row["turned_at"])
    return Change(found, UUID(row["visit_id"]))


def look_at(
    history: History,
    *,
    location_indexes: np.ndarray,
    effects: Effects,
    usual: Usual,
    settings: Settings,
    threshold: float,
    past: list[Signal] | None = None,
    is_new: np.ndarray | None = None,
) -> Findings:
    """Replay some locations, and say what stands.

    history : the visits of these locations and of no other. location_indexes : also of those without visits.
    past, is_new : as in `measure.drift.replay.go_on`, to go on from an earlier replay; None to begin at the start.
    """
    chain = history.chain
    new = np.ones(chain.n_visits, bool) if is_new is None else is_new
    replayed = go_on(chain, effects, settings, threshold, past=past or [], is_new=new)
    stands = change_status(chain, effects, settings, replayed.signals)
    levels = recent_levels(chain, effects, lately(chain), usual)
    values, first = adjusted_values(chain, effects, usual), chain.first_visit
    least = settings.least_baseline + VISITS_OF_A_CHANGE
    outcomes = []
    for location_index in location_indexes.tolist():
        here = slice(int(first[location_index]), int(first[location_index + 1]))
        times = chain.time[here]
        log_evidence = float(replayed.ranking[location_index])
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
                log_evidence=log_evidence if np.isfinite(log_evidence) else None,
            )
        )
    channels, charts = _charts(history, location_indexes, effects, replayed)
    return Findings(outcomes, changes_in(history, stands), replayed.signals, channels, charts)


def _charts(
    history: History, location_indexes: np.ndarray, effects: Effects, replayed: Scan
) -> tuple[list[str], dict[int, np.ndarray]]:
    """The channels, and what the chart of each location draws in them."""
    chain, first = history.chain, history.chain.first_visit
    drawn = control_charts(chain, effects, replayed)
    points = points_of(drawn, history.visit_ids, chain.time)
    channels = [channel_name(name, history.codes.sections) for name in drawn.channels]
    return channels, {at: points[first[at] : first[at + 1]] for at in location_indexes.tolist()}
