"""A run's common effects, the names of their indexes and what levels are usual, kept in the run as numpy's npz."""

import io
from dataclasses import fields
from typing import Any

import numpy as np

from reports.detection.data.chain_loader import Codes
from reports.measure.model.effects import Effects
from reports.measure.model.levels import Usual


def pack(effects: Effects, codes: Codes, usual: Usual | None = None) -> bytes:
    arrays = {f"code_{field.name}": getattr(codes, field.name) for field in fields(Codes)}
    for field in fields(Effects):
        value = getattr(effects, field.name)
        if field.name == "variance":
            arrays["variance_names"] = np.array(list(value), dtype=str)
            value = np.array(list(value.values()))
        arrays[field.name] = np.asarray(value)
    if usual is not None:
        arrays |= {f"usual_{field.name}": np.asarray(getattr(usual, field.name)) for field in fields(Usual)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(packed: bytes | memoryview) -> tuple[Effects, Codes]:
    with np.load(io.BytesIO(bytes(packed)), allow_pickle=False) as arrays:
        codes = Codes(**{field.name: arrays[f"code_{field.name}"] for field in fields(Codes)})
        values = {field.name: arrays[field.name] for field in fields(Effects) if field.name in arrays}
        # a run of an older version took each criterion's ease as certain
        values.setdefault("criterion_sd", np.zeros(values["criterion"].size))
        # one of an older version let every visit owe what its own day does
        values.setdefault("kept_days", np.full(values.get("kept_until", np.zeros(0)).size, values["day"].size))
        values["variance"] = dict(zip(arrays["variance_names"].tolist(), values["variance"].tolist(), strict=True))
        # one of an older version took the mean of all its locations for what is usual
        values.setdefault("usual_location", values["location"].mean() if values["location"].size else 0.0)
        values |= {name: float(values[name]) for name in ("fitted_at", "first_day", "usual_location")}
    return Effects(**values), codes


def unpack_usual(packed: bytes | memoryview) -> Usual | None:
    """What levels were measured against; None of a run that did not keep it."""
    with np.load(io.BytesIO(bytes(packed)), allow_pickle=False) as arrays:
        if "usual_mix" not in arrays:
            return None
        # a run of an older version knew nothing of how wrong its mean and its severities might be
        values = {
            field.name: arrays[f"usual_{field.name}"] for field in fields(Usual) if f"usual_{field.name}" in arrays
        }
    known: dict[str, Any] = {name: value if value.ndim else float(value) for name, value in values.items()}
    return Usual(**known)
