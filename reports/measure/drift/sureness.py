"""How likely a signal is real: the odds of a change, from its evidence and from how often changes come."""

CHANGES_A_YEAR = {"decline": 0.3, "improvement": 0.2}
"""Real changes per location and year, as far as evidence tells of them; see docs/method.md for what they rest on."""
WORTH = 0.68
"""The power to which evidence counts: a real chain differs from its model, and strong evidence is worth less than it
says."""


def chance_real(evidence: float, *, visits_a_year: float, direction: str) -> float:
    """Posterior probability, 0 to 1, that a change has begun at one of the onsets that the evidence sums over.

    evidence : summed likelihood ratio, 0 or more. visits_a_year : of the location, above 0. direction : "decline" or
    "improvement". With a hazard p a visit, the odds are p times the sum (Shiryaev 1963, Theory of Probability and its
    Applications 8, 22-46), here to a power that calibrates them.
    Raises ValueError for visits_a_year of 0 or less.

    0.3 declines in 29 visits a year, evidence of 450 : 1: odds of (0.3 / 29 x 450) ^ 0.68 = 2.8

    >>> round(chance_real(450.0, visits_a_year=29.0, direction="decline"), 2)
    0.74
    """
    if visits_a_year <= 0:
        raise ValueError(f"visits_a_year must be above 0; got {visits_a_year:g}")
    odds = (CHANGES_A_YEAR[direction] / visits_a_year * evidence) ** WORTH
    return odds / (1 + odds)
