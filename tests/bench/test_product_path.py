"""The figures of the bench are the product's: the way through files and a database finds what the arrays find."""

import pytest

from bench.chains import Options, make
from bench.product.history_files import as_written
from bench.product.replays import differences, in_memory, through_files
from reports.measure.drift.detector import Settings

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_flags_through_files_and_database_are_those_of_the_same_chain_in_memory(tmp_path):
    made = as_written(make(Options(n_locations=24, burn_in_weeks=26, weeks=26, traps=True), seed=3))
    settings = Settings(false_alarms_per_year=0.5)
    product = through_files(made, settings, seed=1, folder=tmp_path)
    memory = in_memory(made, settings, seed=1)
    assert len(product.rows) >= 3
    assert differences(product, memory) == []
