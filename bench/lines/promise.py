"""Flags where nothing changes beside what the page says of them: both directions together, and each."""

from collections.abc import Iterator
from dataclasses import replace

from bench.chains import Options, make
from bench.detector.judge import Flags, false_alarms
from bench.lines import Line
from reports.detection.data.threshold import simulated_threshold
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import DECLINE, IMPROVEMENT, Settings
from reports.measure.model.levels import fit_window

STORES = 150  # of a chain
WITHIN = 0.2  # of what is said


def promise_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    settings, counted, said, years = Settings(), {DECLINE: 0, IMPROVEMENT: 0}, 0.0, 0.0
    quiet = replace(options, n_locations=STORES, changes=False, traps=False)
    for nth in range(max(1, -(-n_locations // STORES))):
        made = make(quiet, seed + nth)
        start = made.truth.start
        before = made.chain.as_of(start)
        window = fit_window(before, look_back=settings.look_back, at=start)
        found = simulated_threshold(before, settings, at=start, window=window, seed=seed + nth)
        signals = backtest(made.chain, settings, start=start, stop=made.truth.stop, threshold=found.threshold)
        for direction in counted:
            n, watched = false_alarms(made.truth, Flags.of_signals(signals, direction))
            counted[direction] += n
        years += watched
        said += (found.simulated_rate + found.improvement_rate) * watched
    realised = sum(counted.values())
    yield Line(
        f"false flags, declines and improvements together, in {years:.0f} location-years",
        f"{realised / years:.3f} a location and year, {said / years:.3f} are said",
        f"within {100 * WITHIN:.0f} % of what is said",
        abs(realised / said - 1) <= WITHIN,
    )
    wanted = settings.false_alarms_per_year
    for direction, n in counted.items():
        yield Line(
            f"false {direction}s a location and year", f"{n / years:.3f}", f"{wanted:g} or less", n <= wanted * years
        )
