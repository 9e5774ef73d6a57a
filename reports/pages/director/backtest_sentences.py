"""What a backtest says: how many flags, how many of them by chance, how early."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from reports.models import DriftFlag
from reports.pages.sentences import words
from reports.pages.sentences.false_flags import PERIODS, RARE, how_often, pictured

Comparison = DriftFlag.Comparison
WEEKS_A_YEAR = 52.18
ENOUGH_TO_PART = 3  # flags of a period, so that a part of them can be told


@dataclass(frozen=True)
class Lead:
    """A row of the drawing: declines by when the reported number followed. below : days of lead, None for any."""

    key: str
    name: str
    briefly: str
    kind: str
    below: float | None = None


LEADS = (
    Lead("first", "reported number was first", "reported first", "quiet", 0),
    Lead("month", "flagged less than 4 weeks before it", "under 4 weeks before", "lead", 28),
    Lead("quarter", "flagged 4 to 13 weeks before it", "4–13 weeks before", "lead", 91),
    Lead("more", "flagged 13 weeks or more before it", "13 weeks or more", "lead", float("inf")),
    Lead("never", "it never followed: blind spot", "never followed", "blind"),
    Lead("early", "too early to say", "too early to say", "quiet"),
)


def lead_kind(comparison: str, lead_days: int | None) -> str:
    """Which of LEADS a decline belongs to; blank where no reported number could tell."""
    if comparison == Comparison.CONFIRMED and lead_days is not None:
        return next(lead.key for lead in LEADS if lead.below is not None and lead_days < lead.below)
    return {Comparison.BLIND_SPOT.value: "never", Comparison.WAITING.value: "early"}.get(comparison, "")


def headline(*, n_declines: int, n_improvements: int, weeks: float, n_able: int) -> str:
    """In 52 weeks, 14 declines and 5 improvements would have been flagged over 60 stores."""
    over = f"over {words.count(n_able, 'store')}"
    period = f"In {words.count(round(weeks), 'week')},"
    if not n_declines and not n_improvements:
        return f"{period} nothing would have been flagged {over}."
    parts = [words.count(n, noun) for n, noun in ((n_declines, "decline"), (n_improvements, "improvement")) if n]
    return f"{period} {' and '.join(parts)} would have been flagged {over}."


def expected_flags(*, n_flags: int, weeks: float, by_chance: float) -> str:
    """With these settings expect about four flags a month, about one of them by chance alone.

    by_chance : false flags a year in both directions, once all stores have visits enough.
    """
    yearly, false_a_year = n_flags / max(weeks, 1.0) * WEEKS_A_YEAR, by_chance
    if not n_flags:
        return f"With these settings expect hardly any flag; chance alone raises {how_often(false_a_year)}."
    if yearly < 1:
        n, period, false = 1, pictured(yearly)[1], round(false_a_year / yearly)
    else:
        name, in_a_year = next((each for each in PERIODS if yearly / each[1] >= ENOUGH_TO_PART), PERIODS[-1])
        n, period, false = round(yearly / in_a_year), f"a {name}", round(false_a_year / in_a_year)
    of_them = f"about {words.number(false)}" if false else "fewer than one" if false_a_year >= RARE else "hardly any"
    flags = "flag" if n == 1 else "flags"
    return f"With these settings expect about {words.number(n)} {flags} {period}, {of_them} of them by chance alone."


def how_early(ends: Sequence[tuple[str, int | None]]) -> str:
    """Of the declines, what the reported numbers showed in the end: (comparison, days of lead)."""
    kinds = [lead_kind(comparison, lead_days) for comparison, lead_days in ends]
    n_never, n_early = kinds.count("never"), kinds.count("early")
    leads = [lead for comparison, lead in ends if comparison == Comparison.CONFIRMED and lead is not None]
    n_told = len(leads) + n_never
    if not any(kinds):
        return "No reported number could be held against the declines." if ends else ""
    parts = []
    if leads:
        parts.append(
            f"The reported numbers followed {_of(len(leads), n_told)} declines, {_ahead(median(leads))} (median)."
        )
    if n_never:
        share = words.percent(n_never / n_told)
        parts.append(f"{words.capital(_of(n_never, n_told))} never showed in them ({share}): blind spots.")
    if n_early:
        parts.append(f"For {words.number(n_early)} it is too early to say.")
    return " ".join(parts)


def following(lags: Sequence[dict]) -> list[str]:
    """“Complaints” gets worse about 8 weeks after a decline begins (pooled over 14 declines)."""
    return [
        f"“{lag['metric']}” gets worse {_after_the_begin(lag['days'])} (pooled over "
        f"{words.count(lag['n_declines'], 'decline')} of the whole chain)."
        for lag in lags
    ]


def _after_the_begin(days: float) -> str:
    return f"about {_weeks(days)} after a decline begins" if days else "as soon as a decline begins"


def _of(n: int, total: int) -> str:
    return f"{words.number(n)} of {words.number(total)}"


def _ahead(days: float) -> str:
    return f"{_weeks(days)} {'after' if days >= 0 else 'before'} the flag"


def _weeks(days: float) -> str:
    weeks = round(abs(days) / 7)
    return words.count(weeks, "week") if weeks else words.count(round(abs(days)), "day")


def in_the_end(comparison: str, lead_days: int | None) -> str:
    """The last word of a row on the reported numbers: followed 6 weeks later."""
    if comparison == Comparison.CONFIRMED and lead_days is not None:
        return f"followed {_weeks(lead_days)} later" if lead_days >= 0 else f"were {_weeks(lead_days)} earlier"
    return {
        Comparison.BLIND_SPOT.value: "never followed: blind spot",
        Comparison.WAITING.value: "too early to say",
    }.get(comparison, "no usable number")
