"""Between datetimes and the days since 1970-01-01 UTC that `measure` counts in."""

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def to_days(moment: datetime) -> float:
    return (moment - EPOCH) / DAY


def to_datetime(days: float) -> datetime:
    """To the second: a float of days is exact to microseconds only."""
    return EPOCH + timedelta(seconds=round(days * 86400))


def to_moment(days: float) -> datetime:
    """To the microsecond: a visit's own time, so that it is in the same minute wherever it is told."""
    return EPOCH + timedelta(microseconds=round(days * 86_400_000_000))


def to_date(days: float) -> date:
    return to_datetime(days).date()
