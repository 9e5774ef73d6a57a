"""What auditors who tick everything, or put misses down as "does not apply", do to flags: told, without a bound."""

from collections.abc import Iterator
from dataclasses import replace

from bench.chains import Made, Options, make
from bench.detector.judge import Flags, false_alarms
from bench.lines import Line
from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import DECLINE, IMPROVEMENT, Settings

STORES = 150  # of a chain
SHARE = 1 / 3  # of the auditors, at six visits in ten
KINDS: dict[str, dict[str, float]] = {
    "everybody looks": {},
    "a third of the auditors tick everything": {"straight_lining": SHARE},
    "a third put misses down as “does not apply”": {"hiding": SHARE},
}


def straight_lining_lines(options: Options, *, seed: int, n_locations: int) -> Iterator[Line]:
    """False flags where nothing changes, both directions together, and how often the usual rate that is."""
    usual = 0.0
    for words, given in KINDS.items():
        quiet = replace(options, n_locations=STORES, changes=False, traps=False, straight_lining=0.0, hiding=0.0)
        n, years = 0, 0.0
        for nth in range(max(1, -(-n_locations // STORES))):
            more, watched = _false_flags(make(_with(quiet, **given), seed + nth))
            n, years = n + more, years + watched
        rate = n / years
        usual = usual or rate
        times = f", {rate / usual:.1f} times as many" if given else ""
        yield Line(f"false flags where {words}, {years:.0f} location-years", f"{rate:.3f} a location and year{times}")


def _with(options: Options, *, straight_lining: float = 0.0, hiding: float = 0.0) -> Options:
    return replace(options, straight_lining=straight_lining, hiding=hiding)


def _false_flags(made: Made) -> tuple[int, float]:
    signals = backtest(made.chain, Settings(), start=made.truth.start, stop=made.truth.stop)
    counted = [false_alarms(made.truth, Flags.of_signals(signals, direction)) for direction in (DECLINE, IMPROVEMENT)]
    return sum(n for n, _ in counted), counted[0][1]
