"""How much visits differ beyond chance, and what a visit weighs because of it."""

import numpy as np


def weights(information, overdispersion):
    """Weight of a working response: 1 / (1 / information + overdispersion); 0 where there is no information.

    >>> weights(np.array([4.0, 0.0]), 0.25).tolist()
    [2.0, 0.0]
    """
    return information / (1 + information * overdispersion)


def successive_overdispersion(residual, information, location) -> float:
    """Variance of visits beyond chance from successive differences within locations, median over locations.

    A pooled variance would be inflated by the few locations that drift, and would mute their alarms; a
    difference of neighbours hardly sees a drift.
    residual : (V,) float logits, sorted by (location, time). information : (V,) float, 0 or more. location :
    (V,) int. Returns a variance from 0 to 1, and 0.1 when no location has two visits with information.
    Source: Rice (1984), Annals of Statistics 12, 1215-1230.

    >>> round(successive_overdispersion(np.array([0.0, 1.0, 0.0]), np.array([1e9] * 3), np.array([0, 0, 0])), 3)
    0.5
    """
    kept = np.flatnonzero(information > 0)
    left, right = kept[:-1], kept[1:]
    pair = location[left] == location[right]
    left, right = left[pair], right[pair]
    if not left.size:
        return 0.1
    chance = 1 / information[left] + 1 / information[right]
    excess = ((residual[right] - residual[left]) ** 2 - chance) / 2
    trust = 1 / (chance + 0.4) ** 2
    place = np.unique(location[left], return_inverse=True)[1]
    by_location = np.bincount(place, trust * excess) / np.bincount(place, trust)
    return float(np.clip(np.median(by_location), 0.0, 1.0))
