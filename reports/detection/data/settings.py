"""The three numbers that the runs of a standard are made with: read, set, and adopted from a backtest."""

from dataclasses import dataclass
from typing import NamedTuple

from audits.models import Standard
from reports.measure.drift.detector import Settings
from reports.models import Backtest, DriftSettings, Run

FALSE_ALARMS = (0.01, 2.0)  # per store and year: one in a hundred years, one in half a year
DROP = (0.0, 0.25)  # beyond it only the largest drop that is tried remains
LOOK_BACK = (5, 120)  # visits
RANGES: dict[str, tuple[float, float]] = {
    "false_alarms_per_year": FALSE_ALARMS,
    "smallest_drop": DROP,
    "look_back": LOOK_BACK,
}
NAMES = tuple(RANGES)


class BadSettings(ValueError):
    """A number out of range; `name` is the parameter's, the message says what it may be."""

    def __init__(self, name: str, message: str):
        super().__init__(message)
        self.name = name


def check_number(name: str, value: float) -> None:
    """Raises BadSettings when one of the three numbers is out of range."""
    low, high = RANGES[name]
    if low <= value <= high:
        return
    if name == "false_alarms_per_year":
        rare = f"{low:g} (one in {1 / low:.0f} years)"
        raise BadSettings(
            name, f"False flags per store and year must lie between {rare} and {high:g}; got {value:g}."
        )
    if name == "smallest_drop":
        reach = f"{100 * low:.0f} and {100 * high:.0f} points"
        raise BadSettings(name, f"The smallest drop must lie between {reach}; got {100 * value:g}.")
    raise BadSettings(name, f"The look-back must lie between {low} and {high} visits; got {value}.")


@dataclass(frozen=True)
class Chosen:
    """What is set for a standard, in the units of `measure.drift.detector.Settings`. Raises BadSettings."""

    false_alarms_per_year: float
    smallest_drop: float
    look_back: int

    def __post_init__(self):
        for name, value in self.parameters().items():
            check_number(name, value)

    def parameters(self) -> dict:
        """As a run's parameters name them."""
        return {name: getattr(self, name) for name in NAMES}

    @classmethod
    def from_parameters(cls, parameters: dict) -> "Chosen":
        """Those of a run or a backtest; raises BadSettings where they were allowed then, and are not here."""
        return cls(**{name: parameters[name] for name in NAMES})


class Rates(NamedTuple):
    """False flags to expect per location and year; None where nothing was set."""

    declines: float | None
    improvements: float | None

    @property
    def both(self) -> float | None:
        return None if self.declines is None or self.improvements is None else self.declines + self.improvements


def expected_rates(made: Run | Backtest) -> Rates:
    """What the simulation says at the threshold, even where that is more than was wanted.

    On chains whose truth is known about that was realised, see docs/method.md. What was wanted where no visit could
    have raised a flag in the simulation; of improvements, where an earlier release did not count them, as many as
    declines.
    """
    wanted, declines = made.parameters.get("false_alarms_per_year"), made.simulated_rate
    if wanted is None or declines is None:
        return Rates(wanted, wanted)
    improvements = made.simulated_improvement_rate
    return Rates(declines, declines if improvements is None else improvements)


DEFAULT = Chosen.from_parameters(vars(Settings()))


def chosen_for(standard: Standard) -> Chosen:
    """What its runs are made with: what was set, else the defaults."""
    row = DriftSettings.objects.filter(standard=standard).values(*NAMES).first()
    return Chosen(**row) if row else DEFAULT


def choose(*, standard: Standard, settings: Chosen, by=None, adopted_from: Backtest | None = None) -> DriftSettings:
    """Set them for all runs to come; those that were made keep theirs in their own row."""
    fields = settings.parameters() | {"changed_by": by, "adopted_from": adopted_from}
    return DriftSettings.objects.update_or_create(standard=standard, defaults=fields)[0]
