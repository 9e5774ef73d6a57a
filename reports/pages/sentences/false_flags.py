"""What a setting means in words: how many flags chance alone raises, and over which stores."""

from reports.pages.sentences import words

RARE = 0.02  # once in fifty years
PERIODS = (("week", 52.0), ("month", 12.0), ("quarter", 4.0), ("year", 1.0))


def pictured(yearly: float) -> tuple[int, str]:
    """How many in a period that one can picture.

    >>> pictured(104), pictured(3.9), pictured(0.3)
    ((2, 'a week'), (1, 'a quarter'), (1, 'in three years'))
    """
    for name, in_a_year in PERIODS:
        if round(yearly / in_a_year) >= 1:
            return round(yearly / in_a_year), f"a {name}"
    return 1, f"in {words.number(round(1 / yearly))} years"


def how_often(yearly: float) -> str:
    """
    >>> how_often(104), how_often(0.1), how_often(0.001)
    ('about two a week', 'about one in ten years', 'hardly any')
    """
    if yearly < RARE:
        return "hardly any"
    n, period = pictured(yearly)
    return f"about {words.number(n)} {period}"


def over_your_stores(*, per_location_year: float | None, n_able: int, whose: str = "your") -> str:
    """Beside a flag: About two false flags are to be expected a week over your 1,000 stores."""
    if per_location_year is None or not n_able:
        return ""
    stores = f"over {whose} {words.count(n_able, 'store')}"
    yearly = per_location_year * n_able
    if yearly < RARE:
        return f"Hardly any false flag is to be expected {stores}."
    n, period = pictured(yearly)
    return f"About {words.number(n)} false {'flag is' if n == 1 else 'flags are'} to be expected {period} {stores}."
