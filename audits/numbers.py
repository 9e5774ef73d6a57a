"""Numbers as people write and read them."""

import re
import unicodedata

NBSP = "\u00a0"
COMMA = re.compile(r"([+-]?)(\d+),(\d+)")
GROUP = 3
"""Digits between two separators of thousands."""


def read_number(text: str) -> float:
    """A number as a person or a file writes it: digits of any script, a decimal point or a decimal comma.

    Raises ValueError for what is no number, and for a comma that may as well part thousands: 1,234.

    >>> read_number("2,5"), read_number("0,125"), read_number("٢٫٥"), read_number("−3.5")
    (2.5, 0.125, 2.5, -3.5)
    """
    plain = unicodedata.normalize("NFKC", text.strip()).replace("\u2212", "-").replace("\u066b", ".")
    if "_" in plain:
        raise ValueError(f"{text!r} holds an underscore")  # float takes 1_000
    if found := COMMA.fullmatch(plain):
        sign, whole, part = found.groups()
        if len(part) == GROUP and len(whole) <= GROUP and int(whole[0]):
            raise ValueError(f"{text!r} may be {whole}.{part} or {whole}{part}")
        plain = f"{sign}{whole}.{part}"
    return float(plain)


def duration(seconds: float, *, digits: int = 0) -> str:
    """In minutes and seconds; `digits` of a part of a second are told where there are any.

    >>> [duration(each, digits=2).replace(NBSP, " ") for each in (220, 2.5, 95.5)]
    ['3 min 40 s', '2.5 s', '1 min 35.5 s']
    """
    minutes, rest = divmod(round(seconds, digits), 60)
    told = f"{round(rest, digits):g}{NBSP}s"
    if not minutes:
        return told
    return f"{minutes:g}{NBSP}min" + (f" {told}" if rest else "")
