"""What is true of a made chain: where execution changes, by how much, since when, and what only looks like it."""

from dataclasses import dataclass

import numpy as np

from reports.measure.model.effects import WEEK_DAYS

IN_CONTROL = "in control"
STEP, RAMP, SECTION, CONSISTENCY, RECOVERED = "step", "ramp", "section", "consistency", "recovered"
DRIFTS = (STEP, RAMP, SECTION, CONSISTENCY, RECOVERED)
SEVERE_AUDITOR, EVENINGS = "severe auditor", "evenings"
TRAPS = (SEVERE_AUDITOR, EVENINGS)


@dataclass(frozen=True)
class Spell:
    """A stretch of days in which the whole chain moves: no location drifts, and none should be flagged.

    Alarms from `start` to `stop` are not counted as false; those before `judged_until` are counted as trapped.
    """

    name: str
    start: float
    stop: float
    judged_until: float


@dataclass(frozen=True, eq=False)
class Truth:
    """Of each of L locations; moments are days since 1970-01-01 UTC.

    start, stop : the watching, after the burn-in. kind : (L,) IN_CONTROL, one of DRIFTS or of TRAPS. size : (L,)
    logits, of a trap or where nothing changes what it may be. onset, end : (L,) NaN and inf where there is none.
    ramp_days : (L,) from the onset to the whole drop. section : (L,) the one that drops, -1 for all. spells : of the
    whole chain. first_day : of the readings. readings : (L, weeks) what each location reports, higher is better.
    """

    start: float
    stop: float
    kind: np.ndarray
    size: np.ndarray
    onset: np.ndarray
    end: np.ndarray
    ramp_days: np.ndarray
    section: np.ndarray
    spells: tuple[Spell, ...]
    first_day: float
    readings: np.ndarray

    @property
    def n_locations(self) -> int:
        return self.kind.size

    def share_of_drop(self, location: np.ndarray, time: np.ndarray) -> np.ndarray:
        """How much of its whole change each location has at `time`, 0 to 1; arrays that broadcast."""
        onset, ramp = self.onset[location], self.ramp_days[location]
        begun = (time >= onset) & (time < self.end[location])
        risen = np.clip((time - onset) / np.maximum(ramp, 1e-9), 0, 1)
        return np.where(begun, np.where(ramp > 0, risen, 1.0), 0.0)

    def channel(self, location: int) -> str:
        """The channel that names what changes there."""
        if self.kind[location] == CONSISTENCY:
            return CONSISTENCY
        return f"section:{self.section[location]}" if self.section[location] >= 0 else "overall"

    def quiet_days(self) -> list[tuple[float, float]]:
        """The stretches of the watching that belong to no spell, in order."""
        stretches, day = [], self.start
        for spell in sorted(self.spells, key=lambda spell: spell.start):
            if spell.start > day:
                stretches.append((day, min(spell.start, self.stop)))
            day = max(day, spell.stop)
        if day < self.stop:
            stretches.append((day, self.stop))
        return stretches

    def week_of(self, day: float) -> int:
        """The column of `readings` that holds a day."""
        return int((day - self.first_day) // WEEK_DAYS)
