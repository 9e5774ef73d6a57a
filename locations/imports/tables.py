"""Reading CSV files that people hand in; every fault is named by file, line, column, value and reason."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO, cast

SHOWN_VALUE = 60
"""Longer values are cut in messages."""


class TableError(Exception):
    """The file as a whole cannot be read: no line of it may be trusted."""


@dataclass(frozen=True, slots=True)
class RowError:
    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        what = f"{self.column}={self.value!r}: " if self.column else ""
        return f"{self.file}:{self.line}: {what}{self.reason}"


class Faults:
    """The errors of many rows in bounded memory: the first `keep` in full, all of them counted by reason."""

    def __init__(self, *, keep: int = 100) -> None:
        self.keep = keep
        self.n = 0
        self.first: list[RowError] = []
        self.by_reason: Counter[tuple[str, str, str]] = Counter()

    def add(self, *, file: str, line: int, column: str, value: object, reason: str, kind: str = "") -> None:
        """`kind` is what to count a reason under that names a value of its own."""
        self.n += 1
        self.by_reason[file, column, kind or reason] += 1
        if len(self.first) < self.keep:
            shown = str(value)
            shown = shown if len(shown) <= SHOWN_VALUE else f"{shown[: SHOWN_VALUE - 1]}…"
            self.first.append(RowError(file, line, column, shown, reason))

    @property
    def n_more(self) -> int:
        return self.n - len(self.first)


class Bounded(io.RawIOBase):
    """Passes `stream` on until `limit` bytes: a small gzip file can unpack to many gigabytes."""

    def __init__(self, stream, *, limit: int, name: str) -> None:
        self.stream, self.left, self.limit, self.name = stream, limit, limit, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        piece = self.stream.read(min(len(buffer), 1 << 16))
        self.left -= len(piece)
        if self.left < 0:
            raise TableError(f"{self.name} holds more than {self.limit >> 20} MB: split it into several files.")
        buffer[: len(piece)] = piece
        return len(piece)


def unpacked(stream: BinaryIO, *, name: str, limit: int | None = None) -> Iterable[bytes]:
    """The lines of a plain or gzip file; its first two bytes tell which, not its name."""
    start = stream.read(2)
    stream.seek(0)
    packed = start == b"\x1f\x8b"
    plain = cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else stream
    if limit is not None:
        return io.BufferedReader(Bounded(plain, limit=limit, name=name), 1 << 16)
    return io.BufferedReader(cast(io.RawIOBase, plain), 1 << 16) if packed else plain


class Table:
    """The rows of a CSV file as tuples of text, in the order of `needed + optional`; "" where a column is absent.

    A row of another width or with broken quotes is a fault and is left out. Raises TableError when the file has
    no header, lacks a needed column, names one twice, is not UTF-8 or is damaged.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str,
        faults: Faults,
        needed: Sequence[str],
        optional: Sequence[str] = (),
        aliases: Mapping[str, str] | None = None,
        limit: int | None = None,
    ) -> None:
        self.name, self.faults, self.line = name, faults, 0
        self._reader = csv.reader(self._lines(unpacked(stream, name=name, limit=limit)), strict=True)
        header = self._header()
        for alias, column in (aliases or {}).items():
            if column not in header:
                header = [column if word == alias else word for word in header]
        missing = [column for column in needed if column not in header]
        if missing:
            raise TableError(f"{name} lacks {_columns(missing)}: its header reads {_shown(header)}.{_hint(header)}")
        wanted = [*needed, *optional]
        self.ignored = [column for column in header if column not in wanted]
        self.columns = {column for column in wanted if column in header}
        self._width = len(header)
        self._pick = itemgetter(*[header.index(column) if column in header else -1 for column in wanted])

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        width, pick, reader = self._width, self._pick, self._reader
        while True:
            line = self.line + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._fault(line, f"broken CSV ({error}); check the quotes of this row")
                continue
            if len(row) != width:
                if row:
                    self._fault(
                        line, f"has {len(row)} values, the header names {width}", kind="wrong number of values"
                    )
                continue
            row.append("")  # what an absent column's index, -1, finds
            yield line, pick(row)

    def _header(self) -> list[str]:
        try:
            header = [word.strip().lower() for word in next(self._reader)]
        except StopIteration:
            raise TableError(f"{self.name} is empty: it needs a header row.") from None
        except csv.Error as error:
            raise TableError(f"{self.name}:1: the header cannot be read: {error}.") from None
        twice = sorted({word for word in header if header.count(word) > 1})
        if twice:
            raise TableError(f"{self.name} names {_columns(twice)} twice: keep one of each.")
        return header

    def _lines(self, binary: Iterable[bytes]) -> Iterator[str]:
        """Decoded line by line, so that a wrong byte is found on its own line."""
        try:
            for raw in binary:
                self.line += 1
                text = raw.decode()
                if "\0" in text:
                    raise TableError(f"{self.name}:{self.line} holds a zero byte: it is no UTF-8 text file.")
                yield text.removeprefix("\ufeff") if self.line == 1 else text
        except UnicodeDecodeError as error:
            raise TableError(
                f"{self.name}:{self.line + (0 if self.line else 1)} is not UTF-8 "
                f"(byte {error.object[error.start]:#04x}): save the file as 'CSV UTF-8'."
            ) from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise TableError(
                f"{self.name} is damaged after line {self.line}: {error}. Make or send the file again."
            ) from None

    def _fault(self, line: int, reason: str, kind: str = "") -> None:
        self.faults.add(file=self.name, line=line, column="", value="", reason=reason, kind=kind)


def _columns(names: Sequence[str]) -> str:
    return f"the column{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _shown(header: Sequence[str]) -> str:
    text = ",".join(header)
    return repr(text if len(text) <= 2 * SHOWN_VALUE else f"{text[: 2 * SHOWN_VALUE]}…")


def _hint(header: Sequence[str]) -> str:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return " Separate the columns with commas."
    return ""
