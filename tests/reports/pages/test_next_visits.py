"""Where to look next: which visits, why, who may read it and plan them, and that it stays bounded."""

import math
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Visit
from bench.product import database_chains as chains
from locations.models import Location, Membership, Region, User
from reports.detection.data.fitted_run import FittedRun
from reports.detection.scan.scan import request_scan, run_scan
from reports.detection.views import next_visits
from reports.detection.views.auditor_assignment import Joining, Whom
from reports.detection.views.next_visits import NextVisit, most_valuable
from reports.models import LocationResult, Tally
from reports.pages.charts.bar_chart import Bar, bar_chart
from reports.pages.planner import sentences
from reports.pages.sentences import words
from tests.reports.page_rows import text_of
from tests.reports.pages.hard_words import hard_words_in

PAGE = "/reports/next/"
SINKING, NEGLECTED = 2, 5
ONE = NextVisit(
    location_id=1, weeks=9.2, usual_weeks=4.0, n_visits=20, n_below=2, n_missing=0, is_flagged=False, evidence=12.0,
    chance=0.2, find_days=2.4, judge_days=0.1, link_days=0.0, alone="", whom=None,
)  # fmt: skip


@pytest.fixture
def scanned(db, read_at):
    """Six stores in two regions: at its last visit one had sunk, one has not been visited for ten weeks."""
    made = chains.make_chain(n_locations=6, n_visits=24, drops={SINKING: (160.0, 2.0, None)}, seed=4)
    late = made.end - timedelta(weeks=10)
    neglected = Visit.objects.filter(location=made.locations[NEGLECTED], started_at__gt=late)
    Tally.objects.filter(visit__in=neglected).delete()
    neglected.delete()
    made.run = run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    read_at(made.end)
    return made


def plan(made, **options):
    every = Location.objects.filter(pk__in=[place.pk for place in made.locations])
    fitted = FittedRun.last(made.standard)
    return fitted and most_valuable(fitted, locations=every, as_of=made.end, **options)


def person(email, role, *regions, **fields) -> User:
    user = User.objects.create_user(email, "correct horse battery", **fields)
    for region in regions:
        Membership.objects.create(user=user, region=region, role=role)
    return user


@pytest.fixture
def head_office(client, scanned):
    client.force_login(person("dan@example.org", "director", *Region.objects.all(), is_staff=True))
    return client


def test_the_long_wait_and_the_sinking_store_come_first(scanned):
    found = plan(scanned)
    first = {visit.location_id for visit in found.visits[:2]}
    assert first == {scanned.locations[SINKING].pk, scanned.locations[NEGLECTED].pk}
    days = [visit.days for visit in found.visits]
    assert days == sorted(days, reverse=True)
    assert plan(scanned) == found
    by_location = {visit.location_id: visit for visit in found.visits}
    neglected, sinking = (by_location[scanned.locations[at].pk] for at in (NEGLECTED, SINKING))
    assert 10 <= neglected.weeks < 12
    assert neglected.weeks > neglected.usual_weeks
    assert sinking.n_below >= 1
    assert not sinking.is_flagged
    assert sinking.chance > neglected.chance


def test_before_the_first_scan_there_is_no_plan(db):
    made = chains.make_chain(n_locations=2, n_visits=4)
    assert plan(made) is None


def test_a_large_chain_is_narrowed_by_its_evidence_and_says_so(scanned, monkeypatch):
    monkeypatch.setattr(next_visits, "MOST_RESULTS", 3)
    found = plan(scanned)
    most = LocationResult.objects.exclude(log_evidence=None).order_by("-log_evidence").values_list("location_id")[:3]
    assert {visit.location_id for visit in found.visits} == {location for (location,) in most}
    assert (found.n_locations, found.n_left_out) == (3, 3)
    assert "those with the strongest signs of a drop, of 6" in sentences.facts(found, found.visits)


def test_who_shares_no_store_with_the_others_is_sent_to_join_them(scanned):
    apart = [place.pk for place in scanned.locations[:3]]
    Tally.objects.filter(location__in=apart, auditor__in=["code:a3", "code:a4", "code:a5"]).update(auditor="code:a0")
    Tally.objects.exclude(location__in=apart).filter(auditor__in=["code:a0", "code:a1", "code:a2"]).update(
        auditor="code:a4"
    )
    run_scan(request_scan(standard=scanned.standard, as_of=scanned.end).pk)
    found = plan(scanned).visits
    joining = [visit for visit in found if visit.whom and visit.whom.is_joining]
    assert len(joining) == 1, "once joined, the groups are one"
    assert joining[0].link_days > 0
    is_of_first_group = joining[0].location_id in apart
    assert (joining[0].whom.key in {"code:a3", "code:a4", "code:a5"}) == is_of_first_group
    assert sum(visit.link_days for visit in found) == joining[0].link_days


def test_groups_that_are_joined_through_a_third_are_not_joined_again():
    def across(location_id, find_days, *pair):
        visit = replace(ONE, location_id=location_id, find_days=find_days)
        return visit, Joining(pair, 1.0, Whom("user:7", "Ben Wu", is_joining=True))

    found = next_visits.joined_once([across(1, 1.0, 0, 2), across(2, 3.0, 0, 1), across(3, 2.0, 2, 1)])
    assert [(visit.location_id, visit.link_days) for visit in found] == [(2, 1.0), (3, 1.0), (1, 0.0)]


def test_the_page_names_the_most_valuable_visit_and_why(head_office, scanned):
    text = text_of(head_office.get(PAGE))
    first = Location.objects.get(pk=plan(scanned).visits[0].location_id)
    assert f"A visit to {first.name} would teach most." in text
    assert "No visit for" in text
    assert "6 stores weighed" in text.replace(words.NBSP, " ")


def test_the_number_of_queries_does_not_grow_with_the_stores(head_office, scanned, monkeypatch):
    head_office.get(PAGE)
    with CaptureQueriesContext(
        connection,
    ) as many:
        head_office.get(PAGE)
    monkeypatch.setattr(next_visits, "MOST_READ", 1)
    monkeypatch.setattr(next_visits, "MOST_RESULTS", 1)
    with CaptureQueriesContext(connection) as one:
        head_office.get(PAGE)
    assert len(many) == len(one)


def test_a_manager_finds_the_stores_of_the_own_region_alone(client, scanned):
    own, other = scanned.locations[SINKING], scanned.locations[NEGLECTED]
    client.force_login(person("max@example.org", "manager", own.region))
    page = client.get(PAGE).content.decode()
    assert reverse("reports:location", args=[own.pk]) in page
    assert reverse("reports:location", args=[other.pk]) not in page
    assert PAGE in client.get(reverse("reports:drift")).content.decode()


def test_the_way_to_the_form_is_for_those_who_plan_and_leads_to_it_filled_in(head_office, client, scanned):
    page = head_office.get(PAGE).content.decode()
    addresses = re.findall(r'href="(/admin/audits/assignment/add/[^"]*)"', page)
    assert len(addresses) == page.count('<th scope="row">')
    form = head_office.get(addresses[0].replace("&amp;", "&"))
    assert form.status_code == 200
    first = scanned.locations[SINKING]
    assert f'<option value="{first.pk}" selected' in form.content.decode()
    client.force_login(person("eva@example.org", "executive", *Region.objects.all()))
    assert "/admin/audits/assignment/add/" not in client.get(PAGE).content.decode()


def test_whom_to_send_is_for_those_who_plan(client, scanned):
    own = scanned.locations[SINKING]
    Tally.objects.filter(location=own).update(auditor="code:a0")
    run_scan(request_scan(standard=scanned.standard, as_of=scanned.end).pk)
    client.force_login(person("max@example.org", "manager", own.region))
    with time_machine.travel(scanned.end):
        assert "as all visits lately were a0’s" in text_of(client.get(PAGE))
    client.force_login(person("eva@example.org", "executive", own.region))
    page = text_of(client.get(PAGE))
    assert own.name in page
    assert "Best sent" not in page


def test_a_store_that_was_never_visited_is_listed_apart_and_a_closed_one_nowhere(head_office, scanned):
    region = scanned.locations[0].region
    Location.objects.create(code="N1", name="Newly Opened", region=region)
    Location.objects.create(code="N2", name="Long Gone", region=region, closed_on="2024-01-01")
    Location.objects.filter(pk=scanned.locations[NEGLECTED].pk).update(closed_on="2025-01-01")
    page = head_office.get(PAGE).content.decode()
    assert "Newly Opened" in page.partition('id="never"')[2]
    assert "Long Gone" not in page
    assert reverse("reports:location", args=[scanned.locations[NEGLECTED].pk]) not in page


def test_a_store_whose_first_visit_waits_for_its_judgement_is_not_said_to_be_never_visited(head_office, scanned):
    seen = scanned.locations[0].visits.order_by("-started_at").first()
    new = Location.objects.create(code="N1", name="Newly Opened", region=scanned.locations[0].region)
    Location.objects.create(code="N2", name="Nobody There", region=scanned.locations[0].region)
    Visit.objects.filter(pk=seen.pk).update(location=new)
    never = head_office.get(PAGE).content.decode().partition('id="never"')[2]
    assert "Nobody There" in never
    assert "Newly Opened" not in never


def test_without_a_scan_the_page_says_what_to_do(client, world):
    client.force_login(world.mia)
    assert "Nothing has been scanned yet." in text_of(client.get(PAGE))


def test_a_store_whose_visits_were_all_excluded_is_on_the_page_with_no_weeks(head_office, scanned):
    place = scanned.locations[NEGLECTED]
    Tally.objects.filter(location=place).update(is_excluded=True)
    run_scan(request_scan(standard=scanned.standard, as_of=scanned.end).pk)
    assert LocationResult.objects.get(location=place).n_visits == 0
    text = text_of(head_office.get(PAGE))
    assert "None of its visits counts any more: they are too old, or were excluded. A drop of" in text
    told = re.search(r"A drop of \d+ points would take about (\d+) more visits to show\.", text)
    assert int(told.group(1)) >= FittedRun.last(scanned.standard).run.least_visits


def why(**changed) -> str:
    told = sentences.why(replace(ONE, **changed), threshold=4.6, large_drop=0.17)
    return told.replace(words.NBSP, " ")


def test_a_reason_is_a_sentence_about_the_wait_the_last_visits_and_the_evidence():
    assert why() == (
        "No visit for nine weeks, longer than usual there, and the last two were below what was expected. "
        "There are signs of a drop, and not enough of them for a flag."
    )
    assert why(weeks=2.9).startswith("No visit for two weeks, and")
    assert sentences.weeks(replace(ONE, weeks=2.9)) == "2"
    assert why(weeks=0.4, n_below=0, evidence=1.0) == (
        "Visited within the last week. A decline that began since would not have been seen."
    )
    assert why(weeks=3.0, n_below=1, n_missing=2).endswith(
        "and the last one was below what was expected. Two more visits are needed before a decline can show."
    )
    assert why(n_missing=2, n_until_found=9).endswith("A drop of 17 points would take about 9 more visits to show.")
    assert why(weeks=math.inf, n_below=0, n_missing=6).startswith("None of its visits counts any more: they are too")
    assert why(judge_days=9.0).endswith("Whether it belongs to the weakest quarter of stores is open.")
    assert why(evidence=150.0).endswith("The signs of a drop rest on one visit; a second one settles it.")
    assert why(is_flagged=True).endswith("A decline is flagged already; a visit tells how low its level is now.")
    assert why(link_days=9.0).endswith("It would join stores and auditors that share no visit yet.")


@pytest.mark.parametrize(
    ("evidence", "word", "tapped"),
    [
        (0.0, "none", ""),
        (2.9, "none", ""),
        (4.0, "weak", "Evidence 4 : 1; a flag takes 100 : 1."),
        (12.0, "some", "Evidence 10 : 1; a flag takes 100 : 1."),
        (60.0, "strong", "Evidence 60 : 1; a flag takes 100 : 1."),
        (150.0, "on one visit", "Evidence 200 : 1; a flag takes 100 : 1."),
    ],
)
def test_signs_are_a_word_and_the_ratio_stands_behind_a_tap(evidence, word, tapped):
    visit = replace(ONE, evidence=evidence)
    assert sentences.signs(visit, threshold=4.6) == word
    assert sentences.ratio(visit, threshold=4.6).replace(words.NBSP, " ") == tapped
    assert sentences.signs(replace(visit, is_flagged=True), threshold=4.6) == "flagged"


def test_its_first_screen_speaks_plainly(head_office, scanned):
    page = head_office.get(PAGE)
    assert hard_words_in(page) == []
    assert "<summary>" in page.content.decode()


def test_whom_to_send_is_said_where_it_matters_alone():
    assert sentences.whom(ONE) == ""
    alone = replace(ONE, alone="Ana Lim", whom=Whom("user:7", "Ben Wu", is_joining=False))
    assert sentences.whom(alone) == "Ben Wu, as all visits lately were Ana Lim’s"


@pytest.mark.parametrize(
    ("n", "text"), [(0.01, "less than 0.1 days"), (2.44, "2.4 days"), (9.96, "10 days"), (31.2, "31 days")]
)
def test_days_are_written_as_exactly_as_they_are_known(n, text):
    assert sentences.days(n).replace(words.NBSP, " ") == text


@pytest.mark.parametrize("is_narrow", [True, False])
def test_the_bars_share_one_scale_and_end_before_the_edge(is_narrow):
    bars = [Bar("A", "3", (("find", 2.0), ("judge", 1.0))), Bar("B", "0", (("find", 0.0), ("judge", 0.0)))]
    chart = bar_chart(bars, title="", description="", is_narrow=is_narrow)
    long, none = chart.rows
    assert long.parts[0].width == pytest.approx(2 * long.parts[1].width, abs=0.2)
    assert long.parts[1].x == pytest.approx(long.parts[0].x + long.parts[0].width, abs=0.2)
    assert long.end <= chart.width - 40
    assert none.parts[0].width == 0


def test_no_bar_is_an_empty_picture():
    assert bar_chart([], title="", description="").rows == []


def test_what_the_other_stores_would_save_is_said():
    shown = [replace(ONE, find_days=3.0)]
    few = next_visits.Plan(None, 4.6, [*shown, replace(ONE, find_days=0.0, judge_days=0.0)], 3, 0)
    assert "At the other two stores a visit would save less than" in sentences.others(few, shown)
    many = next_visits.Plan(None, 4.6, shown, 9, 0)
    assert "the other eight stores a visit would save no more than about" in sentences.others(many, shown)
    assert sentences.others(next_visits.Plan(None, 4.6, shown, 1, 0), shown) == ""
