"""Signals on record: as they were raised, by the visits that raised them, whatever is estimated later."""

from dataclasses import asdict, dataclass, replace
from uuid import UUID

from reports.detection.data.chain_loader import Codes, History
from reports.detection.data.channels import channel_name, channel_of
from reports.measure.drift.arrivals import Judgement
from reports.measure.drift.detector import Signal


@dataclass(frozen=True)
class Raised:
    """signal : its channel by the key, which outlives versions; its location and visit are of no use here.

    visit_id : of the visit that raised it. raised_at : days, when the last visit that it rests on was known.
    """

    signal: Signal
    visit_id: UUID
    raised_at: float

    def as_json(self) -> dict:
        row = {name: value for name, value in asdict(self.signal).items() if name not in ("location", "visit")}
        return row | {"visit_id": str(self.visit_id), "raised_at": self.raised_at}

    @classmethod
    def from_json(cls, row: dict) -> "Raised":
        given = dict(row)
        visit_id, raised_at = UUID(given.pop("visit_id")), given.pop("raised_at")
        return cls(Signal(location=-1, visit=-1, **given), visit_id, raised_at)

    def placed(self, location_index: int, codes: Codes) -> Signal | None:
        """As a signal of a chain; None where that holds nothing of its section."""
        channel = channel_of(self.signal.channel, codes.sections.tolist())
        return None if channel is None else replace(self.signal, location=location_index, channel=channel)


def placed(raised: dict[int, list[Raised]], codes: Codes) -> list[Signal]:
    """Signals of a chain with these codes. raised : by location's index."""
    found = [one.placed(at, codes) for at, records in raised.items() for one in records]
    return [signal for signal in found if signal is not None]


def recorded(history: History, found: Judgement, past: dict[int, list[Raised]]) -> dict[int, list[Raised]]:
    """By location's index: the records that there are, and those of what was raised now. found : of `history`."""
    answer = {at: list(records) for at, records in past.items()}
    for signal in found.signals:
        if (raised_at := found.raised_at.get((signal.location, signal.at))) is not None:
            named = replace(signal, channel=channel_name(signal.channel, history.codes.sections))
            answer.setdefault(signal.location, []).append(Raised(named, history.visit_ids[signal.visit], raised_at))
    return answer
