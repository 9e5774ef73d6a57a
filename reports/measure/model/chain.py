"""The visits of one standard as arrays: what every other module of `measure` reads."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

FULL = 240  # the byte of full conformity
NONE = 255  # the byte of a criterion that was not applicable or not observed

MOST_BREADTH = 8  # a sixteenth, and less

_PER_VISIT = ("location", "time", "arrival", "auditor", "daypart", "staffing", "breadth")


def breadth_of(coverage) -> np.ndarray:
    """(n,) int: how far a visit's coverage (0..1, NaN unknown) lies below the whole, in half octaves.

    Coverage counts what applied, so that an answer that makes other questions needless does not make a visit short.

    >>> breadth_of([1.0, 0.9, 0.5, 0.25, 0.0, np.nan]).tolist()
    [0, 0, 2, 4, 8, 0]
    """
    known = np.nan_to_num(np.asarray(coverage, float), nan=1.0)
    return np.round(-2 * np.log2(np.clip(known, 2.0 ** (-MOST_BREADTH / 2), 1.0))).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Chain:
    """The visits of one standard, sorted by (location, time).

    A column is a criterion in its version: a new version has columns of its own, so that difficulty belongs
    to the version, while sections go on across versions.

    location : (V,) int32 in 0..L-1.
    time : (V,) float, the visit's own time, days since 1970-01-01 UTC.
    arrival : (V,) float, when the visit became known, in the same days.
    auditor, daypart, staffing : (V,) int32 from 0; -1 where it is unknown.
    ratings : (R, C) uint8, a row per interaction: conformity = byte / 240, 255 = not observed.
    rating_visit : (R,) int32, the visit of each interaction, never decreasing.
    section : (C,) int32 from 0. dimension : (C,) int8, 0 completion, 1 delivery. critical : (C,) bool.
    region : (L,) int32 from 0. n_locations : L; a location may have no visit.
    breadth : (V,) int32, how much of what applied the visit looked at, see `breadth_of`; left out: all of it.

    Lists are converted. Raises ValueError that names the field for a wrong shape, an index out of range, a
    byte between 241 and 254, a time that is not finite, or visits out of order.

    >>> chain = Chain(location=[0, 0], time=[10, 17.5], arrival=[10, 18], auditor=[0, -1], daypart=[0, 1],
    ...     staffing=[0, 0], ratings=[[240, 0], [240, 255], [120, 240]], rating_visit=[0, 0, 1], section=[0, 1],
    ...     dimension=[0, 1], critical=[True, False], region=[0], n_locations=1)
    >>> chain.observed.tolist(), chain.conforming.tolist()
    ([[2.0, 1.0], [1.0, 1.0]], [[2.0, 0.0], [0.5, 1.0]])
    """

    location: np.ndarray
    time: np.ndarray
    arrival: np.ndarray
    auditor: np.ndarray
    daypart: np.ndarray
    staffing: np.ndarray
    ratings: np.ndarray
    rating_visit: np.ndarray
    section: np.ndarray
    dimension: np.ndarray
    critical: np.ndarray
    region: np.ndarray
    n_locations: int
    breadth: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self):
        if not np.size(self.breadth):
            object.__setattr__(self, "breadth", np.zeros(np.size(self.location)))
        types = {
            "location": np.int32,
            "time": np.float64,
            "arrival": np.float64,
            "auditor": np.int32,
            "daypart": np.int32,
            "staffing": np.int32,
            "breadth": np.int32,
            "ratings": np.uint8,
            "rating_visit": np.int32,
            "section": np.int32,
            "dimension": np.int8,
            "critical": np.bool_,
            "region": np.int32,
        }
        for name, dtype in types.items():
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=dtype))
        self._check_shapes()
        self._check_values()

    def _check_shapes(self):
        if self.ratings.ndim != 2:
            raise ValueError(f"ratings must be (interactions, criteria); got shape {self.ratings.shape}")
        n_ratings, n_criteria = self.ratings.shape
        wanted = dict.fromkeys(_PER_VISIT, self.location.size)
        wanted |= {
            "section": n_criteria,
            "dimension": n_criteria,
            "critical": n_criteria,
            "rating_visit": n_ratings,
            "region": self.n_locations,
        }
        for name, size in wanted.items():
            if getattr(self, name).shape != (size,):
                raise ValueError(f"{name} must have shape ({size},); got {getattr(self, name).shape}")

    def _check_values(self):
        limits: dict[str, tuple[int, int | None]] = {
            "location": (0, self.n_locations),
            "rating_visit": (0, self.location.size),
            "dimension": (0, 2),
            "section": (0, None),
            "region": (0, None),
            "auditor": (-1, None),
            "daypart": (-1, None),
            "staffing": (-1, None),
            "breadth": (-1, None),
        }
        for name, (low, stop) in limits.items():
            values = getattr(self, name)
            if values.size and (values.min() < low or (stop is not None and values.max() >= stop)):
                reach = f"{low} or more" if stop is None else f"in {low}..{stop - 1}"
                raise ValueError(f"{name} must be {reach}; got {values.min()}..{values.max()}")
        if not (np.isfinite(self.time).all() and np.isfinite(self.arrival).all()):
            raise ValueError("time and arrival must be finite numbers of days")
        step = np.diff(self.location)
        if (step < 0).any() or ((step == 0) & (np.diff(self.time) < 0)).any():
            raise ValueError("visits must be sorted by (location, time)")
        if (np.diff(self.rating_visit) < 0).any():
            raise ValueError("rating_visit must never decrease")
        if ((self.ratings > FULL) & (self.ratings != NONE)).any():
            raise ValueError(f"ratings must be 0..{FULL}, or {NONE} for not observed")

    @property
    def n_visits(self) -> int:
        return self.location.size

    @property
    def n_criteria(self) -> int:
        return self.section.size

    @property
    def n_sections(self) -> int:
        return int(self.section.max()) + 1 if self.section.size else 0

    @property
    def n_regions(self) -> int:
        return int(self.region.max()) + 1 if self.region.size else 0

    @property
    def n_auditors(self) -> int:
        return int(self.auditor.max()) + 1 if self.auditor.size else 0

    @cached_property
    def observed(self) -> np.ndarray:
        """(V, C) float32: how many interactions of the visit observed the criterion."""
        return self._sum_to_visits((self.ratings != NONE).astype(np.float32))

    @cached_property
    def conforming(self) -> np.ndarray:
        """(V, C) float32: the conformity summed over those interactions; at most `observed`."""
        bytes_ = np.where(self.ratings == NONE, 0, self.ratings).astype(np.float32)
        return self._sum_to_visits(bytes_) / np.float32(FULL)

    @cached_property
    def first_visit(self) -> np.ndarray:
        """(L + 1,) int: the visits of location l are first_visit[l] .. first_visit[l + 1] - 1."""
        return np.searchsorted(self.location, np.arange(self.n_locations + 1))

    @cached_property
    def first_rating(self) -> np.ndarray:
        """(V + 1,) int: the interactions of visit v are first_rating[v] .. first_rating[v + 1] - 1."""
        return np.searchsorted(self.rating_visit, np.arange(self.n_visits + 1))

    def _sum_to_visits(self, rows: np.ndarray) -> np.ndarray:
        total = np.zeros((self.n_visits, rows.shape[1]), rows.dtype)
        if rows.size:
            starts = np.flatnonzero(np.r_[True, np.diff(self.rating_visit) > 0])
            total[self.rating_visit[starts]] = np.add.reduceat(rows, starts, axis=0)
        return total

    def subset(self, keep: np.ndarray) -> "Chain":
        """The chain with only some visits; locations and criteria stay.

        keep : (V,) bool. `np.flatnonzero(keep)[i]` is the index that visit i of the answer has in this chain.
        """
        keep = np.asarray(keep, bool)
        if keep.shape != (self.n_visits,):
            raise ValueError(f"keep must have shape ({self.n_visits},); got {keep.shape}")
        rows = keep[self.rating_visit]
        renumbered = np.cumsum(keep) - 1
        smaller = replace(
            self,
            ratings=self.ratings[rows],
            rating_visit=renumbered[self.rating_visit[rows]],
            **{name: getattr(self, name)[keep] for name in _PER_VISIT},
        )
        for name in ("observed", "conforming"):  # summing the ratings again is what costs
            if name in self.__dict__:
                smaller.__dict__[name] = self.__dict__[name][keep]
        return smaller

    def as_of(self, moment: float) -> "Chain":
        """The chain as it was known at `moment` (days since 1970-01-01 UTC): the visits that had arrived by
        then."""
        return self.subset(self.arrival <= moment)
