"""A replay that goes on from where an earlier one of the same locations ended."""

from dataclasses import replace

import numpy as np

from reports.measure.drift.detector import Restarts, Scan, Settings, Signal, scan
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects


def go_on(
    chain: Chain, effects: Effects, settings: Settings, threshold: float, *, past: list[Signal], is_new: np.ndarray
) -> Scan:
    """All signals of a replay of `chain`: those of an earlier replay, and those of the visits that it did not see.

    past : the earlier replay's signals, in any order; their `visit` is found anew. is_new : (V,) bool, the visits
    that it did not see. Where those all come after the others, and no two visits are at the same moment, the location
    goes on from its last signal; elsewhere it is replayed from the start and its past signals are dropped. So a visit
    that was corrected or left makes all visits of its location new.
    Equal to `drift.scan` of the whole chain as long as `effects` give the old visits what they gave them in the
    earlier replay, as `current.carry_on` sees to. Returns a Scan whose evidence is NaN at visits that were not
    replayed, and whose ranking is -inf for a location that has none but such.

    An earlier replay saw the first fourteen visits and raised a signal at the last of them; six later ones add
    none, and what was raised is kept:

    >>> from reports.measure.model.severity import fit_effects
    >>> none, week, five = [0] * 20, np.arange(20) * 7.0, [0] * 5
    >>> seen = [[240, 240, 240, 240, 0]] * 12 + [[240, 0, 0, 0, 0]] * 8
    >>> chain = Chain(none, week, week, none, none, none, seen, range(20), five, five, five, [0], 1)
    >>> effects = fit_effects(chain, at=0.0)
    >>> old = chain.time < 98
    >>> past = scan(chain.subset(old), effects, Settings(), 4.0).signals
    >>> found = go_on(chain, effects, Settings(), 4.0, past=past, is_new=~old).signals
    >>> [(signal.at, signal.visit) for signal in past], [(signal.at, signal.visit) for signal in found]
    ([(91.0, 13)], [(91.0, 13)])
    """
    goes_on = _goes_on(chain, is_new)
    first = chain.first_visit
    kept = []
    for signal in past:
        if goes_on[signal.location]:
            start, stop = first[signal.location : signal.location + 2]
            visit = start + np.searchsorted(chain.time[start:stop], signal.at)
            kept.append(replace(signal, visit=int(visit)))
    found = scan(  # only the visits that are new, or all of a location
        chain,
        effects,
        settings,
        threshold,
        restarts=Restarts.after(kept, chain.n_locations),
        watched=is_new | ~goes_on[chain.location],
    )
    signals = sorted([*kept, *found.signals], key=lambda signal: (signal.at, signal.location))
    return replace(found, signals=signals)


def _goes_on(chain: Chain, is_new: np.ndarray) -> np.ndarray:
    """(L,) whether the new visits of a location all come after its old ones, of which there are some."""
    answer = np.zeros(chain.n_locations, bool)
    answer[chain.location[~is_new]] = True
    left, right = np.arange(chain.n_visits - 1), np.arange(1, chain.n_visits)
    together = chain.location[:-1] == chain.location[1:]
    disturbed = together & ((is_new[left] & ~is_new[right]) | (chain.time[:-1] == chain.time[1:]))
    answer[chain.location[:-1][disturbed]] = False
    return answer
