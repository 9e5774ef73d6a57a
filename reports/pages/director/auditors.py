"""Head office's page of auditors: how severe, how steady, how alike, how well linked. Always in order of names."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator

from locations.models import Location
from reports.detection.views.auditors import (
    N_SEVERAL,
    PAIR_DAYS,
    Auditor,
    Auditors,
    Bounded,
    CriterionAgreement,
    Joining,
    OwnShare,
    auditors,
)
from reports.measure.auditors.agreement import LEAST_PAIRS
from reports.measure.drift.attribution import LEAST_POINTS
from reports.pages.charts.interval_chart import Interval, IntervalChart, interval_chart
from reports.pages.scope import Scope, scope
from reports.pages.sentences import words

AUDITORS_A_PAGE = 50
MOST_SWAPS = 20


@dataclass(frozen=True)
class AuditorRow:
    name: str
    n_visits: int
    n_locations: int
    severity: str
    interval: str
    quarters: str
    remark: str


@dataclass(frozen=True)
class AgreementRow:
    text: str
    section: str
    alpha: str
    interval: str
    n: int


@dataclass(frozen=True)
class AuditorsPage:
    scope: Scope
    headline: str
    own_share: str
    rows: Page | None
    chart: IntervalChart | None
    narrow_chart: IntervalChart | None
    agreement: list[AgreementRow]
    agreement_facts: str
    links: str
    swaps: list[Joining]
    n_swaps_left_off: int
    sampled: str


def auditors_page(*, user, standard: str = "", page: str = "") -> AuditorsPage:
    """Auditors of the locations whose head office the user belongs to. Raises NotVisible for an unknown standard."""
    asked = scope(user=user, standard=standard)
    found = auditors(asked.fitted, locations=Location.objects.of_head_office(user)) if asked.fitted else None
    if found is None or not found.auditors:
        return AuditorsPage(asked, "", "", None, None, None, [], "", "", [], 0, "")
    shown: Page = Paginator(found.auditors, AUDITORS_A_PAGE).get_page(page or 1)
    wide, narrow = (_chart(list(shown.object_list), is_narrow=is_narrow) for is_narrow in (False, True))
    shown.object_list = [_row(each) for each in shown.object_list]
    return AuditorsPage(
        scope=asked,
        headline=_headline(found.auditors),
        own_share=_own_share(found.own_share),
        rows=shown,
        chart=wide,
        narrow_chart=narrow,
        agreement=_agreement(found.agreement),
        agreement_facts=_agreement_facts(found.n_pairs),
        links=_links(found.n_groups),
        swaps=found.swaps[:MOST_SWAPS],
        n_swaps_left_off=max(len(found.swaps) - MOST_SWAPS, 0),
        sampled=_sampled(found),
    )


def _headline(found: list[Auditor]) -> str:
    """18 auditors rate −13 to +5 points beside their peers; levels and flags have that taken out."""
    values = [each.severity.value for each in found if each.severity]
    n = words.count(len(found), "auditor")
    if not values:
        return f"{n}; the next scan will tell how severe."
    low, high = round(100 * min(values)), round(100 * max(values))
    if low == high == 0:
        return f"{n} rate alike, to the point."
    reach = [words.points(value / 100) for value in dict.fromkeys((low, high))]
    verb = "rates" if len(found) == 1 else "rate"
    return f"{n} {verb} {' to '.join(reach)} points beside their peers; levels and flags have that taken out."


def _own_share(found: OwnShare | None) -> str:
    """How far visits tell stores apart. Blank where no visit observed anything."""
    if found is None:
        return ""
    several = words.number(N_SEVERAL)
    return (
        f"Of what differs between stores in one visit, {words.percent(found.raw)} is the stores’ own; with severity "
        f"taken out {words.percent(found.adjusted)}, and in the mean of {several} visits by different auditors "
        f"{words.percent(found.of_several)}."
    )


def _row(each: Auditor) -> AuditorRow:
    return AuditorRow(
        name=each.name,
        n_visits=each.n_visits,
        n_locations=each.n_locations,
        severity=words.points(each.severity.value) if each.severity else "",
        interval=words.points_interval(each.severity.low, each.severity.high) if each.severity else "",
        quarters=" · ".join(words.points(quarter.value) if quarter else "?" for quarter in each.quarters),
        remark=_own_drift([quarter for quarter in each.quarters if quarter])
        if each.severity
        else "new since the scan",
    )


def _own_drift(quarters: list[Bounded]) -> str:
    """From the first to the last quarter that could be estimated."""
    if len(quarters) < 2:
        return "too few visits to tell"
    first, last = quarters[0], quarters[-1]
    if last.high < first.low and first.value - last.value >= LEAST_POINTS:
        return "has grown stricter"
    if last.low > first.high and last.value - first.value >= LEAST_POINTS:
        return "has grown more lenient"
    return "steady"


def _chart(found: list[Auditor], *, is_narrow: bool) -> IntervalChart | None:
    told = [
        Interval(each.name, each.severity.value, each.severity.low, each.severity.high)
        for each in found
        if each.severity
    ]
    if not told:
        return None
    return interval_chart(
        told,
        title="Severity of each auditor, in points, with a 90 % interval",
        description="In order of names. Left of zero: rates lower than peers would. The table below has the figures.",
        is_narrow=is_narrow,
    )


def _agreement(found: list[CriterionAgreement]) -> list[AgreementRow]:
    """In the order of the form; a figure only where enough pairs saw the criterion and not all alike."""
    rows = []
    for each in found:
        alpha = each.agreement
        is_told = alpha.value == alpha.value
        rows.append(
            AgreementRow(
                text=each.text,
                section=each.section,
                alpha=_signed(alpha.value) if is_told else "",
                interval=f"{_signed(alpha.low)} to {_signed(alpha.high)}" if is_told else _why_none(alpha.n),
                n=alpha.n,
            )
        )
    return rows


def _why_none(n: int) -> str:
    return f"{LEAST_PAIRS - n} more pairs" if n < LEAST_PAIRS else "all alike"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".replace("-", words.MINUS)


def _agreement_facts(n_pairs: int) -> str:
    days = words.number(round(PAIR_DAYS))
    pairs = f"{words.count(n_pairs, 'pair')} of visits to one store by two auditors within {days} days."
    return (
        f"{pairs} Krippendorff’s alpha: 1 is full agreement, 0 what chance gives. The two saw other customers, "
        "so what differs from one customer to the next counts as disagreement too: true agreement is higher."
    )


def _links(n_groups: int) -> str:
    if n_groups < 2:
        return "All auditors and stores are linked by visits: severity and level can be told apart everywhere."
    n = words.capital(words.number(n_groups))
    return (
        f"{n} groups of auditors and stores share no visit. Within a group severity is well told from the stores’ "
        "level; between groups it rests on the assumption that the groups are alike on average, and the intervals "
        "above do not hold that doubt. These swaps would join them:"
    )


def _sampled(found: Auditors) -> str:
    if found.n_read == found.n_locations:
        return ""
    return f"Quarters and agreement from {found.n_read:,} of {found.n_locations:,} stores, evenly spaced."
