"""Backtests: what was asked for, how far it is, and what would have been flagged."""

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.core.paginator import Page
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from locations.accounts.roles import READS_RESULTS, SETS_DRIFT
from locations.models import Location
from reports.detection.backtest import flags_csv
from reports.detection.backtest.expected_false_flags import Expected, expected_by_chance
from reports.detection.backtest.lifecycle import begin_of
from reports.detection.data.day_numbers import to_days
from reports.detection.data.settings import chosen_for
from reports.models import Backtest, DriftFlag, PastFlag
from reports.pages.access import NotVisible
from reports.pages.charts.time_charts import EPOCH
from reports.pages.director.backtest_charts import (
    FlagsChart,
    Period,
    ShareChart,
    flags_chart,
    runs_in_a_bar,
    share_chart,
)
from reports.pages.director.backtest_sentences import (
    LEADS,
    expected_flags,
    following,
    headline,
    how_early,
    in_the_end,
    lead_kind,
)
from reports.pages.paging import page_of
from reports.pages.scope import section_titles
from reports.pages.sentences import signals, words
from reports.pages.sentences.sureness import how_sure

BACKTESTS_A_PAGE = 20
FLAGS_A_PAGE = 25
UNFINISHED = (Backtest.State.WAITING, Backtest.State.RUNNING)
Direction = DriftFlag.Direction
HEAVY = ("kept", "able_from")


@dataclass(frozen=True)
class BacktestRow:
    backtest: Backtest
    n_flags: int = 0

    @property
    def is_under_way(self) -> bool:
        return self.backtest.state in UNFINISHED

    @property
    def percent(self) -> int:
        return round(100 * self.backtest.n_done / self.backtest.n_total)

    @property
    def period(self) -> str:
        """7 Jan 2025 – 3 Feb 2026."""
        return f"{words.short_day(self.backtest.start_on)} – {words.short_day(self.backtest.stop_on)}"

    @property
    def settings(self) -> str:
        """0.1 a year · 3 points · 40 visits."""
        given = self.backtest.parameters
        looked = words.count(given["look_back"], "visit")
        return f"{given['false_alarms_per_year']:g} a year · {self.smallest_drop} · {looked}"

    @property
    def smallest_drop(self) -> str:
        return f"{100 * self.backtest.parameters['smallest_drop']:g}{words.NBSP}points"

    @property
    def threshold_text(self) -> str:
        """180 : 1; blank before it is known."""
        threshold = self.backtest.threshold
        return "" if threshold is None else words.exactly(math.exp(threshold))

    @property
    def took(self) -> str:
        begun, ended = self.backtest.started_at, self.backtest.finished_at
        return words.duration((ended - begun).total_seconds()) if begun and ended else ""


@dataclass(frozen=True)
class BacktestList:
    rows: Page
    is_under_way: bool


@dataclass(frozen=True)
class PastFlagRow:
    location_id: int
    location: str
    flagged_on: str
    state: str
    symbol_title: str
    channel_name: str
    seen: str
    expected: str
    change: str
    since: str
    how_sure: str
    evidence: str
    in_the_end: str


@dataclass(frozen=True)
class PeriodRow:
    """A line of the table below the drawing."""

    begins: str
    n_declines: int
    n_improvements: int
    false_declines: str
    false_improvements: str


@dataclass(frozen=True)
class Drawn:
    """A drawing for a desk and one for a phone, and the rows of the table below."""

    wide: FlagsChart | ShareChart
    narrow: FlagsChart | ShareChart
    rows: list


@dataclass(frozen=True)
class Found:
    """What a backtest that is done shows of the stores that one may see.

    n_below : flags that were raised while the threshold was lower than the one it ended with.
    """

    headline: str
    expect: str
    early: str
    following: list[str]
    n_flags: int
    n_below: int
    n_able: int
    over_time: Drawn
    leads: Drawn | None
    flags: Page


@dataclass(frozen=True)
class BacktestPage:
    row: BacktestRow
    found: Found | None
    is_set: bool
    links_stores: bool


def backtest_list(*, user, page: str = "") -> BacktestList:
    """All of them, the latest first; flags are counted at the stores that the user may see."""
    flags = PastFlag.objects.visible_to(user).filter(backtest=OuterRef("pk")).order_by().values("backtest")
    n_flags = Coalesce(Subquery(flags.annotate(n=Count("pk")).values("n")), 0)
    backtests = Backtest.objects.defer(*HEAVY).select_related("standard", "requested_by").annotate(n_flags=n_flags)
    return BacktestList(
        page_of(
            backtests,
            number=page,
            size=BACKTESTS_A_PAGE,
            rows=lambda found: [BacktestRow(backtest, backtest.n_flags) for backtest in found],
        ),
        Backtest.objects.filter(state__in=UNFINISHED).exists(),
    )


def backtest_of(backtest_id: int) -> Backtest:
    """Raises NotVisible."""
    found = Backtest.objects.defer("kept").select_related("standard", "requested_by").filter(pk=backtest_id).first()
    if found is None:
        raise NotVisible(f"No backtest {backtest_id}.")
    return found


def backtest_page(*, user, backtest_id: int, page: str = "") -> BacktestPage:
    """One backtest. Raises NotVisible; the number of queries does not depend on how much it found."""
    backtest = backtest_of(backtest_id)
    is_done = backtest.state == Backtest.State.DONE
    chosen = chosen_for(backtest.standard).parameters()
    return BacktestPage(
        BacktestRow(backtest),
        _found(user, backtest, page) if is_done else None,
        is_set=chosen.items() <= backtest.parameters.items(),
        links_stores=user.has_role(READS_RESULTS),
    )


def _found(user, backtest: Backtest, page: str) -> Found:
    flags = PastFlag.objects.visible_to(user).filter(backtest=backtest)
    locations = list(Location.objects.visible_to(user, SETS_DRIFT).values_list("pk", flat=True))
    raised = list(flags.values_list("flagged_at", "direction", "evidence"))
    series = _Series(backtest, [(flagged_at, direction) for flagged_at, direction, _ in raised], locations)
    n_declines = sum(direction == Direction.DECLINE for _, direction in series.flags)
    n_improvements = len(series.flags) - n_declines
    declines = flags.filter(direction=Direction.DECLINE)
    ends = list(declines.values_list("in_the_end", "lead_days"))
    weeks = backtest.n_total * backtest.every_days / 7
    return Found(
        headline=headline(
            n_declines=n_declines, n_improvements=n_improvements, weeks=weeks, n_able=series.expected.n_able
        ),
        expect=expected_flags(n_flags=len(series.flags), weeks=weeks, by_chance=series.expected.yearly),
        early=how_early(ends),
        following=following(backtest.lags),
        n_flags=len(series.flags),
        n_below=sum(math.log(evidence) < (backtest.threshold or 0.0) for *_, evidence in raised),
        n_able=series.expected.n_able,
        over_time=series.drawn(),
        leads=_leads(ends),
        flags=_flags(backtest, flags, page),
    )


class _Series:
    """The flags of a backtest over time, some runs together where they are many."""

    def __init__(self, backtest: Backtest, flags: list[tuple], locations: list[int]):
        self.backtest, self.flags, self.locations = backtest, flags, locations
        self.first = to_days(begin_of(backtest.start_on))

    @cached_property
    def expected(self) -> Expected:
        return self._expected(self._edges(1))

    def _expected(self, edges: list[float]) -> Expected:
        return expected_by_chance(self.backtest, locations=self.locations, edges=edges)

    def _edges(self, together: int) -> list[float]:
        n, step = self.backtest.n_total, self.backtest.every_days
        return [self.first + step * at for at in [*range(0, n, together), n]]

    def periods(self, *, is_narrow: bool) -> list[Period]:
        together = runs_in_a_bar(self.backtest.n_total, is_narrow=is_narrow)
        edges = self._edges(together)
        expected = self._expected(edges)
        counts = [{Direction.DECLINE.value: 0, Direction.IMPROVEMENT.value: 0} for _ in edges[1:]]
        for flagged_at, direction in self.flags:
            run = math.floor((to_days(flagged_at) - self.first) / self.backtest.every_days)
            counts[min(max(run // together, 0), len(counts) - 1)][direction] += 1
        return [
            Period(EPOCH + start, EPOCH + end, n[Direction.DECLINE], n[Direction.IMPROVEMENT], *by_chance)
            for start, end, n, *by_chance in zip(
                edges[:-1], edges[1:], counts, expected.declines, expected.improvements, strict=True
            )
        ]

    def drawn(self) -> Drawn:
        wide, narrow = self.periods(is_narrow=False), self.periods(is_narrow=True)
        title = "Flags over time"
        description = (
            "Declines upwards, improvements downwards; the dashed lines are what chance alone would raise. The "
            "figures are in the table below."
        )
        rows = [
            PeriodRow(
                words.short_day(date.fromordinal(round(period.start))),
                period.n_declines,
                period.n_improvements,
                f"{period.false_declines:.2f}",
                f"{period.false_improvements:.2f}",
            )
            for period in wide
        ]
        return Drawn(
            flags_chart(wide, title=title, description=description),
            flags_chart(narrow, title=title, description=description, is_narrow=True),
            rows,
        )


def _leads(ends: list[tuple[str, int | None]]) -> Drawn | None:
    """How many declines by when the reported number followed; None where no reported number could tell."""
    kinds = [lead_kind(comparison, lead_days) for comparison, lead_days in ends]
    if not any(kinds):
        return None
    counts = [(lead, kinds.count(lead.key)) for lead in LEADS]
    title = "How early the declines were flagged"
    description = "; ".join(f"{lead.name}: {n}" for lead, n in counts)
    wide, narrow = (
        share_chart(
            [(lead.briefly if is_narrow else lead.name, n, lead.kind) for lead, n in counts],
            title=title,
            description=description,
            is_narrow=is_narrow,
        )
        for is_narrow in (False, True)
    )
    return Drawn(wide, narrow, [(lead.name, n) for lead, n in counts])


def _flags(backtest: Backtest, flags: QuerySet[PastFlag], page: str) -> Page:
    titles = section_titles(backtest.standard)
    found = flags.select_related("location", "metric").order_by(*flags_csv.ORDER)
    return page_of(
        found, number=page, size=FLAGS_A_PAGE, rows=lambda some: [_flag_row(flag, titles) for flag in some]
    )


def _flag_row(flag: PastFlag, titles: dict[str, str]) -> PastFlagRow:
    declined = flag.direction == Direction.DECLINE
    onset = flag.onset_at.astimezone(flag.location.zone).date()
    return PastFlagRow(
        location_id=flag.location_id,
        location=flag.location.name,
        flagged_on=words.short_day(flag.flagged_at.astimezone(flag.location.zone).date()),
        state="decline" if declined else "improve",
        symbol_title="Decline" if declined else "Improvement",
        channel_name=signals.channel_name(flag.channel, titles),
        seen=signals.figure(channel=flag.channel, share=flag.seen),
        expected=signals.figure(channel=flag.channel, share=flag.expected),
        change=signals.change(channel=flag.channel, seen=flag.seen, expected=flag.expected),
        since=words.short_day(onset),
        how_sure=how_sure(flag.chance),
        evidence=words.exactly(flag.evidence),
        in_the_end=in_the_end(flag.in_the_end, flag.lead_days) if declined else "",
    )
