"""Visits that go where they are worth most find drifts sooner than visits in turn, at no more false alarms.

A small version of bench/planning.py, whose figures for larger chains are in docs/method.md.
"""

import pytest

from bench.chains import Options, make
from bench.detector.judge import judge, pooled
from bench.detector.visiting import by_value, equally, followed
from reports.measure.drift.detector import Settings

pytestmark = pytest.mark.slow
SEEDS, WEEKS_BETWEEN = (11, 12), 4.0
SMALL = Options(n_locations=60, weeks=60, burn_in_weeks=36, visits_a_month=12, n_criteria=12, n_sections=3)


@pytest.fixture(scope="module")
def watched():
    chains = [make(SMALL, seed) for seed in SEEDS]
    return {
        plan: [followed(made, plan, every=WEEKS_BETWEEN, settings=Settings()) for made in chains]
        for plan in (equally, by_value)
    }, chains


def test_both_plans_make_the_same_number_of_visits(watched):
    found, _ = watched
    assert [each.n_visits for each in found[equally]] == [each.n_visits for each in found[by_value]]


def test_visits_by_value_find_drifts_sooner_within_the_stated_false_alarms(watched):
    found, chains = watched
    judged = {
        plan: pooled([judge(made.truth, each.flags) for made, each in zip(chains, follow, strict=True)])
        for plan, follow in found.items()
    }
    assert judged[by_value].mean_delay < judged[equally].mean_delay - 1.0
    assert judged[by_value].found_within(13, judged[by_value].drifting) > judged[equally].found_within(
        13, judged[equally].drifting
    )
    assert judged[by_value].false_alarm_rate <= Settings().false_alarms_per_year
