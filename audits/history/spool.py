"""Rows grouped on disk: however a file is sorted, what belongs together comes back together, in bounded memory."""

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FLUSH = 1 << 18
"""Rows kept in memory before they go to disk."""
MOST_FILES = 256
"""Open at once at most; systems allow about 1,000."""


class Spool:
    """Packed rows in files of their own for every range of the first column, a whole number below `n`.

    A file holds all rows of `width` neighbouring numbers; `buckets` reads them back in order.
    """

    def __init__(self, folder: Path, *, name: str, columns: dict[str, str], n: int, width: int) -> None:
        self.dtype = np.dtype(list(columns.items()))
        self.columns: dict[str, array[Any]] = {column: array(np.dtype(code).char) for column, code in columns.items()}
        self.key = next(iter(columns))
        self.width = max(width, -(-n // MOST_FILES), 1)
        self.n_buckets = -(-n // self.width)
        self.folder, self.name = folder, name
        self.n_rows = 0

    def flush(self) -> None:
        """Move what is in memory to disk. The reader calls it every FLUSH rows and at the end."""
        first = self.columns[self.key]
        if not len(first):
            return
        rows = np.empty(len(first), self.dtype)
        for column, values in self.columns.items():
            rows[column] = values
            del values[:]
        bucket = rows[self.key] // self.width
        order = np.argsort(bucket, kind="stable")
        rows, bucket = rows[order], bucket[order]
        starts = np.flatnonzero(np.r_[True, bucket[1:] != bucket[:-1]])
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            with self._file(int(bucket[start])).open("ab") as out:
                rows[start:end].tofile(out)
        self.n_rows += len(rows)

    def bucket(self, index: int) -> np.ndarray:
        """All rows of a bucket, in the order of the file they came from."""
        file = self._file(index)
        return np.fromfile(file, self.dtype) if file.exists() else np.empty(0, self.dtype)

    def buckets(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """(first number, last number + 1, rows) of every bucket, also of those without rows."""
        for index in range(self.n_buckets):
            yield index * self.width, (index + 1) * self.width, self.bucket(index)

    def _file(self, index: int) -> Path:
        return self.folder / f"{self.name}-{index}"


def sorted_by(rows: np.ndarray, *columns: str) -> tuple[np.ndarray, np.ndarray]:
    """`rows` in the order of `columns`, equals in the order of the file; and where a row repeats the one before."""
    rows = rows[np.lexsort([rows[column] for column in reversed(columns)])]
    repeats = np.zeros(len(rows), bool)
    if len(rows):
        repeats[1:] = np.logical_and.reduce([rows[column][1:] == rows[column][:-1] for column in columns])
    return rows, repeats
