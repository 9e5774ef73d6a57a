"""The parameters of a run or a backtest: their defaults, what they may be, and the detector's settings in them."""

from dataclasses import asdict

from reports.measure.defaults import REFIT_DAYS, SEED
from reports.measure.drift.detector import Settings
from reports.models import Backtest, Run

DETECTOR = asdict(Settings()) | {"seed": SEED}
GOING_ON = {"refit_days": REFIT_DAYS, "incremental": True}
"""`refit_days`: how long what is common is carried on before it is estimated anew; 0 for every run. `incremental`:
look only at locations with news; else at all, which takes longer and finds the same."""


class BadParameters(ValueError):
    """A scan was asked for with parameters that do not exist or are out of range."""


def check_parameters(parameters: dict, defaults: dict = DETECTOR) -> dict:
    """The parameters with their defaults filled in."""
    complete = dict(defaults)
    if unknown := sorted(set(parameters) - set(complete)):
        raise BadParameters(f"Unknown parameter {', '.join(unknown)}: use {', '.join(sorted(complete))}.")
    for name, value in parameters.items():
        if isinstance(complete[name], bool):
            if not isinstance(value, bool):
                raise BadParameters(f"{name} must be true or false; got {value!r}")
            continue
        whole = isinstance(complete[name], int)
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise BadParameters(f"{name} must be a {'whole ' if whole else ''}number; got {value!r}")
    complete |= parameters
    if complete["seed"] < 0:
        raise BadParameters(f"seed must be 0 or more; got {complete['seed']}")
    if complete.get("refit_days", 0) < 0:
        raise BadParameters(f"refit_days must be 0 or more; got {complete['refit_days']:g}")
    try:
        settings_from(complete)
    except ValueError as wrong:
        raise BadParameters(str(wrong)) from wrong
    return complete


def settings_of(run: Run | Backtest) -> Settings:
    return settings_from(run.parameters)


def settings_from(parameters: dict) -> Settings:
    """The detector's settings among the parameters of a run."""
    return Settings(**{name: value for name, value in parameters.items() if name in DETECTOR and name != "seed"})
