"""Runs and flags in the admin: to look at, each in one's own regions."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audits.models import Standard, Visit
from locations.accounts.roles import Role
from locations.models import Membership
from reports.models import DriftFlag, Run
from tests.conftest import NOON

RUNS = "admin:reports_run_changelist"
FLAGS = "admin:reports_driftflag_changelist"


@pytest.fixture
def dan(client, world):
    client.force_login(world.dan)
    return client


def run_of(standard, **fields):
    ended = {"state": "done", "finished_at": timezone.now()}
    return Run.objects.create(standard=standard, as_of=timezone.now(), **(ended | fields))


def flag_at(world, location, run):
    visit = Visit.objects.create(
        id=uuid4(), location=location, version=world.version, started_at=NOON, digest="0" * 64, received_at=NOON
    )
    onset = NOON - timedelta(days=20)
    return DriftFlag.objects.create(
        location=location, standard=run.standard, run=run, direction="decline", channel="overall", flagged_at=NOON,
        flagged_by=visit, onset_at=onset, onset_low=onset, onset_high=NOON, evidence=800, seen=0.6, expected=0.8,
        n_visits=5, comparison="blind_spot",
    )  # fmt: skip


def test_progress_of_a_run_is_seen_in_list_and_page(dan, world):
    run = run_of(
        world.standard, state="running", finished_at=None, n_done=1500, n_total=6000, phase="Walking the locations"
    )
    for url in (reverse(RUNS), reverse("admin:reports_run_change", args=[run.pk])):
        html = dan.get(url).content.decode()
        assert '<progress class="pl-progress" max="6000" value="1500"></progress>1,500 of 6,000' in html
        assert "Walking the locations" in html


def test_pages_of_runs_under_way_load_themselves_again_until_the_end(dan, world):
    run = run_of(world.standard, state="running", finished_at=None)
    addresses = [reverse(RUNS), reverse("admin:reports_run_change", args=[run.pk])]
    assert [dan.get(url).headers.get("Refresh") for url in addresses] == ["5", "5"]
    Run.objects.filter(pk=run.pk).update(state="failed", finished_at=timezone.now(), error="Out of memory.")
    assert [dan.get(url).headers.get("Refresh") for url in addresses] == [None, None]
    assert "Out of memory." in dan.get(addresses[1]).content.decode()


def test_runs_and_flags_cannot_be_changed(dan, world):
    run = run_of(world.standard)
    flag = flag_at(world, world.harbour, run)
    for row in (run, flag):
        name = f"admin:reports_{row._meta.model_name}"
        html = dan.get(reverse(f"{name}_change", args=[row.pk])).content.decode()
        assert not re.search(r'name="_(save|continue|addanother)"', html)
        assert dan.post(reverse(f"{name}_change", args=[row.pk]), {"channel": "x"}).status_code == 403
        assert dan.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        assert dan.get(reverse(f"{name}_add")).status_code == 403


def test_director_of_one_region_sees_its_flags_only(client, world):
    run = run_of(world.standard)
    north, south = flag_at(world, world.harbour, run), flag_at(world, world.cove, run)
    world.cal.is_staff = True
    world.cal.save(update_fields=["is_staff"])
    Membership.objects.filter(user=world.cal).update(role=Role.DIRECTOR)
    client.force_login(world.cal)
    assert set(client.get(reverse(FLAGS)).context["cl"].result_list) == {south}
    assert client.get(reverse("admin:reports_driftflag_change", args=[north.pk])).status_code == 302


@pytest.mark.parametrize("who", ["ana", "sam", "mia", "sue", "ian"])
@pytest.mark.parametrize("address", [RUNS, FLAGS])
def test_other_roles_see_neither_runs_nor_flags_in_the_admin_even_as_staff(client, world, who, address):
    user = getattr(world, who)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    client.force_login(user)
    assert client.get(reverse(address)).status_code == 403


def test_lists_ask_the_database_as_often_for_2_rows_as_for_10(dan, world):
    def fill(n):
        for _ in range(n):
            standard = Standard.objects.create(key=uuid4().hex, name="Standard")
            flag_at(world, world.harbour, run_of(standard))

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert dan.get(reverse(address)).status_code == 200
        return len(captured)

    fill(2)
    few = [queries(address) for address in (RUNS, FLAGS)]
    fill(8)
    assert [queries(address) for address in (RUNS, FLAGS)] == few
