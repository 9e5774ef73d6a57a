"""What would have been flagged, run by run, with only what was known then: rows of `flags.csv`."""

import csv
import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from audits.models import Section, Standard
from locations.models import Location
from reports.detection.comparison import ReportedNumbers, reported_numbers
from reports.detection.moments import to_datetime, to_days
from reports.detection.rows import History, load
from reports.detection.scan import threshold_for
from reports.measure.backtest import DatedSignal, backtest
from reports.measure.drift import DECLINE, Settings
from reports.measure.levels import fit_window
from reports.measure.severity import WINDOW_DAYS, fit_effects
from reports.models import DriftFlag

WAITING, BLIND_SPOT = DriftFlag.Comparison.WAITING, DriftFlag.Comparison.BLIND_SPOT


class NothingToReplay(Exception):
    """No visit was known before the first day, so that nothing could be expected."""


@dataclass(frozen=True)
class PastFlag:
    """One row of flags.csv; the names of its fields are the columns."""

    location_id: str
    flagged_at: str
    channel: str
    direction: str
    onset: str
    comparison: str
    strength: str


def past_flags(
    *,
    standard: Standard,
    start: datetime,
    stop: datetime,
    every_days: float = 7.0,
    refit_days: float = 28.0,
    parameters: Settings | None = None,
    seed: int = 1,
    progress: Callable[[datetime], None] | None = None,
) -> list[PastFlag]:
    """Replay runs at start + every_days, start + 2 x every_days ... up to stop.

    A run at a moment knows the visits that had arrived by then, the readings of the periods that were over, the
    common effects as of the last refit, and the threshold simulated from what was known at `start`. `flagged_at` is
    the moment of the run. Raises NothingToReplay when no visit was known at `start`.
    """
    settings = parameters or Settings()
    history = load(standard=standard, as_of=stop)
    first, last = to_days(start), to_days(stop)
    before = history.chain.as_of(first)
    if not before.n_visits:
        raise NothingToReplay(
            f"No scored visit of {standard} was known on {start:%Y-%m-%d}: choose a later --from, after the visits "
            "that show what is usual."
        )
    window = fit_window(before, look_back=settings.look_back, at=first)
    if window > WINDOW_DAYS:  # visits are rare: none may leave the window while the days pass
        window += last - first
    effects = fit_effects(before, at=first, window_days=window)
    threshold = threshold_for(before.subset(before.time >= first - window), effects, settings, seed=seed).threshold
    found = backtest(
        history.chain,
        settings,
        start=first,
        stop=last,
        refit_days=refit_days,
        scan_days=every_days,
        window_days=window,
        threshold=threshold,
        progress=None if progress is None else lambda moment: progress(to_datetime(moment)),
    )
    return list(_rows(history, found, standard, first, every_days, stop))


def _rows(
    history: History, found: list[DatedSignal], standard: Standard, first: float, every_days: float, stop: datetime
) -> Iterator[PastFlag]:
    codes = dict(Location.objects.filter(tallies__version__standard=standard).values_list("pk", "code"))
    titles = dict(
        Section.objects.filter(version__standard=standard).order_by("version__number").values_list("key", "title")
    )
    numbers = reported_numbers(history.codes.locations, as_of=stop.date())
    for dated in found:
        run_at = first + every_days * max(1, math.ceil((dated.raised_at - first) / every_days - 1e-9))
        signal = dated.signal
        yield PastFlag(
            location_id=codes[int(history.codes.locations[signal.location])],
            flagged_at=to_datetime(run_at).isoformat(),
            channel=_channel(signal.channel, history.codes.sections, titles),
            direction=signal.direction,
            onset=to_datetime(signal.onset).isoformat(),
            comparison=_comparison(numbers, signal, run_at),
            strength=f"{signal.evidence:.6g}",
        )


def _comparison(numbers: ReportedNumbers, signal, run_at: float) -> str:
    """A decline that no metric shows yet is a blind spot at the moment it is flagged: that is what a flag is for."""
    if signal.direction != DECLINE:
        return ""
    verdict = numbers.verdict(signal.location, now=run_at, onset=signal.onset, flagged_at=run_at)
    return BLIND_SPOT if verdict.comparison == WAITING else verdict.comparison


def _channel(channel: str, sections: np.ndarray, titles: dict[str, str]) -> str:
    """`section:NAME` with the section's title, as the files of an organisation name it."""
    kind, _, index = channel.partition(":")
    return f"section:{titles[str(sections[int(index)])]}" if kind == "section" else channel


def write_flags(rows: Iterable[PastFlag], path: Path) -> None:
    """Write flags.csv whole or not at all."""
    with NamedTemporaryFile("w", newline="", encoding="utf-8", dir=path.parent, suffix=".part", delete=False) as file:
        try:
            writer = csv.writer(file)
            writer.writerow([field.name for field in fields(PastFlag)])
            writer.writerows(astuple(row) for row in rows)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
