"""Small chains on a fixed timetable, to place one drop by hand; chains as chains are come from `bench.chains`."""

import numpy as np

from reports.measure.model.chain import NONE, Chain


def make_chain(
    *,
    n_locations=40,
    n_visits=40,
    every=10.0,
    n_criteria=12,
    n_sections=3,
    n_auditors=6,
    n_interactions=3,
    difficulty=1.5,
    drops=None,
    seed=1,
    graded=False,
    location_sd=0.4,
    auditor_sd=0.0,
    conform=None,
):
    """A chain visited every `every` days; drops = {location: (first day, logits, section or None)}."""
    rng = np.random.default_rng(seed)
    location = np.repeat(np.arange(n_locations), n_visits)
    time = np.tile(np.arange(n_visits) * every, n_locations) + rng.uniform(0, 1, location.size).round(3)
    auditor = rng.integers(0, n_auditors, location.size)
    section = np.arange(n_criteria) * n_sections // n_criteria
    level = rng.normal(0, location_sd, n_locations)
    severity = rng.normal(0, auditor_sd, n_auditors) if auditor_sd else np.zeros(n_auditors)
    eta = difficulty + (level[location] + severity[auditor])[:, None] + np.zeros(n_criteria)
    for place, (start, drop, only) in (drops or {}).items():
        rows = (location == place) & (time >= start)
        eta[np.ix_(rows, np.ones(n_criteria, bool) if only is None else section == only)] -= drop
    rating_visit = np.repeat(np.arange(location.size), n_interactions)
    p = 1 / (1 + np.exp(-eta[rating_visit]))
    ratings = np.where(rng.random(p.shape) < p, 240, 0)
    if graded:
        ratings = np.round(p * 240 * rng.uniform(0.8, 1.0, p.shape) / 24) * 24
    if conform is not None:
        ratings[:] = 240 if conform else 0
    ratings[rng.random(p.shape) < 0.1] = NONE
    return Chain(
        location=location,
        time=time,
        arrival=time + rng.uniform(0, 2, time.size).round(2),
        auditor=auditor,
        daypart=rng.integers(0, 3, location.size),
        staffing=rng.integers(-1, 2, location.size),
        ratings=ratings,
        rating_visit=rating_visit,
        section=section,
        dimension=np.arange(n_criteria) % 2,
        critical=np.arange(n_criteria) % 4 == 0,
        region=np.arange(n_locations) % 2,
        n_locations=n_locations,
    )


def empty_chain(n_locations=2, n_criteria=3):
    return Chain(
        [],
        [],
        [],
        [],
        [],
        [],
        np.zeros((0, n_criteria)),
        [],
        [0] * n_criteria,
        [0] * n_criteria,
        [False] * n_criteria,
        [0] * n_locations,
        n_locations,
    )
