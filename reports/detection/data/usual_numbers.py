"""What is common to the readings of a chain, as a run keeps it, so that those of one location can be judged alone."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from reports.measure.common_movement import Common
from reports.models import Backtest

PERIODS = {"daily": (365.25, 91), "weekly": (52.18, 26), "monthly": (12, 12), "quarterly": (4, 8), "yearly": (1, 8)}
"""By cadence: periods a year, and how many of a location's first ones are its baseline."""
TIMES = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class UsualMetric:
    """Of one metric, higher is better. correlation : of neighbouring periods, freed. highest : the best that it can
    say. lag_weeks : after which it usually follows a decline; None where no past one tells. common : its movement.
    """

    correlation: float = 0.0
    highest: float | None = None
    lag_weeks: float | None = None
    common: Common = field(default_factory=Common.nothing)

    def as_json(self) -> dict:
        told = {"correlation": self.correlation, "highest": self.highest, "lag_weeks": self.lag_weeks}
        return told | {"common": self.common.as_json()}

    @classmethod
    def from_json(cls, stored: dict | list) -> "UsualMetric":
        if isinstance(stored, list):  # of an older release, which took nothing out
            return cls(stored[0], stored[1])
        return cls(**(stored | {"common": Common.from_json(stored["common"])}))


@dataclass(frozen=True)
class UsualNumbers:
    """until : days, the last that any reading tells of; None without one. by_metric : by id."""

    until: float | None
    by_metric: dict[int, UsualMetric]

    def as_json(self) -> dict:
        return {"until": self.until, "by_metric": {str(key): one.as_json() for key, one in self.by_metric.items()}}

    @classmethod
    def from_json(cls, stored: dict) -> "UsualNumbers":
        by_metric = {int(key): UsualMetric.from_json(one) for key, one in stored.get("by_metric", {}).items()}
        return cls(stored.get("until"), by_metric)


def usual_lags(standard_id: int) -> dict[str, float]:
    """Weeks after which metrics follow, by name, pooled over the declines of the last backtest that is done."""
    done = Backtest.objects.filter(standard=standard_id, state=Backtest.State.DONE)
    lags = done.order_by("-finished_at").values_list("lags", flat=True).first() or []
    return {lag["metric"]: lag["days"] / 7 for lag in lags}


def period_of(cadence: str, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(n,) the number of the period that each reading is of, by the middle of its first and last day (ordinals).

    >>> first = date(2024, 12, 30).toordinal()
    >>> period_of("weekly", np.array([first, first + 1, first + 7]), np.array([first + 6, first + 7, first + 13])) - (
    ...     period_of("weekly", np.array([first]), np.array([first + 6]))).tolist()
    array([0, 0, 1])
    """
    middle = (np.asarray(start, int) + np.asarray(end, int)) // 2
    if cadence == "daily":
        return middle
    if cadence == "weekly":
        return (middle - 1) // 7  # ordinal 1 was a Monday
    months = (middle - EPOCH_ORDINAL).astype("datetime64[D]").astype("datetime64[M]").astype(int)
    return months // MONTHS[cadence]
