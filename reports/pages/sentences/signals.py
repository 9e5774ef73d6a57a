"""Every sentence that a page opens with or says of a flag, for pages now and for mail later."""

from datetime import date

from django.utils.html import conditional_escape, format_html, format_html_join

from reports.models import DriftFlag, LocationResult
from reports.pages.sentences import words
from reports.pages.sentences.false_flags import RARE, pictured
from reports.pages.sentences.moved import Moved
from reports.pages.sentences.sureness import such_flags

DIMENSIONS = {"completion": "what is done", "delivery": "how it is done"}
WHOLE = "all moments"
UNEVEN = "unevenness"
Comparison = DriftFlag.Comparison
STOPS = ".,;:"
NOT_YET = "not yet in the reported numbers"
LOOK_AT = "look at stock, staffing, prices"
QUIET_CHAIN = 0.005  # below half a point the chain has not moved as far as anybody could tell


class Sentence(str):
    """Plain text that also knows its HTML, where what matters is strong. Templates print it without a filter."""

    html: str

    def __html__(self) -> str:
        return self.html


class Strong(str):
    """A part of a sentence to be found at a glance."""


def sentence(*parts: str) -> Sentence:
    """Joins the parts that are not blank: with spaces, but none before a stop."""
    kept = [part for part in parts if part]
    gaps = ["" if i == 0 or part[0] in STOPS else " " for i, part in enumerate(kept)]
    whole = Sentence("".join(gap + part for gap, part in zip(gaps, kept, strict=True)))
    whole.html = format_html_join("", "{}{}", zip(gaps, map(_html, kept), strict=True))
    return whole


def _html(part: str) -> str:
    return format_html("<strong>{}</strong>", str(part)) if isinstance(part, Strong) else conditional_escape(part)


def channel_name(channel: str, titles: dict[str, str]) -> str:
    """What a detector's channel is called; `titles` are the sections' by key."""
    kind, _, key = channel.partition(":")
    if kind == "section":
        return words.inside(titles.get(key, key))
    if kind == "dimension":
        return DIMENSIONS.get(key, key)
    return UNEVEN if kind == "consistency" else WHOLE


def expected_false_flags(*, per_location_year: float | None, n_able: int, n_locations: int, least_visits: int) -> str:
    """At your setting, about one false flag a quarter is to be expected over these stores.

    n_able : how many of the stores have visits enough for a flag, least_visits or more: only they can raise one.
    """
    if per_location_year is None or not n_locations:
        return ""
    if not n_able:
        return f"No store has visits enough for a flag yet: {words.number(least_visits)} are needed."
    over = "these stores"
    if n_able < n_locations:
        has = "has" if n_able == 1 else "have"
        over = f"the {words.count(n_able, 'store')} that {has} {words.number(least_visits)} visits or more"
    yearly = per_location_year * n_able
    if yearly < RARE:
        return f"At your setting, hardly any false flag is to be expected over {over}."
    n, period = pictured(yearly)
    flags = "flag is" if n == 1 else "flags are"
    return f"At your setting, about {words.number(n)} false {flags} to be expected {period} over {over}."


def own_false_flags(per_location_year: float | None) -> str:
    """At your setting a store like this raises one false flag in ten years."""
    if not per_location_year:
        return ""
    years = 1 / per_location_year
    if years < 1.5:
        n = round(per_location_year)
        return f"At your setting a store like this raises {_n_false(n)} a year."
    return f"At your setting a store like this raises one false flag in {words.number(round(years))} years."


def _n_false(n: int) -> str:
    return f"{words.number(n)} false {'flag' if n == 1 else 'flags'}"


def chain_movement(movement: float | None) -> str:
    """`movement` as a share, as runs keep it: 0.02 is two points."""
    if movement is None:
        return ""
    if abs(movement) < QUIET_CHAIN:
        return "No chain-wide movement this week."
    way = "up" if movement > 0 else "down"
    n = max(1, round(100 * abs(movement)))
    return f"The whole chain is {way} {words.count(n, 'point')} this week; that is taken out."


def flag(
    *,
    direction: str,
    channel: str,
    seen: float,
    expected: float,
    since: date,
    today: date,
    comparison: str,
    metric: str = "",
    lead_days: int | None = None,
    moved: Moved | None = None,
) -> Sentence:
    """68 % of behaviours kept since about 3 October; 83 % expected here … Reported satisfaction has not moved."""
    when = Strong(words.day(since, beside=today))
    if channel == "consistency":
        alike = "less" if direction == DriftFlag.Direction.DECLINE else "more"
        spread = (
            f"the spread between interactions is {words.count(round(100 * seen), 'point')}, {round(100 * expected)}"
        )
        first = sentence(
            "Customers are treated", Strong(f"{alike} alike"), "since about", when, f": {spread} expected."
        )
    else:
        rest = f"; {words.percent(expected)} expected here with these auditors and dayparts."
        first = sentence(Strong(words.percent(seen)), "of behaviours kept since about", when, rest)
    waited = _waited(since, today)
    beside = reported(
        direction=direction, comparison=comparison, metric=metric, lead_days=lead_days, waited=waited, moved=moved
    )
    return sentence(first, beside)


def figure(*, channel: str, share: float) -> str:
    """A share in percent, or of unevenness, a spread in points."""
    shown = str(round(100 * share))
    return f"{shown}{words.NBSP}pts" if channel == "consistency" else shown


def change(*, channel: str, seen: float, expected: float) -> str:
    """−14, or where customers are treated less alike, +9 uneven."""
    return words.difference(seen, expected) + (" uneven" if channel == "consistency" else "")


def instead(*, channel: str, seen: float, expected: float) -> str:
    """68 instead of 83 %."""
    figures = f"{round(100 * seen)} instead of {round(100 * expected)}"
    return f"{figures} points of spread" if channel == "consistency" else f"{figures}{words.NBSP}%"


def _waited(onset: date, today: date) -> str:
    """In whole weeks, as its age is told elsewhere."""
    n = words.whole_weeks(max((today - onset).days, 0))
    return f"after {words.number(n)} week{'' if n == 1 else 's'}" if n else "in its first week"


def reported(
    *, direction: str, comparison: str, metric: str, lead_days: int | None, waited: str, moved: Moved | None = None
) -> Sentence:
    """What the reported numbers say of a flag. moved : None where there are no readings since it began."""
    name = reported_name(metric)
    figures = f"{moved.figures}; " if moved else ""
    if comparison == Comparison.BLIND_SPOT:
        return sentence(f"{words.capital(name)} has not moved ({figures}{waited}):", Strong("blind spot"), ".")
    if comparison == Comparison.CONFIRMED:
        way = "worsened too" if direction == DriftFlag.Direction.DECLINE else "improved too"
        by = f" ({moved.figures})" if moved else ""
        return sentence(f"{words.capital(name)} {way}{_when_confirmed(lead_days)}{by}:", Strong("confirmed"), ".")
    if comparison == Comparison.WAITING and moved:
        return sentence(f"{words.capital(name)} has not moved so far ({figures}{waited}); {moved.wait}.")
    if comparison == Comparison.WAITING:
        return sentence(f"Not yet in {name} ({waited}).")
    if comparison == Comparison.NONE and direction == DriftFlag.Direction.DECLINE:
        return sentence("No reported number can be held against it.")
    return sentence("")


def reported_name(metric: str) -> str:
    if not metric:
        return "the reported numbers"
    return words.inside(metric) if metric.lower().startswith("reported") else f"reported {words.inside(metric)}"


def _when_confirmed(lead_days: int | None) -> str:
    if lead_days is None:
        return ""
    if abs(lead_days) < 3:
        return " at the time of the flag"
    n, unit = (round(abs(lead_days) / 7), "week") if abs(lead_days) >= 11 else (abs(lead_days), "day")
    amount = f"{words.number(n)} {unit}{'' if n == 1 else 's'}"
    return f" {amount} after the flag" if lead_days > 0 else f" {amount} before the flag"


def location_headline(
    *,
    name: str,
    channel: str | None = None,
    direction: str = "",
    since: date | None = None,
    today: date | None = None,
    comparison: str = "",
    metric: str = "",
    level: tuple[float, float] | None = None,
    n_more_needed: int = 0,
    n_until_found: int | None = None,
    large_drop: float = 0.0,
    is_scanned: bool = True,
) -> str:
    """Harbour Street: greeting slipped in early October; the reported numbers have not noticed.

    n_more_needed : visits, until there is a level or a flag at all. n_until_found : until half of the drops of
    large_drop (0..1) would be flagged; None where nobody knows.
    """
    if channel is not None and since is not None:
        what = "execution" if channel == WHOLE else channel
        moved = "slipped" if direction == DriftFlag.Direction.DECLINE else "improved"
        if channel == UNEVEN:
            what, moved = "unevenness", "grew" if direction == DriftFlag.Direction.DECLINE else "shrank"
        return f"{name}: {what} {moved} in {words.part_of_month(since, beside=today)}{_tail(comparison, direction)}"
    if not is_scanned:
        return f"{name}: no scan has covered it yet."
    if n_more_needed or level is None:
        n = max(n_more_needed, 1)
        if level is not None and n_until_found is not None:
            size = words.count(round(100 * large_drop), "point")
            return f"{name}: a drop of {size} would take about {words.count(n_until_found, 'more visit')} to show."
        verb = "visit is" if n == 1 else "visits are"
        what = "anything can be said" if level is None else "a change could show"
        return f"{name}: {words.number(n)} more {verb} needed before {what}."
    if comparison == Comparison.REPORTED_ONLY:
        worsened = f" ({reported_name(metric)} worsened)" if metric else ""
        return f"{name}: customers less satisfied{worsened}, service as before: {LOOK_AT}."
    return f"{name}: execution is steady at {words.interval(*level)}{words.NBSP}%."


def _tail(comparison: str, direction: str) -> str:
    declined = direction == DriftFlag.Direction.DECLINE
    return {
        Comparison.BLIND_SPOT.value: "; the reported numbers have not noticed.",
        Comparison.CONFIRMED.value: f"; the reported numbers {'fell' if declined else 'rose'} too.",
        Comparison.WAITING.value: "; the reported numbers do not show it so far.",
    }.get(comparison, ".")


def improved_but(metric: str) -> str:
    """Of a store whose service improved while its reported numbers fall."""
    return f"Improved in service, but {reported_name(metric)} worsened: {LOOK_AT}."


def how_sure(*, n_visits: int, n_auditors: int, chance: float | None, per_location_year: float | None) -> str:
    """3 in 4 such flags are real. 14 visits by three auditors since it began; …"""
    by = f" by {words.count(n_auditors, 'auditor')}" if n_auditors else ""
    own, such = own_false_flags(per_location_year), such_flags(chance)
    return (
        f"{such + '. ' if such else ''}{words.count(n_visits, 'visit')}{by} since it began; auditors’ severity, "
        f"dayparts and the chain’s own movement are taken out.{' ' + own if own else ''}"
    )


def more_visits(n: int, *, n_until_found: int | None = None) -> str:
    """As many as it takes to find a large drop, where that is known; else those without which there is no flag.

    >>> more_visits(2), more_visits(2, n_until_found=9)
    ('2\\xa0more visits needed', 'about 9\\xa0more visits needed')
    """
    if n_until_found is not None:
        return f"about {words.count(n_until_found, 'more visit')} needed"
    return f"{words.count(n, 'more visit')} needed"


def reading(
    *,
    state: str,
    comparison: str,
    n_more_needed: int,
    n_until_found: int | None = None,
    has_readings: bool = False,
) -> str:
    """The last word of a row in the table of stores. has_readings : since a decline began."""
    if state == "few":
        return more_visits(max(n_more_needed, 1), n_until_found=n_until_found)
    if state == "reported":
        return f"customers less satisfied, service as before: {LOOK_AT}"
    if state == "control":
        return "steady"
    known = {
        Comparison.BLIND_SPOT.value: "blind spot",
        Comparison.CONFIRMED.value: "confirmed",
        Comparison.WAITING.value: "reported numbers have not moved so far" if has_readings else NOT_YET,
    }
    if state == "improve":
        if comparison == Comparison.REPORTED_ONLY:
            return f"improved in service, but customers less satisfied: {LOOK_AT}"
        return "improved, confirmed" if comparison == Comparison.CONFIRMED else "improved"
    return known.get(comparison, "no usable number")


def reported_trend(reported: str) -> str:
    return LocationResult.Reported(reported).label.lower() if reported else ""
