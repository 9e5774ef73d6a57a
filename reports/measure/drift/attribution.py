"""What moved a location's plain share besides the location itself: auditors, dayparts, staffing, the chain, the form.

Whatever the additive model takes out of the detector is told here in points, so that a fall which raises no flag can
be explained.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects

MOST_VISITS = 8  # on each side; about a quarter at two to three visits a month
LEAST_VISITS = 4
LEAST_POINTS = 0.02  # less is not said


@dataclass(frozen=True)
class Share:
    """Of how many visits something is true, lately and before; `code` says of what, -1 of nothing."""

    code: int
    lately: int
    before: int


@dataclass(frozen=True)
class Attribution:
    """What `moved_by` returns: the last `n` visits against the `n` before, in shares (0..1), + for more conforming.

    seen, before : plain share of what conformed. auditor, daypart, staffing, breadth, chain, version : how much of
    the difference each facet explains. rest : what none of them does.
    n_further, further_by : how many of the last visits were by auditors at least LEAST_POINTS away, in the direction
    of `auditor`, from the average auditor before, and how far those are away on average.
    in_daypart, in_staffing : the one whose larger share of the visits explains most of `daypart`, `staffing`.
    """

    n: int
    seen: float
    before: float
    auditor: float
    daypart: float
    staffing: float
    breadth: float
    chain: float
    version: float
    n_further: int
    further_by: float
    in_daypart: Share
    in_staffing: Share

    @property
    def change(self) -> float:
        return self.seen - self.before

    @property
    def rest(self) -> float:
        return self.change - sum(getattr(self, name) for name in FACETS)

    def told(self) -> list[str]:
        """The facets that explain at least LEAST_POINTS of a change as large, the largest first."""
        if abs(self.change) < LEAST_POINTS:
            return []
        along = {name: np.sign(self.change) * getattr(self, name) for name in FACETS}
        return sorted((name for name in FACETS if along[name] >= LEAST_POINTS), key=lambda name: -along[name])


FACETS = ("version", "auditor", "daypart", "staffing", "breadth", "chain")


def moved_by(chain: Chain, effects: Effects, *, location: int, version) -> Attribution | None:
    """The facets' share in the change from a location's n visits before to its last n, n = 4 to 8.

    version : (C,) int, the version of each criterion. Facets are the mean of their fitted contributions over the last
    visits minus the mean over those before, each alone at the location's level, on the chain's mix of criteria.
    None with fewer than 2 * LEAST_VISITS visits that observed something. Raises ValueError for another number of
    criteria.

    At even odds half of the visits change to an auditor who is 0.4 logits more severe: expit(-0.4) - 0.5 = -0.0987.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0] * 8, range(8), range(8), [0] * 4 + [1] * 4, [0] * 8, [0] * 8, [[240], [0]] * 8,
    ...     np.repeat(range(8), 2), [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), location=np.zeros(1), day=np.zeros(1),
    ...     auditor=np.array([0.0, -0.4]))
    >>> found = moved_by(chain, even, location=0, version=[0])
    >>> round(found.auditor, 4), found.n_further, found.change
    (-0.0987, 4, 0.0)
    """
    version = np.asarray(version, int)
    if effects.criterion.size != chain.n_criteria or version.shape != (chain.n_criteria,):
        raise ValueError(
            f"the chain has {chain.n_criteria} criteria, effects know {effects.criterion.size}, "
            f"version {version.size}"
        )
    visits = np.arange(chain.first_visit[location], chain.first_visit[location + 1])
    visits = visits[chain.observed[visits].any(axis=1)]
    n = min(MOST_VISITS, visits.size // 2)
    if n < LEAST_VISITS:
        return None
    old, new = visits[-2 * n : -n], visits[-n:]
    both = np.r_[old, new]
    mix = chain.observed.sum(axis=0, dtype=float)
    ease = effects.criterion + effects.of_location(chain)[location]
    usual = expit(ease) @ mix / mix.sum()

    def points(effect: np.ndarray, code: np.ndarray) -> np.ndarray:
        """(2n,) what the level of each visit's facet adds to the usual share; 0 where it is unknown."""
        at = _known(effect, code)
        return expit(ease + at[:, None]) @ mix / mix.sum() - usual

    facets = {
        "auditor": points(effects.auditor, chain.auditor[both]),
        "daypart": points(effects.daypart, chain.daypart[both]),
        "staffing": points(effects.staffing, chain.staffing[both]),
        "breadth": points(effects.breadth, chain.breadth[both]),
        "chain": points(effects.of_day(chain.time[both]), np.arange(both.size)),
        "version": _of_version(chain.observed[both], expit(ease), mix, version),
    }
    amount = {name: float(values[n:].mean() - values[:n].mean()) for name, values in facets.items()}
    away = np.sign(amount["auditor"]) * (facets["auditor"][n:] - facets["auditor"][:n].mean())
    further = away >= LEAST_POINTS
    return Attribution(
        n=n,
        seen=_share(chain, new),
        before=_share(chain, old),
        **amount,
        n_further=int(further.sum()),
        further_by=float(away[further].mean()) if further.any() else 0.0,
        in_daypart=_more_of(chain.daypart[both], facets["daypart"], n, np.sign(amount["daypart"])),
        in_staffing=_more_of(chain.staffing[both], facets["staffing"], n, np.sign(amount["staffing"])),
    )


def _known(effect: np.ndarray, code: np.ndarray) -> np.ndarray:
    known = (code >= 0) & (code < effect.size)
    answer = np.zeros(code.shape)
    answer[known] = effect[code[known]]
    return answer


def _share(chain: Chain, visits: np.ndarray) -> float:
    return float(chain.conforming[visits].sum() / chain.observed[visits].sum())


def _of_version(observed: np.ndarray, share: np.ndarray, mix: np.ndarray, version: np.ndarray) -> np.ndarray:
    """(2n,) the share that the usual mix of criteria of each visit's own version leads one to expect."""
    size = int(version.max()) + 1
    amount = np.bincount(version, mix, size)
    usual = np.divide(np.bincount(version, share * mix, size), amount, out=np.zeros(size), where=amount > 0)
    return usual[np.eye(size)[version].T.dot(observed.T).argmax(axis=0)]


def _more_of(code: np.ndarray, points: np.ndarray, n: int, sign: float) -> Share:
    """The level whose larger number among the last n visits moved the facet furthest in the direction of `sign`."""
    best, most = Share(-1, 0, 0), 0.0
    for level in np.unique(code[code >= 0]).tolist():
        before, lately = (int((part == level).sum()) for part in (code[:n], code[n:]))
        effect = sign * (lately - before) * (points[code == level].mean() - points.mean())
        if lately > before and effect > most:
            best, most = Share(level, lately, before), effect
    return best
