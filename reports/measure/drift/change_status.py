"""What still stands of the signals that a replay raised: the last change of each direction, on all visits since.

Signals in the same direction that follow each other, none the other way between them, are one change: it began with
the first of them, and the later ones say that it went on.
"""

from dataclasses import dataclass, replace

import numpy as np

from reports.measure.drift.detector import (
    DECLINE,
    DIRECTIONS,
    Restarts,
    Settings,
    Signal,
    scan,
    smallest_logits,
    visits_a_year,
)
from reports.measure.drift.evidence import CONSISTENCY, OVERALL, PART_LOOK_BACK, Baselines, History
from reports.measure.drift.expected_vs_observed import seen_and_expected
from reports.measure.drift.onset import likely_onset
from reports.measure.drift.size import likely_drop
from reports.measure.drift.sureness import chance_real
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects

RECOVERED, FADED, OLD = "recovered", "faded", "old"
RECOVERY = 0.5  # of the gap has to be closed


@dataclass(frozen=True)
class SectionShare:
    """Share (0..1) of one section since the onset: seen, and expected for the location as it was before."""

    section: int
    seen: float
    expected: float
    n_visits: int


@dataclass(frozen=True)
class ChangeStatus:
    """The last change of one location and direction, with what the visits since say of it.

    signal : its first signal as it was raised, with its onset and the interval of it, `evidence`, `seen`, `expected`,
    `n_visits`, `drop` and `chance` told anew by all visits since (up to the turn, where one followed). sections :
    those of which something was observed since the onset.
    ended : None while it stands; "recovered" when a later signal the other way closed at least half of the gap,
    "faded" when the visits since are, averaged over onsets, likelier without a change, "old" when more than
    `look_back` visits followed its last signal.
    turned_at : of "recovered", days since 1970-01-01 UTC when the other signal was raised; None otherwise.
    """

    signal: Signal
    sections: tuple[SectionShare, ...]
    ended: str | None
    turned_at: float | None


def change_status(chain: Chain, effects: Effects, settings: Settings, signals: list[Signal]) -> list[ChangeStatus]:
    """Judge the last change of each location and direction.

    chain, effects, settings : those of the replay. signals : all that it raised, in any order.
    At the alarm itself the evidence is always just above the threshold; here it is that of the location's last visit,
    counted without the restart that followed the alarm.
    Returns one Standing per location and direction with a signal, by location, declines first.

    A store that kept four of five has kept one of five for eight visits; the flag of the second of them stands:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> signals = scan(chain, effects, Settings(), 4.0).signals
    >>> found = change_status(chain, effects, Settings(), signals)
    >>> [(one.signal.direction, one.signal.at, one.ended) for one in found]
    [('decline', 91.0, None)]
    """
    keep = np.isin(chain.location, [signal.location for signal in signals])
    index = np.flatnonzero(keep)  # what every visit shows is dear, and most locations have no signal
    there = [replace(signal, visit=int(np.searchsorted(index, signal.visit))) for signal in signals]
    judge = _Judge(chain.subset(keep), effects, settings, there)
    found = [judge.status(signal) for _, name in DIRECTIONS for signal in judge.last(name)]
    found = [replace(one, signal=replace(one.signal, visit=int(index[one.signal.visit]))) for one in found]
    return sorted(found, key=lambda one: (one.signal.location, one.signal.direction != DECLINE))


class _Judge:
    def __init__(self, chain: Chain, effects: Effects, settings: Settings, signals: list[Signal]):
        self.chain, self.effects, self.settings = chain, effects, settings
        self.history: dict[int, list[Signal]] = {}
        for signal in sorted(signals, key=lambda one: (one.location, one.visit)):
            self.history.setdefault(signal.location, []).append(signal)
        self.shown = History(chain, effects)
        self.log_evidence = {name: self._evidence(name) for _, name in DIRECTIONS}

    def last(self, direction: str) -> list[Signal]:
        return [run[0] for past in self.history.values() if (run := _last_run(past, direction))]

    def status(self, signal: Signal) -> ChangeStatus:
        past = self.history[signal.location]
        before = past[: past.index(signal)]
        first = self._begun(before[-1]) if before else int(self.chain.first_visit[signal.location])
        begun, turn = self._begun(signal), self._turn(signal)
        last = int(self.chain.first_visit[signal.location + 1]) - 1
        end = max(signal.visit, self._begun(turn) - 1 if turn else last)
        weighed_at = self._weighed_at(signal)
        asked = self._asked(signal, weighed_at, first, before)
        onset = likely_onset(**asked | {"visit": self._dated_at(signal, weighed_at)}, until=signal.visit)
        if onset is not None:
            begun = self._first_since(signal.location, onset.day)
            signal = replace(signal, onset=onset.day, onset_low=onset.low, onset_high=onset.high)
        visits = np.arange(begun, end + 1)

        def gap(rows, channel):
            return seen_and_expected(self.shown, rows, channel, first=first, onset=begun, restarted=bool(before))

        seen, expected = gap(visits, signal.channel)
        sections = []
        for section in range(self.chain.n_sections):
            n = int((self.shown.residuals.n[visits, 1 + section] > 0).sum())
            if n:
                now, then = gap(visits, f"section:{section}")
                sections.append(SectionShare(section, now, then, n))
        evidence = float(np.exp(min(self.log_evidence[signal.direction][weighed_at], 600.0)))
        pace = visits_a_year(self.chain, signal.location, weighed_at)
        current = replace(
            signal,
            evidence=evidence,
            seen=seen,
            expected=expected,
            n_visits=visits.size,
            drop=likely_drop(**asked, since=visits),
            chance=chance_real(evidence, visits_a_year=pace, direction=signal.direction),
        )
        ended, turned_at = None, None
        if turn is not None:
            sign = 1 if (signal.direction == DECLINE) != (signal.channel == CONSISTENCY) else -1  # a spread grows
            now, then = gap(np.arange(self._begun(turn), last + 1), signal.channel)
            if sign * (then - now) <= (1 - RECOVERY) * sign * (expected - seen):
                ended, turned_at = RECOVERED, turn.at
        if ended is None and last - _last_run(past, signal.direction)[-1].visit > self.settings.look_back:
            ended = OLD
        n_onsets = min(self.settings.look_back, end - first + 1)  # the evidence is a sum over them, 1 each on average
        if ended is None and turn is None and evidence < n_onsets:
            ended = FADED
        return ChangeStatus(current, tuple(sections), ended, turned_at)

    def _asked(self, signal: Signal, weighed_at: int, first: int, before: list[Signal]) -> dict:
        """Of what is told anew: whereof, and by which numbers; without the restart that followed the alarm."""
        starts = self.chain.first_visit[:-1].copy()
        candidates, restarted = starts.copy(), np.zeros(starts.size, bool)
        starts[signal.location], restarted[signal.location] = first, bool(before)
        candidates[signal.location] = before[-1].visit + 1 if before else first
        return {
            "history": self.shown,
            "baselines": Baselines(starts, candidates, restarted),
            "visit": weighed_at,
            "channel": signal.channel,
            "direction": 1 if signal.direction == DECLINE else -1,
            "smallest_drop": smallest_logits(self.effects, self.settings),
            "look_back": self.settings.look_back,
            "least_baseline": self.settings.least_baseline,
        }

    def _begun(self, signal: Signal) -> int:
        """The first visit after the signal's onset as it was raised."""
        return self._first_since(signal.location, signal.onset)

    def _first_since(self, location: int, moment: float) -> int:
        start, stop = self.chain.first_visit[location : location + 2]
        return int(start + np.searchsorted(self.chain.time[start:stop], moment))

    def _turn(self, signal: Signal) -> Signal | None:
        """The last signal the other way that was raised after this change."""
        later = [one for one in self.history[signal.location] if one.visit > signal.visit]
        return later[-1] if later and later[-1].direction != signal.direction else None

    def _weighed_at(self, signal: Signal) -> int:
        """The visit at which the evidence is taken: the last before a turn, within the look-back of the onset."""
        turn = self._turn(signal)
        end = self._begun(turn) - 1 if turn else int(self.chain.first_visit[signal.location + 1]) - 1
        return max(signal.visit, min(end, self._begun(signal) + self.settings.look_back - 1))

    def _dated_at(self, signal: Signal, weighed_at: int) -> int:
        """The visit up to which visits tell the onset: as long as all of its interval, as raised, is looked at."""
        reach = self.settings.look_back if signal.channel == OVERALL else PART_LOOK_BACK
        earliest = self._first_since(signal.location, signal.onset_low)
        return max(signal.visit, min(weighed_at, earliest + reach - 1))

    def _evidence(self, direction: str) -> np.ndarray:
        """(V,) log of the evidence where the signals of one direction end, without their own restart."""
        evidence = np.full(self.chain.n_visits, -np.inf)
        concerned = self.last(direction)
        if not concerned:
            return evidence
        earlier = []
        for signal in concerned:
            past = self.history[signal.location]
            earlier += past[: past.index(signal)][-1:]
        ends = np.array([self._weighed_at(signal) for signal in concerned])
        keep = np.isin(self.chain.location, [signal.location for signal in concerned])
        index = np.flatnonzero(keep)
        watched = np.zeros(self.chain.n_visits, bool)
        watched[ends] = True
        found = scan(
            self.chain.subset(keep),
            self.effects,
            self.settings,
            np.inf,
            watched=watched[keep],
            restarts=Restarts.after(earlier, self.chain.n_locations),
        )
        logs = found.decline if direction == DECLINE else found.improvement
        evidence[index] = np.logaddexp.reduce(np.where(np.isnan(logs), -np.inf, logs), axis=1)
        return evidence


def _last_run(past: list[Signal], direction: str) -> list[Signal]:
    """The last signals of one direction without one the other way between them, oldest first."""
    positions = [position for position, signal in enumerate(past) if signal.direction == direction]
    if not positions:
        return []
    first = positions[-1]
    while first > 0 and past[first - 1].direction == direction:
        first -= 1
    return past[first : positions[-1] + 1]
