"""Where the next visit is worth most among some locations, and who should make it, from what the last run left."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db.models import F, QuerySet

from locations.models import Location
from reports.detection.data.day_numbers import to_days
from reports.detection.data.fitted_run import FittedRun
from reports.detection.views.auditor_assignment import AuditorAssignments, Joining, Whom
from reports.detection.views.finding import Finding, SeldomFound
from reports.measure.model.effects import WEEK_DAYS
from reports.measure.model.groups import gathered
from reports.measure.planning.auditor_assignment import with_own_auditors
from reports.measure.planning.location_forecast import below_in_a_row, forecast, forecast_of_levels, weakest_quarter
from reports.measure.planning.visit_value import Assumptions, Value, value
from reports.models import DriftFlag, LocationResult, Run

MOST_RESULTS = 5_000  # looked at; of a larger chain those with the most evidence of a decline
MOST_READ = 40  # whose visits are read


@dataclass(frozen=True)
class NextVisit:
    """What a visit to one location is worth, in days of unflagged decline or of a wrong judgement, and why.

    weeks : since the last visit that counts, inf without one. usual_weeks : between two. n_below : last visits in a
    row below what was expected. n_missing : visits until a flag is possible, 0 for enough. n_until_found : as many
    more as it takes until half of the large drops are flagged there, where visits are missing and that is known.
    evidence : of a decline, as a ratio; 0 for none.
    chance : that a decline is under way that no flag tells of. alone : the only auditor lately, "" for several.
    whom : whom to send where it matters who goes; None where it does not.
    """

    location_id: int
    weeks: float
    usual_weeks: float
    n_visits: int
    n_below: int
    n_missing: int
    is_flagged: bool
    evidence: float
    chance: float
    find_days: float
    judge_days: float
    link_days: float
    alone: str
    whom: Whom | None
    n_until_found: int | None = None

    @property
    def days(self) -> float:
        return self.find_days + self.judge_days + self.link_days


@dataclass(frozen=True)
class Plan:
    """visits : the most valuable first. n_locations : weighed. n_left_out : of a large chain, those not looked at.
    threshold : of the run. seldom : of the weighed, where drops are seldom found within half a year. large_drop :
    0..1, what n_until_found is about."""

    run: Run
    threshold: float
    visits: list[NextVisit]
    n_locations: int
    n_left_out: int
    seldom: SeldomFound | None = None
    large_drop: float = 0.0


def most_valuable(fitted: FittedRun, *, locations: QuerySet[Location], as_of: datetime, n: int = 10) -> Plan:
    """The `n` locations where a visit is worth most.

    as_of : the moment that is planned from. From the results of the last run a few dozen are chosen; of those the
    visits are read. The number of queries is constant.
    """
    standard = fitted.run.standard
    results = LocationResult.objects.filter(standard=standard, location__in=locations)
    fields = ("location_id", "log_evidence", "last_visit_at", "n_visits", "level", "level_low", "level_high")
    by_evidence = results.order_by(F("log_evidence").desc(nulls_last=True), "pk")
    rows = list(by_evidence.values_list(*fields)[:MOST_RESULTS])
    flags = DriftFlag.objects.open().filter(standard=standard, direction=DriftFlag.Direction.DECLINE)
    flagged = set(flags.filter(location__in=locations).values_list("location_id", flat=True))
    finding = Finding.of(fitted, as_of=as_of)
    return _Weighing(fitted, rows, flagged, to_days(as_of), finding).plan(n, results.count())


def joined_once(found: list[tuple[NextVisit, Joining | None]]) -> list[NextVisit]:
    """The visits, each as it is or, where it is the most valuable one that joins two groups, as joining them.

    Once two groups are joined, directly or by others, a second visit across them joins nothing more.
    """
    group: dict[int, int] = {}
    answer = []
    best_first = sorted(found, key=lambda each: -(each[0].days + (each[1].days if each[1] else 0.0)))
    for visit, joining in best_first:
        if joining is not None:
            ours, theirs = (group.get(each, each) for each in joining.groups)
            if ours != theirs:
                group |= {ours: ours, theirs: ours}
                group = {each: ours if now == theirs else now for each, now in group.items()}
                visit = replace(visit, link_days=joining.days, whom=joining.whom)
        answer.append(visit)
    return answer


class _Weighing:
    def __init__(self, fitted: FittedRun, rows: list[tuple], flagged: set[int], at: float, finding: Finding | None):
        self.finding = finding
        self.fitted, self.run, self.flagged, self.at = fitted, fitted.run, flagged, at
        self.effects, self.codes, self.settings = fitted.effects, fitted.codes, fitted.settings
        self.assumptions = Assumptions(fitted.threshold, weakest_quarter(self.effects))
        self.location = [row[0] for row in rows]
        self.log_evidence = np.array([-np.inf if row[1] is None else row[1] for row in rows], float)
        last = [np.inf if row[2] is None else self.at - to_days(row[2]) for row in rows]
        self.weeks = np.maximum(np.array(last, float), 0.0) / WEEK_DAYS
        self.n_visits = np.array([row[3] for row in rows], int)
        self.level, self.low, self.high = (np.array([row[at] for row in rows], float) for at in (4, 5, 6))

    def plan(self, n: int, n_locations: int) -> Plan:
        found = self._at_first_sight()
        order = np.argsort(-found.total, kind="stable")[:MOST_READ]
        visits = self._read([self.location[at] for at in order], order) if order.size else []
        visits = sorted(visits, key=lambda each: (-each.days, each.location_id))[:n]
        n_weighed = len(self.location)
        plan = Plan(self.run, self.assumptions.threshold, visits, n_weighed, n_locations - n_weighed)
        if self.finding is None:
            return plan
        seldom = self.finding.seldom_among(self.n_visits)
        return replace(plan, seldom=seldom, large_drop=self.finding.large_drop)

    def _at_first_sight(self) -> Value:
        span = max((self.at - self.effects.first_day) / WEEK_DAYS, 1.0)
        roughly = forecast_of_levels(
            self.effects,
            self.settings,
            log_evidence=self.log_evidence,
            is_flagged=np.isin(self.location, list(self.flagged)),
            weeks=self.weeks,
            n_visits=self.n_visits,
            level=self.level,
            low=self.low,
            high=self.high,
            span=span,
        )
        return value(roughly, self.assumptions)

    def _read(self, ids: list[int], order: np.ndarray) -> list[NextVisit]:
        """The chosen ones, with their visits; `order` says where they stand among all."""
        history = self.fitted.history(ids)
        location_index = np.searchsorted(self.codes.locations, ids)
        group = np.full(self.codes.locations.size, -1)
        group[location_index] = np.arange(len(ids))
        chain, effects = gathered(history.chain, self.effects, group[history.chain.location], location_index)
        chain, effects, who = with_own_auditors(chain, effects)
        at = max(self.at, float(chain.time.max(initial=self.at)))
        known = forecast(
            chain,
            effects,
            self.settings,
            log_evidence=self.log_evidence[order],
            is_flagged=np.isin(ids, list(self.flagged)),
            at=at,
        )
        keys = self.codes.auditors[who].tolist()
        assignments = AuditorAssignments(self.fitted, self.assumptions, chain, effects, known, ids, keys, at)
        below, n_visits = below_in_a_row(chain, effects), self.n_visits[order]
        found = []
        for row, location in enumerate(ids):
            told = NextVisit(
                location_id=location,
                weeks=float(known.weeks[row]),
                usual_weeks=float(known.usual_weeks[row]),
                n_visits=int(n_visits[row]),
                n_below=int(below[row]),
                n_missing=max(self.run.least_visits - int(n_visits[row]), 0),
                is_flagged=location in self.flagged,
                evidence=float(np.exp(min(known.log_evidence[row], 600.0))),
                chance=float(assignments.usual.chance[row]),
                find_days=float(assignments.usual.find[row]) * WEEK_DAYS,
                judge_days=float(assignments.usual.judge[row]) * WEEK_DAYS,
                link_days=0.0,
                alone=assignments.alone(row),
                whom=assignments.other(row),
                n_until_found=self._until_found(int(n_visits[row])),
            )
            found.append((told, assignments.joining(row)))
        return joined_once(found)

    def _until_found(self, n_visits: int) -> int | None:
        missing = self.run.least_visits - n_visits
        more = self.finding.more_visits(n_visits) if self.finding and missing > 0 else None
        return None if more is None else max(more, missing)
