"""Readings that come, change or go are compared with the flags of their locations at once, without a run."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bench.product.database_chains import START, make_chain, make_metric, move, report_weekly
from locations.imports.readings import ReadingRow, store_readings
from locations.models import Metric, Reading
from locations.signals import readings_changed
from reports import tasks
from reports.detection.scan import online_update
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.rejudge_comparisons import AT_ONCE, any_ready, rejudge_waiting
from reports.detection.scan.scan import run_scan
from reports.models import ChangedReadings, DriftFlag, LocationResult, Run

pytestmark = pytest.mark.django_db
N_WEEKS, N_KNOWN = 54, 44
SINCE = timedelta(weeks=(timezone.now() - START).days // 7 - N_WEEKS - 1)  # so that the readings have just ended
FIRST = date(2025, 1, 6) + SINCE
FALLING, STEADY = 5, 2
COMPARED = (
    "metric_id", "comparison", "comparison_note", "metric_alarm_on", "lead_days", "metric_moved", "metric_moved_low",
    "metric_moved_high", "metric_lag_weeks",
)  # fmt: skip


@pytest.fixture
def chain():
    """12 locations, 36 weekly visits; the greeting of the sixth erodes from the 18th week on, its speed does not.

    The readings end after 44 weeks but for the first location's, and a run has seen them.
    """
    chain = make_chain(n_locations=12, n_visits=36, drops={FALLING: (126.0, 1.5, 0)})
    move(SINCE)
    metric = make_metric(plausible_max=200)
    report_weekly(metric, chain.locations[:1], n_weeks=N_WEEKS, seed=5, first=FIRST)
    report_weekly(metric, chain.locations[1:], n_weeks=N_KNOWN, seed=4, first=FIRST)
    run_scan(request_scan(standard=chain.standard).pk)
    assert flag_of(chain).comparison == "blind_spot"
    assert result_of(chain).comparison == "blind_spot"
    return chain


@pytest.fixture
def messages(monkeypatch):
    """What goes to the broker; the worker is the test, which calls the task."""
    sent: list[str] = []
    monkeypatch.setattr(tasks.rejudge_comparisons, "apply_async", lambda *_, **__: sent.append("rejudge_comparisons"))
    return sent


@pytest.fixture
def root(world, client):
    client.force_login(world.root)
    return client


def flag_of(chain, place=FALLING) -> DriftFlag:
    return DriftFlag.objects.open().get(location=chain.locations[place], direction="decline")


def result_of(chain, place=FALLING) -> LocationResult:
    return LocationResult.objects.get(standard=chain.standard, location=chain.locations[place])


def weeks_after(chain, place=FALLING, *, value=70.0, metric="speed", weeks=range(N_KNOWN, N_WEEKS)) -> list[dict]:
    """As the API takes them."""
    code = chain.locations[place].code
    starts = [FIRST + timedelta(weeks=week) for week in weeks]
    return [{"location": code, "metric": metric, "period_start": str(day), "value": value} for day in starts]


def post(client, rows):
    answer = client.post(reverse("locations:api-readings"), rows, content_type="application/json")
    assert answer.status_code == 200, answer.json()


def store(chain, place=FALLING, **changes) -> None:
    """As an import does, of any number of locations."""
    known = {metric.key: metric.pk for metric in Metric.objects.all()}
    starts = [(row, date.fromisoformat(row["period_start"])) for row in weeks_after(chain, place, **changes)]
    store_readings(
        rows=[
            ReadingRow(chain.locations[place].pk, known[row["metric"]], day, day + timedelta(days=6), row["value"])
            for row, day in starts
        ]
    )


def compared(chain) -> tuple[list, list]:
    """What all flags and results of the chain say of the reported numbers."""
    flags = DriftFlag.objects.filter(standard=chain.standard).order_by("pk").values_list("pk", *COMPARED)
    results = LocationResult.objects.filter(standard=chain.standard).order_by("location_id")
    return list(flags), list(results.values_list("location_id", "reported", "comparison"))


def everything(**but) -> tuple[list, list]:
    flags, results = DriftFlag.objects.exclude(**but), LocationResult.objects.exclude(**but)
    return list(flags.order_by("pk").values()), list(results.order_by("pk").values())


def test_a_blind_spot_is_confirmed_once_the_readings_have_fallen(
    chain, root, messages, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        post(root, weeks_after(chain))
    assert messages == ["rejudge_comparisons"]
    before = flag_of(chain)
    tasks.rejudge_comparisons()
    flag, result = flag_of(chain), result_of(chain)
    assert (flag.comparison, flag.comparison_note, flag.metric) == ("confirmed", "", Metric.objects.get())
    assert flag.metric_alarm_on is not None
    assert flag.metric_alarm_on > FIRST + timedelta(weeks=N_KNOWN)
    assert flag.lead_days == (flag.metric_alarm_on - flag.flagged_at.date()).days
    assert (result.comparison, result.reported) == ("confirmed", "falling")
    assert (flag.pk, flag.run_id, flag.evidence) == (before.pk, before.run_id, before.evidence)
    assert messages == ["rejudge_comparisons"]
    assert Run.objects.count() == 1


def test_a_location_without_a_flag_is_judged_too(chain):
    store(chain, STEADY)
    rejudge_waiting()
    result = result_of(chain, STEADY)
    assert (result.comparison, result.reported) == ("reported_only", "falling")


def test_readings_that_are_deleted_leave_no_usable_metric(chain, root, messages, django_capture_on_commit_callbacks):
    mine = Reading.objects.filter(location=chain.locations[FALLING])
    deed = {"action": "delete_selected", "_selected_action": list(mine.values_list("pk", flat=True)), "post": "yes"}
    with django_capture_on_commit_callbacks(execute=True):
        root.post(reverse("admin:locations_reading_changelist"), deed)
    assert not mine.exists()
    assert messages == ["rejudge_comparisons"]
    tasks.rejudge_comparisons()
    flag, result = flag_of(chain), result_of(chain)
    assert (flag.metric, flag.comparison, flag.comparison_note) == (None, "", "no metric is reported")
    assert (result.comparison, result.reported) == ("", "")


def test_a_reading_that_is_added_changed_or_deleted_in_the_admin_counts(
    chain, root, messages, django_capture_on_commit_callbacks
):
    sent = {"location": chain.locations[FALLING].pk, "metric": Metric.objects.get().pk, "value": 0}
    monday = FIRST + timedelta(weeks=N_KNOWN)
    sent |= {"period_start": str(monday), "period_end": str(monday + timedelta(days=6))}
    with django_capture_on_commit_callbacks(execute=True):
        root.post(reverse("admin:locations_reading_add"), sent)
    tasks.rejudge_comparisons()
    assert flag_of(chain).comparison == "confirmed"
    (added,) = Reading.objects.filter(value=0)
    with django_capture_on_commit_callbacks(execute=True):
        root.post(reverse("admin:locations_reading_change", args=[added.pk]), sent | {"value": 80})
    tasks.rejudge_comparisons()
    assert flag_of(chain).comparison == "blind_spot"
    Reading.objects.filter(pk=added.pk).update(value=0)
    readings_changed.send(sender=Reading, location_ids={added.location_id})
    tasks.rejudge_comparisons()
    assert flag_of(chain).comparison == "confirmed"
    with django_capture_on_commit_callbacks(execute=True):
        root.post(reverse("admin:locations_reading_delete", args=[added.pk]), {"post": "yes"})
    tasks.rejudge_comparisons()
    assert flag_of(chain).comparison == "blind_spot"


def test_an_uploaded_file_counts(chain, root, messages, django_capture_on_commit_callbacks):
    lines = [",".join([row["location"], "speed", row["period_start"], "70"]) for row in weeks_after(chain)]
    text = "\n".join(["location_id,metric,period_start,value", *lines])
    file = SimpleUploadedFile("readings.csv", text.encode(), "text/csv")
    root.post(reverse("admin:locations_reading_upload"), {"file": file})
    with django_capture_on_commit_callbacks(execute=True):
        root.post(reverse("admin:locations_reading_preview"))
    assert messages == ["rejudge_comparisons"]
    tasks.rejudge_comparisons()
    assert flag_of(chain).comparison == "confirmed"


def test_other_locations_closed_flags_and_improvements_stay_as_they_are(chain):
    open_flag = flag_of(chain)
    for fields in ({"closed_at": timezone.now(), "close_reason": "Faded."}, {"direction": "improvement"}):
        DriftFlag.objects.create(
            **{
                field.attname: getattr(open_flag, field.attname)
                for field in DriftFlag._meta.concrete_fields
                if field.attname != "id"
            }
            | {"metric_id": None, "comparison": "", "comparison_note": "as it was"}
            | fields
        )
    place = chain.locations[FALLING].pk
    others = everything(location=place)
    kept = list(DriftFlag.objects.exclude(pk=open_flag.pk).order_by("pk").values())
    store(chain)
    rejudge_waiting()
    assert flag_of(chain).comparison == "confirmed"
    assert everything(location=place) == others
    assert list(DriftFlag.objects.exclude(pk=open_flag.pk).order_by("pk").values()) == kept


def test_ten_thousand_readings_are_one_message_and_one_judgement(
    chain, root, messages, django_capture_on_commit_callbacks
):
    make_metric("queue", cadence="daily")
    run_scan(request_scan(standard=chain.standard).pk)
    days = [str(date(2023, 1, 1) + timedelta(days=number)) for number in range(1000)]
    codes = [location.code for location in chain.locations[1:11]]
    rows = [{"location": code, "metric": "queue", "period_start": day, "value": 5} for code in codes for day in days]
    with django_capture_on_commit_callbacks(execute=True):
        post(root, rows)
    assert Reading.objects.filter(metric__key="queue").count() == 10_000
    assert messages == ["rejudge_comparisons"]
    with CaptureQueriesContext(connection) as queries:
        tasks.rejudge_comparisons()
    assert sum('"locations_reading"."value"' in query["sql"] for query in queries) == 1
    assert messages == ["rejudge_comparisons"]
    assert not ChangedReadings.objects.exists()


def test_readings_that_come_one_by_one_are_one_message_and_one_judgement(
    chain, root, messages, django_capture_on_commit_callbacks
):
    for row in weeks_after(chain):
        with django_capture_on_commit_callbacks(execute=True):
            post(root, [row])
    assert messages == ["rejudge_comparisons"]
    with CaptureQueriesContext(connection) as queries:
        tasks.rejudge_comparisons()
    assert sum('"locations_reading"."value"' in query["sql"] for query in queries) == 1
    assert flag_of(chain).comparison == "confirmed"
    assert messages == ["rejudge_comparisons"]


def test_readings_that_come_while_others_are_judged_are_not_forgotten(
    chain, messages, django_capture_on_commit_callbacks
):
    """They ask for nothing, as something waits before them; who judges that looks again."""
    with django_capture_on_commit_callbacks(execute=True):
        store(chain, STEADY)
        store(chain)
    assert messages == ["rejudge_comparisons"]
    assert rejudge_waiting(seconds=0) is False  # both in one part
    assert flag_of(chain).comparison == "confirmed"
    assert not any_ready()


def test_many_locations_are_judged_part_by_part(chain, messages):
    """What is left when the time of a task is over is called for again."""
    readings_changed.send(sender=Reading, location_ids={10**6 + n for n in range(AT_ONCE)})
    store(chain)
    assert ChangedReadings.objects.count() == 2
    assert rejudge_waiting(seconds=0) is True
    assert flag_of(chain).comparison == "blind_spot"
    assert rejudge_waiting(seconds=0) is False
    assert flag_of(chain).comparison == "confirmed"


def test_the_number_of_queries_does_not_depend_on_the_number_of_locations(chain):
    counted = []
    for places in ((FALLING,), range(1, 12)):
        for place in places:
            store(chain, place, value=60.0 + len(counted))
        with CaptureQueriesContext(connection) as queries:
            rejudge_waiting()
        counted.append(len(queries))
    assert counted[0] == counted[1] < 30


def test_judging_twice_changes_nothing(chain):
    store(chain)
    rejudge_waiting()
    once = everything()
    store(chain, value=70.5)
    store(chain, value=70.0)
    rejudge_waiting()
    assert everything() == once


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from([STEADY, 3, 4, FALLING]),
            st.integers(N_KNOWN, N_WEEKS - 1),
            st.sampled_from([62.0, 76.0, 80.0, 99.0, None]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_run_finds_nothing_to_change_about_what_was_judged(chain, changes):
    """Readings that come, change and go (None), in any mixture, of weeks that most stores have not reported yet: what
    is common to the chain stays as the run before found it."""
    for place, week, value in changes:
        gone = Reading.objects.filter(
            location=chain.locations[place], period_start__gte=FIRST + timedelta(weeks=week)
        )
        if value is None and gone.delete()[0]:
            readings_changed.send(sender=Reading, location_ids={chain.locations[place].pk})
        elif value is not None:
            store(chain, place, value=value, weeks=range(N_KNOWN, week + 1))
    before = Run.objects.filter(standard=chain.standard, state=Run.State.DONE).first()
    rejudge_waiting()
    judged = compared(chain)
    after = run_scan(request_scan(standard=chain.standard).pk)
    assert before is not None
    assert after.numbers == before.numbers
    assert compared(chain) == judged


def test_a_metric_that_the_last_run_did_not_know_waits_for_the_next_one(chain):
    make_metric("awaited")
    awaited = Metric.objects.get(key="awaited")
    report_weekly(awaited, chain.locations, n_weeks=N_WEEKS, drops={FALLING: (30, 9.0)}, first=FIRST)
    before = compared(chain)
    readings_changed.send(sender=Reading, location_ids={location.pk for location in chain.locations})
    rejudge_waiting()
    assert compared(chain) == before
    run_scan(request_scan(standard=chain.standard).pk)
    flag = flag_of(chain)
    assert (flag.comparison, flag.metric) == ("confirmed", Metric.objects.get(key="awaited"))


def test_before_the_first_run_nothing_is_kept(world, messages, django_capture_on_commit_callbacks):
    metric = make_metric()
    with django_capture_on_commit_callbacks(execute=True):
        store_readings(rows=[ReadingRow(world.harbour.pk, metric.pk, FIRST, FIRST, 1.0)])
    assert messages == ["rejudge_comparisons"]
    tasks.rejudge_comparisons()
    assert not ChangedReadings.objects.exists()


def test_what_was_judged_while_a_run_was_under_way_is_judged_once_more_after_it(chain, messages):
    """A run that read the readings before they changed writes over what was judged meanwhile."""
    run = Run.objects.create(standard=chain.standard, as_of=timezone.now(), state=Run.State.RUNNING)
    store(chain)
    tasks.rejudge_comparisons()
    assert flag_of(chain).comparison == "confirmed"
    assert not any_ready()
    tasks.rejudge_comparisons()
    assert ChangedReadings.objects.get().is_judged
    DriftFlag.objects.open().update(comparison="blind_spot")
    LocationResult.objects.update(comparison="blind_spot")
    Run.objects.filter(pk=run.pk).update(state=Run.State.FAILED, finished_at=timezone.now())
    assert any_ready()
    tasks.sweep_unscored()
    assert messages == ["rejudge_comparisons"]
    tasks.rejudge_comparisons()
    assert (flag_of(chain).comparison, result_of(chain).comparison) == ("confirmed", "confirmed")
    assert not ChangedReadings.objects.exists()


def test_a_run_that_ends_calls_for_what_was_judged_meanwhile(chain, messages):
    ChangedReadings.objects.create(location_ids=[chain.locations[FALLING].pk], is_judged=True)
    tasks.work_on_run(request_scan(standard=chain.standard).pk)
    assert messages == ["rejudge_comparisons"]
    assert not ChangedReadings.objects.get().is_judged


def test_readings_whose_message_was_lost_are_called_for_by_the_sweeper(
    chain, monkeypatch, django_capture_on_commit_callbacks, caplog
):
    def away(*args, **options):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.rejudge_comparisons, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        store(chain)
    assert Reading.objects.filter(location=chain.locations[FALLING]).count() == N_WEEKS
    assert "no broker" in caplog.text
    sent = []
    monkeypatch.setattr(tasks.rejudge_comparisons, "apply_async", lambda *_, **__: sent.append(1))
    tasks.sweep_unscored()
    assert sent == [1]


def test_a_visit_that_is_evaluated_meanwhile_writes_what_the_newest_readings_say(chain):
    """The readings come, and are judged, after its evaluation has looked at the visits and before it writes."""
    came = []

    def just_before_the_lock(execute, sql, params, many, context):
        if not came and sql.startswith("SAVEPOINT"):
            came.append(sql)
            store(chain)
            rejudge_waiting()
        return execute(sql, params, many, context)

    place = chain.locations[FALLING].pk
    with connection.execute_wrapper(just_before_the_lock):
        assert online_update.evaluate_location(standard_id=chain.standard.pk, location_id=place)
    assert came
    assert (flag_of(chain).comparison, result_of(chain).comparison) == ("confirmed", "confirmed")
