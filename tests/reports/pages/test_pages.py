"""The pages as their readers get them: managers, directors, auditors, strangers and nobody."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.api.documents import receive_visit
from audits.models import Observation, Photo, Standard
from locations.models import Region
from reports.detection.data.scoring import score_waiting
from reports.detection.scan.scan import request_scan, run_scan
from reports.models import DriftFlag, LocationResult, Tally
from tests.conftest import NOON
from tests.making import publish_small_standard, visit_payload
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

DRIFT = "/reports/"


def addresses(world) -> list[str]:
    return [
        reverse("reports:drift"),
        reverse("reports:locations"),
        reverse("reports:location", args=[world.harbour.pk]),
        reverse("reports:runs"),
        reverse("reports:run", args=[world.run.pk]),
    ]


# Who may see what


def test_nobody_is_sent_to_the_sign_in_page(client, chain):
    for address in [*addresses(chain), reverse("reports:visit", args=[chain.harbour.visits.first().pk])]:
        response = client.get(address)
        assert response.status_code == 302
        assert response.url.startswith(reverse("sign-in"))


@pytest.mark.parametrize("person", ["ana", "sam", "sue", "ian"])
def test_without_a_role_that_reads_results_one_is_told_which_are_needed(client, chain, person):
    client.force_login(getattr(chain, person))
    for address in addresses(chain):
        response = client.get(address)
        assert response.status_code == 403
        assert "Only regional managers, directors and executives read results." in text_of(response)


def test_manager_of_another_region_finds_neither_store_nor_visit(client, chain):
    client.force_login(chain.cal)
    assert client.get(reverse("reports:location", args=[chain.harbour.pk])).status_code == 404
    assert client.get(reverse("reports:visit", args=[chain.harbour.visits.first().pk])).status_code == 404
    assert client.get(DRIFT, {"region": chain.north.pk}).status_code == 404


def test_report_holds_the_subtree_and_nothing_else(as_mia):
    said = text_of(as_mia.get(DRIFT))
    assert "Harbour Street" in said
    assert "Mill Lane" in said
    assert "Cove" not in said
    assert "2 stores, 8 visits in four weeks." in said


def test_director_narrows_the_report_to_a_region(client, chain):
    client.force_login(chain.dan)
    assert "Two stores need you this week. In one of them the reported numbers have not moved: 6 weeks." in text_of(
        client.get(DRIFT)
    )
    said = text_of(client.get(DRIFT, {"region": chain.south.pk}))
    assert "One store needs you this week." in said
    assert "Harbour Street" not in said


@pytest.mark.parametrize(
    "asked", [{"region": "x"}, {"region": "999999"}, {"region": "9" * 20}, {"standard": "none"}, {"region": "²"}]
)
def test_region_or_standard_that_is_not_there_is_not_found(as_mia, asked):
    assert as_mia.get(DRIFT, asked).status_code == 404


def test_odd_pages_and_orders_fall_back(as_mia):
    assert as_mia.get(DRIFT, {"page": "-3", "flags": "zz", "order": "; drop"}).status_code == 200


# The drift report


def test_report_opens_with_the_sentence_that_matters(as_mia):
    said = text_of(as_mia.get(DRIFT))
    assert "One store needs you this week. Its reported numbers have not moved for 6 weeks." in said
    assert "Harbour Street · greeting 68 % of behaviours kept since about 3 October; 83 % expected here" in said
    assert "Reported satisfaction has not moved (after six weeks): blind spot." in said
    assert "15 points below what is expected here were seen." in said
    assert "one false flag is to be expected in six years over these stores" in said
    assert "No chain-wide movement this week." in said


def test_flag_leads_to_its_store_and_channel(as_mia, chain):
    body = as_mia.get(DRIFT).content.decode()
    store = reverse("reports:location", args=[chain.harbour.pk])
    assert f"{store}?standard=service&amp;channel=section%3Agreeting" in body


def test_three_flags_lead_and_the_others_are_listed_declines_before_improvements(as_mia, chain):
    for number in range(5):
        place = pages.make_location(chain.north, number)
        visit = pages.make_visit(chain, place, pages.AS_OF - timedelta(days=3))
        direction = "improvement" if number == 4 else "decline"
        pages.make_flag(
            chain.run, place, flagged_by=visit, evidence=10.0**number, direction=direction, comparison="confirmed"
        )
        pages.make_result(chain.run, place)
    body = as_mia.get(DRIFT).content.decode()
    assert re.findall(r'<h3><a class="plain"[^>]*>([^·<]+) ·', body) == ["Store 3", "Harbour Street", "Store 2"]
    listed = body[body.index("Also new") : body.index('id="stores"')]
    names = ["Store 1", "Store 0", "Store 4"]
    assert re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', listed) == names


def test_stores_stand_in_order_of_severity_unless_asked_otherwise(as_mia, chain):
    def named(response):
        body = response.content.decode()
        return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', body[body.index('id="stores"') :])

    new, away = pages.make_location(chain.north, 1), pages.make_location(chain.north, 2)
    pages.make_result(chain.run, new, n_visits=1, n_more_needed=3, level=None, level_low=None, level_high=None)
    pages.make_result(chain.run, away, comparison="reported_only", reported="falling", n_visits=40, level=0.9)
    assert named(as_mia.get(DRIFT)) == ["Harbour Street", "Store 2", "Mill Lane", "Store 1"]
    assert named(as_mia.get(DRIFT, {"order": "name"})) == ["Harbour Street", "Mill Lane", "Store 1", "Store 2"]
    assert named(as_mia.get(DRIFT, {"order": "visits"}))[0] == "Store 2"
    assert named(as_mia.get(DRIFT, {"order": "level"}))[-1] == "Store 1"


def test_store_with_too_few_visits_says_how_many_more(as_mia, chain):
    new = pages.make_location(chain.north, 1)
    pages.make_result(chain.run, new, n_visits=1, n_more_needed=3, level=None, level_low=None, level_high=None)
    told = re.search(r"about (\d+) more visits needed", text_of(as_mia.get(DRIFT)))
    assert int(told.group(1)) >= 5, "four before a drop can begin, and two since"


def test_stores_are_paged_by_fifty(as_mia, chain):
    for number in range(60):
        pages.make_result(chain.run, pages.make_location(chain.north, number))
    first, second = as_mia.get(DRIFT), as_mia.get(DRIFT, {"page": 2})
    assert len(first.context["report"].stores.object_list) == 50
    assert len(second.context["report"].stores.object_list) == 12
    assert "Page 2 of 2" in text_of(second)


def test_closed_flag_needs_nobody(as_mia, chain):
    chain.harbour.drift_flags.update(closed_at=pages.AS_OF, close_reason="Faded.")
    assert "No store needs you this week." in text_of(as_mia.get(DRIFT))


def test_unevenness_is_reported_as_a_spread(as_mia, chain):
    chain.harbour.drift_flags.update(channel="consistency", seen=0.14, expected=0.05)
    said = text_of(as_mia.get(DRIFT))
    assert "Harbour Street · unevenness Customers are treated less alike since about 3 October:" in said
    assert "+9 uneven" in said
    said = text_of(as_mia.get(reverse("reports:location", args=[chain.harbour.pk])))
    assert "Harbour Street: unevenness grew in early October; the reported numbers have not noticed." in said


def test_many_regions_fold_away_and_are_bounded(client, chain):
    for number in range(70):
        Region.objects.create(name=f"Area {number:02}", parent=chain.chain)
    client.force_login(chain.dan)
    said = text_of(client.get(DRIFT))
    assert "72 regions below" in said
    assert "and 12 more: search in Stores" in said


def test_before_the_first_scan_the_page_says_how_to_start_one(client, world):
    client.force_login(world.mia)
    said = text_of(client.get(DRIFT))
    assert "Nothing has been scanned yet." in said
    assert "A director or executive can start one" in said
    client.force_login(world.dan)
    assert reverse("reports:run-new") in client.get(DRIFT).content.decode()


def test_standard_that_is_only_a_draft_is_not_offered(as_mia, chain):
    Standard.objects.create(key="window", name="Window displays")
    assert "Window displays" not in text_of(as_mia.get(DRIFT))
    other = Standard.objects.create(key="night", name="Night service")
    publish_small_standard(other)
    assert "Night service" in text_of(as_mia.get(DRIFT))
    assert "Nothing has been scanned yet." in text_of(as_mia.get(DRIFT, {"standard": "night"}))


def test_region_without_scanned_visits_says_so(client, chain):
    LocationResult.objects.filter(location=chain.cove).delete()
    chain.cove.visits.update(excluded_at=pages.AS_OF, exclusion_reason="Wrong store")
    client.force_login(chain.cal)
    assert "No visits to South have been scanned." in text_of(client.get(DRIFT))


def test_run_under_way_shows_its_progress_above_the_last_figures(as_mia, chain):
    pages.make_run(
        chain.standard, state="running", n_done=30, n_total=60, phase="Looking for changes", finished_at=None
    )
    response = as_mia.get(DRIFT)
    assert "A scan is under way: Looking for changes." in text_of(response)
    assert '<progress max="60" value="30"' in response.content.decode()
    assert "One store needs you this week." in text_of(response)


def test_failed_run_after_the_last_good_one_is_told(as_mia, chain):
    pages.make_run(chain.standard, state="failed", error="no space left")
    assert "The last scan stopped with an error." in text_of(as_mia.get(DRIFT))


def test_time_goes_on_after_the_last_visit(as_mia, chain, read_at):
    DriftFlag.objects.update(raised_at=pages.AS_OF)
    read_at(pages.AS_OF + timedelta(weeks=9, hours=6))
    as_mia.force_login(chain.mia)  # her session has ended meanwhile
    said = text_of(as_mia.get(DRIFT))
    assert "week of 18 January" in said
    assert "2 stores; no visit in 9 weeks." in said
    assert "scan 1 of 16 November 2026" in said
    assert "chain-wide movement" not in said  # that of a week nine weeks ago
    assert "Nothing new since Monday; one still open: 15 weeks." in said


def test_visits_in_four_weeks_are_counted_from_now(as_mia, chain, read_at):
    read_at(pages.AS_OF + timedelta(weeks=2))
    as_mia.force_login(chain.mia)
    assert "2 stores, 4 visits in four weeks." in text_of(as_mia.get(DRIFT))


# A store


def test_store_page_opens_with_its_sentence_and_shows_both_numbers(as_mia, chain):
    response = as_mia.get(reverse("reports:location", args=[chain.harbour.pk]))
    said = text_of(response)
    assert "Harbour Street: greeting slipped in early October; the reported numbers have not noticed." in said
    assert "than if nothing has, here 400 : 1." in said
    assert "14 visits by 1 auditor since it began" in said
    assert "began about 3 Oct (26 Sep – 12 Oct)" in said
    assert "flag, 2 Nov" in said
    assert "Reported: Satisfaction (%)" in said
    assert "What moved since 3 Oct" in said
    body = response.content.decode()
    assert body.count('class="chart control') == 2
    assert body.count("The same as a table") == 3  # the visits, the readings, how alike customers are treated


def test_words_of_auditors_lead_to_the_visit_and_the_photo(as_mia, chain):
    visit = chain.harbour.visits.first()
    said = visit.observations.get(criterion__key="greeted")
    photo = Photo.objects.create(
        id=uuid4(), visit=visit, interaction=said.interaction, criterion=said.criterion, sha256="0" * 64,
        received_at=visit.received_at, image="photos/x.jpg", thumbnail="photos/x-small.jpg",
    )  # fmt: skip
    response = as_mia.get(reverse("reports:location", args=[chain.harbour.pk]))
    assert "“Looked away.”" in text_of(response)
    assert reverse("reports:visit", args=[visit.pk]) in response.content.decode()
    assert reverse("audits:photo", args=[photo.pk]) in response.content.decode()


def test_trail_leads_from_the_topmost_region_that_one_may_see_however_deep_the_tree_is(client, chain):
    below = chain.north
    for number in range(12):
        below = Region.objects.create(name=f"Level {number}", parent=below)
    chain.harbour.region = below
    chain.harbour.save()
    for person, first in ((chain.dan, "Chain › North › "), (chain.mia, "North › ")):
        client.force_login(person)
        said = text_of(client.get(reverse("reports:location", args=[chain.harbour.pk])))
        levels = " › ".join(f"Level {number}" for number in range(12))
        assert f"{first}{levels} · H1" in said
        assert ("Chain ›" in said) == (person == chain.dan)


def test_channel_can_be_chosen_and_an_unknown_one_is_not_found(as_mia, chain):
    address = reverse("reports:location", args=[chain.harbour.pk])
    assert "All moments, share of behaviours" in text_of(as_mia.get(address, {"channel": "overall"}))
    assert "Shop, share of behaviours" in text_of(as_mia.get(address, {"channel": "section:shop"}))
    assert as_mia.get(address, {"channel": "section:none"}).status_code == 404


def test_steady_store_says_so(as_mia, chain):
    said = text_of(as_mia.get(reverse("reports:location", args=[chain.mill.pk])))
    assert "Mill Lane: execution is steady at 68–74 %." in said
    assert "What moved" not in said


def test_store_without_visits_is_a_page_too(as_mia, chain):
    place = pages.make_location(chain.north, 1)
    said = text_of(as_mia.get(reverse("reports:location", args=[place.pk])))
    assert "Store 1: no scan has covered it yet." in said
    assert "Nobody has visited this store yet." in said


def test_store_page_before_the_first_scan_lists_its_visits(client, world):
    pages.make_visit(world, world.harbour, pages.AS_OF)
    client.force_login(world.mia)
    said = text_of(client.get(reverse("reports:location", args=[world.harbour.pk])))
    assert "Nothing has been scanned yet" in said
    assert "Mon 16 Nov 2026, 06:00" in said


def test_metric_that_contains_the_audits_is_named_as_no_evidence(as_mia, chain):
    chain.metric.is_independent = False
    chain.metric.save()
    said = text_of(as_mia.get(reverse("reports:location", args=[chain.harbour.pk])))
    assert "measured with these audits: no evidence about them" in said


def test_excluded_visit_is_listed_with_the_reason(as_mia, chain):
    visit = chain.harbour.visits.first()
    visit.excluded_at, visit.exclusion_reason = pages.AS_OF, "Wrong store"
    visit.save()
    assert "excluded: Wrong store" in text_of(as_mia.get(reverse("reports:location", args=[chain.harbour.pk])))


# A visit


def test_visit_shows_answers_in_the_time_of_the_place(client, chain):
    client.force_login(chain.dan)
    visit = chain.cove.visits.first()  # 16:00 UTC is 11:00 in New York
    said = text_of(client.get(reverse("reports:visit", args=[visit.pk])))
    assert "Cove, Sun 15 Nov 2026, 11:00" in said
    assert "Was the customer greeted? critical Yes Looked away." in said
    assert "Seconds until acknowledged 3 min 40 s ✕" in said
    assert "Was the floor clean? Not observed" in said
    assert "acknowledged after 1 min" in said
    assert "Coverage 90 %" in said


def test_auditor_sees_the_own_visit_without_scores(client, chain):
    client.force_login(chain.ana)
    response = client.get(reverse("reports:visit", args=[chain.harbour.visits.first().pk]))
    said = text_of(response)
    assert "Was the customer greeted?" in said
    assert "ana@example.org" in said
    for hidden in ("Score", "Coverage", "critical", "✕", "80 %", "Drift"):
        assert hidden not in said


def test_auditor_does_not_find_the_visit_of_another(client, chain):
    client.force_login(chain.abe)
    assert client.get(reverse("reports:visit", args=[chain.harbour.visits.first().pk])).status_code == 404


def test_store_does_not_find_a_visit_to_itself(client, chain):
    client.force_login(chain.sam)
    assert client.get(reverse("reports:visit", args=[chain.harbour.visits.first().pk])).status_code == 404


def test_imported_answer_without_a_value_says_how_far_it_was_met(as_mia, chain):
    visit = chain.harbour.visits.first()
    Observation.objects.filter(visit=visit, criterion__key="wait").update(value=None, conformity=0.25)
    Observation.objects.filter(visit=visit, criterion__key="greeted").update(value=None, conformity=0)
    said = text_of(as_mia.get(reverse("reports:visit", args=[visit.pk])))
    assert "25 % met" in said
    assert "Not met" in said


def test_photo_that_has_not_arrived_is_said_to_be_missing(as_mia, chain):
    visit = chain.harbour.visits.first()
    criterion = chain.version.criteria().get(key="litter")
    Photo.objects.create(id=uuid4(), visit=visit, criterion=criterion, sha256="0" * 64)
    assert "Photo not received yet" in text_of(as_mia.get(reverse("reports:visit", args=[visit.pk])))


# Promises of every page


def more_stores(chain, numbers):
    for number in numbers:
        place = pages.make_location(chain.north, number)
        visit = pages.make_visit(chain, place, pages.AS_OF - timedelta(days=number % 20 + 1), note="Note.")
        pages.make_result(chain.run, place)
        pages.make_readings(place, chain.metric, weeks=4)
        pages.make_flag(chain.run, place, flagged_by=visit, metric=chain.metric, evidence=1000.0 + number)


def test_number_of_queries_does_not_grow_with_the_chain(as_mia, chain, django_assert_num_queries):
    wanted = [*addresses(chain), reverse("reports:visit", args=[chain.harbour.visits.first().pk])]
    more_stores(chain, range(3))
    before = []
    for address in wanted:
        with CaptureQueriesContext(connection) as captured:
            as_mia.get(address)
        before.append(len(captured))
    more_stores(chain, range(3, 30))
    for week in range(20):
        pages.make_visit(chain, chain.harbour, pages.AS_OF - timedelta(days=90 + week), note="More.")
    for address, n_queries in zip(wanted, before, strict=True):
        with django_assert_num_queries(n_queries):
            as_mia.get(address)
    assert max(before) <= 17  # a visit; the others 15 at most


def test_pages_hold_no_inline_style_and_no_script(as_mia, chain):
    wanted = [*addresses(chain), reverse("reports:visit", args=[chain.harbour.visits.first().pk]), reverse("sign-in")]
    for address in wanted:
        body = as_mia.get(address).content.decode()
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", body), address
        assert not re.search(r"\{[{%]|[%}]\}", body), address


def test_sign_in_says_what_was_wrong_and_keeps_the_address(client, world):
    response = client.post(reverse("sign-in"), {"username": "mia@example.org", "password": "wrong"})
    assert 'role="alert"' in response.content.decode()
    assert 'value="mia@example.org"' in response.content.decode()


def test_unknown_address_has_a_page_of_its_own(client, settings):
    settings.DEBUG = False
    response = client.get("/reports/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here, or not for you." in text_of(response)


# The real thing


@pytest.mark.slow
def test_pages_show_what_a_scan_finds(client, world):
    """No row made by hand: visits in, a scan, and the report names the store that slipped and the section."""
    for place in (world.harbour, world.mill):
        for visit in range(30):
            started = NOON - timedelta(days=5 * (30 - visit), minutes=place.pk)
            slipped = place == world.harbour and visit >= 20
            sent = visit_payload(world, started_at=started, location=place, greeted=[not slipped] * 3, wait=40)
            receive_visit(visit_id=uuid4(), auditor=(world.ana, world.abe)[visit % 2], payload=sent)
    Tally.objects.update(known_at=F("started_at"))
    score_waiting()
    run = run_scan(request_scan(standard=world.standard).pk)
    client.force_login(world.mia)
    said = text_of(client.get(DRIFT))
    assert "One store needs you this week." in said
    assert "Harbour Street ·" in said
    store = client.get(reverse("reports:location", args=[world.harbour.pk]), {"channel": "section:greeting"})
    assert "Harbour Street: " in text_of(store)
    assert store.content.decode().count('<g class="dot"') > 30  # on both drawings
    assert 'g class="decline"' in store.content.decode()
    assert f"scan {run.pk}" in text_of(store)
