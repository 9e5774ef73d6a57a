"""How a moment at a store is told: on the clock of the place, to the minute that has begun, everywhere the same."""

from datetime import datetime
from zoneinfo import ZoneInfo

NBSP = "\N{NO-BREAK SPACE}"


def moment(when: datetime, zone: ZoneInfo) -> str:
    """A minute lasts until the next one: nothing is rounded up, so that pages, files and the phone agree.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 11, 10, 18, 12, 59, 999_999, UTC), ZoneInfo("Europe/London"))
    'Tue 10\\xa0Nov\\xa02026, 18:12'
    """
    local = when.astimezone(zone)
    return f"{local:%a} {local.day}{NBSP}{local:%b}{NBSP}{local.year}, {clock(when, zone)}"


def clock(when: datetime, zone: ZoneInfo) -> str:
    """18:12."""
    return f"{when.astimezone(zone):%H:%M}"


def in_a_file(when: datetime, zone: ZoneInfo) -> str:
    """The same for whoever computes with it: ISO 8601, with the offset that the place had then.

    >>> from datetime import UTC
    >>> in_a_file(datetime(2026, 2, 5, 0, 30, tzinfo=UTC), ZoneInfo("America/New_York"))
    '2026-02-04T19:30:00-05:00'
    """
    return when.astimezone(zone).isoformat(timespec="seconds")
