"""How soon drops are found, in words: how many of them within half a year, and after how many visits."""

from reports.detection.views.finding import SeldomFound
from reports.pages.sentences import words

HARDLY_ANY = 1 / 40
MONTH_WEEKS = 365.25 / 12 / 7
CADENCES = ((1.25, "a month"), (1.75, "every six weeks"), (2.5, "every two months"), (3.75, "a quarter"))
"""Up to so many months between two visits."""


def cadence(weeks: float) -> str:
    """How often, as one says it.

    >>> cadence(4.0), cadence(13.0), cadence(22.0), cadence(60.0)
    ('a month', 'a quarter', 'every five months', 'a year or less')
    """
    months = weeks / MONTH_WEEKS
    for most, text in CADENCES:
        if months <= most:
            return text
    return f"every {words.number(round(months))} months" if months < 11.5 else "a year or less"


def one_in(share: float) -> str:
    """
    >>> one_in(0.083), one_in(0.3), one_in(0.01)
    ('about 1 in 12 drops', 'about 1 in 3 drops', 'hardly any drop')
    """
    return "hardly any drop" if share < HARDLY_ANY else f"about 1 in {round(1 / share)} drops"


def seldom_found(found: SeldomFound | None) -> str:
    """At one visit a quarter, about 1 in 12 drops of 8 points is found within half a year; more visits find more.

    Where it is not so of all stores that have visits enough for a flag, at how many; blank where it is of none.

    >>> seldom_found(SeldomFound(4, 4, 13.0, 0.083, 0.081)).replace(words.NBSP, " ")
    'At one visit a quarter, about 1 in 12 drops of 8 points is found within half a year; more visits find more.'
    >>> seldom_found(SeldomFound(1, 4, 26.0, 0.02, 0.081)).replace(words.NBSP, " ").partition(",")[0]
    'At the one store with one visit every six months'
    """
    if found is None:
        return ""
    often = f"one visit {cadence(found.usual_weeks)}"
    if found.n_stores == found.n_able:
        where = often
    elif found.n_stores == 1:
        where = f"the one store with {often}"
    else:
        where = f"the {words.count(found.n_stores, 'store')} with about {often}"
    size = words.count(max(round(100 * found.drop), 1), "point")
    return f"At {where}, {one_in(found.share)} of {size} is found within half a year; more visits find more."
