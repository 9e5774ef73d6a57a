"""A run that carries on: it looks at locations with news, and finds what a run over all of them finds."""

from datetime import timedelta

import numpy as np
import pytest

from audits.models import Standard, Visit
from locations.models import Location, Reading
from reports.detection import at_once
from reports.detection.effects import unpack
from reports.detection.runs import BadParameters, request_scan
from reports.detection.scan import run_scan, work_on_run
from reports.models import Carried, DriftFlag, LocationResult, Run, Tally
from tests.reports.chains import START, a_tally, a_visit, make_chain, make_metric, publish_version, report_weekly

pytestmark = pytest.mark.django_db
N_LOCATIONS, N_VISITS, KNOWN = 14, 40, 34
WEEK = timedelta(days=7)
DROPS = {3: (14 * 7.0, 1.6, None), 5: (31 * 7.0, 2.2, 0), 8: (24 * 7.0, -1.8, None)}
BEGIN = START + KNOWN * WEEK
LAST = N_VISITS - KNOWN


@pytest.fixture
def chain():
    """14 stores, 40 visits each, about one a week, of which a third skips a week; the first 34 weeks are known.

    One store fell long ago and has a flag, one falls now, one improves. A new auditor, severe, comes in week 34.
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
    here = {place: [one for one in tallies if one.location_id == chain.locations[place].pk] for place in range(14)}
    for place, number, weeks in ((1, 30, 2.5), (3, 25, 1.5), (9, 33, 3.5)):
        late = here[place][number]
        Tally.objects.filter(pk=late.pk).update(received_at=BEGIN + weeks * WEEK, scored_at=BEGIN + weeks * WEEK)


def in_week(chain, week) -> None:
    """What people do before the run of a week."""
    of = Tally.objects.filter(location=chain.locations[week]).order_by("started_at")
    if week == 2:
        Tally.objects.filter(pk=of[20].pk).update(is_excluded=True)
        Tally.objects.filter(pk=Tally.objects.filter(location=chain.locations[3]).latest("started_at").pk).delete()
    if week == 3:
        seen = np.zeros((3, 15), np.uint8)
        Tally.objects.filter(pk=of[28].pk).update(matrix=seen.tobytes(), scored_at=BEGIN + 2.9 * WEEK)


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
    some = weekly(chain)
    begin_again(chain, state)
    every = weekly(chain, incremental=False)
    assert {row["direction"] for row in every[-1][0]} == {"decline", "improvement"}
    assert {row["is_open"] for row in every[-1][0]} == {True, False}
    for one, other in zip(some, every, strict=True):
        assert_same(one[0], other[0])
        assert_same(one[1], other[1])
    runs = [step[2] for step in some[1:]]
    why = ["", "", "", "The last estimate is 28 days old or more.", "", ""]
    assert [run.why_estimated for run in runs] == why
    assert [step[2].inputs_digest for step in every[1:]] == [run.inputs_digest for run in runs]
