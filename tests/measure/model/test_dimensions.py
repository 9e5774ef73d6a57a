"""What is done may stay while how it is done erodes: completion and delivery are looked at apart."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.detector import Settings, Signal, detect, stated_threshold
from reports.measure.drift.evidence import SHARES
from reports.measure.model.chain import NONE, Chain
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

COMPLETION, DELIVERY = 0, 1


def eroded(chain: Chain, dimension: int, *, location: int = 3, since: float = 250.0, share: float = 0.3) -> Chain:
    """The chain with a share of what conformed in one dimension at one location no longer conforming."""
    visit = chain.rating_visit
    here = (chain.location[visit] == location) & (chain.time[visit] >= since)
    lost = np.random.default_rng(1).random(chain.ratings.shape) < share
    lost &= here[:, None] & (chain.dimension == dimension) & (chain.ratings != NONE)
    return replace(chain, ratings=np.where(lost, 0, chain.ratings))


def declines(chain: Chain) -> list[Signal]:
    effects, settings = fit_effects(chain), Settings(false_alarms_per_year=0.005)
    found = detect(chain, effects, settings, stated_threshold(chain, settings), since=150.0)
    return [signal for signal in found if signal.direction == "decline"]


@pytest.mark.parametrize("dimension", [COMPLETION, DELIVERY])
def test_an_erosion_of_one_dimension_names_the_dimension(dimension):
    chain = make_chain(n_criteria=24, n_sections=6, n_interactions=4)
    found = declines(eroded(chain, dimension))
    assert [(signal.location, signal.channel) for signal in found] == [(3, f"dimension:{dimension}")]
    assert found[0].seen < found[0].expected - 0.1


def test_a_standard_of_one_dimension_is_judged_as_a_whole():
    chain = make_chain(drops={3: (250.0, 1.5, None)})
    chain = replace(chain, dimension=np.zeros_like(chain.dimension))
    assert [(signal.location, signal.channel) for signal in declines(chain)] == [(3, "overall")]


@pytest.mark.parametrize("direction", SHARES)
def test_the_shares_of_the_channels_are_one_together(direction):
    assert sum(SHARES[direction]) == pytest.approx(1)
