"""One store: what was seen there, what was reported, what moved, and the visits behind it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.core.paginator import Page
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Coalesce

from audits.models import Visit
from locations.accounts.roles import READS_RESULTS
from locations.models import Location, Region
from reports.detection.views.control_chart import location_series
from reports.measure.drift.attribution import LEAST_POINTS
from reports.measure.model.levels import LEAST_VISITS
from reports.models import ControlChart, DriftFlag, LocationResult, Tally
from reports.pages.access import NotVisible
from reports.pages.charts import time_charts
from reports.pages.manager.attribution import AttributionView, attribution_without_flag
from reports.pages.manager.consistency import Alike, alike
from reports.pages.manager.execution import PointRow, execution
from reports.pages.manager.flag_rows import SYMBOLS, Direction, FlagRow, flag_row, state_of
from reports.pages.manager.quotes import Quote, quotes
from reports.pages.manager.reported_metrics import ReportedHere, reported_here
from reports.pages.manager.seen_lately import SeenLately, seen_lately
from reports.pages.manager.store import counted, listed_visits, read_store
from reports.pages.manager.store_rows import n_until_found
from reports.pages.paging import page_of
from reports.pages.scope import Link, Scope, scope_at, section_titles
from reports.pages.sentences import signals, words
from reports.pages.sentences.false_flags import over_your_stores

VISITS_A_PAGE = 20
N_EARLIER = 10
N_LATELY, LEAST_LATELY = 8, 4  # visits that say how a moment is lately, where nothing is flagged
MOVED = 0.05  # a section's change that deserves a symbol of its own
OVERALL = "overall"


@dataclass(frozen=True)
class MovedRow:
    channel: str
    title: str
    seen: str
    expected: str
    change: str
    state: str
    n_visits: int

    @property
    def symbol_title(self) -> str:
        return SYMBOLS[self.state]


@dataclass(frozen=True)
class VisitRow:
    visit_id: UUID
    when: str
    daypart: str
    score: str
    coverage: str
    n_critical_failed: int
    remark: str


@dataclass(frozen=True)
class EarlierFlag:
    text: str
    reason: str


@dataclass(frozen=True)
class LocationPage:
    scope: Scope
    location: Location
    trail: list[Link]
    state: str
    headline: str
    facts: str
    flag: FlagRow | None
    other_flag: FlagRow | None
    comparison_note: str
    result: LocationResult | None
    disagreement: str
    channel: str
    channel_title: str
    channels: list[Link]
    chart: time_charts.ControlChart | None
    narrow_chart: time_charts.ControlChart | None
    awaits_chart: bool
    points: list[PointRow]
    n_points_left_off: int
    despite: str
    reported: ReportedHere
    moved: list[MovedRow]
    alike: Alike | None
    instead: AttributionView | None
    chain_movement: str
    lately: SeenLately
    quotes: list[Quote]
    visits: Page
    earlier: list[EarlierFlag]

    @property
    def symbol_title(self) -> str:
        return SYMBOLS[self.state]


def location_page(
    *, user, location_id: int, standard: str = "", channel: str = "", metric: str = "", page: str = ""
) -> LocationPage:
    """Raises NotVisible for a location, standard or channel that is not there for this user."""
    asked = scope_at(location_id, user=user, standard=standard)
    store = read_store(location_id, asked)
    location, result = store.location, store.result
    titles = section_titles(asked.standard) if asked.standard else {}
    opened, closed = _flags(location, asked)
    first = opened[0] if opened else None
    flag, other_flag, *_ = [*(flag_row(each, titles=titles, today=asked.today) for each in opened), None, None]
    chosen, channels = _channels(channel, flag, titles)
    view = execution(location, asked, chosen, flag, channels, first, chart=store.chart)
    reported = reported_here(
        scope=asked, location=location, frames=view.frames, first=metric, flagged=flag.metric_id if flag else None
    )
    known = asked.fitted.visits([location.pk], with_peers=True) if asked.fitted else None
    is_calm = result is not None and not opened and not result.n_more_needed
    onset = first.onset_at if first else None
    return LocationPage(
        scope=asked,
        location=location,
        trail=_trail(user, location.region),
        state=_state(flag, result),
        headline=_headline(location, flag, result, asked),
        facts=_facts(first, asked) if first else "",
        flag=flag,
        other_flag=other_flag,
        comparison_note=_comparison_note(first) if first else "",
        result=result,
        disagreement=store.disagreement,
        channel=chosen,
        channel_title=words.capital(next(link.name for link in channels if link.is_here)),
        channels=channels,
        chart=view.wide,
        narrow_chart=view.narrow,
        awaits_chart=view.is_missing and result is not None,
        points=view.points,
        n_points_left_off=view.n_left_off,
        despite=_despite(flag, result),
        reported=reported,
        moved=_moved(first.moved) if first else _moments(store.chart, titles),
        alike=alike(known, location_id=location.pk, onset=onset),
        instead=attribution_without_flag(known, location=location, user=user) if is_calm else None,
        chain_movement=_chain_movement(asked, store.chain_seen_at) if is_calm else "",
        lately=seen_lately(asked, location),
        quotes=quotes(asked, location, since=onset, section=chosen.removeprefix("section:")),
        visits=_visits(location, asked, page, store.n_visits),
        earlier=_earlier(closed, titles, asked.today),
    )


def _flags(location: Location, asked: Scope) -> tuple[list[DriftFlag], list[DriftFlag]]:
    """The open ones, a decline first, and the last ones that were closed, in one query.

    Each with what its facts need: how many auditors have been there since its onset, and over how many stores of the
    user a flag can be raised.
    """
    flags = DriftFlag.objects.filter(location=location, standard=asked.standard)
    latest = flags.exclude(closed_at=None).order_by("-flagged_at", "-pk").values("pk")[:N_EARLIER]
    visits = Tally.objects.filter(location=OuterRef("location"), version__standard=OuterRef("standard"))
    since = visits.filter(is_excluded=False, started_at__gte=OuterRef("onset_at")).exclude(auditor="")
    found = list(
        flags.visible_to(asked.user)
        .filter(Q(closed_at=None) | Q(pk__in=latest))
        .annotate(n_auditors=counted(since, "auditor"), n_able=_n_able(asked))
        .select_related("location__region", "metric")
        .order_by("-flagged_at", "-pk")
    )
    opened = sorted((flag for flag in found if flag.closed_at is None), key=lambda flag: flag.direction)
    return opened, [flag for flag in found if flag.closed_at is not None]


def _n_able(asked: Scope) -> Coalesce | Value:
    if asked.run is None:
        return Value(0)
    results = LocationResult.objects.filter(standard=asked.standard, location__in=asked.open_locations())
    return counted(results.able_to_flag(asked.run))


def _trail(user, region: Region | None) -> list[Link]:
    """From the topmost region that the user may see down to the store's own."""
    trail: list[Link] = []
    while region is not None and region.is_visible_to(user, READS_RESULTS):
        trail.insert(0, Link(str(region.pk), region.name))
        region = region.parent
    return trail


def _state(flag: FlagRow | None, result: LocationResult | None) -> str:
    return state_of(
        direction=flag.direction if flag else None,
        comparison=flag.comparison if flag else result.comparison if result else "",
        n_more_needed=result.n_more_needed if result else 1,
    )


def _headline(location: Location, flag: FlagRow | None, result: LocationResult | None, asked: Scope) -> str:
    if flag:
        return signals.location_headline(
            name=location.name,
            channel=flag.channel_name,
            direction=flag.direction,
            since=flag.since,
            today=asked.today,
            comparison=flag.comparison,
        )
    if result is None:
        return signals.location_headline(name=location.name, is_scanned=False)
    low, high = result.level_low, result.level_high
    level = (low, high) if low is not None and high is not None else None
    return signals.location_headline(
        name=location.name,
        comparison=result.comparison,
        metric=result.reported_metric.name if result.reported_metric else "",
        level=level,
        n_more_needed=result.n_more_needed if level else LEAST_VISITS - result.n_visits,
        n_until_found=n_until_found(result, asked),
        large_drop=asked.finding.large_drop if asked.finding else 0.0,
    )


def _facts(flag, asked: Scope) -> str:
    """How sure it is, and how many flags chance alone raises over all stores of the user. `flag` is from `_flags`."""
    rate = asked.expected_false_alarms_per_year
    sure = signals.how_sure(
        n_visits=flag.n_visits, n_auditors=flag.n_auditors, chance=flag.chance, per_location_year=rate
    )
    over = over_your_stores(per_location_year=rate, n_able=flag.n_able) if asked.run else ""
    return f"{sure} {over}".rstrip()


def _chain_movement(asked: Scope, chain_seen_at: datetime | None) -> str:
    """What the whole chain did this week, where it is enough to look like a change of this store."""
    movement = asked.chain_movement(chain_seen_at)
    return signals.chain_movement(movement) if movement is not None and abs(movement) >= LEAST_POINTS else ""


def _despite(flag: FlagRow | None, result: LocationResult | None) -> str:
    """Of a store that improved while its reported numbers fall."""
    if not flag or not result or flag.direction != Direction.IMPROVEMENT:
        return ""
    metric = result.reported_metric.name if result.reported_metric else ""
    return signals.improved_but(metric) if result.comparison == DriftFlag.Comparison.REPORTED_ONLY else ""


def _comparison_note(flag: DriftFlag) -> str:
    """Why no reported number counts beside a decline; the other quadrants are in the flag's sentence."""
    if flag.direction == Direction.DECLINE and flag.comparison == DriftFlag.Comparison.NONE:
        return flag.comparison_note
    return ""


def _channels(channel: str, flag: FlagRow | None, titles: dict[str, str]) -> tuple[str, list[Link]]:
    """The channel to draw and the picker: all moments, each section, and the flag's own where it is another."""
    known = [OVERALL, *(f"section:{key}" for key in titles)]
    if flag and flag.channel.startswith("dimension:"):
        known.append(flag.channel)
    chosen = channel or (flag.channel if flag and flag.channel in known else OVERALL)
    if chosen == "consistency":
        chosen = OVERALL
    if chosen not in known:
        raise NotVisible(f"No channel {channel!r} in this standard.")
    return chosen, [Link(each, signals.channel_name(each, titles), each == chosen) for each in known]


def _moved(moved: list[dict]) -> list[MovedRow]:
    rows = []
    for section in moved:
        seen, expected = section.get("seen"), section.get("expected")
        if seen is None or expected is None:
            continue
        change = seen - expected
        rows.append(
            MovedRow(
                channel=f"section:{section['key']}",
                title=section["title"],
                seen=str(round(100 * seen)),
                expected=str(round(100 * expected)),
                change=words.difference(seen, expected),
                state="decline" if change <= -MOVED else "improve" if change >= MOVED else "",
                n_visits=section.get("n_visits", 0),
            )
        )
    return rows


def _moments(chart: ControlChart | None, titles: dict[str, str]) -> list[MovedRow]:
    """Of a store without a flag, each moment as its last visits show it beside what is usual there, worst first."""
    moved = []
    for key, title in titles.items():
        series = location_series(chart, f"section:{key}")
        pairs = zip(series.values, series.expected, strict=True) if series else ()
        lately = [(value, usual) for value, usual in pairs if value is not None and usual is not None][-N_LATELY:]
        if len(lately) >= LEAST_LATELY:
            seen, expected = (min(max(sum(each) / len(lately), 0.0), 1.0) for each in zip(*lately, strict=True))
            moved.append({"key": key, "title": title, "seen": seen, "expected": expected, "n_visits": len(lately)})
    return [replace(row, state="") for row in _moved(sorted(moved, key=lambda one: one["seen"] - one["expected"]))]


def _visits(location: Location, asked: Scope, page: str, n_visits: int) -> Page:
    visits = listed_visits(asked).filter(location=location)
    visits = visits.select_related("tally").defer("tally__matrix").order_by("-started_at", "pk")
    return page_of(
        visits,
        number=page,
        size=VISITS_A_PAGE,
        rows=lambda found: [_visit_row(visit, location) for visit in found],
        count=n_visits,
    )


def _visit_row(visit: Visit, location: Location) -> VisitRow:
    tally = getattr(visit, "tally", None)
    remark = ""
    if visit.excluded_at:
        remark = f"excluded: {visit.exclusion_reason}"
    elif visit.returned_at:
        remark = "returned to its auditor"
    elif not visit.approved_at:
        remark = "waits for a reviewer"
    elif tally is None or tally.scored_at is None:
        remark = "being scored"
    return VisitRow(
        visit_id=visit.pk,
        when=words.moment(visit.started_at, location.zone),
        daypart=visit.daypart,
        score=words.percent(tally.score) if tally and tally.score is not None else "",
        coverage=words.percent(tally.coverage) if tally and tally.coverage is not None else "",
        n_critical_failed=tally.n_critical_failed if tally else 0,
        remark=remark,
    )


def _earlier(closed: list[DriftFlag], titles: dict[str, str], today: date) -> list[EarlierFlag]:
    rows = []
    for flag in closed:
        row = flag_row(flag, titles=titles, today=today)
        kind = "decline" if row.direction == Direction.DECLINE else "improvement"
        rows.append(
            EarlierFlag(
                f"{words.capital(row.channel_name)}: {kind} since about {row.since_text}, "
                f"{signals.instead(channel=row.channel, seen=row.seen, expected=row.expected)}",
                flag.close_reason,
            )
        )
    return rows
