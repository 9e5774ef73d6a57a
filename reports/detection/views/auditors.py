"""Auditors of the locations that somebody sees: severity, own drift, agreement, and the links that are missing."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from django.db.models import Count, QuerySet

from audits.models import Criterion
from locations.models import Location, User
from reports.detection.data.chain_loader import Codes
from reports.detection.data.day_numbers import to_datetime
from reports.detection.data.fitted_run import FittedRun
from reports.measure.auditors.agreement import Agreement, krippendorff_alpha
from reports.measure.auditors.linkage import reliability
from reports.measure.auditors.severities import Points, Swap, by_quarter, joining_swaps, paired_visits, severities
from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects
from reports.measure.model.residuals import residuals
from reports.models import Run, Tally

MOST_VISITS = 10_000  # read for quarters and agreement; of a larger chain, locations evenly spaced
PAIR_DAYS = 7.0
N_QUARTERS = 4
N_SEVERAL = 4  # visits, of which more is said than of one
N_DRAWS = 200
SEED = 1


@dataclass(frozen=True)
class Bounded:
    """Points on the 0..1 scale with a 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Auditor:
    """One auditor over the locations seen. severity : over the whole chain; None when the run does not know the
    auditor. quarters : the last four, oldest first, None where one is not estimable."""

    key: str
    name: str
    n_visits: int
    n_locations: int
    severity: Bounded | None
    quarters: tuple[Bounded | None, ...]


@dataclass(frozen=True)
class CriterionAgreement:
    text: str
    section: str
    agreement: Agreement


@dataclass(frozen=True)
class Joining:
    """A swap in names: each of the two auditors makes one visit at the other's location."""

    auditor: str
    to_location: str
    other_auditor: str
    from_location: str


@dataclass(frozen=True)
class OwnShare:
    """Of what differs between stores in the mean of some visits, the share that is the stores' own, 0 to 1.

    raw : one visit as it was rated. adjusted : with severity taken out. of_several : N_SEVERAL visits by different
    auditors, with severity taken out.
    """

    raw: float
    adjusted: float
    of_several: float


@dataclass(frozen=True)
class Auditors:
    """auditors : by name. agreement : per criterion, in the order of the form. n_pairs : paired visits.
    own_share : None where no visit observed anything.

    n_groups : separate groups of auditors and locations. n_read, n_locations : locations that quarters and agreement
    were computed from, and all that are seen.
    """

    run: Run
    auditors: list[Auditor]
    agreement: list[CriterionAgreement]
    own_share: OwnShare | None
    n_pairs: int
    n_groups: int
    swaps: list[Joining]
    n_read: int
    n_locations: int


def auditors(fitted: FittedRun, *, locations: QuerySet[Location]) -> Auditors:
    """What the last finished run says of those who visited `locations`."""
    effects, codes = fitted.effects, fitted.codes
    been = _been(fitted, locations)
    names = names_of({who for who, _ in been})
    location_ids = dict.fromkeys(location_id for _, location_id in been)
    read = _read(been, list(location_ids))
    chain = fitted.history(read).chain
    quarters = by_quarter(chain, effects, n_quarters=N_QUARTERS)
    found = [_auditor(key, names[key], been, effects, codes, quarters) for key in names]
    agreement, n_pairs = _agreement(chain, codes)
    n_groups, swaps = _links(been, names)
    return Auditors(
        run=fitted.run,
        auditors=sorted(found, key=lambda each: (each.name.casefold(), each.key)),
        agreement=agreement,
        own_share=_own_share(chain, effects),
        n_pairs=n_pairs,
        n_groups=n_groups,
        swaps=swaps,
        n_read=len(read),
        n_locations=len(location_ids),
    )


def _been(fitted: FittedRun, locations: QuerySet[Location]) -> dict[tuple[str, int], int]:
    """How often who has been where, in the time that the run's effects rest on."""
    tallies = Tally.objects.filter(
        version__standard=fitted.run.standard_id,
        location__in=locations,
        is_excluded=False,
        scored_at__isnull=False,
        known_at__lte=fitted.run.as_of,
        started_at__gte=to_datetime(fitted.effects.first_day),
    ).exclude(auditor="")
    rows = tallies.order_by("location_id", "auditor").values_list("auditor", "location_id").annotate(n=Count("pk"))
    return {(who, location_id): n for who, location_id, n in rows}


def names_of(keys: set[str]) -> dict[str, str]:
    """What each auditor of the tallies is called: users by name, those of imported files by their code."""
    ids = [int(key.removeprefix("user:")) for key in keys if key.startswith("user:")]
    users = {f"user:{user.pk}": str(user) for user in User.objects.filter(pk__in=ids)}
    return {key: users.get(key, key.partition(":")[2]) for key in sorted(keys)}


def _read(been: dict[tuple[str, int], int], location_ids: list[int]) -> list[int]:
    """The locations to read visit by visit: all, or evenly spaced ones where they would be too many."""
    step = int(np.ceil(sum(been.values()) / MOST_VISITS)) if been else 1
    return location_ids[:: max(step, 1)]


def _auditor(key, name, been, effects: Effects, codes: Codes, quarters: Points) -> Auditor:
    own = [n for (who, _), n in been.items() if who == key]
    at = np.flatnonzero(codes.auditors == key)
    severity: Bounded | None = None
    by_time: tuple[Bounded | None, ...] = (None,) * N_QUARTERS
    if at.size:
        auditor_index = int(at[0])
        severity = _bounded(severities(effects), auditor_index)
        by_time = tuple(_bounded(quarters, (auditor_index, quarter)) for quarter in range(N_QUARTERS))
    return Auditor(key, name, sum(own), len(own), severity, by_time)


def _bounded(points: Points, at) -> Bounded | None:
    if not np.isfinite(points.value[at]):
        return None
    return Bounded(float(points.value[at]), float(points.low[at]), float(points.high[at]))


def _own_share(chain: Chain, effects: Effects) -> OwnShare | None:
    found = residuals(chain, effects).information[:, 0]
    if not (found > 0).any():
        return None
    usual = float(np.median(found[found > 0]))
    fair = replace(effects, variance=effects.variance | {"auditor": 0.0})
    return OwnShare(
        raw=reliability(effects, information=usual),
        adjusted=reliability(fair, information=usual),
        of_several=reliability(fair, information=usual, n_visits=N_SEVERAL),
    )


def _agreement(chain: Chain, codes: Codes) -> tuple[list[CriterionAgreement], int]:
    """Per criterion, whatever its version: a criterion's key stays when the standard gets a new version."""
    pairs = paired_visits(chain, within_days=PAIR_DAYS)
    rows = Criterion.objects.filter(pk__in=codes.criteria.tolist()).select_related("section")
    rows = rows.order_by("-section__version__number", "section__position", "position", "pk")
    column = {criterion: at for at, criterion in enumerate(codes.criteria.tolist())}
    columns: dict[str, list[int]] = defaultdict(list)
    texts: dict[str, tuple[str, str]] = {}
    for criterion in rows:
        columns[criterion.key].append(column[criterion.pk])
        texts.setdefault(criterion.key, (criterion.text, criterion.section.title))
    rng = np.random.default_rng(SEED)
    found = []
    for key, (text, section) in texts.items():
        observed = chain.observed[:, columns[key]].sum(axis=1)
        conforming = chain.conforming[:, columns[key]].sum(axis=1)
        share = np.divide(conforming, observed, out=np.full(observed.shape, np.nan), where=observed > 0)
        found.append(CriterionAgreement(text, section, krippendorff_alpha(share[pairs], rng=rng, n_draws=N_DRAWS)))
    return found, len(pairs)


def _links(been: dict[tuple[str, int], int], names: dict[str, str]) -> tuple[int, list[Joining]]:
    who, where = sorted(names), sorted({location_id for _, location_id in been})
    auditor_at = {each: at for at, each in enumerate(who)}
    location_at = {each: at for at, each in enumerate(where)}
    auditor = [auditor_at[each] for each, _ in been]
    location = [location_at[each] for _, each in been]
    n_groups, swaps = joining_swaps(auditor, location, list(been.values()))
    ids = {where[at] for swap in swaps for at in (swap.to_location, swap.from_location)}
    called = dict(Location.objects.filter(pk__in=ids).values_list("pk", "name"))

    def named(swap: Swap) -> Joining:
        return Joining(
            auditor=names[who[swap.auditor]],
            to_location=called[where[swap.to_location]],
            other_auditor=names[who[swap.other_auditor]],
            from_location=called[where[swap.from_location]],
        )

    return n_groups, [named(swap) for swap in swaps]
