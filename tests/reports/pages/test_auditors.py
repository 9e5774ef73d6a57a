"""The auditors' page of head office: who may read it, what it says, and that it ranks nobody."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.product import database_chains as chains
from locations.models import Location, Membership, Region, User
from reports.detection.data.fitted_run import FittedRun
from reports.detection.scan.scan import request_scan, run_scan
from reports.detection.views import auditors as detection
from reports.detection.views.auditors import auditors
from reports.models import Run, Tally
from reports.pages.charts.interval_chart import Interval, interval_chart
from reports.pages.director.auditors import AUDITORS_A_PAGE
from tests.reports.page_rows import text_of

PAGE = "/reports/auditors/"


@pytest.fixture
def scanned(db):
    """Eight stores in two regions; a0 finds fewer kept; a5 has an account."""
    made = chains.make_chain(n_locations=8, n_visits=40)
    rng = np.random.default_rng(3)
    made.otto = User.objects.create_user("otto@example.org", first_name="Otto", last_name="Reiss")
    for tally in Tally.objects.all():
        if tally.auditor == "code:a0":
            seen = np.frombuffer(tally.matrix, np.uint8).reshape(3, 15).copy()
            seen[rng.random(seen.shape) < 0.3] = 0
            tally.matrix = seen.tobytes()
        if tally.auditor == "code:a5":
            tally.auditor = f"user:{made.otto.pk}"
        tally.save()
    made.run = run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    return made


def person(email, role, *regions) -> User:
    user = User.objects.create_user(email, "correct horse battery")
    for region in regions:
        Membership.objects.create(user=user, region=region, role=role)
    return user


@pytest.fixture
def head_office(client, scanned):
    client.force_login(person("dan@example.org", "director", *Region.objects.all()))
    return client


def listed(response) -> list[str]:
    """The names in the table of auditors, as they stand."""
    table = response.content.decode().partition('id="auditors"')[2].partition("</table>")[0]
    return re.findall(r'<th scope="row">([^<]*)</th>', table)


@pytest.mark.parametrize("role", ["manager", "reviewer", "auditor", "standards", "integrator"])
def test_nobody_of_a_region_reads_it_or_finds_it_in_the_header(client, scanned, role):
    client.force_login(person("max@example.org", role, *Region.objects.all()))
    answer = client.get(PAGE)
    assert answer.status_code == 403
    assert "Only directors and executives of the whole organisation read the page of auditors." in text_of(answer)
    assert PAGE not in client.get(reverse("reports:drift")).content.decode()


@pytest.mark.parametrize("role", ["director", "executive"])
def test_head_office_finds_it_in_the_header(client, scanned, role):
    client.force_login(person("eva@example.org", role, *Region.objects.all()))
    assert PAGE in client.get(reverse("reports:drift")).content.decode()
    assert client.get(PAGE).status_code == 200


def test_auditors_stand_in_order_of_names_whatever_their_severity(head_office):
    assert listed(head_office.get(PAGE)) == ["a0", "a1", "a2", "a3", "a4", "Otto Reiss"]
    assert "order=" not in head_office.get(PAGE).content.decode()


def test_the_severe_auditor_has_points_below_peers_with_an_interval(scanned):
    found = {
        each.name: each
        for each in auditors(FittedRun.last(scanned.standard), locations=Location.objects.all()).auditors
    }
    severe = found["a0"].severity
    assert severe.high < -0.05
    assert severe.low < severe.value < severe.high
    assert min(each.severity.value for each in found.values()) == severe.value
    assert sum(each.n_visits for each in found.values()) == Tally.objects.count()
    assert {each.n_locations for each in found.values()} == {8}


@pytest.mark.parametrize("role", ["director", "executive"])
def test_the_head_of_one_region_is_not_head_office(client, scanned, role):
    south = Region.objects.get(name="Chain 1")
    south.parent = Region.objects.create(name="Chain")
    south.save()
    user = person("dee@example.org", role, south)
    Membership.objects.create(user=user, region=south.parent, role="manager")
    client.force_login(user)
    answer = client.get(PAGE)
    assert answer.status_code == 403
    assert "of the whole organisation read the page of auditors." in text_of(answer)
    assert PAGE not in client.get(reverse("reports:drift")).content.decode()


def test_head_office_of_one_chain_sees_the_auditors_of_its_stores_only(client, scanned):
    north, south = Region.objects.order_by("name")
    Tally.objects.filter(location__region=south, auditor="code:a1").update(auditor="code:a2")
    user = person("dee@example.org", "director", south)
    Membership.objects.create(user=user, region=north, role="manager")
    client.force_login(user)
    assert listed(client.get(PAGE)) == ["a0", "a2", "a3", "a4", "Otto Reiss"]


def test_one_sentence_says_what_severity_means_and_that_it_is_taken_out(head_office):
    said = text_of(head_office.get(PAGE))
    assert "points lower (−) or higher (+) an auditor rates than peers would at the average store" in said
    assert "takes it out, so that no store is flagged because of who came" in said


def test_it_says_how_much_of_a_visit_is_the_stores_own_and_that_more_visits_tell_more(head_office, scanned):
    found = auditors(FittedRun.last(scanned.standard), locations=Location.objects.all()).own_share
    assert 0 < found.raw < found.adjusted < found.of_several < 1
    assert (
        f"in one visit, {found.raw:.0%} is the stores’ own; with severity taken out {found.adjusted:.0%}, and in the "
        f"mean of four visits by different auditors {found.of_several:.0%}."
    ).replace("%", " %") in text_of(head_office.get(PAGE))


def test_linked_auditors_are_said_to_be(head_office):
    assert "All auditors and stores are linked by visits" in text_of(head_office.get(PAGE))


def test_missing_links_are_told_with_the_swap_that_joins_them(head_office, scanned):
    north, south = Region.objects.order_by("name")
    for region, codes in ((north, ("a0", "a1")), (south, ("a2", "a3"))):
        for number, tally in enumerate(Tally.objects.filter(location__region=region)):
            Tally.objects.filter(pk=tally.pk).update(auditor=f"code:{codes[number % 2]}")
    said = text_of(head_office.get(PAGE))
    assert "Two groups of auditors and stores share no visit." in said
    assert re.search(
        r"a[23] visits Store \d+ once, a[01] visits Store \d+\.|a[01] visits Store \d+ once, a[23]", said
    )


def test_agreement_stands_per_criterion_where_pairs_are_enough(head_office, scanned):
    assert "0 pairs of visits to one store" in text_of(head_office.get(PAGE))
    moved = []
    for place in scanned.locations:
        own = list(Tally.objects.filter(location=place).order_by("started_at"))
        for first, second in zip(own[::2], own[1::2], strict=True):
            second.started_at, second.auditor = first.started_at + timedelta(days=1), "code:a2"
            first.auditor, second.matrix = "code:a1", first.matrix
            moved += [first, second]
    Tally.objects.bulk_update(moved, ["started_at", "auditor", "matrix"])
    found = auditors(FittedRun.last(scanned.standard), locations=Location.objects.all())
    assert found.n_pairs == 160
    assert [each.text for each in found.agreement][:2] == ["greeting 0?", "greeting 1?"]
    assert {each.agreement.value for each in found.agreement} == {1.0}


def test_a_large_chain_is_read_in_part_and_says_so(head_office, scanned, monkeypatch):
    monkeypatch.setattr(detection, "MOST_VISITS", 160)
    said = text_of(head_office.get(PAGE))
    assert "Quarters and agreement from 4 of 8 stores, evenly spaced." in said
    assert listed(head_office.get(PAGE)) == ["a0", "a1", "a2", "a3", "a4", "Otto Reiss"]


def test_number_of_queries_does_not_grow_with_auditors(head_office, scanned):
    counts = []
    for n_codes in (4, 80):
        for place in scanned.locations:  # neighbours share auditors, so that all are linked
            for number, tally in enumerate(Tally.objects.filter(location=place)):
                code = f"b{(number + 10 * place.pk) % n_codes:02d}"
                Tally.objects.filter(pk=tally.pk).update(auditor=f"code:{code}")
        with CaptureQueriesContext(connection) as captured:
            response = head_office.get(PAGE)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert len(listed(response)) == AUDITORS_A_PAGE
    assert listed(head_office.get(PAGE, {"page": "2"}))[0] == "b50"


def test_without_a_scan_or_visits_it_says_what_is_missing(client, world):
    client.force_login(world.dan)
    assert "Their severity is estimated by a scan" in text_of(client.get(PAGE))
    run_scan(request_scan(standard=world.standard).pk)
    assert "The last scan knows no visit to your stores" in text_of(client.get(PAGE))
    assert client.get(PAGE, {"standard": "none"}).status_code == 404


def test_an_auditor_whom_the_scan_does_not_know_has_visits_and_no_severity(head_office, scanned):
    Tally.objects.filter(auditor="code:a4").update(auditor="code:zed")
    found = auditors(FittedRun.last(scanned.standard), locations=Location.objects.all()).auditors
    assert (found[-1].name, found[-1].severity) == ("zed", None)
    assert "new since the scan" in text_of(head_office.get(PAGE))


def test_a_run_without_effects_says_nothing_of_anybody(scanned):
    Run.objects.update(effects=None)
    assert FittedRun.last(scanned.standard) is None


# The drawing


def drawn(*values, **more):
    intervals = [Interval(f"Name {n}", value, value - 0.02, value + 0.02) for n, value in enumerate(values)]
    return interval_chart(intervals, title="t", description="d", **more)


def test_dots_keep_the_order_given_and_lie_within_the_picture():
    chart = drawn(0.05, -0.13, 0.0)
    assert [row.name for row in chart.rows] == ["Name 0", "Name 1", "Name 2"]
    assert chart.rows[2].x == chart.zero
    for row in chart.rows:
        assert chart.label_x < row.low < row.x < row.high < chart.width
    assert chart.rows[1].title == "Name 1: −13 points (−15 to −11)"


def test_small_differences_are_not_magnified():
    chart = drawn(0.001, -0.001)
    assert [tick.label for tick in chart.ticks] == ["−4", "−3", "−2", "−1", "0", "+1", "+2", "+3", "+4"]


def test_long_names_are_shortened_on_a_phone():
    interval = Interval("Bartholomew Featherstonehaugh", 0.0, -0.01, 0.01)
    chart = interval_chart([interval], title="t", description="d", is_narrow=True)
    assert chart.rows[0].name == "Bartholomew Fe…"
    assert chart.rows[0].title.startswith("Bartholomew Featherstonehaugh")
