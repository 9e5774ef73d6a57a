"""The three numbers that a standard is scanned with."""

import pytest

from bench.product.database_chains import make_chain
from reports.detection.data.settings import DEFAULT, BadSettings, Chosen, choose, chosen_for
from reports.detection.scan.lifecycle import request_scan
from reports.tasks import scan_all_standards

pytestmark = pytest.mark.django_db
CALMER = Chosen(false_alarms_per_year=0.05, smallest_drop=0.08, look_back=20)


def test_standard_is_scanned_with_the_defaults_until_something_is_set(world):
    assert chosen_for(world.standard) == DEFAULT
    assert DEFAULT.parameters() == {"false_alarms_per_year": 0.1, "smallest_drop": 0.03, "look_back": 40}


def test_runs_that_are_asked_for_afterwards_carry_what_was_set(world):
    before = request_scan(standard=world.standard)
    choose(standard=world.standard, settings=CALMER, by=world.sue)
    after = request_scan(standard=world.standard)
    assert CALMER.parameters().items() <= after.parameters.items()
    before.refresh_from_db()
    assert DEFAULT.parameters().items() <= before.parameters.items()
    assert request_scan(standard=world.standard, parameters={"look_back": 9}).parameters["look_back"] == 9


def test_nightly_runs_are_made_with_what_was_set():
    chain = make_chain(n_locations=1, n_visits=2)
    choose(standard=chain.standard, settings=CALMER)
    scan_all_standards()
    assert CALMER.parameters().items() <= chain.standard.runs.get().parameters.items()


def test_setting_again_overwrites_and_says_who_did(world):
    choose(standard=world.standard, settings=CALMER, by=world.sue)
    row = choose(standard=world.standard, settings=DEFAULT, by=world.dan)
    assert (chosen_for(world.standard), row.changed_by) == (DEFAULT, world.dan)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"false_alarms_per_year": 0.0}, "between 0.01 .one in 100 years. and 2; got 0"),
        ({"smallest_drop": 0.3}, "between 0 and 25 points; got 30"),
        ({"look_back": 2}, "between 5 and 120 visits; got 2"),
    ],
)
def test_number_out_of_range_is_named_with_what_it_may_be(change, words):
    with pytest.raises(BadSettings, match=words) as refused:
        Chosen(**(DEFAULT.parameters() | change))
    assert refused.value.name in change
