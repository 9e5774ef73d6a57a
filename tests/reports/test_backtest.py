"""What would have been flagged, with only what was known then."""

import csv
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from audits.models import Visit
from reports.detection.backtest import NothingToReplay, PastFlag, past_flags, write_flags
from reports.models import DriftFlag, Tally
from tests.reports.chains import START, make_chain, make_metric, report_weekly

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain():
    return make_chain(n_locations=16, n_visits=44, drops={5: (196.0, 1.6, 0)})


def replayed(chain, **fields) -> list[PastFlag]:
    start = START.replace(hour=0) + timedelta(weeks=20)
    return past_flags(standard=chain.standard, start=start, stop=fields.pop("stop", chain.end), **fields)


def test_erosion_is_flagged_by_a_weekly_run_after_it_began(chain):
    first = next(row for row in replayed(chain) if row.location_id == "L005")
    onset = START + timedelta(days=196)
    flagged = datetime.fromisoformat(first.flagged_at)
    assert timedelta(0) < flagged - onset < timedelta(weeks=13)
    assert (first.channel, first.direction) == ("section:Greeting", "decline")
    assert abs(datetime.fromisoformat(first.onset) - onset) < timedelta(weeks=4)
    assert float(first.strength) > 1
    assert (flagged - START.replace(hour=0)) % timedelta(weeks=1) == timedelta(0)


def test_flags_of_the_past_do_not_change_when_more_becomes_known(chain):
    until = START.replace(hour=0) + timedelta(weeks=36)
    early = replayed(chain, stop=until)
    later = [row for row in replayed(chain) if row.flagged_at <= until.isoformat()]
    assert early == later
    assert any(row.location_id == "L005" for row in early)


def test_visit_that_arrived_late_counts_only_from_its_arrival(chain):
    after = Visit.objects.filter(location=chain.locations[5], started_at__gte=START + timedelta(days=190))
    first = next(row for row in replayed(chain) if row.location_id == "L005")
    arrival = START + timedelta(weeks=41)
    Tally.objects.filter(visit__in=after).update(received_at=arrival)
    late = [row for row in replayed(chain) if row.location_id == "L005"]
    assert first.flagged_at < arrival.isoformat()
    assert late
    assert all(row.flagged_at >= arrival.isoformat() for row in late)


def test_decline_that_no_metric_shows_is_a_blind_spot_when_it_is_flagged(chain):
    assert next(row for row in replayed(chain) if row.location_id == "L005").comparison == ""
    report_weekly(make_metric(), chain.locations, n_weeks=44)
    assert next(row for row in replayed(chain) if row.location_id == "L005").comparison == "blind_spot"


def test_backtest_writes_no_flag_into_the_database(chain):
    replayed(chain)
    assert not DriftFlag.objects.exists()


def test_nothing_known_at_the_start_is_said(chain):
    with pytest.raises(NothingToReplay, match="choose a later --from"):
        past_flags(standard=chain.standard, start=START - timedelta(days=2), stop=chain.end)


def test_command_writes_the_columns_of_the_history_format(chain, tmp_path, capsys):
    out = tmp_path / "flags.csv"
    start, stop = START.date() + timedelta(weeks=20), chain.end.date()
    call_command("backtest", standard="chain", start=str(start), stop=str(stop), every=7.0, out=out)
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == [
        "location_id", "flagged_at", "channel", "direction", "onset", "comparison", "strength",
    ]  # fmt: skip
    assert any(row["location_id"] == "L005" for row in rows)
    assert f"{out}: " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [out]


def test_file_is_written_whole_or_not_at_all(tmp_path):
    out = tmp_path / "flags.csv"
    out.write_text("before")

    def rows():
        yield PastFlag("L1", "2026-01-01", "overall", "decline", "2025-12-01", "", "9")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_flags(rows(), out)
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start": "soon"}, "--from 'soon'"),
        ({"stop": "2024-01-01"}, "lies before --from"),
        ({"every": 0.0}, "must be above 0 days"),
        ({"false_alarms": 0.0}, "must be above 0"),
    ],
)
def test_command_says_what_is_wrong_with_its_options(options, words, tmp_path):
    given = {"standard": "chain", "start": "2025-06-01", "stop": "2025-10-01", "out": tmp_path / "f.csv"} | options
    with pytest.raises(CommandError, match=words):
        call_command("backtest", **given)
