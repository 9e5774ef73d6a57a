"""What the invented stores report about themselves: mostly green, partly late, partly blind."""

from dataclasses import dataclass

import numpy as np

from config.demo.chain import Chain, weeks_ago, weeks_of
from config.demo.drifts import DRIFTS, REPORTED_ONLY

SEED = 2


@dataclass(frozen=True)
class Reported:
    """A metric of the chain. `fields` are the columns of `locations.Metric`."""

    key: str
    fields: dict


METRICS = (
    Reported(
        "satisfaction",
        {
            "name": "Customer satisfaction",
            "description": "Share of 8, 9 and 10 in the survey that the till receipt invites to.",
            "unit": "%",
            "higher_is": "better",
            "plausible_min": 0,
            "plausible_max": 100,
            "is_self_reported": False,
        },
    ),
    Reported(
        "checklist",
        {
            "name": "Checklist completion",
            "description": "Share of the daily checklists that the store marked as done.",
            "unit": "%",
            "higher_is": "better",
            "timing": "lead",
            "plausible_min": 0,
            "plausible_max": 100,
        },
    ),
    Reported(
        "complaints",
        {
            "name": "Service complaints",
            "description": "Complaints that reached the service centre, per 1,000 sales.",
            "unit": "per 1,000 sales",
            "higher_is": "worse",
            "plausible_min": 0,
            "plausible_max": 50,
            "is_self_reported": False,
        },
    ),
)


def values(chain: Chain, *, seed: int = SEED) -> dict[str, np.ndarray]:
    """Metric -> (stores, weeks) of weekly values; NaN before a store opened."""
    rng = np.random.default_rng(seed)
    ago = weeks_ago(chain)
    shape = (len(chain.stores), len(ago))
    moved = np.zeros(shape)
    bonus = np.zeros(shape)
    for number, place in enumerate(chain.stores):
        for drift in DRIFTS:
            if drift.store == place.name:
                moved[number] += [drift.reported_at(week) for week in ago]
        for other in REPORTED_ONLY:
            if other.store == place.name:
                bonus[number] -= np.where(ago <= other.weeks_ago, other.points, 0)
    december = np.array([monday.month == 12 for monday in weeks_of(chain)])
    own = rng.normal(0, 1.6, (shape[0], 1))
    satisfaction = 88.0 + own - 5.0 * moved + bonus - 1.0 * december + _noise(rng, shape, 1.3)
    # most weeks say 100: at its ceiling a number tells nothing, and the comparison has to say so
    checklist = 100 - np.where(rng.random(shape) < 0.7, 0, rng.uniform(0.2, 1.8, shape))
    sales = rng.integers(3500, 9000, (shape[0], 1)) * (1 + 0.35 * december)
    complaints = rng.poisson(sales / 1000 * np.clip(6.0 + 3.0 * moved, 1.0, None)) / sales * 1000
    found = {
        "satisfaction": np.clip(satisfaction, 0, 100).round(1),
        "checklist": checklist.clip(96, 100).round(1),
        "complaints": complaints.round(2),
    }
    mondays = np.array(weeks_of(chain), dtype="datetime64[D]")
    for number, day in chain.opened_on.items():
        for table in found.values():
            table[number, mondays < np.datetime64(day)] = np.nan
    return found


def _noise(rng: np.random.Generator, shape: tuple[int, int], sd: float) -> np.ndarray:
    """Weeks resemble their neighbours a little: first-order autoregression with coefficient 0.3."""
    noise = rng.normal(0, sd, shape)
    for week in range(1, shape[1]):
        noise[:, week] = 0.3 * noise[:, week - 1] + np.sqrt(1 - 0.3**2) * noise[:, week]
    return noise
