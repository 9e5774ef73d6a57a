"""What would have been flagged, with only what was known then."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from audits.models import Visit
from bench.product.database_chains import START, make_chain, make_metric, report_weekly
from locations.models import Reading
from reports.detection.backtest import flags_csv
from reports.detection.backtest.lifecycle import request_backtest
from reports.detection.backtest.replay import replay_past
from reports.models import Backtest, DriftFlag, PastFlag, Tally

pytestmark = pytest.mark.django_db
FIRST_DAY = START.date() + timedelta(weeks=20)


@pytest.fixture
def chain():
    return make_chain(n_locations=16, n_visits=44, drops={5: (196.0, 1.6, 0)})


def replayed(chain, **fields) -> Backtest:
    asked = {"standard": chain.standard, "start_on": FIRST_DAY, "stop_on": chain.end.date(), **fields}
    return replay_past(request_backtest(**asked).pk)


def first_of(backtest: Backtest, place=5) -> PastFlag:
    flag = backtest.flags.filter(location__code=f"L{place:03d}").first()
    assert flag is not None
    return flag


def rows_of(backtest: Backtest) -> list[tuple[str, ...]]:
    return list(flags_csv.rows(backtest, backtest.flags.all()))


def test_erosion_is_flagged_at_the_visit_that_proved_it(chain):
    flag = first_of(replayed(chain))
    onset = START + timedelta(days=196)
    assert timedelta(0) < flag.flagged_at - onset < timedelta(weeks=13)
    assert (flag.channel, flag.direction) == ("section:greeting", "decline")
    assert abs(flag.onset_at - onset) < timedelta(weeks=4)
    assert flag.seen < flag.expected
    assert flag.evidence > 20
    arrived = Tally.objects.filter(location=flag.location).values_list("known_at", flat=True)
    assert min(abs(flag.flagged_at - moment) for moment in arrived) < timedelta(seconds=1)


def test_flags_of_the_past_do_not_change_when_more_becomes_known(chain):
    until = START.date() + timedelta(weeks=36, days=-1)
    early = rows_of(replayed(chain, stop_on=until))
    later = rows_of(replayed(chain))
    assert any(row[0] == "L005" for row in early)
    assert early == [later[0]] + [row for row in later[1:] if row[1] <= max(row[1] for row in early[1:])]


def test_visit_that_arrived_late_counts_only_from_its_arrival(chain):
    after = Visit.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=190))
    first = first_of(replayed(chain))
    arrival = START + timedelta(weeks=41)
    Tally.objects.filter(visit__in=after).update(known_at=arrival)
    late = replayed(chain).flags.filter(location=chain.locations[5])
    assert first.flagged_at < arrival
    assert late
    assert all(flag.flagged_at >= arrival for flag in late)


def test_decline_that_no_metric_shows_is_a_blind_spot_when_it_is_flagged():
    chain = make_chain(n_locations=16, n_visits=60, drops={5: (196.0, 1.6, 0)})
    assert first_of(replayed(chain)).comparison == ""
    report_weekly(make_metric(), chain.locations, n_weeks=60)
    flag = first_of(replayed(chain))
    assert (flag.comparison, flag.in_the_end, flag.lead_days) == ("blind_spot", "blind_spot", None)


def test_decline_that_a_metric_shows_later_has_a_lead_in_the_end(chain):
    report_weekly(make_metric(), chain.locations, n_weeks=44, drops={5: (39, 9.0)})
    flag = first_of(replayed(chain))
    assert (flag.comparison, flag.in_the_end) == ("blind_spot", "confirmed")
    assert flag.metric.name == "Speed"
    worse_from = START + timedelta(weeks=39)
    noticed = flag.flagged_at + timedelta(days=flag.lead_days)
    assert timedelta(0) < noticed - worse_from < timedelta(weeks=4)


def declining(metric_drops):
    """A chain in which six stores decline after 28 weeks, and a metric with these drops: {place: (week, by)}."""
    chain = make_chain(n_locations=16, n_visits=44, drops=dict.fromkeys(range(6), (196.0, 1.6, 0)))
    report_weekly(make_metric(), chain.locations, n_weeks=44, drops=metric_drops)
    return chain


def test_it_is_told_how_long_after_the_begin_of_a_decline_a_metric_follows():
    (lag,) = replayed(declining(dict.fromkeys(range(6), (34, 9.0)))).lags
    assert (lag["metric"], lag["n_declines"]) == ("Speed", 6)
    assert lag["days"] == pytest.approx(6 * 7, abs=21), "the onsets are estimates"


def test_a_metric_that_does_not_follow_declines_has_no_lag():
    assert replayed(declining({})).lags == []


def test_readings_that_come_later_change_no_comparison_of_before():
    """The metric stands at its best until the last weeks, when one store shows that it can be better still."""
    chain = make_chain(n_locations=16, n_visits=60, drops={5: (196.0, 1.6, 0)})
    metric = make_metric()
    report_weekly(metric, chain.locations, n_weeks=60)
    Reading.objects.filter(value__gt=80).update(value=80)
    last_weeks = Reading.objects.filter(period_start__gte=START.date() + timedelta(weeks=57))
    last_weeks.filter(location=chain.locations[9]).update(value=90)
    later = {(flag.location_id, flag.flagged_at): flag for flag in replayed(chain).flags.all()}
    assert {flag.in_the_end for flag in later.values() if flag.direction == "decline"} == {"blind_spot"}
    stop_on = START.date() + timedelta(weeks=56)
    Reading.objects.filter(period_end__gte=stop_on).delete()
    early = replayed(chain, stop_on=stop_on).flags.filter(direction="decline")
    assert early
    for flag in early:
        assert later[flag.location_id, flag.flagged_at].comparison == flag.comparison == ""


def test_backtest_raises_no_flag_that_anybody_would_act_on(chain):
    replayed(chain)
    assert not DriftFlag.objects.exists()


def test_file_holds_the_columns_of_the_history_format(chain):
    rows = rows_of(replayed(chain))
    assert rows[0] == ("location_id", "flagged_at", "channel", "direction", "onset", "comparison", "strength")
    greeting = next(row for row in rows[1:] if row[0] == "L005")
    assert greeting[2:4] == ("section:Greeting", "decline")
    assert float(greeting[6]) > 20


def test_command_writes_the_flags_and_says_how_many(chain, tmp_path, capsys):
    out = tmp_path / "flags.csv"
    call_command("backtest", standard="chain", start=str(FIRST_DAY), stop=str(chain.end.date()), out=out)
    assert out.read_text() == as_csv(rows_of(Backtest.objects.get()))
    assert f"{out}: " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [out]


def as_csv(rows) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().replace("\r\n", "\n")


def test_file_is_written_whole_or_not_at_all(tmp_path):
    out = tmp_path / "flags.csv"
    out.write_text("before")

    def rows():
        yield ("L1", "2026-01-01")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        flags_csv.write(rows(), out)
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start": "soon"}, "--from 'soon': write a date"),
        ({"stop": None}, "--to None: write a date"),
        ({"stop": "2024-01-01"}, "lies before the first"),
        ({"stop": "2999-01-01"}, "lies in the future: choose one up to"),
        ({"stop": "2025-06-01", "every": 7.0}, "there is no run: take 7 days or more"),
        ({"every": 0.0}, "both above 0"),
        ({"every": 0.001}, "runs are too many"),
        (
            {"start": "2024-06-01"},
            "No scored visit of Chain standard was known on 2024-06-01; the first came",
        ),
        ({"false_alarms": 0.0}, "must be above 0"),
        ({"smallest_drop": 120.0}, "smallest_drop must be at least 0 and below 1; got 1.2"),
        ({"resume": True}, "no backtest of Chain standard is unfinished"),
    ],
)
def test_command_says_what_is_wrong_with_its_options(options, words, tmp_path):
    make_chain(n_locations=1, n_visits=2)
    given = {"standard": "chain", "start": "2025-06-01", "stop": "2025-10-01", "out": tmp_path / "f.csv"} | options
    with pytest.raises(CommandError, match=words):
        call_command("backtest", **given)


def test_spreadsheet_gets_no_formula():
    assert flags_csv.harmless(("=HYPERLINK(1)", "-2", "L1")) == ("'=HYPERLINK(1)", "'-2", "L1")
