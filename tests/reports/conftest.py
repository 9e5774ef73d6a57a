"""A scanned chain for the tests of the pages, and its manager's browser."""

from datetime import timedelta

import pytest

from tests.reports import page_rows as pages


@pytest.fixture
def read_at(time_machine):
    """Tells the moment at which pages are read, from which on time goes on: `read_at(moment)`."""
    return time_machine.move_to


@pytest.fixture
def chain(world):
    """A scanned chain: Harbour Street is a blind spot, Mill Lane steady, Cove (South) declines too."""
    world.run = pages.make_run(world.standard, n_locations=3, n_visits=36)
    world.metric = pages.make_metric()
    for place, drop in ((world.harbour, 0.15), (world.mill, 0), (world.cove, 0.1)):
        for week in range(12):
            started = pages.AS_OF - timedelta(days=1 + 7 * week, hours=-10)
            pages.make_visit(world, place, started, score=0.83 - drop, note="Looked away." if week == 0 else "")
        pages.make_result(world.run, place, points=pages.half_year(seed=1, drop=drop), n_visits=12)
        pages.make_readings(place, world.metric)
    pages.make_flag(world.run, world.harbour, metric=world.metric)
    pages.make_flag(world.run, world.cove, comparison="confirmed", channel="overall", evidence=93.0)

    pages.fit(world.run)
    return world


@pytest.fixture
def as_mia(client, chain):
    client.force_login(chain.mia)
    return client
