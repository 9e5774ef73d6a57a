"""What the visits of some locations say: their signals, what stands of them, and what their results show."""

import json
import zlib
from dataclasses import asdict, dataclass
from uuid import UUID

import numpy as np

from reports.detection.data.chain_loader import History
from reports.detection.data.recent import known, lately, points
from reports.detection.scan.reconcile_flags import Change, changes_in
from reports.measure.drift.change_status import ChangeStatus, SectionShare, change_status
from reports.measure.drift.detector import Settings, Signal
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


@dataclass(frozen=True)
class Findings:
    """outcomes : one for each location that was looked at. changes : what stands or ended. signals : all raised."""

    outcomes: list[Outcome]
    changes: list[Change]
    signals: list[Signal]

    def pack(self) -> bytes:
        """As JSON, compressed: floats come back as they were."""
        rows = {
            "outcomes": [asdict(one) for one in self.outcomes],
            "changes": [asdict(one.status) | {"visit_id": str(one.visit_id)} for one in self.changes],
            "signals": [asdict(one) for one in self.signals],
        }
        return zlib.compress(json.dumps(rows, default=lambda number: number.item()).encode())

    @classmethod
    def unpack(cls, packed: bytes) -> "Findings":
        rows = json.loads(zlib.decompress(packed))
        return cls(
            [Outcome(**row) for row in rows["outcomes"]],
            [_change(row) for row in rows["changes"]],
            [Signal(**row) for row in rows["signals"]],
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
    past, is_new : as in `measure.replay.go_on`, to go on from an earlier replay; None to begin at the start.
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
    return Findings(outcomes, changes_in(history, stands), replayed.signals)
