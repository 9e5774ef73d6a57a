"""A run: what it flags, keeps and closes, and what may interrupt it."""

import io
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audits.models import Visit
from bench.product.database_chains import (
    START,
    a_tally,
    a_visit,
    make_chain,
    make_metric,
    publish_version,
    report_weekly,
)
from locations.models import Metric
from reports.detection.data.chain_loader import Codes
from reports.detection.data.day_numbers import to_days
from reports.detection.data.packed_effects import pack, unpack
from reports.detection.data.parameters import BadParameters
from reports.detection.scan.lifecycle import RunTaken, request_scan
from reports.detection.scan.reconcile_flags import _why_closed
from reports.detection.scan.scan import LEAST_SHARDS, run_scan
from reports.management.commands.scan import summary
from reports.measure.drift.change_status import RECOVERED, ChangeStatus
from reports.measure.drift.detector import Signal
from reports.measure.model.effects import Effects
from reports.models import DriftFlag, LocationResult, Run, Tally
from tests.meanwhile import meanwhile, raising

pytestmark = pytest.mark.django_db
N_LOCATIONS, N_VISITS = 16, 36
TOTAL = N_LOCATIONS * N_VISITS
FALLING = {5: (126.0, 1.5, 0)}


@pytest.fixture
def chain():
    """16 locations, 36 weekly visits; the greeting of the sixth erodes from the 18th week on."""
    return make_chain(n_locations=N_LOCATIONS, n_visits=N_VISITS, drops=FALLING)


def scanned(chain, as_of=None, **parameters) -> Run:
    return run_scan(request_scan(standard=chain.standard, as_of=as_of or chain.end, parameters=parameters).pk)


def kept(run) -> tuple[Effects, Codes]:
    assert run.effects is not None
    return unpack(run.effects)


def flags_of(chain) -> list[dict]:
    hidden = {"id", "run_id", "raised_at", "closed_at"}
    rows = DriftFlag.objects.filter(standard=chain.standard).order_by("location", "direction", "pk").values()
    return [{name: value for name, value in row.items() if name not in hidden} for row in rows]


def test_location_whose_greeting_erodes_is_flagged_with_its_onset_and_section(chain):
    run = scanned(chain)
    flag = DriftFlag.objects.get(location=chain.locations[5])
    assert (flag.direction, flag.channel, flag.run) == ("decline", "section:greeting", run)
    assert abs(flag.onset_at - (START + timedelta(days=126))) < timedelta(weeks=4)
    assert flag.onset_low <= flag.onset_at <= flag.flagged_at
    assert flag.expected - flag.seen > 0.15
    assert flag.evidence > 1000
    assert flag.moved[0]["key"] == "greeting"
    assert flag.flagged_by.location == chain.locations[5]
    assert flag.flagged_at == flag.flagged_by.started_at.replace(microsecond=0) or abs(
        flag.flagged_at - flag.flagged_by.started_at
    ) < timedelta(seconds=1)


def test_chain_in_which_nothing_changes_gets_few_flags():
    chain = make_chain()
    run = scanned(chain)
    n_years = 24 * 40 / 52
    assert DriftFlag.objects.filter(direction="decline").count() <= 2 + 0.1 * n_years
    assert run.simulated_rate is not None
    assert run.simulated_rate < 0.2  # from a few simulated alarms: rough


def test_falling_execution_with_steady_numbers_is_a_blind_spot(chain):
    report_weekly(make_metric(), chain.locations)
    scanned(chain)
    flag = DriftFlag.objects.get(location=chain.locations[5])
    assert (flag.comparison, flag.metric, flag.comparison_note) == ("blind_spot", Metric.objects.get(), "")
    result = LocationResult.objects.get(location=chain.locations[5])
    assert (result.comparison, result.reported) == ("blind_spot", "steady")


def test_the_same_inputs_give_the_same_flags(chain):
    report_weekly(make_metric(), chain.locations)
    first, before = scanned(chain), flags_of(chain)
    second = scanned(chain)
    assert flags_of(chain) == before
    assert (first.inputs_digest, first.threshold) == (second.inputs_digest, second.threshold)
    assert second.pk != first.pk
    for model in (DriftFlag, LocationResult, Run):  # as if nobody had looked yet
        model.objects.all().delete()
    scanned(chain)
    assert flags_of(chain) == before


def test_run_names_its_inputs_parameters_threshold_and_code(chain):
    run = scanned(chain, false_alarms_per_year=0.2)
    assert run.state == Run.State.DONE
    assert (run.n_locations, run.n_visits, run.n_done) == (N_LOCATIONS, TOTAL, LEAST_SHARDS)
    assert run.parameters == {
        "false_alarms_per_year": 0.2, "smallest_drop": 0.03, "look_back": 40, "least_baseline": 4, "seed": 1,
        "refit_days": 28.0, "incremental": True,
    }  # fmt: skip
    assert len(run.inputs_digest) == 64
    assert run.code_version.startswith("0.")
    assert run.threshold is not None
    assert 0 < run.threshold < 20
    assert run.chain_movement is not None
    assert abs(run.chain_movement) < 0.1


def test_effects_are_kept_whole(chain):
    effects, codes = kept(scanned(chain))
    again, codes_again = unpack(pack(effects, codes))
    assert codes.locations.tolist() == [location.pk for location in chain.locations]
    assert codes.sections.tolist() == ["greeting", "advice", "till"]
    assert codes.auditors.tolist() == [f"code:a{n}" for n in range(6)]
    assert np.array_equal(effects.criterion, again.criterion)
    assert effects.variance == again.variance
    assert np.array_equal(codes.criteria, codes_again.criteria)


def test_effects_of_an_older_version_can_still_be_read(chain):
    effects, codes = kept(scanned(chain))
    with np.load(io.BytesIO(pack(effects, codes))) as arrays:
        older = {name: arrays[name] for name in arrays if name != "criterion_sd"}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **older)
    again, _ = unpack(buffer.getvalue())
    assert np.array_equal(again.criterion, effects.criterion)
    assert again.criterion_sd.tolist() == [0.0] * effects.criterion.size


def test_every_location_gets_a_level_with_its_interval_and_recent_points(chain):
    scanned(chain)
    results = LocationResult.objects.filter(standard=chain.standard)
    assert results.count() == N_LOCATIONS
    for result in results:
        assert None not in (result.level_low, result.level, result.level_high)
        assert 0 < result.level_high - result.level_low < 0.3  # type: ignore[operator]  # as asserted above
        assert result.level_low < result.level < result.level_high  # type: ignore[operator]
        assert result.n_visits == N_VISITS
        assert len(result.points) in (26, 27)
        assert all(0 <= share <= 1 for _, share in result.points)


@pytest.mark.parametrize(("n_visits", "n_more", "has_level"), [(3, 3, False), (5, 1, True), (6, 0, True)])
def test_too_few_visits_is_an_answer_with_how_many_more(n_visits, n_more, has_level):
    """A level takes four; a flag takes two more, and before it is possible nothing is in control."""
    chain = make_chain(n_locations=4, n_visits=n_visits)
    run = scanned(chain)
    result = LocationResult.objects.get(location=chain.locations[0])
    assert (result.n_more_needed, result.level is not None) == (n_more, has_level)
    assert (n_more == 0) == (result.n_visits >= run.least_visits)


def test_nothing_is_flagged_on_little_evidence_however_rare_the_visits():
    run = scanned(make_chain(n_locations=8, n_visits=9, every_days=180))
    assert run.threshold is not None
    assert run.threshold >= np.log(20)


def test_visit_that_was_excluded_leaves_the_scan(chain):
    scanned(chain)
    visits = Visit.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=126))
    Tally.objects.filter(visit__in=visits).update(is_excluded=True)
    run = scanned(chain)
    assert run.n_visits == TOTAL - visits.count()
    flag = DriftFlag.objects.get(location=chain.locations[5])
    assert flag.closed_at is not None
    assert flag.close_reason


def test_visit_that_looked_only_at_what_was_suspect_is_no_evidence(chain):
    some = Tally.objects.filter(location=chain.locations[5]).values("visit")[:3]
    Tally.objects.filter(visit__in=[row["visit"] for row in some]).update(coverage=0.2)
    assert scanned(chain).n_visits == TOTAL - 3


def test_late_visit_lands_in_its_own_place(chain):
    late = Visit.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=150))[:6]
    ids = [visit.pk for visit in late]
    arrived = chain.end + timedelta(days=3)
    Tally.objects.filter(visit__in=ids).update(known_at=arrived)
    before = scanned(chain)
    assert before.n_visits == TOTAL - 6
    after = scanned(chain, as_of=arrived)
    Tally.objects.filter(visit__in=ids).update(known_at=START)
    in_time = scanned(chain, as_of=arrived)
    assert after.n_visits == in_time.n_visits == TOTAL
    assert after.threshold == in_time.threshold


def test_flag_stays_one_row_while_the_drift_goes_on(chain):
    early = START + timedelta(days=203)
    scanned(chain, as_of=early)
    flag = DriftFlag.objects.get(location=chain.locations[5])
    run = scanned(chain)
    again = DriftFlag.objects.get(location=chain.locations[5])
    assert (again.pk, again.run, again.closed_at) == (flag.pk, run, None)
    assert again.n_visits > flag.n_visits


def test_recovery_closes_the_decline_and_history_stays():
    chain = make_chain(n_locations=12, n_visits=70, drops={3: (140.0, 1.6, None)}, seed=5)
    good = Tally.objects.filter(location=chain.locations[4]).order_by("started_at").values_list("matrix", flat=True)
    again = list(Tally.objects.filter(location=chain.locations[3]).order_by("started_at"))
    for tally, matrix in zip(again[45:], list(good)[45:], strict=True):
        tally.matrix = matrix
    Tally.objects.bulk_update(again, ["matrix"])
    scanned(chain, as_of=START + timedelta(days=7 * 40), look_back=60)
    assert DriftFlag.objects.get(location=chain.locations[3], direction="decline").closed_at is None
    scanned(chain, look_back=60)
    flag = DriftFlag.objects.get(location=chain.locations[3], direction="decline")
    assert "recovery was signalled" in flag.close_reason
    assert DriftFlag.objects.open().get(location=chain.locations[3]).direction == "improvement"


def test_new_version_of_the_form_is_not_a_drift():
    chain = make_chain(n_locations=12, n_visits=40)
    harder = publish_version(chain.standard, number=2)
    rng = np.random.default_rng(9)
    visits, tallies = [], []
    for location in chain.locations:
        for week in range(40, 60):
            visits.append(a_visit(harder, location, START + timedelta(weeks=week), auditor=f"a{week % 6}", rng=rng))
            seen = np.where(rng.random((3, 15)) < 0.6, 240, 0).astype(np.uint8)
            tallies.append(a_tally(visits[-1], seen))
    Visit.objects.bulk_create(visits)
    Tally.objects.bulk_create(tallies)
    run = scanned(chain, as_of=chain.end + timedelta(weeks=21))
    assert run.n_visits == 12 * 60
    assert kept(run)[1].sections.tolist() == ["greeting", "advice", "till"]
    assert kept(run)[1].criteria.size == 30
    assert DriftFlag.objects.filter(direction="decline").count() <= 2


def test_scan_takes_as_many_queries_for_many_locations_as_for_few():
    metric = make_metric()

    def count(key, n_locations):
        chain = make_chain(key=key, n_locations=n_locations, n_visits=12)
        report_weekly(metric, chain.locations, n_weeks=12)
        run = request_scan(standard=chain.standard, as_of=chain.end)
        with CaptureQueriesContext(connection) as queries:
            run_scan(run.pk)
        return len(queries)

    assert count("many", 24) == count("few", 8)  # in 8 shards each


def test_second_scan_of_a_standard_waits_while_one_is_under_way(chain):
    running = request_scan(standard=chain.standard)
    Run.objects.filter(pk=running.pk).update(state=Run.State.RUNNING, started_at=timezone.now())
    other = request_scan(standard=chain.standard)
    assert other.pk != running.pk
    with pytest.raises(RunTaken):
        run_scan(other.pk)
    with pytest.raises(RunTaken):
        run_scan(running.pk)  # others have all its shards
    other.refresh_from_db()
    assert other.state == Run.State.WAITING


def test_dead_run_makes_room_for_the_next_request(chain, settings):
    dead = request_scan(standard=chain.standard)
    long_ago = timezone.now() - timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 60)
    Run.objects.filter(pk=dead.pk).update(state=Run.State.RUNNING, started_at=long_ago)
    assert scanned(chain).state == Run.State.DONE
    dead.refresh_from_db()
    assert dead.state == Run.State.FAILED
    assert "scan again" in dead.error


def test_the_same_request_twice_is_one_waiting_run(chain):
    assert request_scan(standard=chain.standard).pk == request_scan(standard=chain.standard).pk


def test_a_request_without_a_moment_looks_at_the_one_at_which_the_run_begins(world):
    """Workers may have been away for a day; what came meanwhile counts."""
    run, of_then = request_scan(standard=world.standard), request_scan(standard=world.standard, as_of=START)
    Run.objects.update(as_of=START)
    assert request_scan(standard=world.standard).pk == run.pk
    asked_at = timezone.now()
    assert asked_at <= run_scan(run.pk).as_of <= timezone.now()
    assert run_scan(of_then.pk).as_of == START


def test_a_run_that_was_put_back_keeps_its_moment(world):
    run = request_scan(standard=world.standard)
    Run.objects.update(as_of=START, started_at=START)
    assert run_scan(run.pk).as_of == START


def test_failure_is_on_record_and_nothing_of_the_run_is_kept(chain):
    """It fails in its last step, with flags, results and its own end written."""
    scanned(chain)
    before = flags_of(chain)
    run = request_scan(standard=chain.standard, as_of=chain.end)
    breaks = raising(ValueError("the shards could not be thrown away"))
    with meanwhile(breaks, before='DELETE FROM "reports_shard"'), pytest.raises(ValueError, match="thrown away"):
        run_scan(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error) == (Run.State.FAILED, "the shards could not be thrown away")
    assert flags_of(chain) == before
    assert not LocationResult.objects.filter(run=run).exists()


def test_database_that_was_away_puts_the_run_back_into_the_queue(chain):
    run = request_scan(standard=chain.standard, as_of=chain.end)
    away = raising(OperationalError("database is locked"))
    with meanwhile(away, before='FROM "reports_tally"'), pytest.raises(OperationalError):
        run_scan(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.WAITING


def test_progress_is_told_by_phase_and_shard(chain):
    told = []
    run_scan(request_scan(standard=chain.standard, as_of=chain.end).pk, progress=lambda *words: told.append(words))
    assert told[0][0] == "Reading the visits"
    for n_done in range(LEAST_SHARDS + 1):
        assert ("Looking for changes", n_done, LEAST_SHARDS) in told
    assert told[-1][0] == "Writing the results"


def test_standard_without_visits_is_scanned_to_an_empty_result(world):
    run = run_scan(request_scan(standard=world.standard).pk)
    assert (run.state, run.n_visits, run.n_locations) == (Run.State.DONE, 0, 0)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"false_alarms_per_year": 0}, "must be above 0"),
        ({"lookback": 3}, "Unknown parameter lookback"),
        ({"look_back": "many"}, "look_back"),
        ({"seed": -1}, "seed"),
        ({"refit_days": -1}, "refit_days must be 0 or more"),
        ({"incremental": 1}, "incremental must be true or false"),
    ],
)
def test_parameters_out_of_range_are_refused_by_name(world, parameters, words):
    with pytest.raises(BadParameters, match=words):
        request_scan(standard=world.standard, parameters=parameters)
    assert not Run.objects.exists()


def test_command_scans_and_says_what_it_found(chain, capsys):
    call_command("scan", standard="chain", as_of=chain.end.date().isoformat())
    said = capsys.readouterr().out
    assert f"{TOTAL} visits at {N_LOCATIONS} locations" in said
    assert "Store 5 (L005): section:greeting" in said
    assert "was estimated anew. There was no run to carry on from." in said
    call_command("scan", standard="chain", as_of=chain.end.date().isoformat())
    run = Run.objects.latest("pk")
    assert f"is carried on from run {run.pk - 1}" in capsys.readouterr().out
    call_command("scan", standard="chain", as_of=chain.end.date().isoformat(), refit=True)
    assert "It was asked for." in capsys.readouterr().out


def test_command_expects_as_many_false_flags_as_the_pages(chain):
    run = scanned(chain)
    Run.objects.filter(pk=run.pk).update(simulated_rate=0.05, simulated_improvement_rate=0.01)
    run.refresh_from_db()
    assert f"about {N_LOCATIONS * 0.06 / 52:.1f} a week (0.06 per location and year" in summary(run)


def test_command_refuses_to_write_over_the_last_scan_with_the_past(chain):
    run = scanned(chain)
    with pytest.raises(CommandError, match="its flags and results would be written over"):
        call_command("scan", standard="chain", as_of=(chain.end - timedelta(days=30)).date().isoformat())
    assert Run.objects.get() == run


def test_a_reason_for_closing_names_the_day_in_the_stores_own_time(chain):
    flag = DriftFlag(location=chain.locations[5], direction="decline")
    flag.location.timezone = "Asia/Tokyo"
    evening = to_days(START.replace(hour=20))
    signal = Signal(5, 0, evening, "overall", "decline", evening, evening, evening, 99.0, 0.5, 0.8, 4)
    assert "began about 07 Jan 2025" in _why_closed(flag, ChangeStatus(signal, (), None, None))
    assert "signalled on 07 Jan 2025" in _why_closed(flag, ChangeStatus(signal, (), RECOVERED, evening))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"standard": "nosuch"}, "Known: chain"),
        ({"standard": "chain", "as_of": "soon"}, "--as-of 'soon'"),
        ({"standard": "chain", "false_alarms": -1.0}, "must be above 0"),
    ],
)
def test_command_says_what_is_wrong_with_its_options(options, words):
    make_chain(n_locations=2, n_visits=2)
    with pytest.raises(CommandError, match=words):
        call_command("scan", **options)
