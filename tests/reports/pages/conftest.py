"""Pages speak of this week: here it is the week of the rows, an hour after the run."""

from datetime import timedelta

import pytest
import time_machine

from tests.reports.page_rows import AS_OF


@pytest.fixture(autouse=True)
def _this_week(db):
    with time_machine.travel(AS_OF + timedelta(hours=2), tick=True):
        yield
