"""How sure a flag is and how far its level has moved, in words that need no statistics."""

import math

from reports.pages.sentences import words

VERY_SURE, SURE, LIKELY = "very sure", "sure", "likely"
CLASSES = ((0.95, VERY_SURE), (0.8, SURE), (0.0, LIKELY))
ODDS = ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4), (4, 5), (9, 10), (19, 20), (49, 50), (99, 100))
UNEVEN = "consistency"


def how_sure(chance: float | None) -> str:
    """The word for a chance; none for a flag of an older release, which has no chance.

    >>> how_sure(0.97), how_sure(0.9), how_sure(0.7), how_sure(None)
    ('very sure', 'sure', 'likely', '')
    """
    return "" if chance is None else next(word for least, word in CLASSES if chance >= least)


def odds_in_words(chance: float | None) -> str:
    """The nearest of a few odds that one can picture, near by the ratio of odds.

    >>> odds_in_words(0.74), odds_in_words(0.96), odds_in_words(1.0), odds_in_words(None)
    ('3 in 4', '19 in 20', '99 in 100', '')
    """
    if chance is None:
        return ""
    wanted = _log_odds(min(max(chance, 1e-6), 1 - 1e-6))
    k, n = min(ODDS, key=lambda odds: abs(_log_odds(odds[0] / odds[1]) - wanted))
    return f"{k} in {n}"


def such_flags(chance: float | None) -> str:
    """
    >>> such_flags(0.74), such_flags(None)
    ('3 in 4 such flags are real', '')
    """
    odds = odds_in_words(chance)
    if not odds:
        return ""
    return f"{odds} such flags {'is' if odds.startswith('1 ') else 'are'} real"


def drop(*, direction: str, channel: str, seen: float, expected: float, drop: float | None) -> str:
    """How far the level has moved, and beside it what was seen, which a flag usually shows larger than it is.

    Where less was seen than is likely, it says why: the likely drop counts every day on which it may have begun, what
    was seen only the likeliest. Of a flag without a drop only what was seen; of consistency the spread between
    customers.

    >>> drop(direction="decline", channel="overall", seen=0.64, expected=0.83, drop=0.14)
    'about 14 points below what is expected here; 19 were seen'
    >>> drop(direction="decline", channel="overall", seen=0.77, expected=0.89, drop=0.131).partition("; ")[2]
    '12 were seen since the likeliest day, but it may have begun on another'
    >>> drop(direction="decline", channel="overall", seen=0.64, expected=0.83, drop=None)
    '19 points below what is expected here were seen'

    A moment that recovered while others keep its flag open was seen on the other side:

    >>> drop(direction="decline", channel="overall", seen=0.85, expected=0.83, drop=0.01)
    'about 1 point below what is expected here; 2 above were seen'
    """
    uneven = channel == UNEVEN
    grew = (direction == "decline") == uneven
    by = round(100 * seen) - round(100 * expected)  # the difference of the numbers that are shown
    is_other_way = by != 0 and (by > 0) != grew
    expected_here = f"{'uneven than' if uneven else 'what'} is expected here"
    way, way_seen = _way(uneven, grew), _way(uneven, grew != is_other_way)
    were = "was" if abs(by) == 1 else "were"
    if drop is None:
        return f"{_points(abs(by))} {way_seen} {expected_here} {were} seen"
    n = round(100 * drop)
    if n <= round(100 * abs(seen - expected)) and not is_other_way:
        n = min(n, abs(by))  # more only by rounding
    about = f"about {_points(n)}" if n else "less than a point"
    n_seen = f"{abs(by)} {way_seen}" if is_other_way else str(abs(by))
    is_less = n > abs(by) and not is_other_way
    why = " since the likeliest day, but it may have begun on another" if is_less else ""
    return f"{about} {way} {expected_here}; {n_seen} {were} seen{why}"


def _way(uneven: bool, grew: bool) -> str:
    if uneven:
        return "more" if grew else "less"
    return "above" if grew else "below"


def _points(n: int) -> str:
    return words.count(n, "point").replace(words.NBSP, " ")


def _log_odds(p: float) -> float:
    return math.log(p / (1 - p))
