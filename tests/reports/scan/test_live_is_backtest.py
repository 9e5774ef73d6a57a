"""What a chain's runs and evaluations say week by week is what a backtest of the same weeks says."""

from datetime import timedelta

import numpy as np
import pytest

from bench.product.database_chains import START, MadeChain, make_chain, make_metric, report_weekly
from reports.detection.backtest.lifecycle import request_backtest
from reports.detection.backtest.replay import replay_past
from reports.detection.data.day_numbers import to_datetime, to_days
from reports.detection.data.raised import Raised
from reports.detection.scan import online_update
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan
from reports.models import ControlChart, DriftFlag, Run, Tally

pytestmark = pytest.mark.django_db
BURN_IN, N_WEEKS, N_LOCATIONS = 7, 26, 10  # a first run finds no past that it could judge
N_RUNS = N_WEEKS - BURN_IN
BEGIN = START.replace(hour=0) + timedelta(weeks=BURN_IN)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
SETTINGS = {"false_alarms_per_year": 1.0, "refit_days": 28}
DROPS = {3: (12 * 7.0, 2.6, None), 5: (16 * 7.0, 3.2, 0), 8: (14 * 7.0, -2.5, None), 9: (18 * 7.0, 1.5, 2)}


def drifting(seed: int) -> MadeChain:
    made = make_chain(n_locations=N_LOCATIONS, n_visits=N_WEEKS, drops=DROPS, seed=seed)
    report_weekly(make_metric(plausible_max=200), made.locations, n_weeks=N_WEEKS, drops={3: (27, 9.0)}, seed=seed)
    return made


def run_at(chain: MadeChain, moment, **more) -> Run:
    return run_scan(request_scan(standard=chain.standard, as_of=moment, parameters=SETTINGS | more).pk)


def live(chain: MadeChain, *, evaluated: bool, missed=(), killed=(), happens=None) -> dict:
    """Week by week: the visits that arrive are evaluated at their approval, or left to the run that ends the week.

    Returns the flags as they were first seen: location, direction, onset, visit -> what they said.
    """
    waiting = list(Tally.objects.order_by("known_at", "pk"))
    Tally.objects.all().delete()
    Tally.objects.bulk_create(tally for tally in waiting if tally.known_at <= BEGIN)
    run_at(chain, BEGIN)
    seen: dict = {}
    for week in range(1, N_RUNS + 1):
        end = BEGIN + week * WEEK
        for tally in [one for one in waiting if end - WEEK < one.known_at <= end]:
            Tally.objects.bulk_create([tally])
            if evaluated and week not in killed:
                evaluate(tally.pk, tally.known_at)
                notice(chain, seen)
        if happens:
            happens(week, end)
        if week not in missed:
            run_at(chain, end)
        notice(chain, seen)
    return seen


def evaluate(visit_id, moment) -> None:
    """As the worker does after the approval, at that moment."""
    where = Tally.objects.values_list("version__standard", "location").get(pk=visit_id)
    assert online_update.evaluate_location(standard_id=where[0], location_id=where[1], now=moment)


def notice(chain: MadeChain, seen: dict) -> None:
    for flag in DriftFlag.objects.filter(standard=chain.standard):
        seen.setdefault((flag.location_id, flag.direction, flag.flagged_at), flag)


def on_record(chain: MadeChain) -> list[tuple]:
    """All that the chain has raised since the first run, by when it was known."""
    charts = ControlChart.objects.filter(standard=chain.standard)
    raised = [(chart.location_id, Raised.from_json(row)) for chart in charts for row in chart.signals]
    return sorted(told(location_id, one) for location_id, one in raised if to_datetime(one.raised_at) > BEGIN)


def told(location_id, one: Raised) -> tuple:
    signal = one.signal
    about = (location_id, signal.direction, signal.channel, to_datetime(one.raised_at), to_datetime(signal.onset))
    return (*about, *(float(f"{figure:.4g}") for figure in (signal.evidence, signal.seen, signal.expected)))


def backtested(chain: MadeChain) -> list[tuple]:
    asked = request_backtest(
        standard=chain.standard,
        start_on=BEGIN.date(),
        stop_on=(BEGIN + N_RUNS * WEEK - DAY).date(),
        every_days=7.0,
        refit_days=28.0,
        parameters={"false_alarms_per_year": 1.0},
    )
    flags = replay_past(asked.pk).flags.all()
    return sorted(
        (
            *(flag.location_id, flag.direction, flag.channel, to_the_second(flag.flagged_at), flag.onset_at),
            *(float(f"{figure:.4g}") for figure in (flag.evidence, flag.seen, flag.expected)),
        )
        for flag in flags
    )


def late(seed: int) -> None:
    """One visit in twelve becomes known up to five weeks after it was made."""
    rng = np.random.default_rng(seed)
    for tally in Tally.objects.order_by("pk"):
        if rng.random() < 1 / 12:
            known_at = tally.known_at + timedelta(days=float(rng.uniform(1, 35)))
            Tally.objects.filter(pk=tally.pk).update(known_at=known_at, scored_at=known_at)


@pytest.mark.parametrize(("seed", "evaluated", "is_late"), [(1, True, False), (2, False, True), (3, True, True)])
def test_a_chain_stepped_week_by_week_raises_what_its_backtest_raises(seed, evaluated, is_late):
    chain = drifting(seed)
    if is_late:
        late(seed)
    seen = live(chain, evaluated=evaluated, killed=(8, 11))
    then = backtested(chain)
    assert on_record(chain) == then
    assert {flag[1] for flag in then} >= {"decline", "improvement"}
    if not is_late:  # a flag is dated by its visit, and here every visit is known at once
        assert {(key[0], to_the_second(key[2])) for key in seen} <= {(flag[0], flag[3]) for flag in then}
    assert not DriftFlag.objects.filter(standard=chain.standard, close_reason__startswith="What raised it").exists()


def to_the_second(moment):
    return to_datetime(to_days(moment))


def disturb(chain: MadeChain, week: int, end) -> None:
    """What people do in a week: a raising visit is excluded, others are corrected, one of them long after."""
    flag = DriftFlag.objects.filter(standard=chain.standard).order_by("flagged_at").first()
    if week == 10 and flag:
        Tally.objects.filter(pk=flag.flagged_by_id).update(is_excluded=True)
        evaluate(flag.flagged_by_id, end - DAY)
    place = {9: 3, 13: 5, 17: 8}.get(week)
    if place is not None:
        of_place = Tally.objects.filter(location=chain.locations[place]).order_by("started_at")
        tally = of_place[week - 8] if week == 17 else of_place.last()
        seen = np.frombuffer(tally.matrix, np.uint8).copy()
        seen[::2] = 0
        Tally.objects.filter(pk=tally.pk).update(matrix=seen.tobytes(), scored_at=end - DAY)


@pytest.mark.parametrize("seed", [1, 4])
def test_corrections_exclusions_and_missed_runs_leave_what_the_estimates_on_record_say(seed):
    """The same visits, judged all at once by what was in force when each arrived."""
    chain = drifting(seed)
    late(seed)
    live(chain, evaluated=True, missed=(5, 9), happens=lambda week, end: disturb(chain, week, end))
    lived = on_record(chain)
    open_flags = state_of(chain)
    assert lived
    for chart in ControlChart.objects.filter(standard=chain.standard):
        ControlChart.objects.filter(pk=chart.pk).update(points=b"", judged=b"", signals=[], channels=[])
        evaluate_place(chain, chart.location_id, BEGIN + N_RUNS * WEEK)
    assert on_record(chain) == lived
    assert state_of(chain) == open_flags


def evaluate_place(chain: MadeChain, location_id: int, moment) -> None:
    assert online_update.evaluate_location(standard_id=chain.standard.pk, location_id=location_id, now=moment)


def state_of(chain: MadeChain) -> set[tuple]:
    flags = DriftFlag.objects.open().filter(standard=chain.standard)
    return {(flag.location_id, flag.direction, flag.channel, to_the_second(flag.flagged_at)) for flag in flags}
