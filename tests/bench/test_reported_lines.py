"""What the pages say of reported numbers keeps its bounds on made chains, far fewer than the bench looks at."""

import pytest

from bench.chains import Options
from bench.chains.metrics import KINDS, PLAIN, SEASON
from bench.lines.reported import LEAST_TRUE, beside_declines, steady

OPTIONS = Options()


def test_a_blind_spot_is_one_in_three_of_four_cases_and_a_number_that_follows_is_seen_to_fall():
    declined, chance = beside_declines(OPTIONS, seed=500, n_locations=400, weeks=26)
    assert declined.n_true_blind >= LEAST_TRUE * (declined.n_blind + chance.n_blind)
    assert declined.n_blind > 20
    assert declined.share("confirmed") > 0.6


def test_soon_after_the_onset_nothing_is_called_a_blind_spot():
    declined, _ = beside_declines(OPTIONS, seed=500, n_locations=200, weeks=8)
    assert declined.n_blind == 0


@pytest.mark.parametrize(("kind", "n_metrics"), [*((kind, 1) for kind in KINDS), (PLAIN, 8), (SEASON, 4)])
def test_steady_stores_are_seldom_told_to_look_elsewhere_whatever_the_chain_shares(kind, n_metrics):
    quiet, flagged = steady(OPTIONS, seed=600, n_locations=200, kind=kind, n_metrics=n_metrics)
    assert quiet.share("reported_only") <= 0.06
    assert flagged.share("confirmed") <= 0.06


@pytest.mark.parametrize("of_chain", [1, 2, 4, 12])
def test_in_a_chain_of_few_stores_a_season_is_seldom_taken_for_a_fall(of_chain):
    quiet, flagged = steady(OPTIONS, seed=700, n_locations=96, kind=SEASON, n_metrics=1, of_chain=of_chain)
    assert quiet.share("reported_only") <= 0.08, "0.06 over many chains"
    assert flagged.share("confirmed") <= 0.06
