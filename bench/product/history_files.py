"""A made chain as the files of docs/history.md, and the same chain as it comes back from them."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.chains import DAYPARTS, STAFFINGS, Made
from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.effects import WEEK_DAYS

MINUTES = 1440  # of a day
ROWS_AT_ONCE = 20_000  # interactions


def as_written(made: Made) -> Made:
    """The chain as the files tell it: times to the minute, arrivals as made, no auditor without a visit."""
    time = np.rint(made.chain.time * MINUTES) / MINUTES
    auditor = np.unique(made.chain.auditor, return_inverse=True)[1]
    return replace(made, chain=replace(made.chain, time=time, arrival=time, auditor=auditor))


def location_codes(chain: Chain) -> list[str]:
    """The locations' ids, which sort as their indexes do."""
    return [f"L{index:05}" for index in range(chain.n_locations)]


def write_history(made: Made, folder: Path) -> None:
    """Write locations, criteria, visits, observations and the reported numbers of a chain with one version."""
    chain, codes = made.chain, location_codes(made.chain)
    _write(folder / "locations.csv", ("location_id", "region", "timezone"),
           zip(codes, (f"R{region:03}" for region in chain.region), ["UTC"] * len(codes), strict=True))  # fmt: skip
    dimension = np.array(["completion", "delivery"])[chain.dimension]
    _write(
        folder / "criteria.csv",
        ("criterion_id", "section", "dimension", "critical"),
        zip(_criteria(chain), chain.section, dimension, chain.critical.astype(int), strict=True),
    )
    visits = [f"V{index:07}" for index in range(chain.n_visits)]
    _write(
        folder / "visits.csv",
        ("visit_id", "location_id", "auditor_id", "started_at", "daypart", "staffing"),
        zip(
            visits,
            (codes[place] for place in chain.location),
            (f"A{auditor:05}" for auditor in chain.auditor),
            (moment(day) for day in chain.time),
            np.array(DAYPARTS)[chain.daypart],
            np.array(STAFFINGS)[chain.staffing],
            strict=True,
        ),
    )
    _write_observations(chain, visits, folder / "observations.csv")
    _write_readings(made, codes, folder / "metrics.csv")


def _criteria(chain: Chain) -> list[str]:
    return [f"C{index:03}" for index in range(chain.n_criteria)]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _write_observations(chain: Chain, visits: list[str], path: Path) -> None:
    number = np.arange(chain.rating_visit.size) - chain.first_rating[:-1][chain.rating_visit] + 1
    words = np.array([f"{byte / FULL:.6g}" if byte <= FULL else "" for byte in range(NONE + 1)])
    tails = [f",{criterion}," for criterion in _criteria(chain)]
    with path.open("w", encoding="utf-8") as file:
        file.write("visit_id,interaction,criterion_id,conformity\n")
        for start in range(0, number.size, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            for visit, nth, ratings in zip(
                chain.rating_visit[rows], number[rows], words[chain.ratings[rows]], strict=True
            ):
                head = f"{visits[visit]},{nth}"
                file.writelines(f"{head}{tail}{value}\n" for tail, value in zip(tails, ratings, strict=True))


def _write_readings(made: Made, codes: list[str], path: Path) -> None:
    truth = made.truth
    days = [moment(truth.first_day + week * WEEK_DAYS)[:10] for week in range(truth.readings.shape[1])]
    rows = (
        (code, "satisfaction", day, f"{value:.3f}")
        for code, own in zip(codes, truth.readings, strict=True)
        for day, value in zip(days, own, strict=True)
    )
    _write(path, ("location_id", "metric", "period_start", "value"), rows)


def moment(day: float) -> str:
    """ISO, in UTC, to the minute."""
    return datetime.fromtimestamp(round(day * MINUTES) * 60, UTC).isoformat(timespec="minutes")
