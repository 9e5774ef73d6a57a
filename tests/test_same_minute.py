"""One visit, a hair before nine in the evening in New York: whoever tells its time tells the same minute."""

import csv
import doctest
import io
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from locations import times
from reports.models import Backtest, PastFlag
from tests.reports import page_rows as pages

pytestmark = pytest.mark.django_db

STARTED = datetime(2026, 11, 16, 1, 59, 59, 999_999, tzinfo=UTC)  # 20:59 on Sunday at the store, London's Monday
TOLD = "Sun 15 Nov 2026, 20:59"


@pytest.fixture
def stage(client, world, time_machine):
    """A critical miss at a store in New York, judged, flagged, waiting for nobody; read by a director of all."""
    time_machine.move_to(pages.AS_OF, tick=False)
    run = pages.make_run(world.standard)
    for days in range(8, 60, 7):
        pages.make_visit(world, world.cove, STARTED - timedelta(days=days))
    visit = pages.make_visit(world, world.cove, STARTED, greeted=False, note="Looked away.")
    pages.make_result(run, world.cove)
    pages.make_flag(run, world.cove, flagged_by=visit, flagged_at=STARTED)
    pages.fit(run)
    client.force_login(world.root)
    return SimpleNamespace(client=client, world=world, visit=visit)


def said(stage, name: str, *args, **parameters) -> str:
    answer = stage.client.get(reverse(name, args=args), parameters)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode().replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " "))


def minutes_of_the_day(page: str) -> set[str]:
    """Every minute that stands beside the visit's day, on either side of midnight and of the ocean."""
    return set(re.findall(r"1[56] Nov 2026, (\d\d:\d\d)", page))


def test_pages_for_managers_tell_it(stage):
    store = said(stage, "reports:location", stage.world.cove.pk)
    assert store.count(TOLD) >= 5  # chart for a desk, for a phone, its table, what was missed, the list of visits
    assert minutes_of_the_day(store) == {"20:59"}
    assert minutes_of_the_day(said(stage, "reports:drift")) == {"20:59"}
    assert minutes_of_the_day(said(stage, "reports:visit", stage.visit.pk)) == {"20:59"}


def test_reviewers_desk_tells_it(stage):
    assert minutes_of_the_day(said(stage, "reports:desk", state="all")) == {"20:59"}
    stage.visit.approved_at = None
    stage.visit.save()
    assert minutes_of_the_day(said(stage, "reports:desk")) == {"20:59"}


def test_administration_tells_it_in_its_list_its_page_and_its_title(stage):
    assert minutes_of_the_day(said(stage, "admin:audits_visit_changelist")) == {"20:59"}
    page = said(stage, "admin:audits_visit_change", stage.visit.pk)
    assert minutes_of_the_day(page) == {"20:59", "21:24"}  # when it began, and when it ended
    assert str(stage.visit).replace(times.NBSP, " ") == f"Cove, {TOLD}"


def test_day_of_its_flag_is_its_own_day_on_the_clock_of_the_place(stage):
    assert "flag, 15 Nov" in said(stage, "reports:location", stage.world.cove.pk)


def test_file_of_a_backtest_tells_it_and_the_page_its_day(stage):
    backtest = Backtest.objects.create(
        standard=stage.world.standard, start_on="2026-11-01", stop_on="2026-11-30", n_total=30, n_done=30,
        every_days=1, parameters={"false_alarms_per_year": 0.1, "smallest_drop": 0.03, "look_back": 40, "seed": 1},
        threshold=5.0, state="done", finished_at=timezone.now(),
    )  # fmt: skip
    PastFlag.objects.create(
        backtest=backtest, location=stage.world.cove, flagged_at=STARTED, onset_at=STARTED - timedelta(days=20),
        direction="decline", channel="overall", evidence=400.0, seen=0.6, expected=0.8,
    )  # fmt: skip
    file = stage.client.get(reverse("reports:backtest-flags", args=[backtest.pk])).getvalue().decode()
    (row,) = csv.DictReader(io.StringIO(file))
    assert row["flagged_at"] == "2026-11-15T20:59:59-05:00"
    assert "15 Nov 2026" in said(stage, "reports:backtest", backtest.pk)


def test_worked_values_hold():
    assert doctest.testmod(times).failed == 0
