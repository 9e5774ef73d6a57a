"""Visits judged as they arrive: each once, by what was in force then, and never again because of an estimate."""

from dataclasses import dataclass, field, replace

import numpy as np

from reports.measure.drift.detector import Restarts, Scan, Settings, Signal, scan
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import residuals


@dataclass(frozen=True, eq=False)
class Judgement(Scan):
    """What visits said as they arrived. raised_at : by location and visit's time, days, of each new signal: when the
    last of the visits that it rests on arrived."""

    raised_at: dict[tuple[int, float], float] = field(default_factory=dict)


def judge_arrivals(
    chain: Chain, effects: Effects, settings: Settings, threshold: float, *, past: list[Signal], is_new: np.ndarray
) -> Judgement:
    """Judge the visits that are new, in the order in which they arrived, beside all that had arrived before.

    chain : what is known now, of any subset of locations. effects : those in force when the new visits arrived.
    past : the signals raised so far, in any order; their `visit` is found anew, and those from before the first visit
    of their location in `chain` are forgotten. is_new : (V,) bool, the visits to be judged. Visits of a location that
    arrived at one moment are judged together.
    A visit that arrived late is judged in its own place, and with it the later ones of its location once more;
    signals stay as they were raised, whatever comes in before them. So it does not matter whether one call judges
    some visits or several calls do, one after the other.
    Returns a Judgement of `chain` with all signals, past ones included; its evidence is NaN at visits that were not
    judged, and its ranking -inf for a location that has none but such.

    Twelve weekly visits find four of five kept, the next three one of five. The second of these raised a signal; the
    third, judged by another call, leaves it as it was:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 15, np.arange(15) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 3
    >>> chain = Chain(none, week, week, none, none, none, seen, range(15), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=84.0)
    >>> found = judge_arrivals(chain, effects, Settings(), 4.0, past=[], is_new=week >= 84)
    >>> again = judge_arrivals(chain, effects, Settings(), 4.0, past=found.signals, is_new=week > 95)
    >>> [(signal.at, signal.visit) for signal in again.signals], bool(np.isnan(again.decline[13]).all())
    ([(91.0, 13)], True)
    """
    signals, turn = _found_anew(chain, past), _turns(chain, is_new)
    whole = _judge(chain, effects, settings, threshold, signals, turn, 1)
    raised_at = _when_known(chain, whole.signals, turn, 1)
    signals += whole.signals
    for number in range(2, int(turn.max(initial=0)) + 1):
        late = np.zeros(chain.n_locations, bool)
        late[chain.location[turn == number]] = True
        index = np.flatnonzero(late[chain.location] & (turn <= number))
        keep = np.zeros(chain.n_visits, bool)
        keep[index] = True
        found = _judge(chain.subset(keep), effects, settings, threshold, signals, turn[index], number)
        raised = [replace(signal, visit=int(index[signal.visit])) for signal in found.signals]
        raised_at |= _when_known(chain, raised, turn, number)
        signals += raised
        for evidence, now in ((whole.decline, found.decline), (whole.improvement, found.improvement)):
            judged = ~np.isnan(now).all(axis=1)
            evidence[index[judged]] = now[judged]
        whole.ranking[late] = found.ranking[late]
    shown = residuals(chain, effects) if turn.max(initial=0) > 1 else whole.residuals
    return Judgement(
        signals=sorted(signals, key=lambda signal: (signal.at, signal.location)),
        channels=whole.channels,
        residuals=shown,
        decline=whole.decline,
        improvement=whole.improvement,
        ranking=whole.ranking,
        raised_at=raised_at,
    )


def _when_known(chain: Chain, raised: list[Signal], turn: np.ndarray, number: int) -> dict[tuple[int, float], float]:
    known = {}
    for signal in raised:
        so_far = slice(int(chain.first_visit[signal.location]), signal.visit + 1)
        arrived = chain.arrival[so_far][turn[so_far] <= number]
        known[signal.location, signal.at] = float(arrived.max())
    return known


def _judge(chain: Chain, effects: Effects, settings: Settings, threshold: float, past, turn, number: int) -> Scan:
    """What the visits of one turn say, and once more those after a late one; visits of later turns are not known."""
    first = np.full(chain.n_locations, chain.n_visits)
    now = np.flatnonzero(turn == number)
    np.minimum.at(first, chain.location[now], now)
    known = turn <= number
    watched = (np.arange(chain.n_visits) >= first[chain.location]) & known
    if known.all():
        restarts = Restarts.after(past, chain.n_locations)
        return scan(chain, effects, settings, threshold, restarts=restarts, watched=watched)
    index = np.flatnonzero(known)
    part = _judge(chain.subset(known), effects, settings, threshold, past, turn[index], number)
    signals = [replace(signal, visit=int(index[signal.visit])) for signal in part.signals]
    decline, improvement = (
        np.full((chain.n_visits, rows.shape[1]), np.nan) for rows in (part.decline, part.improvement)
    )
    decline[index], improvement[index] = part.decline, part.improvement
    return replace(part, signals=signals, decline=decline, improvement=improvement)


def _found_anew(chain: Chain, past: list[Signal]) -> list[Signal]:
    """The signals with `visit` as an index of this chain."""
    found = []
    for signal in past:
        start, stop = chain.first_visit[signal.location : signal.location + 2]
        if start < stop and signal.at >= chain.time[start]:
            visit = int(start + np.searchsorted(chain.time[start:stop], signal.at))
            found.append(replace(signal, visit=min(visit, int(stop) - 1)))
    return found


def _turns(chain: Chain, is_new: np.ndarray) -> np.ndarray:
    """(V,) in which turn each visit is judged, from 1 on, 0 for one that is not new.

    New visits that arrive in the order of their times, after all others of their location, share a turn, as each
    rests on those before it alone; one that arrives late begins another.
    """
    turn = is_new.astype(int)
    left, right = np.arange(chain.n_visits - 1), np.arange(1, chain.n_visits)
    together = chain.location[left] == chain.location[right]
    disorder = (is_new[left] & ~is_new[right]) | (is_new[right] & (chain.arrival[right] < chain.arrival[left]))
    for location in np.unique(chain.location[left][together & disorder]).tolist():
        start, stop = chain.first_visit[location : location + 2]
        turn[start:stop] = _turns_here(is_new[start:stop], chain.arrival[start:stop])
    return turn


def _turns_here(is_new: np.ndarray, arrival: np.ndarray) -> np.ndarray:
    """As `_turns`, of one location.

    >>> _turns_here(np.array([False, True, True, True]), np.array([1.0, 9.0, 3.0, 9.5])).tolist()
    [0, 2, 1, 2]
    """
    turn, number, new = np.zeros(is_new.size, int), 1, np.flatnonzero(is_new)
    furthest = int(np.flatnonzero(~is_new).max(initial=-1))
    for moment in np.unique(arrival[new]):
        group = new[arrival[new] == moment]
        if group[0] < furthest and turn.any():
            number += 1
        turn[group] = number
        furthest = max(furthest, int(group[-1]))
    return turn
