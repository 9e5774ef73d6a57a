"""A manager's first page: what is new since last Monday, what is still open, what visits saw, then all stores."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.core.paginator import Page

from reports.models import DriftFlag
from reports.pages.manager.flag_rows import Direction, FlagRow, listed_flag, open_flags, rows_with_charts
from reports.pages.manager.seen_lately import SeenLately, seen_lately
from reports.pages.manager.standing import Standing, standing
from reports.pages.manager.store_rows import ORDERS, listed, store_rows
from reports.pages.paging import page_of
from reports.pages.scope import Scope
from reports.pages.sentences import headlines, signals, words
from reports.pages.sentences.finding import seldom_found
from reports.pages.sentences.headlines import OpenDeclines

N_LEADS = 3
FLAGS_A_PAGE = 25
STORES_A_PAGE = 50


@dataclass(frozen=True)
class DriftReport:
    """leads : new declines, told in full. flags : a page of the others, those that are new and those still open."""

    scope: Scope
    order: str
    headline: str = ""
    facts: str = ""
    standing: Standing | None = None
    leads: list[FlagRow] = field(default_factory=list)
    flags: Page | None = None
    lately: SeenLately = field(default_factory=SeenLately)
    stores: Page | None = None

    @property
    def has_figures(self) -> bool:
        """Whether a judgement told anything, or will: a store was visited."""
        return self.scope.run is not None and self.standing is not None and self.standing.n_listed > 0

    @property
    def n_disagreeing(self) -> int:
        return self.standing.n_disagreeing if self.standing and self.scope.run else 0

    @property
    def new_rows(self) -> list[FlagRow]:
        return [row for row in self.flags if row.is_new] if self.flags else []

    @property
    def open_rows(self) -> list[FlagRow]:
        return [row for row in self.flags if not row.is_new] if self.flags else []


def drift_report(
    scope: Scope, *, flags_page: str = "", stores_page: str = "", order: str = "severity"
) -> DriftReport:
    """Everything on the page; the number of queries does not depend on how many stores there are.

    Before the first judgement it holds what visits saw all the same.
    """
    order = order if order in ORDERS else "severity"
    if scope.standard is None:
        return DriftReport(scope, order)
    stands = standing(scope)
    if not stands.n_listed:
        return DriftReport(scope, order, standing=stands)
    report = DriftReport(
        scope, order, standing=stands, lately=seen_lately(scope), stores=_stores(scope, stands, stores_page, order)
    )
    if scope.run is None:
        return report
    found, page = _flags(scope, stands, flags_page)
    rows = [listed_flag(flag, today=scope.today) for flag in found]
    n_leads = sum(_leads(row) for row in rows[:N_LEADS]) if page.number == 1 else 0
    page.object_list = rows[n_leads:]
    return replace(
        report,
        headline=_headline(scope, stands, rows),
        facts=_facts(scope, stands),
        leads=rows_with_charts(scope, found[:n_leads]),
        flags=page if page.object_list else None,
    )


def _flags(scope: Scope, stands: Standing, number: str) -> tuple[list[DriftFlag], Page]:
    """One query, or none: a page of them, and the flags as they were read."""
    page = page_of(open_flags(scope), number=number, size=FLAGS_A_PAGE, rows=list, count=stands.n_flags)
    return list(page.object_list), page


def _leads(row: FlagRow) -> bool:
    return row.direction == Direction.DECLINE and row.is_new


def _headline(scope: Scope, stands: Standing, rows: Sequence[FlagRow]) -> str:
    """Who needs somebody; where hardly any store was ever visited, that first."""
    unseen = {"n_open": stands.n_stores, "n_never": stands.n_never}
    first = headlines.coverage(**unseen, n_unjudged=0) if headlines.is_mostly_unseen(**unseen) else ""
    declines = [row for row in rows if row.direction == Direction.DECLINE]
    still = [row.weeks for row in declines if not row.is_new]
    unmoved = [row.weeks for row in declines if row.is_unmoved]
    said = headlines.headline(
        declines=OpenDeclines(
            n=stands.n_declines,
            n_new=stands.n_new,
            weeks=_all_or_longest(scope, still, stands.n_open, stands.open_since),
            unmoved=_all_or_longest(scope, unmoved, stands.n_unmoved, stands.unmoved_since),
            n_unmoved=stands.n_unmoved,
        ),
        n_improvements=stands.n_improvements,
        n_new_improvements=stands.n_new_improvements,
        n_able=stands.n_able,
        n_stores=stands.n_stores,
        least_visits=scope.run.least_visits if scope.run else 0,
        weeks_without=None if stands.n_lately else _weeks_without(scope, stands),
    )
    return f"{first} {said}".strip()


def _all_or_longest(scope: Scope, weeks: list[int], n: int, since: datetime | None) -> list[int]:
    """The weeks of each of `n` flags where they are on this page, else those of the oldest."""
    if len(weeks) == n or since is None:
        return weeks
    return [max(words.whole_weeks((scope.as_of - since).days), 1)]


def _weeks_without(scope: Scope, stands: Standing) -> int | None:
    """Whole weeks since the last visit."""
    last = stands.last_visit_at
    return words.whole_weeks((scope.as_of - last).days) if last else None


def _facts(scope: Scope, stands: Standing) -> str:
    """24 stores, 61 visits in four weeks. …"""
    n_stores = stands.n_stores
    is_first = headlines.is_mostly_unseen(n_open=n_stores, n_never=stands.n_never)
    parts = [
        headlines.visits_lately(
            n_stores=n_stores,
            n_visits=stands.n_lately,
            weeks_without=_weeks_without(scope, stands),
        ),
        headlines.coverage(n_open=n_stores, n_never=0 if is_first else stands.n_never, n_unjudged=stands.n_unjudged),
        _false_flags(scope, stands) if stands.n_able else "",
        _seldom_found(scope, stands),
        signals.chain_movement(scope.chain_movement(stands.last_visit_at)),
    ]
    return " ".join(part for part in parts if part)


def _false_flags(scope: Scope, stands: Standing) -> str:
    return signals.expected_false_flags(
        per_location_year=scope.expected_false_alarms_per_year,
        n_able=stands.n_able,
        n_locations=stands.n_stores,
        least_visits=scope.run.least_visits if scope.run else 0,
    )


def _seldom_found(scope: Scope, stands: Standing) -> str:
    if scope.finding is None:
        return ""
    found = scope.finding.seldom_found(
        n_stores=stands.n_seldom, n_able=stands.n_able, n_visits=stands.n_visits_of_seldom
    )
    return seldom_found(found)


def _stores(scope: Scope, stands: Standing, page: str, order: str) -> Page:
    return page_of(
        listed(scope, order),
        number=page,
        size=STORES_A_PAGE,
        rows=lambda places: store_rows(places, scope),
        count=stands.n_listed,
    )
