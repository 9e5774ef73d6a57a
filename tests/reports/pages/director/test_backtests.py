"""Backtests from the interface: asked for, followed, read, downloaded, adopted."""

import csv
import doctest
import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from locations.models import Membership
from reports.detection.backtest.checkpoint import npz
from reports.detection.data.settings import chosen_for
from reports.models import Backtest, PastFlag
from reports.pages.director import backtest_charts, backtest_sentences
from reports.pages.director.backtest_charts import Period, flags_chart
from reports.pages.director.backtest_sentences import expected_flags, how_early
from reports.tasks import backtests
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of
from tests.reports.pages.hard_words import first_screen, hard_words_in

pytestmark = pytest.mark.django_db
PAGE = "/reports/backtests/"
START = date(2026, 1, 5)
PARAMETERS = {"false_alarms_per_year": 0.2, "smallest_drop": 0.05, "look_back": 30, "least_baseline": 4, "seed": 1}


@pytest.fixture
def dan(client, world):
    client.force_login(world.dan)
    return client


@pytest.fixture
def visited(world):
    """Visits to all three stores from January to November 2026, scored as they came."""
    for place in (world.harbour, world.mill, world.cove):
        for month in range(1, 12):
            pages.make_visit(world, place, datetime(2026, month, 3, 12, tzinfo=UTC))
    return world


@pytest.fixture
def calls(monkeypatch):
    made = []
    monkeypatch.setattr(backtests.work_on_backtests, "delay", lambda: made.append(1))
    return made


def made(world, **fields) -> Backtest:
    ended = {"state": "done", "n_done": 10, "finished_at": timezone.now()}
    return Backtest.objects.create(**{
        "standard": world.standard, "start_on": START, "stop_on": START + timedelta(days=69), "n_total": 10,
        "every_days": 7, "parameters": PARAMETERS, "threshold": 5.2, "simulated_rate": 0.15,
        "able_from": npz(location=np.array([world.harbour.pk, world.cove.pk]), day=np.zeros(2)),
        **ended, **fields,
    })  # fmt: skip


def flag(backtest, location, week, **fields) -> PastFlag:
    run_at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(weeks=week)
    return PastFlag.objects.create(**{
        "backtest": backtest, "location": location, "flagged_at": run_at, "direction": "decline",
        "channel": "section:greeting", "onset_at": run_at - timedelta(days=20), "evidence": 412.0, "seen": 0.68,
        "expected": 0.83, "comparison": "blind_spot", "in_the_end": "confirmed", "lead_days": 42, **fields,
    })  # fmt: skip


@pytest.fixture
def done(world):
    backtest = made(world)
    flag(backtest, world.harbour, 3)
    flag(backtest, world.cove, 3, in_the_end="blind_spot", lead_days=None)
    flag(backtest, world.harbour, 10, direction="improvement", channel="overall", comparison="", in_the_end="")
    return backtest


def asked(**fields) -> dict:
    given = {"standard": "service", "start_on": "2026-05-04", "stop_on": "2026-11-01", "look_back": "30"}
    return given | {"false_alarms_per_year": "0.2", "smallest_drop": "5"} | fields


def test_form_proposes_a_period_and_what_is_set(dan, visited):
    html = dan.get(PAGE).content.decode()
    for value in ("2026-07-04", "2026-11-03", 'value="0.1"', 'value="3"', 'value="40"'):
        assert value in html


def test_past_is_replayed_once_the_request_is_stored(dan, visited, calls, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = dan.post(f"{PAGE}new/", asked())
    backtest = Backtest.objects.get()
    assert answer.headers["Location"] == f"{PAGE}{backtest.pk}/"
    assert PARAMETERS.items() <= backtest.parameters.items()
    assert (backtest.start_on, backtest.stop_on, backtest.n_total) == (date(2026, 5, 4), date(2026, 11, 1), 182)
    assert backtest.requested_by == visited.dan
    assert calls == [1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start_on": "2025-05-01"}, "the first came on 2026-01-03: choose a later first day"),
        ({"stop_on": "2026-03-01"}, "The last day, 2026-03-01, lies before the first, 2026-05-04: exchange them."),
        ({"stop_on": "2999-03-01"}, "lies in the future: choose one up to"),
        ({"stop_on": "next week"}, "Write a day such as 2026-03-31."),
        ({"false_alarms_per_year": ""}, "Write a number, such as 0.1."),
        ({"smallest_drop": "60"}, "The smallest drop must lie between 0 and 25 points; got 60."),
        ({"look_back": "2.5"}, "Write a whole number, such as 40."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(dan, visited, change, words):
    answer = dan.post(f"{PAGE}new/", asked(**change))
    assert answer.status_code == 422
    assert words in text_of(answer)
    (name,) = change
    html = answer.content.decode()
    assert f'id="id_{name}_error"' in html
    assert 'value="2026-05-04"' in html or name == "start_on"
    assert not Backtest.objects.exists()


def test_all_that_is_wrong_is_said_at_once(dan, visited):
    said = text_of(dan.post(f"{PAGE}new/", asked(start_on="2025-05-01", look_back="2", smallest_drop="60")))
    for words in ("choose a later first day", "between 5 and 120 visits; got 2", "between 0 and 25 points; got 60"):
        assert words in said


def test_request_needs_the_token_of_a_form(world):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.dan)
    assert strict.post(f"{PAGE}new/", asked()).status_code == 403


def test_progress_is_followed_until_it_is_done(dan, world):
    backtest = made(world, state="waiting", n_done=4, finished_at=None)
    answer = dan.get(f"{PAGE}{backtest.pk}/")
    assert "Run 4 of 10" in text_of(answer)
    assert '<meta http-equiv="refresh"' in answer.content.decode()
    assert "follow the one under way" in text_of(dan.get(PAGE))
    assert '<meta http-equiv="refresh"' in dan.get(f"{PAGE}?follow=1").content.decode()
    Backtest.objects.update(state="done", finished_at=timezone.now())
    assert '<meta http-equiv="refresh"' not in dan.get(f"{PAGE}{backtest.pk}/").content.decode()


def test_one_under_way_can_be_stopped_and_gone_on_with(dan, world, calls, django_capture_on_commit_callbacks):
    backtest = made(world, state="waiting", n_done=4, finished_at=None)
    dan.post(f"{PAGE}{backtest.pk}/stop/")
    assert "Stopped by" in text_of(dan.get(f"{PAGE}{backtest.pk}/"))
    with django_capture_on_commit_callbacks(execute=True):
        dan.post(f"{PAGE}{backtest.pk}/go-on/")
    backtest.refresh_from_db()
    assert (backtest.state, backtest.n_done) == ("waiting", 4)
    assert calls == [1]


def test_result_says_how_many_how_early_and_how_many_by_chance(dan, done):
    said = text_of(dan.get(f"{PAGE}{done.pk}/"))
    assert "In 10 weeks, 2 declines and 1 improvement would have been flagged over 2 stores." in said
    assert "expect about four flags a quarter, fewer than one of them by chance alone." in said
    assert "The reported numbers followed one of two declines, 6 weeks after the flag (median)." in said
    assert "One of two never showed in them (50 %): blind spots." in said
    assert "Harbour Street 26 Jan 2026 greeting 68 83 −15" in said
    assert "Harbour Street 26 Jan 2026 412 : 1" in said
    assert "followed 6 weeks later" in said


def test_result_says_how_long_after_a_decline_the_reported_numbers_get_worse(dan, done):
    done.lags = [
        {"metric": "Complaints", "days": 56, "n_declines": 14},
        {"metric": "Speed", "days": 0, "n_declines": 5},
    ]
    done.save(update_fields=["lags"])
    said = text_of(dan.get(f"{PAGE}{done.pk}/"))
    assert "“Complaints” gets worse about 8 weeks after a decline begins (pooled over 14 declines" in said
    assert "“Speed” gets worse as soon as a decline begins (pooled over 5 declines" in said


def test_every_drawing_has_its_table(dan, done):
    said = text_of(dan.get(f"{PAGE}{done.pk}/"))
    assert "26 Jan 2026 2 0 0.01" in said, "the week of the flags"
    assert "flagged 4 to 13 weeks before it 1" in said
    assert "it never followed: blind spot 1" in said


def test_flags_csv_holds_the_flags_and_no_formula(dan, world, done):
    world.harbour.code = "=H1"
    world.harbour.save()
    answer = dan.get(f"{PAGE}{done.pk}/flags.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="flags-{done.pk}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["location_id"] for row in rows] == ["'=H1", "C1", "'=H1"]
    assert rows[0]["channel"] == "section:Greeting"


def rows_of_file(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_page_and_file_tell_the_same_day_the_same_evidence_and_the_same_order(dan, world, done):
    """At six in the evening in New York it is tomorrow already in UTC, and at half past midnight still today."""
    moments = [datetime(2026, 2, 4, 23, 30, tzinfo=UTC), datetime(2026, 2, 5, 0, 30, tzinfo=UTC)]
    for place, moment, evidence in ((world.harbour, moments[0], 181.6), (world.cove, moments[1], 7523.4)):
        flag(done, place, 4, flagged_at=moment, onset_at=moment - timedelta(days=9), evidence=evidence)
    flag(done, world.mill, 4, flagged_at=moments[0], onset_at=moments[0], evidence=290.0)
    said = text_of(dan.get(f"{PAGE}{done.pk}/"))
    rows = rows_of_file(dan.get(f"{PAGE}{done.pk}/flags.csv"))
    names = {place.code: place.name for place in (world.harbour, world.cove, world.mill)}
    table = said.partition("What stands behind each flag")[2]
    places = [
        table.index(f"{names[row['location_id']]} {as_day(row['flagged_at'])} {float(row['strength']):,.0f} : 1")
        for row in rows
    ]
    assert places == sorted(places)
    for row in rows:
        assert f"{names[row['location_id']]} {as_day(row['flagged_at'])} " in said.partition("Which stores")[2]
        assert as_day(row["onset"]) in said
    assert [row["flagged_at"] for row in rows if row["location_id"] == "C1"][1] == "2026-02-04T19:30:00-05:00"


def as_day(moment: str) -> str:
    day = datetime.fromisoformat(moment)
    return f"{day.day} {day:%b %Y}"


def test_flag_counts_in_the_period_that_holds_its_day(dan, world):
    backtest = made(world)
    for hours in (5, 100, 160):
        flag(backtest, world.harbour, 0, flagged_at=datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=hours))
    said = text_of(dan.get(f"{PAGE}{backtest.pk}/"))
    assert "5 Jan 2026 3 0" in said
    assert "9 Mar 2026 0 0" in said, "the last week"


def test_no_flag_shows_less_evidence_than_the_threshold_unless_that_is_said(dan, world, done):
    done.threshold = 5.19
    done.save()
    flag(done, world.mill, 5, evidence=180.0)
    said = text_of(dan.get(f"{PAGE}{done.pk}/"))
    assert "A flag is raised at 179 : 1." in said
    flag(done, world.mill, 6, evidence=145.0)
    said = text_of(dan.get(f"{PAGE}{done.pk}/"))
    assert "A flag is raised at 179 : 1; 1 earlier one at less, while fewer visits were known." in said
    assert "Mill Lane 16 Feb 2026 145 : 1" in said


def test_spread_is_told_in_points(dan, world, done):
    flag(done, world.mill, 5, channel="consistency", seen=0.21, expected=0.12)
    assert "21 pts 12 pts +9 uneven" in text_of(dan.get(f"{PAGE}{done.pk}/"))


def test_first_screen_of_a_backtest_speaks_plainly(dan, done):
    done.flags.update(chance=0.9)
    page = dan.get(f"{PAGE}{done.pk}/")
    assert hard_words_in(page) == []
    assert "sure" in first_screen(page)


def test_region_sees_the_flags_of_its_own_stores_only(client, world, done):
    Membership.objects.create(user=world.mia, region=world.north, role="director")
    client.force_login(world.mia)
    answer = client.get(f"{PAGE}{done.pk}/")
    said = text_of(answer)
    assert "1 decline and 1 improvement would have been flagged over 1 store." in said
    assert "Cove" not in said
    assert b"C1" not in client.get(f"{PAGE}{done.pk}/flags.csv").getvalue()
    assert "done 2" in text_of(client.get(PAGE))


def test_standards_owner_sees_the_stores_but_no_way_to_their_results(client, world, done):
    client.force_login(world.sue)
    answer = client.get(f"{PAGE}{done.pk}/")
    assert "Harbour Street" in text_of(answer)
    assert f"/reports/locations/{world.harbour.pk}/" not in answer.content.decode()


def test_settings_of_a_backtest_are_adopted(dan, world, done):
    answer = dan.post(f"{PAGE}{done.pk}/adopt/", follow=True)
    assert "Saved." in text_of(answer)
    chosen = chosen_for(world.standard)
    assert (chosen.false_alarms_per_year, chosen.smallest_drop, chosen.look_back) == (0.2, 0.05, 30)
    assert world.standard.drift_settings.adopted_from == done
    assert "These settings are those of Service standard now." in text_of(dan.get(f"{PAGE}{done.pk}/"))


def test_settings_of_one_that_is_not_done_or_beyond_the_limits_are_not_adopted(dan, world):
    unfinished = made(world, state="waiting", finished_at=None)
    odd = made(world, parameters=PARAMETERS | {"look_back": 300})
    assert "This backtest is not done" in text_of(dan.post(f"{PAGE}{unfinished.pk}/adopt/", follow=True))
    assert "between 5 and 120 visits; got 300" in text_of(dan.post(f"{PAGE}{odd.pk}/adopt/", follow=True))
    assert not hasattr(world.standard, "drift_settings")


def test_number_of_queries_does_not_grow_with_the_flags_or_backtests(dan, world, done):
    def n_queries(address):
        dan.get(address)
        with CaptureQueriesContext(connection) as found:
            assert dan.get(address).status_code == 200
        return len(found)

    before = [n_queries(PAGE), n_queries(f"{PAGE}{done.pk}/")]
    for week in range(1, 10):
        flag(done, world.mill, week)
    for _ in range(5):
        flag(made(world), world.mill, 1)
    assert [n_queries(PAGE), n_queries(f"{PAGE}{done.pk}/")] == before


def test_page_that_is_not_there_is_missing(dan):
    assert dan.get(f"{PAGE}99/").status_code == 404


def test_bars_stand_on_both_sides_of_zero_and_never_overlap():
    periods = [Period(739000.0 + 7 * n, 739007.0 + 7 * n, n % 4, n % 2, 0.5, 0.1) for n in range(30)]
    for is_narrow in (False, True):
        chart = flags_chart(periods, title="t", description="d", is_narrow=is_narrow)
        ups = [bar for bar in chart.bars if bar.kind == "decline"]
        assert all(bar.y + bar.height == pytest.approx(chart.zero) for bar in ups)
        assert all(bar.y == pytest.approx(chart.zero) for bar in chart.bars if bar.kind == "improve")
        assert all(left.x + left.width <= right.x for left, right in pairwise(ups))
        assert max(bar.height for bar in ups) == pytest.approx(3 * min(bar.height for bar in ups), rel=0.02)


@pytest.mark.parametrize(
    ("n_flags", "by_chance", "said"),
    [
        (400, 120.0, "expect about eight flags a week, about two of them by chance alone."),
        (40, 12.0, "expect about three flags a month, about one of them by chance alone."),
        (0, 0.1, "expect hardly any flag; chance alone raises about one in ten years."),
    ],
)
def test_flags_to_expect_are_said_with_the_false_ones_in_the_same_period(n_flags, by_chance, said):
    assert expected_flags(n_flags=n_flags, weeks=52.18, by_chance=by_chance).endswith(said)


def test_reported_numbers_that_could_not_tell_are_said_to_tell_nothing():
    assert how_early([("", None)]) == "No reported number could be held against the declines."
    assert how_early([]) == ""
    assert how_early([("waiting", None)] * 2) == "For two it is too early to say."
    assert "8 weeks before the flag (median)" in how_early([("confirmed", -56)]).replace("\N{NO-BREAK SPACE}", " ")


def test_worked_values_hold():
    assert doctest.testmod(backtest_charts).failed == doctest.testmod(backtest_sentences).failed == 0
