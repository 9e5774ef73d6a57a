"""Real inspections with an order of their own: how many days earlier the failing ones would have come in another."""

import csv
import gzip
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from reports.measure.drift.detector import Settings, scan, stated_threshold
from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.effects import Effects
from reports.measure.model.levels import fit_window
from reports.measure.model.severity import fit_effects
from reports.measure.planning.location_forecast import LocationForecasts, forecast, weakest_quarter
from reports.measure.planning.visit_value import Assumptions, value

EPOCH = date(1970, 1, 1)
RANDOM_ORDERS = 200


@dataclass(frozen=True, eq=False)
class Inspections:
    """chain : every visit. fails : (V,) a critical criterion did not conform."""

    chain: Chain
    fails: np.ndarray


def read_inspections(folder: Path) -> Inspections:
    """A set of `visits`, `observations` and `criteria`, gzip CSV, in which every visit rates every criterion."""
    criteria = _rows(folder, "criteria")
    column = {row["criterion_id"]: at for at, row in enumerate(criteria)}
    visits = sorted(_rows(folder, "visits"), key=lambda row: (row["location_id"], row["visited_on"], row["visit_id"]))
    at = {row["visit_id"]: number for number, row in enumerate(visits)}
    ratings = np.full((len(visits), len(criteria)), NONE)
    for row in _rows(folder, "observations"):
        ratings[at[row["visit_id"]], column[row["criterion_id"]]] = FULL * int(row["conforms"])
    time = np.array([(date.fromisoformat(row["visited_on"]) - EPOCH).days for row in visits], float)
    location = np.unique([row["location_id"] for row in visits], return_inverse=True)[1]
    names = sorted({row["auditor_id"] for row in visits} - {""})
    auditor = [names.index(row["auditor_id"]) if row["auditor_id"] else -1 for row in visits]
    sections = sorted({row["section"] for row in criteria})
    critical = np.array([row["critical"] == "1" for row in criteria])
    n_locations, unknown = int(location.max()) + 1, np.full(len(visits), -1)
    chain = Chain(
        location, time, time, auditor, unknown, unknown, ratings, np.arange(len(visits)),
        [sections.index(row["section"]) for row in criteria], np.zeros(len(criteria)), critical,
        np.zeros(n_locations), n_locations,
    )  # fmt: skip
    return Inspections(chain, (chain.ratings[:, critical] == 0).any(axis=1))


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def days_earlier(found: Inspections, *, start: date, stop: date) -> dict[str, tuple[float, int, int]]:
    """By ranking: (days by which failing visits come earlier, how many fail, how many visits).

    The visits of start..stop keep their days; who is visited on which is dealt out anew, the highest ranked first.
    Each ranking knows the visits before `start` alone; "auditor alone" knows who will come, and nothing of the place.
    """
    begin, end = ((day - EPOCH).days for day in (start, stop))
    chain = found.chain
    before = chain.subset(chain.time < begin)
    window = np.flatnonzero((chain.time >= begin) & (chain.time <= end))
    effects = fit_effects(before, at=float(begin), window_days=fit_window(before, look_back=40, at=float(begin)))
    place, auditor = chain.location[window], chain.auditor[window]
    known = _places(before, effects, at=float(begin))
    threshold = stated_threshold(before, Settings(), effects)
    worth = value(known, Assumptions(threshold, weakest_quarter(effects)))
    failed = np.bincount(before.location, found.fails[chain.time < begin], chain.n_locations)
    n = np.bincount(before.location, minlength=chain.n_locations)
    usual = failed.sum() / n.sum()
    of_auditor = _share_failed(before.auditor, found.fails[chain.time < begin])
    rankings = {
        "value of the visit": worth.total[place],
        "value of the visit: find": worth.find[place],
        "value of the visit: judge": worth.judge[place],
        "weeks since the last visit": known.weeks[place],
        "level of the location, auditors taken out": -effects.location[place],
        "share of failed visits of the location": ((failed + usual) / (n + 1))[place],
        "auditor alone: share of failed visits": np.where(auditor >= 0, of_auditor[auditor], usual),
    }
    fails = found.fails[window]
    return {
        name: (earlier(chain.time[window], fails, ranking), int(fails.sum()), window.size)
        for name, ranking in rankings.items()
    }


def earlier(day: np.ndarray, fails: np.ndarray, ranking: np.ndarray) -> float:
    """Days by which failing visits come earlier when the days are dealt out by `ranking`, equals in random order.

    Two days, two visits, the second fails: it comes one day earlier when it ranks first.

    >>> earlier(np.array([0.0, 1.0]), np.array([False, True]), np.array([1.0, 2.0]))
    1.0
    """
    days, rng = np.sort(day), np.random.default_rng(1)
    gained = [
        day[fails].mean() - days[np.argsort(np.lexsort((rng.random(day.size), -ranking)))][fails].mean()
        for _ in range(RANDOM_ORDERS)
    ]
    return float(np.mean(gained))


def _share_failed(auditor: np.ndarray, fails: np.ndarray) -> np.ndarray:
    known = auditor >= 0
    return np.bincount(auditor[known], fails[known]) / np.maximum(np.bincount(auditor[known]), 1)


def _places(before: Chain, effects: Effects, *, at: float) -> LocationForecasts:
    """As a page would know them: severities are taken out of the levels and of the evidence."""
    found = scan(before, effects, Settings(least_baseline=1), np.inf)
    flagged = np.zeros(before.n_locations, bool)
    return forecast(
        before, effects, Settings(least_baseline=1), log_evidence=found.ranking, is_flagged=flagged, at=at
    )
