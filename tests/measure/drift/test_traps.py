"""What looks like a drift of a store and is none."""

from dataclasses import replace

import numpy as np
import pytest

from reports.measure.drift.backtest import backtest
from reports.measure.drift.detector import Settings, scan
from reports.measure.model.severity import fit_effects
from tests.measure.chains import make_chain

pytestmark = pytest.mark.slow

SETTINGS = Settings(false_alarms_per_year=0.05)
START = 200.0


def redrawn(chain, rows, logits, *, seed=3):
    """The chain with the ratings of some interactions drawn anew at these logits."""
    drawn = np.random.default_rng(seed).random((rows.sum(), chain.n_criteria)) < 1 / (1 + np.exp(-logits))
    ratings = chain.ratings.copy()
    ratings[rows] = np.where(chain.ratings[rows] == 255, 255, np.where(drawn, 240, 0))
    return replace(chain, ratings=ratings)


def flagged(chain):
    found = backtest(chain, SETTINGS, start=START)
    return [dated.signal.location for dated in found if dated.signal.direction == "decline"]


def test_a_severe_new_auditor_is_not_a_decline_of_the_stores():
    chain = make_chain(n_locations=60, every=8.0, n_visits=50, location_sd=0.2)
    rng = np.random.default_rng(7)
    theirs = (chain.time > START) & ((chain.location < 3) | (rng.random(chain.n_visits) < 0.15))
    severe = replace(redrawn(chain, theirs[chain.rating_visit], 0.6), auditor=np.where(theirs, 6, chain.auditor))
    assert len(flagged(severe)) <= 1
    unnamed = replace(severe, auditor=chain.auditor)  # the same ratings under the names of the others
    assert set(flagged(unnamed)) >= {0, 1, 2}


def test_evenings_are_not_a_decline_of_a_store_that_is_visited_in_the_evening():
    chain = make_chain(n_locations=60, every=8.0, n_visits=50, location_sd=0.2)
    moved = (chain.location < 3) & (chain.time > START)
    evening = replace(chain, daypart=np.where(moved, 2, chain.daypart))
    harder = redrawn(evening, (evening.daypart == 2)[evening.rating_visit], 0.6)
    assert len(flagged(harder)) <= 1


def test_a_bad_season_of_the_whole_chain_is_no_decline_of_its_stores():
    chain = make_chain(n_locations=80, every=5.0, n_visits=70, location_sd=0.2)
    season = (chain.time > 250) & (chain.time < 290)
    assert len(flagged(redrawn(chain, season[chain.rating_visit], 1.0))) <= 2


def test_a_new_form_that_is_harder_is_no_decline():
    chain = make_chain(n_locations=60, every=8.0, n_visits=50, location_sd=0.2)
    harder = redrawn(chain, (chain.time > START)[chain.rating_visit], 0.8)
    later = (chain.time > START)[chain.rating_visit][:, None]
    both = np.concatenate([np.where(later, 255, harder.ratings), np.where(later, harder.ratings, 255)], axis=1)
    versions = replace(
        harder,
        ratings=both,
        section=np.tile(chain.section, 2),
        critical=np.tile(chain.critical, 2),
        dimension=np.tile(chain.dimension, 2),
    )
    assert len(flagged(versions)) <= 2


def test_a_fall_seen_only_by_an_auditor_who_is_hardly_known_is_weaker_evidence():
    chain = make_chain(n_locations=30, drops={3: (300.0, 1.0, None)})
    after = (chain.location == 3) & (chain.time >= 300)
    chain = replace(chain, auditor=np.where(after, 6, chain.auditor))
    effects = fit_effects(chain.subset(chain.time < 300), at=300.0)
    known, unknown = (
        replace(effects, auditor=np.append(effects.auditor, 0.0), auditor_sd=np.append(effects.auditor_sd, sd))
        for sd in (0.05, 0.35)
    )
    evidence = [scan(chain, each, SETTINGS, np.inf).ranking[3] for each in (known, unknown)]
    assert evidence[1] < evidence[0] - 1
