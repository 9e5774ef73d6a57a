"""One store: what was seen there, what was reported, what moved, and the visits behind it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Count, Q
from django.urls import reverse

from audits.models import Visit
from locations.models import Location, Region
from locations.roles import READS_RESULTS
from reports.detection.series import LocationSeries, location_series
from reports.models import DriftFlag, LocationResult, Tally
from reports.pages import charts, sentences, words
from reports.pages.queries import NotVisible
from reports.pages.queries.flags import SYMBOLS, Direction, FlagRow, day_number, flag_row, state_of
from reports.pages.queries.paging import page_of
from reports.pages.queries.quotes import Quote, quotes
from reports.pages.queries.reported import MetricView, metric_views
from reports.pages.queries.scope import Link, Scope, scope, section_titles

VISITS_A_PAGE = 20
MOST_POINTS = 120
N_EARLIER = 10
WIDE, NARROW = 1088, 344
MOVED = 0.05  # a section's change that deserves a symbol of its own
OVERALL = "overall"


@dataclass(frozen=True)
class PointRow:
    """The same visit in the table beside the chart."""

    visit_id: UUID
    when: str
    seen: str
    expected: str
    limits: str
    is_below: bool
    is_above: bool


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
    channel: str
    channel_title: str
    channels: list[Link]
    chart: charts.ControlChart | None
    narrow_chart: charts.ControlChart | None
    points: list[PointRow]
    n_points_left_off: int
    metrics: list[MetricView]
    other_metrics: list[Link]
    moved: list[MovedRow]
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
    location = (
        Location.objects.visible_to(user, READS_RESULTS).select_related("region").filter(pk=location_id).first()
    )
    if location is None:
        raise NotVisible(f"No store {location_id} among yours.")
    asked = scope(user=user, standard=standard or _standard_of(user, location))
    titles = section_titles(asked.standard) if asked.standard else {}
    result = LocationResult.objects.visible_to(user).filter(location=location, standard=asked.standard).first()
    flags = DriftFlag.objects.visible_to(user).filter(location=location, standard=asked.standard)
    flags = flags.select_related("location__region", "metric")
    opened = list(flags.open().order_by("direction"))
    rows = [flag_row(flag, titles=titles, today=asked.today) for flag in opened]
    flag = rows[0] if rows else None
    chosen, channels = _channels(channel, flag, titles)
    moved = _moved(opened[0].moved) if opened else []
    view = _execution(location, asked, chosen, flag, moved, channels, opened[0] if opened else None)
    metrics, other_metrics = metric_views(
        scope=asked, location=location, frames=view.frames, first=metric, flagged=flag.metric_id if flag else None
    )
    state = state_of(
        direction=flag.direction if flag else None,
        comparison=flag.comparison if flag else result.comparison if result else "",
        n_more_needed=result.n_more_needed if result else 1,
    )
    return LocationPage(
        scope=asked,
        location=location,
        trail=_trail(user, location),
        state=state,
        headline=_headline(location, flag, result, asked),
        facts=_facts(location, opened[0], asked) if opened else "",
        flag=flag,
        other_flag=rows[1] if len(rows) > 1 else None,
        comparison_note=_comparison_note(opened[0]) if opened else "",
        result=result,
        channel=chosen,
        channel_title=words.capital(next(link.name for link in channels if link.is_here)),
        channels=channels,
        chart=view.wide,
        narrow_chart=view.narrow,
        points=view.points,
        n_points_left_off=view.n_left_off,
        metrics=metrics,
        other_metrics=other_metrics,
        moved=moved,
        quotes=quotes(
            user=user,
            location=location,
            standard=asked.standard,
            since=opened[0].onset_at if opened else None,
            section=chosen.removeprefix("section:"),
        ),
        visits=_visits(user, location, asked, page),
        earlier=_earlier(flags, titles, asked.today),
    )


def _standard_of(user, location: Location) -> str:
    """The standard in which this location was scanned last; blank when in none."""
    results = LocationResult.objects.visible_to(user).filter(location=location).select_related("standard")
    result = results.order_by("-run__finished_at").first()
    return result.standard.key if result else ""


def _trail(user, location: Location) -> list[Link]:
    ids = [int(step) for step in location.region.path.strip("/").split("/")]
    visible = Region.objects.visible_to(user, READS_RESULTS).filter(pk__in=ids).order_by("path")
    return [Link(str(region.pk), region.name) for region in visible]


def _headline(location: Location, flag: FlagRow | None, result: LocationResult | None, asked: Scope) -> str:
    if flag:
        return sentences.location_headline(
            name=location.name,
            channel=flag.channel_name,
            direction=flag.direction,
            since=flag.since,
            today=asked.today,
            comparison=flag.comparison,
        )
    if result is None:
        return sentences.location_headline(name=location.name, is_scanned=False)
    low, high = result.level_low, result.level_high
    return sentences.location_headline(
        name=location.name,
        comparison=result.comparison,
        level=(low, high) if low is not None and high is not None else None,
        n_more_needed=result.n_more_needed,
    )


def _facts(location: Location, flag: DriftFlag, asked: Scope) -> str:
    since = Tally.objects.filter(
        location=location, version__standard=asked.standard, is_excluded=False, started_at__gte=flag.onset_at
    )
    return sentences.how_sure(
        n_visits=flag.n_visits,
        n_auditors=since.exclude(auditor="").aggregate(n=Count("auditor", distinct=True))["n"],
        evidence=flag.evidence,
        per_location_year=asked.false_alarms_per_year,
    )


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
    return chosen, [Link(each, sentences.channel_name(each, titles), each == chosen) for each in known]


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
                change=words.points(change),
                state="decline" if change <= -MOVED else "improve" if change >= MOVED else "",
                n_visits=section.get("n_visits", 0),
            )
        )
    return rows


@dataclass(frozen=True)
class _Execution:
    wide: charts.ControlChart | None
    narrow: charts.ControlChart | None
    points: list[PointRow]
    n_left_off: int
    frames: tuple[charts.Frame, charts.Frame] | None


def _execution(
    location: Location,
    asked: Scope,
    channel: str,
    flag: FlagRow | None,
    moved: list[MovedRow],
    channels: list[Link],
    found: DriftFlag | None,
) -> _Execution:
    """The control chart, for a desk and for a phone, and the same visits as a table."""
    if asked.standard is None or asked.run is None:
        return _Execution(None, None, [], 0, None)
    series = location_series(standard=asked.standard, location=location, channel=channel)
    observed = [i for i, value in enumerate(series.values) if value is not None] if series else []
    if not series or not observed:
        return _Execution(None, None, [], 0, None)
    shown = observed[-MOST_POINTS:]
    points = [_point(series, i, location) for i in shown]
    onset = _onset(found, location, asked.today) if found else None
    last = max(point.day for point in points)
    today = asked.today.toordinal() + 1.0
    if today - last < 0.2 * (last - points[0].day):
        last = max(last, today)
    frames = tuple(charts.frame(first=points[0].day, last=last, width=width, onset=onset) for width in (WIDE, NARROW))
    title = words.capital(next(link.name for link in channels if link.is_here))
    details: dict[str, Any] = {
        "title": f"{title} at {location.name}: share of behaviours kept per visit",
        "description": _description(points, flag, asked.today),
        "change": _change(found, channel) if found else None,
        "flagged_day": day_number(found.flagged_at, location) - 1e-6 if found else None,
        "direction": flag.direction if flag else "decline",
        "flag_label": f"flag, {words.short_day(flag.flagged_on, beside=asked.today)}" if flag else "",
    }
    wide, narrow = (charts.control_chart(points, frame=frame, **details) for frame in frames)
    rows = [
        _point_row(point, series.visit_ids[i], series.times[i], location)
        for i, point in zip(shown, points, strict=True)
    ]
    return _Execution(wide, narrow, rows[::-1], len(observed) - len(points), (frames[0], frames[1]))


def _point(series: LocationSeries, i: int, location: Location) -> charts.VisitPoint:
    """A visit in which the channel was observed."""
    value, expected = _share(series.values[i]), _share(series.expected[i])
    return charts.VisitPoint(
        day=day_number(series.times[i], location),
        value=value,
        expected=expected,
        low=_share(series.low[i], missing=expected),
        high=_share(series.high[i], missing=expected),
        title=f"{words.moment(series.times[i], location.zone)}: {words.percent(value)}",
        address=reverse("reports:visit", args=[series.visit_ids[i]]),
    )


def _share(value: float | None, *, missing: float = 0.0) -> float:
    """Adjusted values may leave 0..1 by a little; the chart ends there."""
    return missing if value is None else min(max(value, 0.0), 1.0)


def _point_row(point: charts.VisitPoint, visit_id: UUID, when: datetime, location: Location) -> PointRow:
    return PointRow(
        visit_id=visit_id,
        when=words.moment(when, location.zone),
        seen=str(round(100 * point.value)),
        expected=str(round(100 * point.expected)),
        limits=words.interval(point.low, point.high),
        is_below=point.value < point.low,
        is_above=point.value > point.high,
    )


def _onset(flag: DriftFlag, location: Location, today: date) -> charts.Onset:
    low, high = (when.astimezone(location.zone).date() for when in (flag.onset_low, flag.onset_high))
    about = flag.onset_at.astimezone(location.zone).date()
    label = f"began about {words.short_day(about, beside=today)}"
    if low != high:
        label += f" ({words.short_day(low, beside=today)} – {words.short_day(high, beside=today)})"
    return charts.Onset(day_number(flag.onset_at, location), low.toordinal(), high.toordinal() + 1, label)


def _change(flag: DriftFlag, channel: str) -> float | None:
    """Of the share since the onset, in the channel that is drawn."""
    if flag.channel == channel:
        return flag.seen - flag.expected
    moved: dict = next((each for each in flag.moved if f"section:{each['key']}" == channel), {})
    seen, expected = moved.get("seen"), moved.get("expected")
    return None if seen is None or expected is None else seen - expected


def _description(points: list[charts.VisitPoint], flag: FlagRow | None, today: date) -> str:
    first, last = (date.fromordinal(int(point.day)) for point in (points[0], points[-1]))
    text = f"{words.count(len(points), 'visit')} from {words.day(first)} to {words.day(last)}."
    return f"{text} {flag.sentence}" if flag else text


def _visits(user, location: Location, asked: Scope, page: str) -> Page:
    visits = Visit.objects.visible_to(user).filter(location=location)
    if asked.standard:
        visits = visits.filter(version__standard=asked.standard)
    visits = visits.select_related("tally").defer("tally__matrix").order_by("-started_at", "pk")
    return page_of(
        visits,
        number=page,
        size=VISITS_A_PAGE,
        rows=lambda found: [_visit_row(visit, location) for visit in found],
    )


def _visit_row(visit: Visit, location: Location) -> VisitRow:
    tally = getattr(visit, "tally", None)
    remark = ""
    if visit.excluded_at:
        remark = f"excluded: {visit.exclusion_reason}"
    elif not visit.approved_at:
        remark = "not approved yet"
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


def _earlier(flags, titles: dict[str, str], today: date) -> list[EarlierFlag]:
    found = flags.filter(~Q(closed_at=None)).order_by("-flagged_at")[:N_EARLIER]
    rows = []
    for flag in found:
        row = flag_row(flag, titles=titles, today=today)
        kind = "decline" if row.direction == Direction.DECLINE else "improvement"
        rows.append(
            EarlierFlag(
                f"{words.capital(row.channel_name)}: {kind} since about {row.since_text}, "
                f"{sentences.instead(channel=row.channel, seen=row.seen, expected=row.expected)}",
                flag.close_reason,
            )
        )
    return rows
