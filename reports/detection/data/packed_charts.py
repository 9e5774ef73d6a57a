"""A location's chart between arrays and its row: a structured array of visits, with a column for each channel."""

from collections.abc import Sequence

import numpy as np

from reports.measure.drift.control_chart import ControlCharts

SHARES = ("value", "expected", "low", "high")
EVIDENCE = ("decline", "improvement")


def point_type(n_channels: int) -> np.dtype:
    """visit : its id, 16 bytes. time : days since 1970-01-01 UTC. The rest as in `measure.drift.control_chart`."""
    columns = [(name, "<f4", (n_channels,)) for name in (*SHARES, *EVIDENCE)]
    return np.dtype([("visit", "V16"), ("time", "<f8"), *columns])


def points_of(charts: ControlCharts, visit_ids: np.ndarray, time: np.ndarray) -> np.ndarray:
    """(V,) of `point_type`, in the order of the visits."""
    points = np.zeros(len(visit_ids), point_type(len(charts.channels)))
    points["visit"] = np.frombuffer(b"".join(visit.bytes for visit in visit_ids), "V16")
    points["time"] = time
    for name in (*SHARES, *EVIDENCE):
        points[name] = getattr(charts, name)
    return points


def unpack_points(packed: bytes | memoryview, n_channels: int) -> np.ndarray:
    return np.frombuffer(bytes(packed), point_type(n_channels))


def with_earlier_evidence(
    points: np.ndarray, channels: Sequence[str], earlier: np.ndarray, earlier_channels: Sequence[str]
) -> np.ndarray:
    """The points of a location; the evidence of visits that were not judged now is what the earlier chart holds."""
    missing = np.flatnonzero(np.isnan(points["decline"]).all(axis=1))
    row = {visit.tobytes(): at for at, visit in enumerate(earlier["visit"])}
    pairs = [(at, row[key]) for at in missing.tolist() if (key := points["visit"][at].tobytes()) in row]
    column = {name: at for at, name in enumerate(earlier_channels)}
    common = [(at, column[name]) for at, name in enumerate(channels) if name in column]
    if not pairs or not common:
        return points
    answer = points.copy()
    (to_row, from_row), (to_column, from_column) = (np.array(each).T for each in (pairs, common))
    for name in EVIDENCE:
        answer[name][np.ix_(to_row, to_column)] = earlier[name][np.ix_(from_row, from_column)]
    return answer


def without_gaps(points: np.ndarray) -> np.ndarray:
    """With no evidence where a visit was never judged, as it was there before anything was expected."""
    answer = points.copy()
    for name in EVIDENCE:
        answer[name] = np.nan_to_num(points[name])
    return answer
