"""Any small chain, for properties, with effects as if they had been known before; and the same with other labels."""

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from reports.measure.model.chain import FULL, NONE, Chain
from reports.measure.model.effects import Effects
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

CONFORMITIES = {"yes or no": (0, FULL), "graded": (0, FULL // 2, FULL), "all conform": (FULL,), "all fail": (0,)}
WHO = ("several auditors", "one auditor", "an auditor for each location", "unknown auditors")

KNOWN = fit_effects(make_chain(n_criteria=6, n_locations=4))  # of no chain below: its numbers are only numbers


@st.composite
def any_chain(draw, *, least_locations=1, most_locations=4, least_visits=0, most_visits=6) -> Chain:
    """One that may be empty, sparse, graded, without a linked auditor, or all alike; each visit has one to three
    interactions, of which one rating in five is missing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_locations, n_criteria = draw(st.integers(least_locations, most_locations)), draw(st.integers(1, 6))
    location = np.repeat(np.arange(n_locations), rng.integers(least_visits, most_visits + 1, n_locations))
    time = rng.uniform(0, 300, location.size).round(3)
    time = time[np.lexsort((time, location))]
    who = draw(st.sampled_from(WHO))
    auditor = {
        "several auditors": rng.integers(-1, 3, location.size),
        "one auditor": np.zeros(location.size, int),
        "an auditor for each location": location.copy(),
        "unknown auditors": np.full(location.size, -1),
    }[who]
    known = auditor >= 0
    auditor[known] = np.unique(auditor[known], return_inverse=True)[1]
    rating_visit = np.repeat(np.arange(location.size), rng.integers(1, 4, location.size))
    seen = rng.choice(CONFORMITIES[draw(st.sampled_from(list(CONFORMITIES)))], (rating_visit.size, n_criteria))
    return Chain(
        location=location,
        time=time,
        arrival=time + rng.uniform(0, 5, time.size),
        auditor=auditor,
        daypart=rng.integers(-1, 3, location.size),
        staffing=rng.integers(-1, 2, location.size),
        ratings=np.where(rng.random(seen.shape) < 0.2, NONE, seen),
        rating_visit=rating_visit,
        section=rng.permutation(np.arange(n_criteria) % 3),
        dimension=rng.integers(0, 2, n_criteria),
        critical=rng.random(n_criteria) < 0.5,
        region=rng.integers(0, 2, n_locations),
        n_locations=n_locations,
    )


@dataclass(frozen=True)
class Labels:
    """The new label of each old one, and `visit`, `criterion`: the old index that stands at each new one."""

    location: np.ndarray
    auditor: np.ndarray
    section: np.ndarray
    visit: np.ndarray
    criterion: np.ndarray


def relabelled(chain: Chain, seed: int) -> tuple[Chain, Labels]:
    """The chain with locations, auditors, criteria and sections in another order, interactions of a visit too."""
    rng = np.random.default_rng(seed)
    location, auditor = rng.permutation(chain.n_locations), rng.permutation(chain.n_auditors)
    section, criterion = rng.permutation(chain.n_sections), rng.permutation(chain.n_criteria)
    visit = np.lexsort((chain.time, location[chain.location]))
    new = np.argsort(visit)
    row = np.lexsort((rng.random(chain.rating_visit.size), new[chain.rating_visit]))
    moved = replace(
        chain,
        **{name: getattr(chain, name)[visit] for name in ("time", "arrival", "daypart", "staffing", "breadth")},
        location=location[chain.location[visit]],
        auditor=np.r_[auditor, -1][chain.auditor[visit]],
        ratings=chain.ratings[row][:, criterion],
        rating_visit=new[chain.rating_visit[row]],
        section=section[chain.section[criterion]],
        dimension=chain.dimension[criterion],
        critical=chain.critical[criterion],
        region=chain.region[np.argsort(location)],
    )
    return moved, Labels(location, auditor, section, visit, criterion)


def with_unobserved_criterion(chain: Chain) -> Chain:
    """The chain with one criterion more, of a section that it has, that no visit observed."""
    column = np.full((chain.ratings.shape[0], 1), NONE)
    return replace(
        chain,
        ratings=np.hstack([chain.ratings, column]),
        section=np.r_[chain.section, chain.section[0]],
        dimension=np.r_[chain.dimension, 0],
        critical=np.r_[chain.critical, True],
    )


def mirrored(chain: Chain) -> Chain:
    """What conformed fails, what failed conforms."""
    return replace(chain, ratings=np.where(chain.ratings == NONE, NONE, FULL - chain.ratings))


def halved(chain: Chain) -> Chain:
    """Everything that was observed is kept by half."""
    return replace(chain, ratings=np.where(chain.ratings == NONE, NONE, FULL // 2))


def set_to(chain: Chain, rows: np.ndarray, conformity: int) -> Chain:
    """What was observed in some interactions set to one conformity."""
    ratings = chain.ratings.copy()
    ratings[rows] = np.where(ratings[rows] == NONE, NONE, conformity)
    return replace(chain, ratings=ratings)


def effects_for(chain) -> Effects:
    """Effects as if they had been known before any of the chain's visits."""
    n, n_sections = chain.n_criteria, chain.n_sections
    return replace(
        KNOWN,
        criterion=KNOWN.criterion[:n],
        criterion_sd=KNOWN.criterion_sd[:n],
        location=KNOWN.location[: chain.n_locations],
        own_scatter=KNOWN.own_scatter[: chain.n_locations],
        overdispersion=KNOWN.overdispersion[: 1 + n_sections],
    )


def moved_with(labels, effects: Effects, chain) -> Effects:
    """The effects of the chain for the chain with these labels."""
    auditor, auditor_sd = effects.auditor.copy(), effects.auditor_sd.copy()
    auditor[labels.auditor], auditor_sd[labels.auditor] = (
        values[: chain.n_auditors] for values in (effects.auditor, effects.auditor_sd)
    )
    overdispersion = effects.overdispersion.copy()
    overdispersion[1 + labels.section] = effects.overdispersion[1:]
    return replace(
        effects,
        criterion=effects.criterion[labels.criterion],
        criterion_sd=effects.criterion_sd[labels.criterion],
        location=effects.location[np.argsort(labels.location)],
        own_scatter=effects.own_scatter[np.argsort(labels.location)],
        auditor=auditor,
        auditor_sd=auditor_sd,
        overdispersion=overdispersion,
    )


def knowing_one_more(effects: Effects) -> Effects:
    """The effects for the chain with one criterion more, of which nothing is known."""
    return replace(effects, criterion=np.r_[effects.criterion, 0.0], criterion_sd=np.r_[effects.criterion_sd, 2.0])


def mirrored_effects(effects: Effects) -> Effects:
    """What lets a visit expect that as much fails as was expected to conform."""
    names = ("criterion", "location", "region", "auditor", "daypart", "staffing", "day", "breadth", "kept_auditor")
    return replace(effects, **{name: -getattr(effects, name) for name in names})
