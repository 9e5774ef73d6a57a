"""Signals: where, since when and in what a location has changed, at a stated rate of false alarms.

`scan` replays every location in the time of its visits. After each visit the evidence that a change began at
one of the last visits is summed over onsets (Shiryaev 1963; Roberts 1966) and raises a signal above the
threshold; then the sum restarts, and only what begins later counts. Docs: docs/method.md.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.defaults import FALSE_ALARMS_PER_YEAR, LEAST_BASELINE, LOOK_BACK, SMALLEST_DROP
from reports.measure.drift.evidence import (
    CONSISTENCY,
    DROPS,
    PART_DROPS,
    Baselines,
    Evidence,
    History,
    Stretches,
    evidence,
    tried_drops,
)
from reports.measure.drift.expected_vs_observed import baseline_level, seen_and_expected
from reports.measure.drift.onset import likely_onset
from reports.measure.drift.size import likely_drop
from reports.measure.drift.spread import pull_of_visits
from reports.measure.drift.sureness import chance_real
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import Residuals, residuals

DECLINE, IMPROVEMENT = "decline", "improvement"
DIRECTIONS = ((1, DECLINE), (-1, IMPROVEMENT))
YEAR_DAYS = 365.25
VISITS_AT_ONCE = 1024  # what is computed of them at once fits a processor's cache
OVERSHOOT = 0.583  # of a normal random walk's standard deviation


@dataclass(frozen=True)
class Settings:
    """What the user sets.

    false_alarms_per_year : wanted per location, for each direction; above 0.
    smallest_drop : points on the 0..1 scale; what is smaller is not looked for.
    look_back : how many visits back a change may have begun, 2 or more.
    least_baseline : visits that a location must have before a change can begin, 1 or more.
    Raises ValueError for a value out of range.
    """

    false_alarms_per_year: float = FALSE_ALARMS_PER_YEAR
    smallest_drop: float = SMALLEST_DROP
    look_back: int = LOOK_BACK
    least_baseline: int = LEAST_BASELINE

    def __post_init__(self):
        if self.false_alarms_per_year <= 0:
            raise ValueError(f"false_alarms_per_year must be above 0; got {self.false_alarms_per_year:g}")
        if not 0 <= self.smallest_drop < 1:
            raise ValueError(f"smallest_drop must be at least 0 and below 1; got {self.smallest_drop:g}")
        if self.look_back < 2 or self.least_baseline < 1:
            raise ValueError(
                "look_back must be 2 or more and least_baseline 1 or more; got "
                f"{self.look_back} and {self.least_baseline}"
            )


@dataclass(frozen=True)
class Signal:
    """One alarm of one location.

    location : index in 0..L-1. visit : index, in the chain that was scanned, of the visit that raised it.
    at : that visit's time, days since 1970-01-01 UTC.
    channel : "overall", "section:<index>", "dimension:<index>" or "consistency": where most of the evidence
    lies.
    direction : "decline" or "improvement".
    onset, onset_low, onset_high : days: the likeliest begin of a sudden change, and a 90 % interval for it and for
    that of a slow one; see `measure.drift.onset`.
    evidence : summed likelihood ratio; 400 reads "400 : 1".
    seen, expected : share in that channel since the onset, 0..1, seen, and expected for this location with
    these auditors, dayparts and criteria; of "consistency", the spread of interactions in points, 0..1, which
    grows in a decline. n_visits : since the onset, this one included.
    drop : how far the level has moved as the visits make it likely, 0..1, above 0 in both directions; see
    `measure.drift.size`. chance : that the change is real, 0..1; see `measure.drift.sureness`. None on the record of
    an older release.
    """

    location: int
    visit: int
    at: float
    channel: str
    direction: str
    onset: float
    onset_low: float
    onset_high: float
    evidence: float
    seen: float
    expected: float
    n_visits: int
    drop: float | None = None
    chance: float | None = None


@dataclass(frozen=True, eq=False)
class Restarts:
    """What earlier signals left behind, per location, in days since 1970-01-01 UTC.

    baseline_from : (L,) visits before it are no baseline; -inf for all visits.
    onset_after : (L,) only changes that begin after it count; -inf for any.
    """

    baseline_from: np.ndarray
    onset_after: np.ndarray

    @classmethod
    def after(cls, signals: "list[Signal]", n_locations: int) -> "Restarts":
        """The restarts that a list of signals leaves: of each location, its latest signal counts.

        >>> Restarts.after([], 2).onset_after.tolist()
        [-inf, -inf]
        """
        restarts = cls(np.full(n_locations, -np.inf), np.full(n_locations, -np.inf))
        for signal in sorted(signals, key=lambda s: s.at):
            restarts.baseline_from[signal.location] = signal.onset
            restarts.onset_after[signal.location] = signal.at
        return restarts


@dataclass(frozen=True, eq=False)
class Scan:
    """What a replay found.

    signals : by time, then location. channels : of the arrays' last axis, "overall" and the sections.
    residuals : of all visits of the chain, as the replay saw them.
    decline, improvement : (V, K) log of the evidence after each visit, by channel; -inf where there is none,
    NaN before `since`. ranking : (L,) log of the evidence of a decline after each location's last visit, -inf
    for none.
    """

    signals: list[Signal]
    channels: tuple[str, ...]
    residuals: Residuals
    decline: np.ndarray
    improvement: np.ndarray
    ranking: np.ndarray


def stated_threshold(chain: Chain, settings: Settings, effects: Effects | None = None) -> float:
    """Threshold on the log evidence that follows from the wanted rate: ln(visits per location-year / rate) -
    overshoot.

    Without a change the evidence grows by at most about one a visit, so it takes at least exp(threshold)
    visits, on average, to an alarm (Pollak 1985). At the alarm it has jumped beyond the threshold; with
    `effects` the mean jump of the smallest drop that is tried, the smallest of all, is taken off: 0.583
    standard deviations of one visit's log likelihood ratio (Siegmund 1985, Sequential Analysis). Without
    `effects` nothing is taken off. A location's years run from its first to its last visit; 1 visit a week is
    assumed where no location has two.

    52.2 visits a year at 0.1 a year: ln(522)

    >>> chain = Chain([0] * 3, [0, 7, 14], [0, 7, 14], [0] * 3, [0] * 3, [0] * 3, np.zeros((0, 1)), [], [0], [0],
    ...     [False], [0], 1)
    >>> round(stated_threshold(chain, Settings(false_alarms_per_year=0.1)), 2)
    6.26
    """
    n = np.diff(chain.first_visit)
    several = n >= 2
    start, stop = chain.first_visit[:-1][several], chain.first_visit[1:][several] - 1
    days = float((chain.time[stop] - chain.time[start]).sum())
    yearly = (n[several] - 1).sum() / days * YEAR_DAYS if days > 0 else YEAR_DAYS / 7
    beyond = 0.0 if effects is None else _least_overshoot(chain, effects, settings)
    return float(np.log(max(yearly / settings.false_alarms_per_year, 2.0))) - beyond


def _least_overshoot(chain: Chain, effects: Effects, settings: Settings) -> float:
    """Mean jump of the log evidence beyond the threshold, of the channel and drop with the smallest."""
    weight = residuals(chain, effects).weight
    smallest = smallest_logits(effects, settings)
    jumps = [
        OVERSHOOT * tried_drops(DROPS if c == 0 else PART_DROPS, smallest)[0] * np.sqrt(np.median(seen))
        for c in range(weight.shape[1])
        if (seen := weight[weight[:, c] > 0, c]).size
    ]
    return float(min(jumps, default=0.0))


def smallest_logits(effects: Effects, settings: Settings) -> float:
    """The smallest drop that is looked for, in logits at the average criterion that was observed.

    Three points at even odds, where a logit is a quarter: 0.03 / 0.25

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> empty = Chain([], [], [], [], [], [], np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(empty), criterion=np.zeros(1), criterion_sd=np.ones(1))
    >>> round(smallest_logits(even, Settings(smallest_drop=0.03)), 3)
    0.12
    """
    known = effects.criterion[effects.is_observed]
    share = expit(known).mean() if known.size else 0.5
    return float(settings.smallest_drop / (share * (1 - share)))


def detect(
    chain: Chain,
    effects: Effects,
    settings: Settings,
    threshold: float,
    *,
    since: float = -np.inf,
    restarts: Restarts | None = None,
) -> list[Signal]:
    """The signals of a replay; see `scan`.

    Twelve weekly visits find four of five kept, those from day 84 on one of five. Looked at from day 98 on, the
    visit of that day makes the signal.

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> [(signal.direction, signal.at) for signal in detect(chain, effects, Settings(), 4.0, since=98.0)]
    [('decline', 98.0)]
    """
    return scan(chain, effects, settings, threshold, since=since, restarts=restarts).signals


def scan(
    chain: Chain,
    effects: Effects,
    settings: Settings,
    threshold: float,
    *,
    since: float = -np.inf,
    restarts: Restarts | None = None,
    watched: np.ndarray | None = None,
) -> Scan:
    """Replay all locations in the time of their visits.

    chain : any subset of locations, with the criteria of `effects`. threshold : on the log evidence, of each
    direction.
    since : days; only visits from then on may raise a signal, earlier ones are baseline. restarts : what
    earlier signals left (see Restarts); None for a replay from the start.
    watched : (V,) bool, only these visits may raise a signal; None for all.
    Never raises a signal from one visit alone: without the most extreme one, the visits since the onset must
    still point the same way. Returns Scan.
    Source: mixture Shiryaev-Roberts, an e-detector in the sense of Shin, Ramdas & Rinaldo (2024); onsets and
    drops are averaged over, the baseline is uncertain.

    Twelve weekly visits find four of five kept, those from day 84 on one of five. The first of them is one visit
    alone; the second makes the signal.

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> [(signal.direction, signal.at) for signal in scan(chain, effects, Settings(), 4.0).signals]
    [('decline', 91.0)]
    """
    replay = _Replay(chain, effects, settings, threshold, since, restarts, watched)
    replay.run()
    return replay.result()


class _Replay:
    def __init__(self, chain, effects, settings, threshold, since, restarts, watched):
        self.chain, self.effects, self.settings, self.threshold = chain, effects, settings, threshold
        self.history = History(chain, effects)
        self.channels = self.history.channels
        self.smallest = smallest_logits(effects, settings)
        shape = (chain.n_visits, len(self.channels))
        self.log_evidence = {direction: np.full(shape, np.nan) for direction, _ in DIRECTIONS}
        self.signals: list[Signal] = []
        first, candidate = chain.first_visit[:-1].copy(), chain.first_visit[:-1].copy()
        if restarts is not None:
            for begin, moment in ((first, restarts.baseline_from), (candidate, restarts.onset_after)):
                late = np.flatnonzero(np.isfinite(moment))
                for location in late:
                    start, stop = chain.first_visit[location : location + 2]
                    times = chain.time[start:stop]
                    begin[location] = start + np.searchsorted(times, moment[location], side="right")
        self.baselines = Baselines(first, candidate, first > chain.first_visit[:-1])
        pending = (chain.time >= since) & (np.arange(chain.n_visits) >= candidate[chain.location])
        self.pending = np.flatnonzero(pending if watched is None else pending & watched)

    def run(self):
        """Rounds: scan what is pending, restart the locations that gave a signal, scan what comes after in
        those."""
        while self.pending.size:
            alarms: dict[int, Signal] = {}
            for start in range(0, self.pending.size, VISITS_AT_ONCE):
                for signal in self._alarms(self.pending[start : start + VISITS_AT_ONCE]):
                    earlier = alarms.get(signal.location)
                    if earlier is None or signal.visit < earlier.visit:
                        alarms[signal.location] = signal
            self.signals += alarms.values()
            for signal in alarms.values():
                self.baselines.first[signal.location] = self._first_since(signal.location, signal.onset)
                self.baselines.candidate[signal.location] = signal.visit + 1
                self.baselines.restarted[signal.location] = True
            location = self.chain.location[self.pending]
            again = np.isin(location, list(alarms)) & (self.pending >= self.baselines.candidate[location])
            self.pending = self.pending[again]

    def _times(self, location: int) -> np.ndarray:
        start, stop = self.chain.first_visit[location : location + 2]
        return self.chain.time[start:stop]

    def _alarms(self, visit: np.ndarray):
        """The first alarm of each direction and location among these visits."""
        given = {"look_back": self.settings.look_back, "least_baseline": self.settings.least_baseline}
        stretches = Stretches(self.history, self.baselines, visit, **given)
        for direction, name in DIRECTIONS:
            found = evidence(stretches, direction=direction, smallest_drop=self.smallest)
            with np.errstate(divide="ignore"):
                self.log_evidence[direction][visit] = np.log(found.terms.sum(axis=1))
                above = np.flatnonzero(np.log(found.total) > self.threshold)
            done = set()
            for row in above:
                location = int(self.chain.location[visit[row]])
                if location not in done and (signal := self._signal(found, int(row), direction, name)):
                    done.add(location)
                    yield signal

    def _signal(self, found: Evidence, row: int, direction: int, name: str) -> Signal | None:
        """The signal of one alarm, or None when one visit alone made it."""
        terms, visit = found.terms[row], int(found.visit[row])
        location = int(self.chain.location[visit])
        first = int(self.baselines.first[location])
        channel = int(terms.sum(axis=0).argmax())
        profile = terms.sum(axis=1)
        restarted = bool(self.baselines.restarted[location])
        if not self._rests_on_several(visit - int(profile.argmax()), visit, first, channel, direction):
            return None
        asked = self._asked(visit, self.channels[channel], direction)
        onset = likely_onset(**asked)
        if onset is None:
            return None
        begun = self._first_since(location, onset.day)
        since = np.arange(begun, visit + 1)
        seen, expected = seen_and_expected(
            self.history, since, self.channels[channel], first=first, onset=begun, restarted=restarted
        )
        pace = visits_a_year(self.chain, location, visit)
        return Signal(
            location,
            visit,
            float(self.chain.time[visit]),
            self.channels[channel],
            name,
            onset.day,
            onset.low,
            onset.high,
            float(profile.sum()),
            seen,
            expected,
            since.size,
            likely_drop(**asked, since=since),
            chance_real(float(profile.sum()), visits_a_year=pace, direction=name),
        )

    def _asked(self, visit: int, channel: str, direction: int) -> dict:
        """Of what is told of a signal: whereof, and by which numbers."""
        return {
            "history": self.history,
            "baselines": self.baselines,
            "visit": visit,
            "channel": channel,
            "direction": direction,
            "smallest_drop": self.smallest,
            "look_back": self.settings.look_back,
            "least_baseline": self.settings.least_baseline,
        }

    def _rests_on_several(self, begun: int, visit: int, first: int, channel: int, direction: int) -> bool:
        """Whether more than one of the visits begun..visit speaks for the change."""
        since = np.arange(begun, visit + 1)
        if self.channels[channel] == CONSISTENCY:
            return _repeated(pull_of_visits(self.history.likelihoods[since]), np.ones(since.size))
        restarted = bool(self.baselines.restarted[self.chain.location[visit]])
        level = baseline_level(self.history, first=first, onset=begun, channel=channel, restarted=restarted)
        weight = self.history.residuals.weight[since, channel]
        surplus = (level - self.history.residuals.level[since, channel]) * direction
        return _repeated(weight * (surplus - self.smallest / 2), weight)

    def _first_since(self, location: int, moment: float) -> int:
        return int(self.chain.first_visit[location] + np.searchsorted(self._times(location), moment))

    def result(self) -> Scan:
        ranking = np.full(self.chain.n_locations, -np.inf)
        some = np.diff(self.chain.first_visit) > 0
        last = self.log_evidence[1][self.chain.first_visit[1:][some] - 1]
        if last.size:
            ranking[some] = np.logaddexp.reduce(np.where(np.isnan(last), -np.inf, last), axis=1)
        signals = sorted(self.signals, key=lambda s: (s.at, s.location))
        shown = self.history.residuals
        return Scan(signals, self.channels, shown, self.log_evidence[1], self.log_evidence[-1], ranking)


def visits_a_year(chain: Chain, location: int, visit: int) -> float:
    """The pace of a location up to one of its visits; one a week where it has no two of different times.

    >>> week = [0.0, 7.0, 14.0]
    >>> chain = Chain([0] * 3, week, week, [0] * 3, [0] * 3, [0] * 3, np.zeros((0, 1)), [], [0], [0], [False], [0], 1)
    >>> round(visits_a_year(chain, 0, 2), 1), round(visits_a_year(chain, 0, 0), 1)
    (52.2, 52.2)
    """
    first = int(chain.first_visit[location])
    days = float(chain.time[visit] - chain.time[first])
    return (visit - first) / days * YEAR_DAYS if days > 0 else YEAR_DAYS / 7


def _repeated(pull: np.ndarray, weight: np.ndarray) -> bool:
    """Whether the visits still point the same way without the one that points furthest.

    >>> _repeated(np.array([9.0, -0.1]), np.ones(2)), _repeated(np.array([9.0, 0.1]), np.ones(2))
    (False, True)
    """
    rest = np.delete(np.arange(pull.size), pull.argmax())
    return bool((weight[rest] > 0).any() and pull[rest].sum() > 0)
