"""Sentences of how alike customers are treated, and of what moved a plain share where the store did not."""

from reports.detection.views.attribution import Moved
from reports.detection.views.consistency import Estimate, Part, Treatment
from reports.pages.sentences import words
from reports.pages.sentences.signals import Sentence, Strong, sentence

MOSTLY = 0.6  # of the spread, before one says mostly
OTHER_TIMES = "Visits at other times of day than before"
OTHER_STAFFING = "Visits at other staffing than before"
TOLD_APART = 0.1  # dayparts closer than that are not worth a sentence


def promise(found: Treatment) -> Sentence:
    """All critical behaviours kept in 61 % of interactions (54–68); 78 % before."""
    now = found.now.promise
    if not found.has_critical:
        return sentence("No criterion of this standard is critical: there is no promise to keep.")
    if now.value is None:
        return sentence(f"All critical behaviours kept: not enough visits; {n_more(now.missing)} more.")
    before = found.before.promise.value if found.before else None
    return sentence(
        "All critical behaviours kept in",
        Strong(words.percent(now.value)),
        f"of interactions{_between(now)}" + (f"; {words.percent(before)} before." if before is not None else "."),
    )


def unevenness(found: Treatment) -> Sentence:
    """Spread between interactions 9 points beyond chance (6–11); 4 before."""
    now = found.now.unevenness
    if now.value is None:
        return sentence(f"Spread between interactions: not enough visits; {n_more(now.missing)} more.")
    before = found.before.unevenness.value if found.before else None
    return sentence(
        "Spread between interactions",
        Strong(words.count(round(100 * now.value), "point")),
        f"beyond chance{_between(now)}" + (f"; {round(100 * before)} before." if before is not None else "."),
        _where_from(found.now),
        _apart(found.dayparts),
    )


def _where_from(now: Part) -> str:
    """Mostly between visits, from one day to the next. Blank where no spread is proven."""
    share = now.within_visits
    if share is None or not now.unevenness.low or round(100 * now.unevenness.low) < 1:
        return ""
    if share >= MOSTLY:
        return "Mostly within a visit, from one customer to the next."
    if share <= 1 - MOSTLY:
        return "Mostly between visits, from one day to the next."
    return "As much within a visit as between visits."


def _apart(dayparts: list[Part]) -> str:
    """The promise is kept least in the evening (48 %), most in the morning (72 %): only where intervals part."""
    told = [(each.promise, each.name) for each in dayparts if each.promise.value is not None]
    if len(told) < 2:
        return ""
    least, most = min(told, key=lambda each: each[0].value or 0), max(told, key=lambda each: each[0].value or 0)
    low, high = least[0], most[0]
    if None in (low.value, low.high, high.value, high.low):
        return ""
    if (low.high or 0) >= (high.low or 0) or (high.value or 0) - (low.value or 0) < TOLD_APART:
        return ""
    return (
        f"The promise is kept least in the {least[1]} ({words.percent(low.value or 0)}), "
        f"most in the {most[1]} ({words.percent(high.value or 0)})."
    )


def n_more(n: int) -> str:
    return words.number(max(n, 1))


def _between(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" ({words.interval(found.low, found.high)})"


def moved_first(moved: Moved) -> Sentence:
    """The plain share fell from 78 % to 71 % over the last 8 visits, and not because of this store:"""
    found = moved.found
    way = "fell" if found.change < 0 else "rose"
    return sentence(
        f"The plain share of behaviours kept {way} from {words.percent(found.before)} to",
        Strong(words.percent(found.seen)),
        f"over the last {words.number(found.n)} visits, {_how_much(moved)} for reasons that are not this store’s:",
    )


def _how_much(moved: Moved) -> str:
    explained = sum(getattr(moved.found, name) for name in moved.told)
    return "mostly" if abs(explained) >= abs(moved.found.change) / 2 else "partly"


def reasons(moved: Moved, *, tells_severity: bool) -> list[Sentence]:
    """One line a reason, the largest first, then what is left. tells_severity : in points, of an auditor."""
    found = moved.found
    lines = [_auditor(moved, tells_severity) if name == "auditor" else _REASONS[name](moved) for name in moved.told]
    rest = words.points(found.change - sum(getattr(found, name) for name in moved.told))
    left = "Nothing remains." if rest == "0" else f"What remains, {rest}, is no more than visits here usually differ."
    return [*lines, sentence(left)]


def _auditor(moved: Moved, tells_severity: bool) -> Sentence:
    found = moved.found
    kind = "A stricter auditor" if found.auditor < 0 else "A more lenient auditor"
    scale = "stricter" if found.auditor < 0 else "more lenient"
    by = f" about {words.count(round(100 * found.further_by), 'point')}" if tells_severity else ""
    verb, s = ("was by an auditor", "s") if found.n_further == 1 else ("were by auditors", "")
    return sentence(
        Strong(f"{kind} took over here"),
        f": {words.number(found.n_further)} of the last {words.number(found.n)} visits {verb} who rate{s}"
        f"{by} {scale} than those before. That makes {words.points(found.auditor)} points.",
    )


def _daypart(moved: Moved) -> Sentence:
    if not moved.daypart:
        return sentence(Strong(OTHER_TIMES), f". That makes {words.points(moved.found.daypart)} points.")
    return _more(moved, f"More {moved.daypart} visits than before", moved.found.in_daypart, moved.found.daypart)


def _staffing(moved: Moved) -> Sentence:
    if not moved.staffing:
        return sentence(Strong(OTHER_STAFFING), f". That makes {words.points(moved.found.staffing)} points.")
    title = f"More visits than before at {moved.staffing} staffing"
    return _more(moved, title, moved.found.in_staffing, moved.found.staffing)


def _more(moved: Moved, title: str, share, points: float) -> Sentence:
    n = words.number(moved.found.n)
    return sentence(
        Strong(title),
        f": {words.number(share.lately)} of the last {n}, {_none_or(share.before)} of the {n} before. "
        f"That makes {words.points(points)} points.",
    )


def _none_or(n: int) -> str:
    return words.number(n) if n else "none"


def _breadth(moved: Moved) -> Sentence:
    less = "Less was looked at" if moved.found.breadth < 0 else "More was looked at"
    why = (
        "short visits go where something is suspect" if moved.found.breadth < 0 else "long visits find more in order"
    )
    return sentence(Strong(f"{less} than before"), f": {why}. That makes {words.points(moved.found.breadth)} points.")


def _chain(moved: Moved) -> Sentence:
    way = "down" if moved.found.chain < 0 else "up"
    n = words.count(abs(round(100 * moved.found.chain)), "point")
    return sentence(Strong("The whole chain moved"), f": it is {way} {n} over the same weeks.")


def _version(moved: Moved) -> Sentence:
    harder = "harder" if moved.found.version < 0 else "easier"
    return sentence(
        Strong("A new version of the standard since then"),
        f": its criteria are {harder}. That makes {words.points(moved.found.version)} points.",
    )


_REASONS = {
    "daypart": _daypart,
    "staffing": _staffing,
    "breadth": _breadth,
    "chain": _chain,
    "version": _version,
}


def moved_briefly(moved: Moved) -> str:
    """Stricter auditor, −5: the largest reason, for a row of a table."""
    found, name = moved.found, moved.told[0]
    points = getattr(found, name)
    title = {
        "auditor": "stricter auditor" if points < 0 else "more lenient auditor",
        "daypart": f"more {moved.daypart} visits" if moved.daypart else "other times of day",
        "staffing": f"more at {moved.staffing} staffing" if moved.staffing else "other staffing",
        "breadth": "less was looked at" if points < 0 else "more was looked at",
        "chain": "whole chain moved",
        "version": "new version of the standard",
    }[name]
    return f"{title}, {words.points(points)}"
