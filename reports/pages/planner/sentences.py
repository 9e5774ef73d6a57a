"""What the plan says of a visit: why there, what it would add, who should go."""

import math

from reports.detection.views.auditor_assignment import Whom
from reports.detection.views.next_visits import NextVisit, Plan
from reports.pages.sentences import words
from reports.pages.sentences.finding import seldom_found

TELLING = 3.0  # to one; weaker evidence than this is no reason to go
SIGNS = ((1.0, "on one visit"), (2 / 3, "strong"), (1 / 3, "some"), (0.0, "weak"))
"""What evidence is called that has come so far of the way to a flag."""
LEAST_DAYS = 0.05  # saved by a visit; less is not worth a line
PARTS = {
    "find": "of a decline that nobody sees",
    "judge": "of a store taken for better or worse than it is",
    "link": "the same of other stores, by joining groups",
}
"""What the days of each part are days of."""
LONG_WEEKS, LONG_SHARE = 4.0, 1.8  # without a visit: from when on it is long, beside what is usual there


def headline(first: str) -> str:
    """A visit to Harbour Street would teach most."""
    return f"A visit to {first} would teach most."


def facts(plan: Plan, shown: list[NextVisit]) -> str:
    """24 stores weighed. One more visit saves about 1.9 days at the first store of this list …"""
    weighed = f"{words.count(plan.n_locations, 'store')} weighed"
    if plan.n_left_out:
        weighed += f", those with the strongest signs of a drop, of {plan.n_locations + plan.n_left_out:,}"
    parts = [f"{weighed}."]
    if len(shown) >= 2:
        first, last = days(shown[0].days), days(shown[-1].days)
        parts.append(f"One more visit saves about {first} at the first store of this list and {last} at the last.")
    return " ".join(part for part in (*parts, seldom_found(plan.seldom)) if part)


def others(plan: Plan, shown: list[NextVisit]) -> str:
    """At the other four stores a visit would save less than 0.1 days."""
    n = plan.n_locations - len(shown)
    if not n:
        return ""
    stores = "the other store" if n == 1 else f"the other {words.number(n)} stores"
    if len(shown) < len(plan.visits):
        return f"At {stores} a visit would save less than 0.1{words.NBSP}days."
    return f"At {stores} a visit would save no more than about {days(shown[-1].days)}."


def days(n: float) -> str:
    """2.4 days; 12 days."""
    if n < LEAST_DAYS:
        return f"less than 0.1{words.NBSP}days"
    return f"{n:.0f}{words.NBSP}days" if n >= 9.95 else f"{n:.1f}{words.NBSP}days"


def why(visit: NextVisit, *, threshold: float, large_drop: float = 0.0) -> str:
    """No visit for nine weeks, twice as long as usual there, and the last two were below what was expected. …"""
    return f"{_wait(visit)}{_last(visit)}. {_reason(visit, threshold, large_drop)}"


def signs(visit: NextVisit, *, threshold: float) -> str:
    """How strong the signs of a drop are, beside what a flag takes; the ratio is `ratio`'s."""
    if visit.is_flagged:
        return "flagged"
    if visit.evidence < TELLING:
        return "none"
    far = math.log(visit.evidence) / max(threshold, math.log(TELLING))
    return next(word for least, word in SIGNS if far >= least)


def ratio(visit: NextVisit, *, threshold: float) -> str:
    """What stands one tap behind the signs; blank where there are none."""
    if visit.is_flagged or visit.evidence < TELLING:
        return ""
    return f"Evidence {words.evidence(visit.evidence)}; a flag takes {words.evidence(math.exp(threshold))}."


def weeks(visit: NextVisit) -> str:
    """In the table: 9; blank where no visit counts any more."""
    if math.isinf(visit.weeks):
        return ""
    return str(words.whole_weeks(7 * visit.weeks)) if visit.weeks >= 1 else "under 1"


def _wait(visit: NextVisit) -> str:
    if math.isinf(visit.weeks):
        return "None of its visits counts any more: they are too old, or were excluded"
    if visit.weeks < 1:
        return "Visited within the last week"
    n = words.whole_weeks(7 * visit.weeks)
    text = f"No visit for {words.number(n)} week{'' if n == 1 else 's'}"
    if visit.weeks >= LONG_WEEKS and visit.weeks >= LONG_SHARE * visit.usual_weeks:
        return f"{text}, longer than usual there"
    return text


def _last(visit: NextVisit) -> str:
    if visit.n_below >= 2:
        return f", and the last {words.number(visit.n_below)} were below what was expected"
    if visit.n_below == 1:
        return ", and the last one was below what was expected"
    return ""


def _reason(visit: NextVisit, threshold: float, large_drop: float) -> str:
    if visit.is_flagged:
        return "A decline is flagged already; a visit tells how low its level is now."
    if visit.n_until_found is not None:
        size = words.count(round(100 * large_drop), "point")
        return f"A drop of {size} would take about {words.count(visit.n_until_found, 'more visit')} to show."
    if visit.n_missing:
        needed = "visit is" if visit.n_missing == 1 else "visits are"
        return f"{words.capital(words.number(visit.n_missing))} more {needed} needed before a decline can show."
    if visit.link_days > max(visit.find_days, visit.judge_days):
        return "It would join stores and auditors that share no visit yet."
    if visit.judge_days > visit.find_days:
        return "Whether it belongs to the weakest quarter of stores is open."
    if visit.evidence >= math.exp(threshold):
        return "The signs of a drop rest on one visit; a second one settles it."
    if visit.evidence >= TELLING:
        return "There are signs of a drop, and not enough of them for a flag."
    return "A decline that began since would not have been seen."


def whom(visit: NextVisit) -> str:
    """Whose visit would say most, where it matters who goes."""
    chosen: Whom | None = visit.whom
    if chosen is None:
        return ""
    if chosen.is_joining:
        return f"{chosen.name}, who would join two groups of stores and auditors that share no visit yet"
    return f"{chosen.name}, as all visits lately were {visit.alone}’s"
