"""Levels as observed beside levels as reported, within the region: what shows before there are visits for a drift."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Avg
from scipy.stats import rankdata

from locations.models import Metric, Reading, Region
from locations.models.places import lineage
from reports.detection.data.chain_loader import Codes
from reports.detection.data.day_numbers import to_date
from reports.detection.data.reported_metrics import why_never
from reports.detection.data.verdicts import REFUSED, ReportedNumbers
from reports.measure import compare

LEAST = 8
YEAR = timedelta(days=365)
TOO_FEW_ANYWHERE = f"is reported by fewer than {LEAST} locations of any region in the last year"


@dataclass(frozen=True)
class Disagreements:
    """rows : by location's index, what `LocationResult.disagreements` holds, the widest gap of ranks first.

    not_compared : names of the metrics whose level is no evidence anywhere, each with the reason.
    """

    rows: dict[int, list[dict]]
    not_compared: list[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Tree:
    """above : for each location's index, its region and those above it, the nearest first. members : by region."""

    above: list[list[int]]
    members: dict[int, np.ndarray]

    @classmethod
    def of(cls, codes: Codes) -> "Tree":
        paths = dict(Region.objects.values_list("pk", "path"))
        upwards = {region: lineage(paths[region])[::-1] for region in codes.regions.tolist()}
        above = [upwards[region] for region in codes.regions[codes.region].tolist()]
        members: dict[int, list[int]] = {}
        for location_index, regions in enumerate(above):
            for region in regions:
                members.setdefault(region, []).append(location_index)
        return cls(above, {region: np.array(location_indexes) for region, location_indexes in members.items()})

    def groups(self, comparable: np.ndarray) -> dict[int, list[int]]:
        """Which locations are judged in which region: the nearest one upwards with at least LEAST comparable ones."""
        n = {region: int(comparable[location_indexes].sum()) for region, location_indexes in self.members.items()}
        found: dict[int, list[int]] = {}
        for location_index in np.flatnonzero(comparable).tolist():
            region = next((region for region in self.above[location_index] if n[region] >= LEAST), None)
            if region is not None:
                found.setdefault(region, []).append(location_index)
        return found


def level_disagreements(
    *, codes: Codes, observed: np.ndarray, numbers: ReportedNumbers, as_of: date
) -> Disagreements:
    """Who stands in the best quarter as reported over the last year, and in the worst quarter as observed.

    observed : (L,) share kept, NaN where nobody was; `numbers` tells which metrics are evidence and when they end.
    Two queries.
    """
    rows: dict[int, list[dict]] = {}
    not_compared: list[tuple[str, str]] = []
    present = [one for one in numbers.metrics if one.has_readings.any()]
    telling = [one.metric for one in present if why_never(one.metric) is None]
    means = _yearly_means(telling, codes, until=min(as_of, to_date(numbers.until))) if telling else {}
    tree = Tree.of(codes)
    for metric in (one.metric for one in present):
        reason = why_never(metric)
        if reason is None:
            found, reason = _of_metric(metric, means[metric.pk], observed, tree)
            for location_index, row in found:
                rows.setdefault(location_index, []).append(row)
        if reason is not None:
            not_compared.append((metric.name, TOO_FEW_ANYWHERE if reason == compare.TOO_FEW else REFUSED[reason]))
    for ordered in rows.values():
        ordered.sort(key=lambda row: (row["reported_rank"] - row["observed_rank"]) / row["n"])
    return Disagreements(rows, not_compared)


def _yearly_means(metrics: list[Metric], codes: Codes, *, until: date) -> dict[int, np.ndarray]:
    """(L,) by metric: the mean of the readings whose period ended in the year before `until`, NaN for none."""
    means = {metric.pk: np.full(codes.locations.size, np.nan) for metric in metrics}
    readings = Reading.objects.filter(metric__in=metrics, period_end__lt=until, period_end__gte=until - YEAR)
    found = readings.order_by().values_list("metric_id", "location_id").annotate(mean=Avg("value"))
    location_index = {location: at for at, location in enumerate(codes.locations.tolist())}
    for metric, location, mean in found.iterator(chunk_size=20_000):
        if location in location_index:
            means[metric][location_index[location]] = mean
    return means


def _of_metric(
    metric: Metric, mean: np.ndarray, observed: np.ndarray, tree: Tree
) -> tuple[list[tuple[int, dict]], str | None]:
    """(location's index, row) of those that disagree; and the reason when no region has quarters in this metric."""
    reported = mean if metric.higher_is == Metric.Better.HIGHER else -mean
    comparable = np.isfinite(reported) & np.isfinite(observed)
    rows, reasons = [], []
    for region, judged in tree.groups(comparable).items():
        here = tree.members[region]
        here = here[comparable[here]]
        reasons.append(compare.why_no_quarters(reported[here], observed[here], least=LEAST))
        found = compare.level_blind_spots(reported[here], observed[here], np.zeros(here.size, int), least=LEAST)
        found &= np.isin(here, judged)
        ranks = [rankdata(-values[here], method="min").astype(int) for values in (reported, observed)]
        for at in np.flatnonzero(found).tolist():
            row = {"metric": metric.key, "region": region, "n": here.size}
            row |= {"reported_rank": int(ranks[0][at]), "observed_rank": int(ranks[1][at])}
            rows.append((int(here[at]), row))
    if not reasons:
        return [], compare.TOO_FEW
    refused = [reason for reason in reasons if reason is not None]
    return rows, None if len(refused) < len(reasons) else max(sorted(set(refused)), key=refused.count)
