"""Readings by CSV upload in the admin: looked at first, then stored whole or not at all."""

import gzip
import os
import time

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from locations.imports import uploads
from locations.models import Metric, Reading

HEAD = "location_id,metric,period_start,period_end,value\n"
TWO = HEAD + "H1,score,2026-03-02,2026-03-08,81.5\nC1,score,2026-03-02,2026-03-08,70\n"
UPLOAD, PREVIEW = "admin:locations_reading_upload", "admin:locations_reading_preview"


@pytest.fixture
def dan(world, client):
    """The director, signed in; brings in readings for the whole chain."""
    Metric.objects.create(key="score", name="Score", cadence="weekly", plausible_min=0, plausible_max=100)
    client.force_login(world.dan)
    return client


def send(client, text, name="readings.csv"):
    data = text.encode() if isinstance(text, str) else text
    return client.post(reverse(UPLOAD), {"file": SimpleUploadedFile(name, data)}, follow=True)


def kept():
    return default_storage.listdir(uploads.FOLDER)[1] if default_storage.exists(uploads.FOLDER) else []


def test_the_list_of_readings_has_a_button_to_upload(dan):
    assert reverse(UPLOAD) in dan.get(reverse("admin:locations_reading_changelist")).content.decode()


def test_a_preview_counts_and_stores_nothing(dan, world):
    Reading.objects.create(
        location=world.harbour,
        metric=Metric.objects.get(),
        period_start="2026-03-02",
        period_end="2026-03-08",
        value=1,
    )
    page = send(dan, TWO).content.decode()
    assert "1 new, 1 changed, 0 as they are" in page
    assert Reading.objects.get().value == 1


def test_confirming_stores_all_and_lets_the_file_go(dan):
    send(dan, TWO)
    assert len(kept()) == 1
    page = dan.post(reverse(PREVIEW), {"store": ""}, follow=True).content.decode()
    assert "2 new, 0 changed, 0 as they were" in page
    assert Reading.objects.count() == 2
    assert kept() == []


def test_the_same_file_again_is_all_as_it_is(dan):
    send(dan, TWO)
    dan.post(reverse(PREVIEW))
    assert "0 new, 0 changed, 2 as they are" in send(dan, TWO).content.decode()


@pytest.mark.parametrize(
    "data",
    [gzip.compress(TWO.encode(), mtime=0), ("\ufeff" + TWO).encode(), TWO.replace("\n", "\r\n").encode()],
    ids=["gzip", "byte order mark", "lines of Windows"],
)
def test_other_forms_of_the_file_are_read(dan, data):
    assert "2 new, 0 changed" in send(dan, data).content.decode()


def test_errors_are_shown_by_line_and_column_and_nothing_can_be_stored(dan):
    page = send(dan, HEAD + "H1,score,2026-03-02,,81\nX9,nps,2026-13-02,,high\nH1,score,2026-03-02,,82\n")
    text = page.content.decode()
    assert "5 errors: nothing can be stored" in text
    errors = [(error.line, error.column) for error in page.context["preview"].sheet.faults.first]
    assert errors == [(3, "location_id"), (3, "metric"), (3, "period_start"), (3, "value"), (4, "period_start")]
    assert "repeats the location, metric and period of line 2" in text
    answer = dan.post(reverse(PREVIEW), {"store": ""}, follow=True).content.decode()
    assert "5 errors: nothing was stored." in answer
    assert not Reading.objects.exists()


def test_fifty_errors_are_shown_and_the_others_counted(dan):
    page = send(dan, HEAD + "X9,score,2026-03-02,,81\n" * 60)
    assert len(page.context["preview"].sheet.faults.first) == 50
    assert "and 10 more" in page.content.decode()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("H1,score,2999-01-01,,81", "lies in the future"),
        ("H1,score,2026-03-02,,101", "above the largest plausible Score"),
        ("H1,score,2026-03-02,2026-03-01,81", "lies before period_start"),
        ("H1,score,2026-03-02", "has 3 values, the header names 5"),
    ],
)
def test_each_kind_of_wrong_row_says_why(dan, row, reason):
    assert reason in send(dan, HEAD + row + "\n").content.decode()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("location_id,metric\n", "lacks the columns period_start, value"),
        (HEAD, "has a header and no rows"),
        (TWO.replace("C1", "Cé").encode("latin-1"), "is not UTF-8"),
        (gzip.compress(TWO.encode(), mtime=0)[:-12], "is damaged"),
    ],
)
def test_a_file_that_cannot_be_read_leads_back_to_the_choice(dan, data, words):
    answer = send(dan, data)
    assert answer.redirect_chain[-1][0] == reverse(UPLOAD)
    assert words in answer.content.decode()
    assert kept() == []


def test_too_many_rows_are_refused(dan, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_ROWS", 1)
    assert "has more than 1 rows" in send(dan, TWO).content.decode()


def test_too_large_a_file_is_refused_before_it_is_read(dan, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 10)
    assert "larger than 0 MB" in send(dan, TWO).content.decode()
    assert kept() == []


def test_a_location_of_another_region_reads_like_an_unknown_one(dan, world):
    world.dan.memberships.update(region=world.north)
    page = send(dan, HEAD + "C1,score,2026-03-02,,81\nX9,score,2026-03-02,,81\n")
    reasons = {error.reason for error in page.context["preview"].sheet.faults.first}
    assert reasons == {"no location of yours has this code"}


def test_rights_that_went_between_preview_and_confirmation_are_asked_again(dan, world):
    send(dan, TWO)
    world.dan.memberships.update(region=world.north)
    dan.post(reverse(PREVIEW), {"store": ""})
    assert not Reading.objects.exists()


def test_leaving_it_lets_the_file_go(dan):
    send(dan, TWO)
    dan.post(reverse(PREVIEW), {"cancel": ""})
    assert kept() == []
    assert "choose it again" in dan.get(reverse(PREVIEW), follow=True).content.decode()


def test_a_second_file_replaces_the_first(dan):
    send(dan, TWO)
    send(dan, TWO)
    assert len(kept()) == 1


def test_a_file_that_was_left_for_a_day_is_taken_away(dan, settings):
    send(dan, TWO)
    (left,) = kept()
    yesterday = time.time() - 25 * 3600
    os.utime(default_storage.path(f"{uploads.FOLDER}/{left}"), (yesterday, yesterday))
    dan.session.flush()
    key = uploads.keep(SimpleUploadedFile("x.csv", b"x"))
    assert kept() == [key.rsplit("/")[-1]]


def test_another_session_does_not_reach_the_file(dan, world, client):
    send(dan, TWO)
    other = type(client)()
    other.force_login(world.root)
    assert "choose it again" in other.get(reverse(PREVIEW), follow=True).content.decode()


def test_only_kept_files_can_be_opened():
    for key in ("../secrets", "photos/a.jpg", f"{uploads.FOLDER}/../../x"):
        with pytest.raises(FileNotFoundError):
            uploads.open_kept(key)


def test_who_brings_in_no_readings_reaches_neither_page(world, client):
    client.force_login(world.sue)
    for name in (UPLOAD, PREVIEW):
        assert client.get(reverse(name)).status_code == 403
