"""From a tendency in logits to what an auditor of the invented chain ticks, by kind of criterion."""

import math
import random

from config.demo.standard import Asked

STEP = 1.1
"""Logits between two neighbouring anchors of a level."""


def draw(asked: Asked, tendency: float, rng: random.Random):
    """One answer. The higher `tendency`, the better it is; at 0 about half of the credit is given."""
    match asked.kind:
        case "yes_no":
            return (rng.random() < _logistic(tendency)) == asked.yes_conforms
        case "level":
            return _level(asked, tendency, rng)
        case "choice":
            return _choice(asked, tendency, rng)
        case "seconds":
            full, zero = asked.bounds
            middle = (full or 60) * math.exp(-0.45 * (tendency - 2.0))
            return round(min(4 * (zero or 300), max(3, middle * math.exp(rng.gauss(0, 0.45)))))
        case "count":
            return min(40, _poisson((asked.bounds[1] or 4) * 0.32 * math.exp(-0.45 * tendency + 0.3), rng))
        case _:
            return ""  # texts are written when the whole visit is known


def is_kept(asked: Asked, value) -> bool | None:
    """Whether an auditor would call it kept; None where the answer does not say."""
    match asked.kind:
        case "yes_no":
            return value == asked.yes_conforms
        case "level" | "choice":
            conformity = next(conformity for name, _, conformity in asked.options if name == value)
            return None if conformity is None else conformity >= 0.5
        case "seconds" | "count":
            full, zero = asked.bounds
            return None if full is None or zero is None else value < (full + zero) / 2
        case _:
            return None


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _level(asked: Asked, tendency: float, rng: random.Random) -> str:
    """A graded response (Samejima 1969): one draw against cuts that lie `STEP` apart, centred on 0."""
    last = len(asked.options) - 1
    noise = math.log((luck := rng.random() or 1e-12) / (1 - luck + 1e-12))
    reached = sum(tendency + noise > (cut - (last - 1) / 2) * STEP for cut in range(last))
    return asked.options[reached][0]


def _choice(asked: Asked, tendency: float, rng: random.Random) -> str:
    """Answers with credit by the tendency, those without any now and then; perception leans on it too."""
    scored = [option for option in asked.options if option[2] is not None]
    if not scored:
        place = tendency + rng.gauss(0, 1.0)
        return asked.options[sum(place > cut for cut in (-0.4, 1.2, 3.4))][0]
    if len(scored) < len(asked.options) and rng.random() < 0.18:
        return next(name for name, _, conformity in asked.options if conformity is None)
    weights = [math.exp(tendency * ((conformity or 0) - 0.5)) for _, _, conformity in scored]
    return rng.choices([name for name, _, _ in scored], weights)[0]


def _poisson(mean: float, rng: random.Random) -> int:
    """Knuth's product of uniforms: means here are small."""
    limit, product, n = math.exp(-min(mean, 30)), rng.random(), 0
    while product > limit:
        product *= rng.random()
        n += 1
    return n
