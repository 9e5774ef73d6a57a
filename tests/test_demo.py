"""The invented chain: the same for the same seed, in line with its own standard, and telling what it should."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.servers import free_port
from config.demo import answers, chain, photos, readings, standard
from config.demo.__main__ import HOME, environment
from config.demo.drifts import DRIFTS, STRICT, Drift
from config.demo.places import ACCOUNTS, AUDITORS, stores
from config.demo.supervisor import Child, GaveUp, Supervisor
from tests.patience import wait_until

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def made() -> chain.Chain:
    return chain.make(today=TODAY)


def all_observations(made: chain.Chain, store: str, *, since: date, until: date = TODAY):
    number = next(n for n, place in enumerate(made.stores) if place.name == store)
    for visit in made.visits:
        day = datetime.fromisoformat(visit.payload["started_at"]).date()
        if visit.store == number and since <= day < until:
            for interaction in visit.payload["interactions"]:
                yield from interaction["observations"]


def share_kept(observations, section: str) -> float:
    asked = {one.key: one for moment, one in standard.criteria() if moment.key == section}
    kept = [
        answers.is_kept(asked[one["criterion"]], one["value"])
        for one in observations
        if one["state"] == "answered" and one["criterion"] in asked
    ]
    return float(np.mean([one for one in kept if one is not None]))


def test_the_same_date_and_seed_give_the_same_chain(made):
    again = chain.make(today=TODAY)
    assert [visit.payload for visit in again.visits] == [visit.payload for visit in made.visits]
    assert photos.draw("till", 5) == photos.draw("till", 5)


def test_the_chain_has_sixty_stores_in_six_regions_and_ends_yesterday(made):
    assert len({place.code for place in made.stores}) == len({place.name for place in made.stores}) == 60
    assert set(Counter(place.region for place in made.stores).values()) == {10}
    days = [datetime.fromisoformat(visit.payload["started_at"]).date() for visit in made.visits]
    assert max(days) == TODAY - timedelta(days=1)
    assert min(days) < TODAY - timedelta(weeks=76)
    assert all(visit.received_at.date() <= TODAY for visit in made.visits)
    assert 2400 < len(made.visits) < 3100


def test_a_smaller_chain_still_has_all_regions_and_a_wrong_size_is_refused():
    assert len({place.region for place in stores(6)}) == 6
    with pytest.raises(ValueError, match="1 to 60 stores; got 61"):
        stores(61)


def test_execution_falls_where_and_when_the_story_says(made):
    story = next(drift for drift in DRIFTS if drift.store == "Harbour Street")
    onset = TODAY - timedelta(weeks=story.weeks_ago)
    before = list(all_observations(made, "Harbour Street", since=date(2024, 1, 1), until=onset))
    after = list(all_observations(made, "Harbour Street", since=onset))
    assert share_kept(after, "greeting") < share_kept(before, "greeting") - 0.2
    assert abs(share_kept(after, "checkout") - share_kept(before, "checkout")) < 0.12


def test_a_ramp_grows_and_a_recovered_drift_ends_and_reported_numbers_follow_late():
    drift = Drift("x", weeks_ago=20, size=1.0, ramp_weeks=10, ended_weeks_ago=4, reported_lag=5)
    assert [drift.at(week) for week in (21, 20, 15, 10, 5, 3)] == [0, 0, 0.5, 1, 1, 0]
    assert drift.reported_at(15) == 0
    assert drift.reported_at(10) == 0.5
    assert Drift("x", weeks_ago=20, size=1.0).reported_at(1) == 0


def test_blind_spots_stay_green_and_confirmed_drifts_do_not(made):
    tables, ago = readings.values(made), chain.weeks_ago(made)
    name = {place.name: number for number, place in enumerate(made.stores)}

    def change(metric, store, weeks):
        row = tables[metric][name[store]]
        return row[ago < weeks].mean() - row[(ago > 30) & (ago < 60)].mean()

    assert change("satisfaction", "Mill Lane", 10) < -3
    assert change("complaints", "Mill Lane", 10) > 1.5
    assert abs(change("satisfaction", "Harbour Street", 10)) < 1.5
    assert change("satisfaction", "Station Road", 10) < -3


def test_the_checklist_is_at_its_ceiling_and_so_tells_nothing(made):
    table = readings.values(made)["checklist"]
    known = table[np.isfinite(table)]
    assert (known == 100).mean() > 0.6
    assert known.min() >= 96


def test_no_reading_is_older_than_its_store_or_from_a_week_that_is_not_over(made):
    weeks = chain.weeks_of(made)
    assert weeks[-1] + timedelta(days=7) <= TODAY
    assert {(b - a).days for a, b in pairwise(weeks)} == {7}
    young = next(n for n, place in enumerate(made.stores) if place.name == "Chapel Brow")
    assert np.isnan(readings.values(made)["satisfaction"][young, :-4]).all()


def test_the_strict_auditor_takes_stores_over_but_no_store_moves(made):
    strict = chain.email_of(STRICT.auditor)
    visited = Counter()
    for visit in made.visits:
        day = datetime.fromisoformat(visit.payload["started_at"]).date()
        visited[visit.auditor == strict, day >= TODAY - timedelta(weeks=STRICT.weeks_ago)] += (
            made.stores[visit.store].region == STRICT.region
        )
    assert visited[True, True] > 2 * visited[True, False]


@pytest.mark.parametrize("scene", ["shelf", "cards", "till", "entrance", "exit"])
def test_a_photo_is_a_jpeg_of_its_own(scene, tmp_path):
    (tmp_path / "a.jpg").write_bytes(photos.draw(scene, 1))
    picture = Image.open(tmp_path / "a.jpg")
    assert (picture.format, picture.size) == ("JPEG", (photos.WIDTH, photos.HEIGHT))
    assert photos.draw(scene, 1) != photos.draw(scene, 2)


def test_every_role_that_signs_in_has_an_account():
    from locations.accounts.roles import Role

    assert {account.role for account in ACCOUNTS} == set(Role.values)
    names = {chain.email_of(name) for team in AUDITORS.values() for name in team}
    assert "ana@fernhill.example" in names


@pytest.mark.django_db
def test_a_small_chain_is_stored_through_the_products_own_checks():
    """Also what a phone would be told: the same visit again is known, and its content is the stored one."""
    from audits.api.documents import read_visit
    from audits.intake.checked_visit import check_visit
    from audits.intake.content import content_digest
    from audits.models import Assignment, Observation, Photo, Version, Visit
    from config.demo import load
    from locations.models import Location, Reading, User
    from reports.detection.data.scoring import score_waiting
    from reports.models import Tally

    assert load.is_empty()
    small = chain.make(today=TODAY, n_stores=6, n_weeks=28)
    load.load(small, say=lambda step: None)
    assert not load.is_empty()
    # one more waits for a reviewer, one is with its auditor, one came back corrected
    assert Visit.objects.counting().count() == len(small.visits) - 1
    assert (Visit.objects.waiting().count(), Visit.objects.returned().count()) == (1, 1)
    assert Visit.objects.counting().filter(revision=2).count() == 1
    sent = small.visits[0]
    stored = Visit.objects.get(pk=sent.id)
    assert stored.digest == content_digest(sent.payload)
    assert stored.revisions.get().content == sent.payload
    assert (
        check_visit(read_visit(sent.payload), auditor=stored.auditor, stored=stored).gps.grade
        == stored.gps_grade
        != ""
    )
    assert set(Observation.objects.filter(state=1).values_list("criterion__kind", flat=True)) == {
        "yes_no", "level", "count", "seconds", "choice", "text",
    }  # fmt: skip
    assert Photo.objects.count() == Photo.objects.filter(received_at__isnull=False).count() > 10
    published, draft = Version.objects.order_by("number")
    assert (published.state, draft.state) == ("published", "draft")
    assert published.published_at < min(visit.received_at for visit in small.visits)
    assert Assignment.objects.open(TODAY).filter(auditor__email="ana@fernhill.example").exists()
    assert Reading.objects.count() == 6 * 28 * 3
    assert score_waiting() == len(small.visits) - 1
    assert Tally.objects.filter(score=None).count() == 0
    mia = User.objects.get(email="mia@fernhill.example")
    assert {place.region.name for place in Location.objects.visible_to(mia)} == {"Northern Coast"}


# ---- the supervisor

STEADY = "import signal; signal.pause()"
"""A child that goes on until it is ended."""


def child(tmp_path, code: str, name: str = "child") -> Child:
    return Child(name, [sys.executable, "-c", code], tmp_path / f"{name}.log")


def is_running(pid: int) -> bool:
    """A dead process that nobody has collected yet does not run."""
    return _stat(pid)[:1] not in ([], ["Z"])


def _stat(pid: int | str) -> list[str]:
    """State, parent and so on of a process; empty when there is none. The name before them may hold blanks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="There is no /proc to see processes in.")


def test_a_child_that_dies_is_started_again_and_its_last_lines_are_shown(tmp_path):
    said = []
    code = "import pathlib,sys,time; p=pathlib.Path(sys.argv[0]); print('out of paper', flush=True); sys.exit(3)"
    with Supervisor([child(tmp_path, code, "printer")], said.append) as supervisor:
        assert supervisor.watch(until=lambda: bool(said))
    assert "The printer ended with code 3" in said[0]
    assert "out of paper" in said[0]
    assert "Starting it again (1 of 5)" in said[0]


@needs_proc
def test_a_child_that_keeps_dying_ends_everything_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("config.demo.supervisor.MOST_RESTARTS", 1)
    monkeypatch.setattr("config.demo.supervisor.CALM_AFTER", float("inf"))  # however long it takes to die
    steady = child(tmp_path, STEADY, "steady")
    with (
        pytest.raises(GaveUp, match=r"(?s)The broken ended with code 1\..*giving up"),
        Supervisor([steady, child(tmp_path, "raise SystemExit(1)", "broken")], lambda text: None) as supervisor,
    ):
        supervisor.watch()
    assert not is_running(steady.process.pid)


@needs_proc
def test_a_child_deaf_to_its_end_is_killed_with_what_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr("config.demo.supervisor.PATIENCE", 0.5)
    code = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"below = subprocess.Popen([sys.executable, '-c', {STEADY!r}]);"
        "print(below.pid, flush=True); signal.pause()"
    )
    deaf, said = child(tmp_path, code, "deaf"), []
    with Supervisor([deaf], said.append) as supervisor:
        assert supervisor.watch(until=lambda: deaf.log.exists() and bool(deaf.log.read_text().strip()))
        grandchild = int(deaf.log.read_text())
    assert "killing it" in said[0]
    assert not is_running(deaf.process.pid)
    wait_until(lambda: not is_running(grandchild), "The end of what the child had started")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_watch_and_gives_the_old_handler_back(tmp_path, number):
    before = signal.getsignal(number)
    steady = child(tmp_path, STEADY, "steady")
    with Supervisor([steady], lambda text: None) as supervisor:
        os.kill(os.getpid(), number)
        assert not supervisor.watch()
    assert steady.process.poll() is not None
    assert signal.getsignal(number) == before


# ---- the command


def demo(data_dir, port: int, *more: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "config.demo", "--port", str(port), "--stores", "6", "--weeks", "30", *more],
        env=os.environ | {"DATA_DIR": str(data_dir)},
        cwd=HOME,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_a_port_in_use_is_refused_before_anything_is_made(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = demo(tmp_path, other.getsockname()[1])
        said, _ = process.communicate()
    assert process.returncode == 1
    assert "cannot be used" in said
    assert "make demo PORT=" in said
    assert not (tmp_path / "plumbline.sqlite3").exists()


def test_the_demonstration_never_touches_another_database(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://precious")
    found = environment(tmp_path)
    assert found["DATABASE_URL"] == f"sqlite:///{tmp_path}/plumbline.sqlite3"
    assert found["SECRET_KEY"] == environment(tmp_path)["SECRET_KEY"]
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


@needs_proc
@pytest.mark.slow
def test_the_demonstration_starts_twice_and_leaves_no_process_behind(tmp_path):
    """The first start loads, scores, scans and serves; the second keeps the data and does none of that again."""
    port, work = free_port(), ("Making 6 stores", "Scoring", "Looking for changes")
    for number, is_first in ((signal.SIGINT, True), (signal.SIGTERM, False)):
        process, lines = demo(tmp_path, port), []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C stops everything" in line:
                break
        told = "".join(lines)
        assert f"http://127.0.0.1:{port}/" in told, told
        assert [step in told for step in work] == [is_first] * 3, told
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/") as response:
            assert response.status == 200
        children = descendants(process.pid)
        assert len(children) >= 4
        process.send_signal(number)
        process.communicate()
        assert process.returncode == 0
        assert [pid for pid in children if is_running(pid)] == []


def descendants(pid: int) -> list[int]:
    parents = {int(entry.name): _stat(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()}
    found = [pid]
    for one in found:
        found += [below for below, stat in parents.items() if stat[1:2] == [str(one)]]
    return found[1:]
