"""Scores of one visit: what share of what was promised was seen."""

from dataclasses import dataclass

import numpy as np

from reports.measure.model.chain import FULL, NONE


@dataclass(frozen=True, eq=False)
class VisitScores:
    """What `visit_scores` returns.

    overall : weighted mean conformity of the visit, 0..1; NaN when nothing was observed.
    section : (S, 2) the same per section x dimension (0 completion, 1 delivery); NaN where nothing was
    observed.
    n_observed, n_applicable : (S, 2) int, observations made and observations that could have been made.
    coverage : observed / applicable over the visit; NaN when nothing was applicable.
    n_critical_failed : int, observations of critical criteria that failed.
    promise_kept : (n,) float per interaction: 1 every observed critical criterion conformed, 0 not, NaN none
    observed.
    """

    overall: float
    section: np.ndarray
    n_observed: np.ndarray
    n_applicable: np.ndarray
    coverage: float
    n_critical_failed: int
    promise_kept: np.ndarray


def promise_kept(matrix, critical, *, passing=0.5):
    """Whether each interaction kept every critical promise that was observed in it.

    matrix : (n, C) uint8, conformity = byte / 240, 255 = not observed. critical : (C,) bool.
    passing : conformity from which a criterion counts as conforming, 0..1.
    Returns (n,) float: 1 kept, 0 broken, NaN when no critical criterion was observed.

    >>> promise_kept(np.array([[240, 0], [0, 240], [255, 240]], np.uint8), [True, False]).tolist()
    [1.0, 0.0, nan]
    """
    chosen = np.asarray(matrix, np.uint8)[:, np.asarray(critical, bool)]
    seen = chosen != NONE
    failed = seen & (chosen < passing * FULL)
    return np.where(seen.any(axis=1), 1.0 - failed.any(axis=1), np.nan)


def visit_scores(matrix, weights, section, dimension, critical, *, applicable=None, passing=0.5):
    """Score one visit.

    matrix : (n, C) uint8, a row per interaction: conformity = byte / 240, 255 = not observed.
    weights : (C,) float, 0 or more. section : (C,) int from 0. dimension : (C,) 0 completion, 1 delivery.
    critical : (C,) bool. applicable : (n, C) bool, what could have been observed; None means everything.
    passing : conformity below which an observation of a critical criterion has failed.
    Returns VisitScores. A criterion that was not observed changes no score, only the coverage.
    Raises ValueError for shapes that differ, a negative weight, or an observation where `applicable` is
    False.

    >>> scores = visit_scores(np.array([[240, 0], [120, 255]], np.uint8), [1, 2], [0, 0], [0, 1], [False, True])
    >>> scores.overall, scores.section.tolist(), scores.n_critical_failed, scores.coverage
    (0.375, [[0.75, 0.0]], 1, 0.75)
    """
    matrix = np.asarray(matrix, np.uint8)
    if matrix.ndim != 2:
        raise ValueError(f"matrix must be (interactions, criteria); got shape {matrix.shape}")
    n_criteria = matrix.shape[1]
    columns = {
        "weights": np.asarray(weights, float),
        "section": np.asarray(section, int),
        "dimension": np.asarray(dimension, int),
        "critical": np.asarray(critical, bool),
    }
    for name, values in columns.items():
        if values.shape != (n_criteria,):
            raise ValueError(f"{name} must have shape ({n_criteria},); got {values.shape}")
    if (columns["weights"] < 0).any():
        raise ValueError(f"weights must be 0 or more; got {columns['weights'].min():g}")
    seen = matrix != NONE
    could = np.ones_like(seen) if applicable is None else np.asarray(applicable, bool)
    if could.shape != seen.shape:
        raise ValueError(f"applicable must have shape {seen.shape}; got {could.shape}")
    if (seen & ~could).any():
        raise ValueError("an observation was made where applicable is False")

    conformity = np.where(seen, matrix, 0) / FULL
    weight = columns["weights"] * seen
    n_sections = int(columns["section"].max()) + 1 if n_criteria else 0
    cell = columns["section"] * 2 + columns["dimension"]

    def per_cell(values):
        return np.bincount(cell, values.sum(axis=0), minlength=n_sections * 2).reshape(n_sections, 2)

    total, full = per_cell(weight * conformity), per_cell(weight)
    return VisitScores(
        overall=float(total.sum() / full.sum()) if full.sum() else float("nan"),
        section=np.divide(total, full, out=np.full(full.shape, np.nan), where=full > 0),
        n_observed=per_cell(seen).astype(int),
        n_applicable=per_cell(could).astype(int),
        coverage=float(seen.sum() / could.sum()) if could.any() else float("nan"),
        n_critical_failed=int((seen & (matrix < passing * FULL))[:, columns["critical"]].sum()),
        promise_kept=promise_kept(matrix, columns["critical"], passing=passing),
    )
