"""How numbers, days and evidence are written on every page. No-break spaces keep a number and its unit together."""

import math
from datetime import date

from audits.numbers import NBSP
from audits.numbers import duration as duration
from locations.times import clock as clock
from locations.times import moment as moment

MINUS = "\u2212"
MOST_EVIDENCE = 10_000  # beyond it a ratio says more about the model than about the store
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def percent(share: float) -> str:
    return f"{round(100 * share)}{NBSP}%"


def points(change: float) -> str:
    """A change of shares in points, with its sign.

    >>> points(-0.144), points(0.08), points(0.001)
    ('−14', '+8', '0')
    """
    rounded = round(100 * change)
    return f"{'+' if rounded > 0 else MINUS}{abs(rounded)}" if rounded else "0"


def difference(share: float, beside: float) -> str:
    """What one share differs from another by, of the numbers as both are shown, so that they add up on the page.

    >>> difference(0.676, 0.835), difference(0.5, 0.5)
    ('−16', '0')
    """
    return points((round(100 * share) - round(100 * beside)) / 100)


def points_interval(low: float, high: float) -> str:
    """Two changes of shares in points: −6 to −3."""
    return f"{points(low)} to {points(high)}"


def interval(low: float, high: float) -> str:
    """In percent, without the sign: 68–74."""
    first, last = round(100 * low), round(100 * high)
    return str(first) if first == last else f"{first}–{last}"


def evidence(ratio: float) -> str:
    """One significant digit, capped: more digits would claim a precision that nobody has.

    >>> evidence(412.0), evidence(4e9)
    ('400\\xa0:\\xa01', 'more than 10,000\\xa0:\\xa01')
    """
    if ratio > MOST_EVIDENCE:
        return f"more than {MOST_EVIDENCE:,}{NBSP}:{NBSP}1"
    digit = 10 ** math.floor(math.log10(max(ratio, 1.0)))
    return f"{round(max(ratio, 1.0) / digit) * digit:,}{NBSP}:{NBSP}1"


def evidence_briefly(ratio: float) -> str:
    """The same for a column of a table."""
    return f">{NBSP}{MOST_EVIDENCE:,}{NBSP}:{NBSP}1" if ratio > MOST_EVIDENCE else evidence(ratio)


def exactly(ratio: float) -> str:
    """Without a decimal, where it stands beside what it is held against: rounded, neither passes the other.

    >>> exactly(412.4), exactly(4e9)
    ('412\\xa0:\\xa01', '>\\xa010,000\\xa0:\\xa01')
    """
    return evidence_briefly(ratio) if ratio > MOST_EVIDENCE else f"{ratio:,.0f}{NBSP}:{NBSP}1"


def number(n: int) -> str:
    """In words up to twelve, as a newspaper would."""
    return NUMBERS[n] if n < len(NUMBERS) else f"{n:,}"


def count(n: int, noun: str, plural: str | None = None) -> str:
    return f"{n:,}{NBSP}{noun if n == 1 else plural or noun + 's'}"


def whole_weeks(days: float) -> int:
    """Those that are over: two weeks and six days are two weeks, as people count a wait.

    >>> whole_weeks(20), whole_weeks(6.9)
    (2, 0)
    """
    return int(days // 7)


def within_quotes(text: str) -> str:
    """What somebody wrote, ready to stand between double quotation marks."""
    return text.strip().replace("“", "‘").replace("”", "’")


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def inside(title: str) -> str:
    """A title as it stands inside a sentence: `Greeting` becomes `greeting`, `Q1 Score` and `NPS` stay."""
    return title[:1].lower() + title[1:] if title[1:] == title[1:].lower() else title


def day(when: date, *, beside: date | None = None) -> str:
    """3 October; with the year when it is not that of `beside`."""
    text = f"{when.day}{NBSP}{when:%B}"
    return text if beside and beside.year == when.year else f"{text} {when.year}"


def short_day(when: date, *, beside: date | None = None) -> str:
    """3 Oct; with the year when it is not that of `beside`."""
    text = f"{when.day}{NBSP}{when:%b}"
    return text if beside and beside.year == when.year else f"{text}{NBSP}{when.year}"


def part_of_month(when: date, *, beside: date | None = None) -> str:
    """early, mid or late October: as exact as an onset can be."""
    part = "early" if when.day <= 10 else "mid" if when.day <= 20 else "late"
    year = "" if beside and beside.year == when.year else f" {when.year}"
    return f"{part} {when:%B}{year}"


def distance(metres: float) -> str:
    """Two digits at most: nobody knows it better.

    >>> distance(84.2), distance(1234.0), distance(15_300.0)
    ('80\\xa0m', '1.2\\xa0km', '15\\xa0km')
    """
    if metres < 1000:
        return f"{round(metres, -1):.0f}{NBSP}m"
    return f"{metres / 1000:.{1 if metres < 10_000 else 0}f}{NBSP}km"


def quantity(value: float, unit: str = "") -> str:
    """A reading as people write it: 86.4 %, 1,240 points."""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.3g}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text.replace('-', MINUS)}{NBSP}{unit}" if unit else text.replace("-", MINUS)
