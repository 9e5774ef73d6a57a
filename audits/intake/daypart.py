"""The parts of a day."""

from datetime import datetime


def daypart_of(local: datetime) -> str:
    """The part of the day, in the location's own time."""
    if local.hour < 12:
        return "morning"
    return "afternoon" if local.hour < 17 else "evening"
