"""Visits gathered in other groups than their locations: the times of one place, its dayparts."""

from dataclasses import replace

import numpy as np

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects, looked_up


def gathered(chain: Chain, effects: Effects, group, location_index) -> tuple[Chain, Effects]:
    """The chain with groups of visits in the place of its locations, and the effects that belong to it.

    group : (V,) int, the group of each visit, 0..n-1; -1 leaves the visit out.
    location_index : (n,) int, the location whose fitted level and region each group has.
    Raises ValueError for a group out of range or a shape that differs.

    >>> from reports.measure.model.severity import fit_effects
    >>> ratings = [[240], [0], [240]]
    >>> chain = Chain([0] * 3, [1, 2, 3], [1, 2, 3], [0] * 3, [0, 1, 0], [0] * 3, ratings, [0, 1, 2], [0], [0],
    ...     [False], [0], 1)
    >>> halves, _ = gathered(chain, fit_effects(chain), [1, 0, 1], [0, 0])
    >>> halves.time.tolist(), halves.location.tolist(), halves.ratings[:, 0].tolist()
    ([2.0, 1.0, 3.0], [0, 1, 1], [0, 240, 240])
    """
    group, location_index = np.asarray(group, int), np.asarray(location_index, int)
    if group.shape != (chain.n_visits,):
        raise ValueError(f"group must have shape ({chain.n_visits},); got {group.shape}")
    if group.size and (group.min() < -1 or group.max() >= location_index.size):
        raise ValueError(f"group must be in -1..{location_index.size - 1}; got {group.min()}..{group.max()}")
    kept = np.flatnonzero(group >= 0)
    order = kept[np.lexsort((chain.time[kept], group[kept]))]
    n_rows = np.diff(chain.first_rating)[order]
    first = np.cumsum(n_rows) - n_rows
    rows = np.arange(n_rows.sum()) + np.repeat(chain.first_rating[order] - first, n_rows)
    answer = replace(
        chain,
        location=group[order],
        time=chain.time[order],
        arrival=chain.arrival[order],
        auditor=chain.auditor[order],
        daypart=chain.daypart[order],
        staffing=chain.staffing[order],
        breadth=chain.breadth[order],
        ratings=chain.ratings[rows],
        rating_visit=np.repeat(np.arange(order.size), n_rows),
        region=chain.region[location_index],
        n_locations=location_index.size,
    )
    own = looked_up(effects.own_scatter, location_index)
    return answer, replace(effects, location=effects.of_location(chain)[location_index], own_scatter=own)
