"""The first sentences of the manager's page: what is new, what is still open, and what nobody can know yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.pages.sentences import words

MOST_AGES = 3
MOSTLY = 0.5  # of the stores; never visited, they come first


@dataclass(frozen=True)
class OpenDeclines:
    """n : all of them. n_new : raised since last Monday. weeks : since the others began. unmoved : since those
    n_unmoved began whose reported numbers have not moved. Where they are many, only of the longest."""

    n: int
    n_new: int
    weeks: Sequence[int]
    unmoved: Sequence[int]
    n_unmoved: int


def headline(
    *,
    declines: OpenDeclines,
    n_improvements: int,
    n_new_improvements: int = 0,
    n_able: int,
    n_stores: int,
    least_visits: int,
    weeks_without: int | None = None,
) -> str:
    """Two stores need you this week, one more is still open. In two the reported numbers have not moved: 12 and 7
    weeks.

    n_new_improvements : raised since last Monday. n_able : of the stores, those with visits enough for a flag,
    least_visits. weeks_without : whole weeks since the last visit, where that is longer ago than what is told as
    lately.
    """
    if not declines.n:
        return f"{_nobody(n_able, n_stores, least_visits, weeks_without)}{_better(n_improvements)}"
    n_old = declines.n - declines.n_new
    if not declines.n_new:
        new = "No new decline" if n_new_improvements else "Nothing new"
        first = f"{new} since Monday; {words.number(n_old)} still open: {_weeks(declines.weeks, n_old)}."
    else:
        verb = "needs" if declines.n_new == 1 else "need"
        still = ""
        if n_old:
            still = f"; {words.number(n_old)} more {'is' if n_old == 1 else 'are'} still open"
        first = (
            f"{words.capital(words.number(declines.n_new))} {_stores(declines.n_new)} {verb} you this week{still}."
        )
    return f"{first}{_unmoved(declines)}"


def _nobody(n_able: int, n_stores: int, least_visits: int, weeks_without: int | None) -> str:
    """Only of stores where a flag was possible is it said that none needs anybody."""
    if n_able and weeks_without:
        return f"No visit in {words.number(weeks_without)} weeks: nobody knows which store needs you."
    least = words.number(least_visits)
    if not n_able:
        return f"Too early to say which store needs you: {least} visits to each come first."
    if n_able == n_stores:
        return "No store needs you this week."
    if n_able == 1:
        return f"The one store with {least} visits or more does not need you this week."
    return f"None of the {words.number(n_able)} stores with {least} visits or more needs you this week."


def _better(n: int) -> str:
    if not n:
        return ""
    return f" {words.capital(words.number(n))} {_stores(n)} {'has' if n == 1 else 'have'} improved."


def _unmoved(declines: OpenDeclines) -> str:
    n = declines.n_unmoved
    if not n:
        return ""
    ages = _weeks(declines.unmoved, n)
    if declines.n == 1:
        return f" Its reported numbers have not moved for {ages}."
    every = "both" if n == 2 else f"all {words.number(n)}"
    who = every if n == declines.n else f"{words.number(n)} of them"
    return f" In {who} the reported numbers have not moved: {ages}."


def _weeks(weeks: Sequence[int], n: int) -> str:
    """12, 9 and 7 weeks; of more than are told, 12, 9, 7 weeks and less."""
    longest = sorted(weeks, reverse=True)
    shown = [str(n) for n in longest[:MOST_AGES]]
    unit = "week" if longest[0] == 1 else "weeks"
    if n > len(shown):
        return f"{', '.join(shown)} {unit} and less"
    listed = " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    return f"{listed}{words.NBSP}{unit}"


def coverage(*, n_open: int, n_never: int, n_unjudged: int) -> str:
    """60 of 64 stores were never visited. Three were visited and wait for the next scan."""
    parts = []
    if n_never:
        verb = "was" if n_never == 1 else "were"
        parts.append(f"{n_never:,} of {words.count(n_open, 'store')} {verb} never visited.")
    if n_unjudged:
        verb, wait = ("was", "waits") if n_unjudged == 1 else ("were", "wait")
        who = f"{words.capital(words.number(n_unjudged))} {_stores(n_unjudged)}"
        parts.append(f"{who} {verb} visited and {wait} for the next scan.")
    return " ".join(parts)


def is_mostly_unseen(*, n_open: int, n_never: int) -> bool:
    return n_open > 0 and n_never >= MOSTLY * n_open


def visits_lately(*, n_stores: int, n_visits: int, weeks_without: int | None) -> str:
    """24 stores, 61 visits in four weeks; where there was none, since when.

    weeks_without : whole weeks since the last visit, None where none was made.
    """
    stores = words.count(n_stores, "store")
    if n_visits or weeks_without is None:
        return f"{stores}, {words.count(n_visits, 'visit')} in four weeks."
    return f"{stores}; no visit in {words.count(weeks_without, 'week')}."


def _stores(n: int) -> str:
    return "store" if n == 1 else "stores"
