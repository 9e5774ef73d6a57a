"""The lab's chains: made by `simulate.py`, a folder beside the repository, and read here with their truth."""

import importlib
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np

from bench.chains import DAYPARTS, STAFFINGS, Made
from bench.chains.truth import (
    CONSISTENCY,
    EVENINGS,
    IN_CONTROL,
    RAMP,
    RECOVERED,
    SECTION,
    SEVERE_AUDITOR,
    STEP,
    Spell,
    Truth,
)
from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.effects import WEEK_DAYS

KINDS = {
    "in_control": IN_CONTROL,
    "step": STEP,
    "ramp": RAMP,
    "partial": SECTION,
    "consistency": CONSISTENCY,
    "recovered": RECOVERED,
    "trap_auditor": SEVERE_AUDITOR,
    "trap_daypart": EVENINGS,
}


def open_lab(folder: Path) -> ModuleType:
    """The lab's generator. Raises FileNotFoundError where the folder has none."""
    if not (folder / "simulate.py").exists():
        raise FileNotFoundError(f"no simulate.py in {folder}: name the lab's folder, or leave --lab out")
    sys.path.insert(0, str(folder))
    return importlib.import_module("simulate")


def lab_chain(
    simulate: ModuleType,
    *,
    seed: int,
    n_locations: int,
    visits_a_month: float,
    changes: bool,
    weeks: int,
    burn_in: int,
) -> Made:
    data = simulate.generate(
        L=n_locations, rate=visits_a_month, seed=seed, incontrol=not changes, weeks=weeks, burnin=burn_in
    )
    return read(simulate, data)


def read(simulate: ModuleType, data: dict) -> Made:
    """The lab's arrays as a Chain and its Truth; its days count from its first Monday, these from 1970."""
    first = float(simulate.START.astype("datetime64[D]").astype(int))
    time, rated = data["vt"] + first, data["Y"]
    chain = Chain(
        location=data["vl"],
        time=time,
        arrival=time,
        auditor=data["va"],
        daypart=np.searchsorted(DAYPARTS, simulate.DAYPARTS)[data["dp"]],
        staffing=np.searchsorted(STAFFINGS, simulate.STAFFING)[data["st"]],
        ratings=np.where(rated < 0, NONE, np.where(rated > 0, FULL, 0)).astype(np.uint8),
        rating_visit=data["iv"],
        section=data["sec"],
        dimension=(~data["dim"]).astype(np.int8),
        critical=data["critical"],
        region=data["region"],
        n_locations=data["L"],
    )
    truth = Truth(
        start=first + data["burnin"] * WEEK_DAYS,
        stop=first + data["W"] * WEEK_DAYS,
        kind=np.array([KINDS[kind] for kind in data["kind"]]),
        size=data["size"],
        onset=first + data["onset"],
        end=first + data["end"],
        ramp_days=data["ramp"],
        section=data["dsec"],
        spells=tuple(_spells(data, first)),
        first_day=first,
        readings=data["metric"],
    )
    return Made(chain, truth)


def _spells(data: dict, first: float):
    """December of every year, until the end of January, and the fall of the whole chain, until the end."""
    start, stop = data["burnin"] * WEEK_DAYS, data["W"] * WEEK_DAYS
    fall = data["chain_t"]
    years = range(2023, 2024 + int(stop // 365)) if data["season"] else ()
    for year in years:
        december = (date(year, 12, 1) - date(1970, 1, 1)).days - first
        begin = max(december, start)
        if december + 61 > start and december < stop:
            judged = begin + 31 <= min(stop, fall)
            yield Spell(
                "December",
                first + begin,
                first + december + 62,
                first + (min(december + 62, begin + 45) if judged else begin),
            )
    if np.isfinite(fall):
        yield Spell("chain-wide fall", first + fall, first + stop, first + fall + 56)
