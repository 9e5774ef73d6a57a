"""What a backtest keeps in its row, as numpy's npz: where it stands, and since when locations could be flagged."""

import io
import json
from dataclasses import asdict

import numpy as np

from reports.detection.data.chain_loader import Codes, History
from reports.detection.data.packed_effects import pack, unpack
from reports.measure.drift.backtest import DatedSignal, Replayed
from reports.measure.drift.detector import Signal


def pack_replayed(done: Replayed, codes: Codes) -> bytes:
    """The effects as a run keeps them, the signals as JSON: both come back as they were."""
    signals = [asdict(dated.signal) | {"raised_at": dated.raised_at} for dated in done.signals]
    words = json.dumps(signals, default=lambda number: number.item()).encode()
    return npz(
        n_scans=np.array(done.n_scans),
        threshold=np.array(done.threshold),
        n_simulated=np.array(done.n_simulated),
        signals=np.frombuffer(words, np.uint8),
        effects=np.frombuffer(b"" if done.effects is None else pack(done.effects, codes), np.uint8),
    )


def unpack_replayed(kept: bytes | memoryview) -> Replayed:
    """Where the replay stands."""
    with np.load(io.BytesIO(bytes(kept)), allow_pickle=False) as arrays:
        effects = arrays["effects"].tobytes()
        signals = tuple(_dated(row) for row in json.loads(arrays["signals"].tobytes()))
        fitted = unpack(effects)[0] if effects else None
        threshold, n_simulated = float(arrays["threshold"]), int(arrays["n_simulated"])
        return Replayed(int(arrays["n_scans"]), fitted, threshold, n_simulated, signals)


def _dated(row: dict) -> DatedSignal:
    raised_at = row.pop("raised_at")
    return DatedSignal(Signal(**row), raised_at)


def pack_days(history: History, least_visits: int) -> bytes:
    """Since when a flag could be raised at each location: when its least_visits-th visit was known, in days."""
    chain = history.chain
    order = np.lexsort((chain.arrival, chain.location))
    able = np.flatnonzero(np.diff(chain.first_visit) >= least_visits)
    day = chain.arrival[order][chain.first_visit[able] + least_visits - 1]
    return npz(location=history.codes.locations[able], day=day)


def unpack_days(packed: bytes | memoryview | None) -> tuple[np.ndarray, np.ndarray]:
    """Ids of the locations at which a flag could be raised, and since when, days since 1970-01-01 UTC."""
    if packed is None:
        return np.zeros(0, np.int64), np.zeros(0)
    with np.load(io.BytesIO(bytes(packed)), allow_pickle=False) as arrays:
        return arrays["location"], arrays["day"]


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
