"""What each visit says about its location once everything common to the chain is taken out."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from reports.measure.model.chain import Chain
from reports.measure.model.effects import Effects, unfamiliarity
from reports.measure.model.overdispersion import weights


@dataclass(frozen=True, eq=False)
class Residuals:
    """Per visit and channel, what was seen beside what was expected.

    channels : names: "overall", "section:0", ..., "dimension:0", "dimension:1".
    level : (V, K) logits, the location's level as this visit shows it; the fitted level where nothing was
    observed.
    weight : (V, K) 1 / variance of `level` in an undisturbed location; 0 where nothing was observed.
    information : (V, K) sum of p (1 - p) over the ratings.
    typical : (V, K) mean of p, weighted by p (1 - p); 0.5 where nothing was observed.
    seen, expected : (V, K) conformity summed over the ratings, and its expectation at the fitted level.
    n : (V, K) number of ratings.
    unfamiliarity : (V, K) mean posterior variance of the criteria observed, logits squared.
    """

    channels: tuple[str, ...]
    level: np.ndarray
    weight: np.ndarray
    information: np.ndarray
    typical: np.ndarray
    seen: np.ndarray
    expected: np.ndarray
    n: np.ndarray
    unfamiliarity: np.ndarray


def channel_names(chain: Chain) -> tuple[str, ...]:
    """The channels of a visit's residuals, in the order of their columns.

    >>> chain = Chain([0], [1], [1], [0], [0], [0], [[240, 0]], [0], [0, 1], [0, 1], [False, False], [0], 1)
    >>> channel_names(chain)
    ('overall', 'section:0', 'section:1', 'dimension:0', 'dimension:1')
    """
    return ("overall", *(f"section:{s}" for s in range(chain.n_sections)), "dimension:0", "dimension:1")


def channel_members(chain: Chain) -> np.ndarray:
    """(C, K) 1.0 where the criterion belongs to the channel.

    >>> chain = Chain([0], [1], [1], [0], [0], [0], [[240, 0]], [0], [0, 1], [0, 1], [False, False], [0], 1)
    >>> channel_members(chain).tolist()
    [[1.0, 1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0, 1.0]]
    """
    sections = np.eye(chain.n_sections)[chain.section]
    dimensions = np.eye(2)[chain.dimension]
    return np.concatenate([np.ones((chain.n_criteria, 1)), sections, dimensions], axis=1)


def logits(chain: Chain, effects: Effects) -> np.ndarray:
    """(V,) what location, auditor, daypart, staffing and day add to the ease of every criterion of the
    visit.

    A location at 0.4 and an auditor at -0.3, in the evening at -0.2:

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> chain = Chain([0], [1], [1], [0], [0], [0], [[240]], [0], [0], [0], [False], [0], 1)
    >>> level, severity, evening = np.array([0.4]), np.array([-0.3]), np.array([-0.2])
    >>> effects = replace(fit_effects(chain, at=0.0), location=level, auditor=severity, daypart=evening)
    >>> logits(chain, effects).round(2).tolist()
    [-0.1]
    """
    return effects.of_location(chain)[chain.location] + effects.common(chain)


def residuals(chain: Chain, effects: Effects) -> Residuals:
    """One working residual per visit and channel: overall, each section, each dimension.

    Built from the criteria that the visit observed: a visit that looks only at what is hard is expected to
    see less.
    chain : with the criteria that `effects` was fitted on. Returns Residuals.
    Raises ValueError when the number of criteria differs.
    Source: the working response of McCullagh & Nelder (1989), Generalized Linear Models, 2nd ed., 2.5.

    At even odds 3 of 4 conform: p = 0.5, residual (3 - 2) / (4 * 0.25) = 1 logit above the level of 0.

    >>> from dataclasses import replace
    >>> from reports.measure.model.severity import fit_effects
    >>> ratings = [[240], [240], [240], [0]]
    >>> chain = Chain([0], [1.0], [1.0], [0], [0], [0], ratings, [0] * 4, [0], [0], [False], [0], 1)
    >>> even = replace(fit_effects(chain, at=0.0), criterion=np.zeros(1), location=np.zeros(1), day=np.zeros(1))
    >>> residuals(chain, even).level[:, 0].tolist()
    [1.0]
    """
    if effects.criterion.size != chain.n_criteria:
        raise ValueError(
            f"effects know {effects.criterion.size} criteria, the chain has {chain.n_criteria}: fit the effects again"
        )
    members = channel_members(chain).astype(np.float32)
    p = expit((effects.criterion + logits(chain, effects)[:, None]).astype(np.float32))
    mean = chain.observed * p
    variance = mean * (1 - p)
    information, leaning = variance @ members, (variance * p) @ members
    expected, seen, n = mean @ members, chain.conforming @ members, chain.observed @ members
    gap = np.divide(seen - expected, information, out=np.zeros_like(seen), where=information > 0)
    typical = np.divide(leaning, information, out=np.full_like(seen, 0.5), where=information > 0)
    level = effects.of_location(chain)[chain.location][:, None] + gap
    wide = [values.astype(float) for values in (information, typical, seen, expected, n)]
    wide.append(unfamiliarity(chain, effects, members))
    return Residuals(channel_names(chain), level, weights(wide[0], effects.overdispersion_of_channels(chain)), *wide)
