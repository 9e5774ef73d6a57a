"""Seeded chains of stores whose truth is known; nuisances are switched on one by one (see Options)."""

from bench.chains.options import Options
from bench.chains.truth import DRIFTS, Spell, Truth
from bench.chains.visits import DAYPARTS, STAFFINGS, Made, make

__all__ = ["DAYPARTS", "DRIFTS", "STAFFINGS", "Made", "Options", "Spell", "Truth", "make"]
