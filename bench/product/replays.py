"""The product's own path over a made chain: files, import, scoring, backtest, flags.csv; and the same in memory."""

import csv
import time
from dataclasses import dataclass
from pathlib import Path

from bench.chains import Made
from bench.detector.judge import Flags, Judged, judge
from bench.product.history_files import as_written, location_codes, moment, write_history
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import Settings
from reports.measure.model.levels import fit_window

COLUMNS = ("location_id", "flagged_at", "channel", "direction", "onset", "strength")


@dataclass(frozen=True)
class Replay:
    """What one path found: rows of flags.csv (COLUMNS), and seconds by step."""

    rows: list[tuple[str, ...]]
    seconds: dict[str, float]


def through_files(made: Made, settings: Settings, *, seed: int, folder: Path, standard: str = "bench") -> Replay:
    """Write the files, import and score them, replay the past into flags.csv, read that. Needs a database."""
    from django.core.management import call_command

    from audits.history import import_folder
    from reports.detection.data.scoring import score_waiting

    steps = {"files": time.perf_counter()}
    files, out = folder / standard, folder / "flags.csv"
    files.mkdir()
    write_history(made, files)
    steps["import"] = time.perf_counter()
    import_folder(files, standard_key=standard, time_zone="UTC")
    steps["scores"] = time.perf_counter()
    score_waiting()
    steps["backtest"] = time.perf_counter()
    start, last_day = (moment(day)[:10] for day in (made.truth.start, made.truth.stop - 1))
    wanted = ("--false-alarms", str(settings.false_alarms_per_year), "--seed", str(seed), "--out", str(out))
    call_command("backtest", "--standard", standard, "--from", start, "--to", last_day, *wanted, verbosity=0)
    ends = [*list(steps.values())[1:], time.perf_counter()]
    seconds = {name: end - begin for (name, begin), end in zip(steps.items(), ends, strict=True)}
    with out.open(newline="", encoding="utf-8") as file:
        rows = [tuple(row[column] for column in COLUMNS) for row in csv.DictReader(file)]
    return Replay(rows, seconds)


def in_memory(made: Made, settings: Settings, *, seed: int) -> Replay:
    """The same replay on the arrays, told in the same words."""
    from reports.detection.data.day_numbers import to_datetime, to_moment
    from reports.detection.data.threshold import simulated_threshold

    began = time.perf_counter()
    chain, first, last = made.chain, made.truth.start, made.truth.stop

    def threshold(known, effects) -> float:
        window = fit_window(known, look_back=settings.look_back, at=effects.fitted_at)
        return simulated_threshold(chain, settings, at=effects.fitted_at, window=window, seed=seed).threshold

    found = backtest(chain, settings, start=first, stop=last, threshold=threshold)
    codes = location_codes(chain)
    rows: list[tuple[str, ...]] = []
    for dated in found:
        signal = dated.signal
        flagged_at, onset = to_moment(dated.raised_at), to_datetime(signal.onset)
        rows.append(
            (
                codes[signal.location],
                flagged_at.isoformat(timespec="seconds"),
                signal.channel,
                signal.direction,
                onset.isoformat(timespec="seconds"),
                f"{signal.evidence:.6g}",
            )
        )
    return Replay(rows, {"in memory": time.perf_counter() - began})


def differences(product: Replay, memory: Replay) -> list[str]:
    """What one path tells and the other does not; empty when they are equal."""
    only_product, only_memory = set(product.rows) - set(memory.rows), set(memory.rows) - set(product.rows)
    return [f"only the product: {', '.join(row)}" for row in sorted(only_product)] + [
        f"only in memory:   {', '.join(row)}" for row in sorted(only_memory)
    ]


def compared(made: Made, settings: Settings, seed: int, folder: Path) -> Judged:
    """Take both paths over one chain, print their times and differences, and judge the product's flags.

    The chain is that of the files, its times to the minute; the threshold is the product's, simulated on the burn-in.
    """
    made = as_written(made)
    product = through_files(made, settings, seed=seed, folder=folder, standard=f"bench-{seed}")
    memory = in_memory(made, settings, seed=seed)
    seconds = ", ".join(f"{name} {spent:.0f} s" for name, spent in (product.seconds | memory.seconds).items())
    unlike = differences(product, memory)
    verdict = "equal" if not unlike else f"{len(unlike)} rows differ"
    print(f"seed {seed}: {made.chain.n_visits} visits, {seconds}; {len(product.rows)} flags, {verdict}", flush=True)
    for line in unlike:
        print(f"  {line}")
    return judge(made.truth, Flags.of_file(folder / "flags.csv", location_codes(made.chain)))
