"""The line above every page: where one can go, whose region this is, and of which week."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse

from locations.accounts.roles import EXCLUDES_VISITS, READS_RESULTS, SETS_DRIFT, Role
from locations.models import User
from reports.pages.sentences import words

ENTRIES = (("drift", "Drift"), ("locations", "Stores"), ("next", "Next visits"), ("runs", "Scans"))
FOR_REVIEWERS = (("desk", "Review"),)
FOR_HEAD_OFFICE = (("auditors", "Auditors"),)
FOR_THOSE_WHO_SET_DRIFT = (("settings", "Settings"),)


@dataclass(frozen=True)
class Entry:
    name: str
    address: str
    is_here: bool


@dataclass(frozen=True)
class Masthead:
    entries: tuple[Entry, ...]
    edition: str


def masthead(here: str, *, user: User, region: str = "", today: date | None = None) -> Masthead:
    """`here` is the entry of the page; `today` the day that it is."""
    held = set(Role) if user.is_superuser else {each.role for each in user.held_memberships}
    pages = [
        entry
        for entries, is_for in (
            (ENTRIES, held & READS_RESULTS),
            (FOR_REVIEWERS, held & EXCLUDES_VISITS),
            (FOR_HEAD_OFFICE, user.is_head_office()),
            (FOR_THOSE_WHO_SET_DRIFT, held & SETS_DRIFT),
        )
        for entry in (entries if is_for else ())
    ]
    week = f"week of {words.day(today - timedelta(days=today.weekday()), beside=today)}" if today else ""
    entries = tuple(Entry(name, reverse(f"reports:{page}"), page == here) for page, name in pages)
    return Masthead(entries, " · ".join(part for part in (region, week) if part))
