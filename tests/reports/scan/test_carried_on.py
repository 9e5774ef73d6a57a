"""A run that carries on: it looks at locations with news, and finds what a run over all of them finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import numpy as np
import pytest

from bench.product.database_chains import (
    START,
    a_tally,
    a_visit,
    make_chain,
    make_metric,
    publish_version,
    report_weekly,
)
from locations.models import Location
from reports.detection.data.packed_charts import unpack_points
from reports.detection.data.packed_effects import unpack
from reports.detection.scan import online_update, scan, shards
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.location_result import Findings
from reports.detection.scan.scan import run_scan
from reports.models import Carried, ControlChart, DriftFlag, LocationResult, Run, Shard, Tally
from tests.meanwhile import meanwhile

pytestmark = pytest.mark.django_db
N_LOCATIONS, N_VISITS, KNOWN = 12, 32, 28
WEEK = timedelta(days=7)
DROPS = {3: (12 * 7.0, 1.6, None), 5: (25 * 7.0, 2.2, 0), 8: (18 * 7.0, -1.8, None)}
BEGIN = START + KNOWN * WEEK
LAST = N_VISITS - KNOWN


@pytest.fixture
def chain():
    """12 stores, about one visit a week, a third of them left out after the first 28 weeks, which are known.

    One store fell long ago and has a flag, one falls now, one improves. A new auditor, severe, comes in week 28.
    """
    made = make_chain(n_locations=N_LOCATIONS, n_visits=N_VISITS, drops=DROPS, seed=2)
    report_weekly(make_metric(), made.locations, n_weeks=N_VISITS, drops={3: (20, 9.0)})
    rng = np.random.default_rng(5)
    for tally in Tally.objects.filter(started_at__gte=BEGIN).order_by("started_at"):
        if rng.random() < 1 / 3:
            Tally.objects.filter(pk=tally.pk).delete()
        elif rng.random() < 0.3:
            seen = np.where(rng.random((3, 15)) < 0.45, 240, 0).astype(np.uint8)
            Tally.objects.filter(pk=tally.pk).update(auditor="code:strict", matrix=seen.tobytes())
    return made


def scanned(chain, week, **parameters) -> Run:
    as_of = BEGIN + week * WEEK
    return run_scan(request_scan(standard=chain.standard, as_of=as_of, parameters=parameters).pk)


def disturb(chain) -> None:
    """Late, excluded, withdrawn and corrected visits, one or two of each, in the weeks to come."""
    tallies = list(Tally.objects.order_by("location", "started_at"))
    here = {
        place: [one for one in tallies if one.location_id == chain.locations[place].pk]
        for place in range(N_LOCATIONS)
    }
    for place, number, weeks in ((1, 25, 2.5), (3, 20, 1.5), (9, 27, 3.5)):
        late = here[place][number]
        Tally.objects.filter(pk=late.pk).update(known_at=BEGIN + weeks * WEEK, scored_at=BEGIN + weeks * WEEK)


def in_week(chain, week) -> None:
    """What people do before the run of a week."""
    of = Tally.objects.filter(location=chain.locations[week]).order_by("started_at")
    if week == 2:
        Tally.objects.filter(pk=of[20].pk).update(is_excluded=True)
        better = Tally.objects.filter(location=chain.locations[8], started_at__gte=START + 18 * WEEK)
        better.update(is_excluded=True)
        Tally.objects.filter(pk=Tally.objects.filter(location=chain.locations[3]).latest("started_at").pk).delete()
    if week == 4:
        seen = np.zeros((3, 15), np.uint8)
        Tally.objects.filter(pk=of[24].pk).update(matrix=seen.tobytes(), scored_at=BEGIN + 3.9 * WEEK)


def found_of(chain) -> tuple[list[dict], list[dict]]:
    hidden = {"id", "run_id", "raised_at", "closed_at"}

    def rows(model):
        ordered = model.objects.filter(standard=chain.standard).order_by("location", "pk")
        return [
            {name: value for name, value in row.items() if name not in hidden} | {"is_open": not row.get("closed_at")}
            for row in ordered.values()
        ]

    return rows(DriftFlag), rows(LocationResult)


def assert_same(one, other) -> None:
    """Sums of floats in another order may differ in the last digits."""
    assert len(one) == len(other)
    for left, right in zip(one, other, strict=True):
        assert left.keys() == right.keys()
        for name, value in left.items():
            if isinstance(value, float):
                assert right[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name
            else:
                assert right[name] == value, name


def by_turns(chain, week) -> Run:
    """The run of a week, shard by shard, by three workers of which one has made the first phase."""
    run = scan.begin(request_scan(standard=chain.standard, as_of=BEGIN + week * WEEK).pk)
    desks = [scan._Desk(Run.objects.get(pk=run.pk), None) for _ in range(3)]
    n = 0
    while shard := shards.take(run):
        desks[n % 3].make(shard)
        n += 1
    run.refresh_from_db()
    return run


def weekly(chain, **parameters) -> list[tuple]:
    scanned(chain, 0, **parameters)
    found = [found_of(chain)]
    for week in range(1, LAST + 1):
        in_week(chain, week)
        run = scanned(chain, week, **parameters)
        found.append((*found_of(chain), run))
    return found


def begin_again(chain, state) -> None:
    DriftFlag.objects.all().delete()
    LocationResult.objects.all().delete()
    Carried.objects.all().delete()
    Run.objects.all().delete()
    Tally.objects.all().delete()
    Tally.objects.bulk_create(state)


def test_looking_only_at_what_is_new_finds_what_looking_at_everything_finds(chain):
    disturb(chain)
    state = list(Tally.objects.all())
    some = weekly(chain, refit_days=21)
    begin_again(chain, state)
    every = weekly(chain, refit_days=21, incremental=False)
    assert {row["direction"] for row in every[-1][0]} == {"decline", "improvement"}
    assert {row["is_open"] for row in every[-1][0]} == {True, False}
    for one, other in zip(some, every, strict=True):
        assert_same(one[0], other[0])
        assert_same(one[1], other[1])
    runs = [step[2] for step in some[1:]]
    why = ["", "", "The last estimate is 21 days old or more.", ""]
    assert [run.why_estimated for run in runs] == why
    assert [step[2].inputs_digest for step in every[1:]] == [run.inputs_digest for run in runs]


def test_workers_that_take_turns_carry_on_as_one_process_does(chain):
    disturb(chain)
    state = list(Tally.objects.all())
    alone = [scanned(chain, 0), scanned(chain, 2)]
    found = found_of(chain)
    begin_again(chain, state)
    shared = [scanned(chain, 0), by_turns(chain, 2)]
    assert [run.estimated_by for run in shared] == [None, shared[0]]
    assert shared[1].state == Run.State.DONE
    assert shared[1].inputs_digest == alone[1].inputs_digest
    assert found_of(chain) == found


def weekly_charts(chain, **parameters) -> list[dict[int, ControlChart]]:
    scanned(chain, 0, **parameters)
    found = []
    for week in range(1, LAST + 1):
        in_week(chain, week)
        scanned(chain, week, **parameters)
        found.append({chart.location_id: chart for chart in ControlChart.objects.filter(standard=chain.standard)})
    return found


def test_charts_of_runs_that_go_on_are_those_of_runs_that_replay_every_visit(chain):
    disturb(chain)
    state = list(Tally.objects.all())
    some = weekly_charts(chain, refit_days=90)
    begin_again(chain, state)
    for left, right in zip(some, weekly_charts(chain, refit_days=90, incremental=False), strict=True):
        assert left.keys() == right.keys()
        for location_id, chart in left.items():
            other = right[location_id]
            assert chart.channels == other.channels
            points, replayed = (unpack_points(each.points, len(each.channels)) for each in (chart, other))
            assert points["visit"].tobytes() == replayed["visit"].tobytes()
            for name in points.dtype.names[1:]:
                np.testing.assert_allclose(points[name], replayed[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_result_without_a_chart_is_looked_at_again(small):
    """As a release leaves it that kept no charts."""
    later(small, 0)
    ControlChart.objects.filter(location=small.locations[4]).delete()
    assert later(small).estimated_by is not None
    assert ControlChart.objects.filter(location=small.locations[4]).exists()


@pytest.fixture
def small():
    """8 stores, 24 visits each; nothing happens, but that the second falls from week 12 on."""
    made = make_chain(n_locations=8, n_visits=24, drops={1: (84.0, 2.0, None)})
    report_weekly(make_metric(), made.locations, n_weeks=34)
    return made


def later(chain, days=1, **options) -> Run:
    return run_scan(request_scan(standard=chain.standard, as_of=chain.end + timedelta(days=days), **options).pk)


def visited(chain, place, days=0.5, n=1, version=None, good=True) -> None:
    """More visits at a store, after the end of the chain."""
    location = chain.locations[place] if isinstance(place, int) else place
    for number in range(n):
        moment = chain.end + timedelta(days=days, minutes=number)
        visit = a_visit(version or chain.version, location, moment)
        visit.save()
        a_tally(visit, np.full((3, 15), 240 if good else 0, np.uint8)).save()


@contextmanager
def looked_at() -> Iterator[list[int]]:
    """The indexes of the locations that the run within the block looks at: those that its shards found something of,
    read just before the shards are thrown away."""
    places: list[int] = []

    def read() -> None:
        for packed in shards.results(Run.objects.latest("pk"), Shard.Phase.LOCATIONS):
            places.extend(outcome.location_index for outcome in Findings.unpack(packed).outcomes)

    with meanwhile(read, before='DELETE FROM "reports_shard"'):
        yield places


def test_only_locations_with_news_are_looked_at_and_all_name_the_run(small):
    later(small, 0)
    visited(small, 3)
    Tally.objects.filter(pk=Tally.objects.filter(location=small.locations[5]).latest("started_at").pk).delete()
    with looked_at() as places:
        run = later(small)
    assert places == [3, 5]
    assert not Shard.objects.exists()
    assert set(LocationResult.objects.values_list("run", flat=True)) == {run.pk}
    assert set(DriftFlag.objects.open().values_list("run", flat=True)) == {run.pk}
    assert run.n_visits == 8 * 24
    assert list(Carried.objects.values_list("run", flat=True)) == [run.pk]


def test_only_the_last_run_keeps_its_effects(small):
    first = later(small, 0)
    Run.objects.create(
        standard=small.standard, as_of=small.end, state="failed", effects=b"half", finished_at=small.end, error="x"
    )
    visited(small, 3)
    second = later(small, 1)
    assert second.estimated_by == first
    assert list(Run.objects.filter(effects__isnull=False)) == [second]
    visited(small, 4, days=1.5)
    assert later(small, 2).estimated_by == first


def test_without_news_nothing_is_looked_at_and_the_inputs_are_the_same(small):
    first = later(small, 0)
    with looked_at() as places:
        run = later(small)
    assert places == []
    assert (run.estimated_by, run.inputs_digest, run.threshold) == (first, first.inputs_digest, first.threshold)


def test_new_readings_count_where_nobody_has_been_since(small):
    slowly = {"refit_days": 90}
    later(small, 0, parameters=slowly)
    before = DriftFlag.objects.open().get(location=small.locations[1])
    with looked_at() as places:
        later(small, 62, parameters=slowly)  # no visit since, but readings enough to tell
    after = DriftFlag.objects.open().get(location=small.locations[1])
    assert places == []
    assert (before.comparison, after.comparison) == ("", "blind_spot")
    result = LocationResult.objects.get(location=small.locations[1])
    assert result.comparison == "blind_spot"


def test_a_result_that_rests_on_other_visits_than_count_is_made_anew(small):
    later(small, 0)
    before = found_of(small)
    LocationResult.objects.filter(location=small.locations[2]).update(n_visits=25)  # a lost evaluation at once
    LocationResult.objects.filter(location=small.locations[6]).delete()
    with looked_at() as places:
        later(small)
    assert places == [2, 6]
    for one, other in zip(found_of(small), before, strict=True):
        assert_same(one, other)


def moved(chain) -> None:
    place = chain.locations[0]
    place.region = chain.locations[1].region
    place.save(update_fields=["region"])


def opened(chain) -> Location:
    place = Location.objects.create(code="N", name="New", region=chain.locations[0].region)
    visited(chain, place)
    return place


REASONS = {
    "It was asked for.": lambda chain: later(chain, must_estimate=True),
    "The parameters are others": lambda chain: later(chain, parameters={"look_back": 30}),
    "earlier moment": lambda chain: later(chain, -1),
    "28 days old": lambda chain: later(chain, 28),
    "0 days old": lambda chain: later(chain, parameters={"refit_days": 0}),
    "visits at locations": lambda chain: (opened(chain), later(chain))[1],
    "with criteria": lambda chain: (
        visited(chain, 1, version=publish_version(chain.standard, number=2)), later(chain)
    )[1],
    "another region": lambda chain: (moved(chain), later(chain))[1],
    "49 came or left": lambda chain: (visited(chain, 1, n=49), later(chain))[1],
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_common_is_estimated_anew_when(small, reason):
    first = later(small, 0)
    assert first.why_estimated == "There was no run to carry on from."
    run = REASONS[reason](small)
    assert reason in run.why_estimated
    assert run.estimated_by is None


def test_a_new_form_asks_for_estimates_until_it_is_known(small):
    later(small, 0)
    form = publish_version(small.standard, number=2)
    visited(small, 1, version=form)
    assert "with criteria" in later(small, 1).why_estimated
    visited(small, 2, days=1.5, version=form)
    assert "hardly knew" in later(small, 2).why_estimated
    visited(small, 3, days=2.5, n=40, version=form)
    assert "hardly knew" in later(small, 3).why_estimated
    visited(small, 4, days=3.5)
    assert later(small, 4).why_estimated == ""


def test_what_is_common_is_carried_on_from_run_to_run_until_then(small):
    first = later(small, 0)
    visited(small, 1)
    second = later(small, 7)
    third = later(small, 27, parameters={"incremental": False})
    assert (second.estimated_by, third.estimated_by) == (first, first)
    fourth = later(small, 28)
    assert fourth.estimated_by is None


def test_visits_that_waited_for_their_approval_move_their_auditors_severity_on(small):
    """They were received before the run, and approved after it."""
    later(small, 0)
    place, approved = small.locations[3], small.end + timedelta(hours=6)
    for day in range(9):
        visit = a_visit(small.version, place, small.end - timedelta(days=day), auditor="harsh", approved_at=approved)
        visit.save()
        a_tally(visit, np.zeros((3, 15), np.uint8)).save()
    run = later(small)
    assert run.why_estimated == ""
    assert run.effects is not None
    effects, codes = unpack(run.effects)
    assert effects.auditor[codes.auditors.tolist().index("code:harsh")] < -0.3


def test_a_visit_that_was_evaluated_at_once_belongs_to_the_run_after_it(small):
    first = later(small, 0)
    visited(small, 4, n=2)
    assert online_update.evaluate_location(standard_id=small.standard.pk, location_id=small.locations[4].pk)
    result = LocationResult.objects.get(location=small.locations[4])
    assert (result.run, result.n_visits) == (first, 26)
    with looked_at() as places:
        run = later(small)
    again = LocationResult.objects.get(location=small.locations[4])
    assert places == [4]
    assert (again.run, again.n_visits, again.points[-1][0]) == (run, 26, result.points[-1][0])
    assert again.level == pytest.approx(result.level, abs=0.02)  # the severity and the day have moved on
