"""What a chain's readings share, period by period: season, trend, a bad week everywhere.

The common movement of a period is the median over locations of their deviation from their own usual value, shrunk by
how much such medians vary where nothing is common; of a region beside it, where the region has enough locations.
"""

from dataclasses import dataclass

import numpy as np

LEAST_LOCATIONS = 4
"""Fewer than these have no median that one of them does not make: nothing is taken out."""
LEAST_OF_REGION = 20
MOST_REGIONS = 200
COMPLETE = 0.5
"""A period counts once so large a share of those that reported lately has reported it."""
N_CARRIED = 4
STEPS = 12
MEDIAN_VARIANCE = np.pi / 2  # of the median of normal values, times n, in their variance


@dataclass(frozen=True)
class Path:
    """One movement over P periods. after : that of any later period, as far as anybody can tell.

    Five digits are enough: what is stored and read back is what was used.
    """

    values: tuple[float, ...] = ()
    after: float = 0.0

    @classmethod
    def of(cls, values: np.ndarray, after: float) -> "Path":
        return cls(tuple(float(f"{value:.5g}") + 0.0 for value in values.tolist()), float(f"{after:.5g}") + 0.0)

    def at(self, column: np.ndarray) -> np.ndarray:
        """Before the first period it is that of the first one."""
        if not self.values:
            return np.zeros(column.shape)
        inside = np.array(self.values)[np.clip(column, 0, len(self.values) - 1)]
        return np.where(column >= len(self.values), self.after, inside)


@dataclass(frozen=True)
class Common:
    """first : the period of column 0. chain : its path. regions : by id, the path of those with enough locations.

    is_told : False where the locations were too few for any of it.
    """

    first: int
    chain: Path
    regions: dict[int, Path]
    is_told: bool

    @classmethod
    def nothing(cls) -> "Common":
        return cls(0, Path(), {}, is_told=False)

    def of(self, period: np.ndarray, region: np.ndarray) -> np.ndarray:
        """(n,) what the readings of these periods share with others, by region's id."""
        column = np.asarray(period, int) - self.first
        found = self.chain.at(column)
        for one, path in self.regions.items():
            here = region == one
            found[here] = path.at(column[here])
        return found

    def as_json(self) -> dict:
        regions = {str(one): [list(path.values), path.after] for one, path in self.regions.items()}
        chain = [list(self.chain.values), self.chain.after]
        return {"first": self.first, "chain": chain, "regions": regions, "is_told": self.is_told}

    @classmethod
    def from_json(cls, stored: dict) -> "Common":
        def path(pair) -> Path:
            return Path(tuple(pair[0]), pair[1])

        regions = {int(one): path(pair) for one, pair in stored["regions"].items()}
        return cls(stored["first"], path(stored["chain"]), regions, stored["is_told"])


def common_movement(values, *, first: int = 0, region=None, recent: int = 13) -> Common:
    """What the rows share.

    values : (L, P) float, a column per period, NaN where nothing was reported. first : the period of column 0.
    region : (L,) int or None. recent : periods back that a period's number of readings is held against: with less
    than half of the most of them it is not complete, and takes the mean of the last complete ones.
    Only readings of `values` are used: as of a day, that is those of periods that were over.

    A bad week of six stores that are otherwise steady; movements are told from their mean:

    >>> rows = [[80.0, 81, 80, 70, 80, 79], [60, 60, 61, 50, 60, 59], [70, 69, 70, 60, 70, 71]] * 2
    >>> [round(value) for value in common_movement(rows).chain.values]
    [2, 2, 2, -8, 2, 1]
    """
    values = np.asarray(values, float)
    n = np.isfinite(values).sum(axis=0)
    complete = is_complete(n, recent=recent)
    if not complete.any():
        return Common.nothing()
    raw, usual = _medians(values, complete)
    rest = values - usual[:, None] - raw
    spread = _spread(rest)
    chain = Path.of(*_path(raw, n, complete, spread))
    regions = {}
    if region is not None:
        for one, rows in _large(np.asarray(region, int)):
            path = _of_region(values[rows] - usual[rows, None], chain, spread, recent)
            if path is not None:
                regions[one] = path
    return Common(first, chain, regions, is_told=True)


def is_complete(n, *, recent: int) -> np.ndarray:
    """(P,) bool, from (P,) the readings of each period.

    >>> is_complete([12, 12, 3, 12, 5], recent=3).tolist()
    [True, True, False, True, False]
    """
    n = np.asarray(n)
    most = np.array([n[max(0, at - recent) : at + 1].max() for at in range(n.size)], int)
    return (n >= LEAST_LOCATIONS) & (n >= COMPLETE * most)


def _medians(values: np.ndarray, complete: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(P,) medians of the deviations, about 0, NaN where not complete; and (L,) usual values: by turns."""
    raw = np.where(complete, 0.0, np.nan)
    usual = np.zeros(values.shape[0])
    scale = _spread(values - _mean(values)[:, None]) or 1.0
    for _ in range(STEPS):
        usual = _mean(values - np.where(complete, raw, _filled(raw)))
        new = np.where(complete, median(values - usual[:, None]), np.nan)
        new -= np.nanmean(new)
        change, raw = np.nanmax(np.abs(new - raw)), new
        if change < 1e-3 * scale:
            break
    return raw, usual


def _of_region(deviation: np.ndarray, chain: Path, spread: float, recent: int) -> Path | None:
    """The path of a region's rows: the chain's and what the region has of its own, None where that is nothing."""
    n = np.isfinite(deviation).sum(axis=0)
    complete = is_complete(n, recent=recent) & (n >= LEAST_OF_REGION)
    if complete.sum() < 2:
        return None
    shared = np.array(chain.values)
    own, after = _path(np.where(complete, median(deviation - shared), np.nan), n, complete, spread)
    return Path.of(shared + own, chain.after + after) if own.any() else None


def _path(raw: np.ndarray, n: np.ndarray, complete: np.ndarray, spread: float) -> tuple[np.ndarray, float]:
    """(P,) and what comes after, shrunk towards no movement.

    Medians are taken as normal, with one variance for all periods beyond that of their errors.
    """
    error = MEDIAN_VARIANCE * spread**2 / np.maximum(n, 1)
    among = float(np.mean(raw[complete] ** 2 - error[complete]))
    share = np.zeros(raw.size) if among <= 0 else among / (among + error)
    shrunk = np.where(complete, raw * share, np.nan)
    last = shrunk[complete][-N_CARRIED:]
    return _filled(shrunk), float(last.mean())


def _filled(path: np.ndarray) -> np.ndarray:
    """What is missing is the mean of the last N_CARRIED before it; at the beginning, the first one."""
    found, known = np.empty(path.size), path[np.isfinite(path)][:1].tolist()
    for at, value in enumerate(path.tolist()):
        if np.isfinite(value):
            found[at] = value
            known.append(value)
        else:
            found[at] = np.mean(known[-N_CARRIED:])
    return found


def median(values: np.ndarray) -> np.ndarray:
    """Of each column without its NaNs; NaN for an empty one.

    >>> median(np.array([[1.0, np.nan], [3.0, np.nan], [2.0, np.nan], [np.nan, 5.0]])).tolist()
    [2.0, 5.0]
    """
    ordered = np.sort(values, axis=0)
    n, column = np.isfinite(values).sum(axis=0), np.arange(values.shape[1])
    low, high = np.maximum((n - 1) // 2, 0), np.minimum(n // 2, max(values.shape[0] - 1, 0))
    return (ordered[low, column] + ordered[high, column]) / 2


def _mean(values: np.ndarray) -> np.ndarray:
    """Of each row; 0 for an empty one."""
    seen = np.isfinite(values)
    return np.where(seen, values, 0.0).sum(axis=1) / np.maximum(seen.sum(axis=1), 1)


def _spread(rest: np.ndarray) -> float:
    """Median over rows of their root mean square; 0 without a row of two values."""
    seen = np.isfinite(rest)
    n = seen.sum(axis=1)
    mean_square = np.where(seen, rest**2, 0.0).sum(axis=1)[n > 1] / (n[n > 1] - 1)
    return float(np.sqrt(np.median(mean_square))) if mean_square.size else 0.0


def _large(region: np.ndarray):
    least = max(LEAST_OF_REGION, region.size // MOST_REGIONS)
    ids, n = np.unique(region, return_counts=True)
    for one in ids[n >= least].tolist():
        yield one, np.flatnonzero(region == one)
