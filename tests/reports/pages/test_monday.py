"""A manager's first page on the real path: the new and the known, what visits saw, and stores without a judgement."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from audits.models import Criterion, Interaction, Observation, Option, Photo, Section, Version
from locations.models import Location
from reports.models import DriftFlag, LocationResult, Run
from reports.pages.manager.level_disagreements import by_chance
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

DRIFT = "/reports/"
MONDAY = pages.AS_OF.replace(hour=0)


def raised(flags, *, days: float) -> None:
    """So long before the Monday on which the page is read."""
    flags.update(raised_at=pages.AS_OF - timedelta(days=days))


def part(response, name: str) -> str:
    """What a reader reads of one section of the page; blank without it."""
    body = response.content.decode()
    found = re.search(rf'(?s)<section[^>]*\bid="{name}".*?</section>', body)
    response.content = found.group(0).encode() if found else b""
    said = text_of(response)
    response.content = body.encode()
    return said


def open_a_flag(chain, number: int, **fields) -> Location:
    place = pages.make_location(chain.north, number)
    visit = pages.make_visit(chain, place, pages.AS_OF - timedelta(days=3))
    pages.make_flag(chain.run, place, flagged_by=visit, **fields)
    pages.make_result(chain.run, place)
    return place


# The new and the known


def test_what_is_new_leads_and_what_was_known_stands_below_with_its_age(as_mia, chain):
    open_a_flag(chain, 1, comparison="confirmed", evidence=9.0)
    raised(chain.harbour.drift_flags, days=75)
    page = as_mia.get(DRIFT)
    assert "One store needs you this week; one more is still open. In one of them the reported" in text_of(page)
    assert "New since last Monday Store 1 · greeting 68 %" in part(page, "new")
    assert "Harbour Street" not in part(page, "new")
    assert "Harbour Street greeting 68 83 −15 3 Oct 6 weeks blind spot" in part(page, "open")
    assert "Store 1" not in part(page, "open")


def test_quiet_monday_repeats_no_news(as_mia, chain):
    for number, days in ((1, 146), (2, 138)):
        began = pages.AS_OF - timedelta(days=days)
        place = open_a_flag(chain, number, comparison="confirmed", onset_at=began, onset_low=began)
        raised(place.drift_flags, days=9)
    raised(chain.harbour.drift_flags, days=9)
    page = as_mia.get(DRIFT)
    assert "Nothing new since Monday; three still open: 20, 19 and 6 weeks. In one of them the" in text_of(page)
    assert part(page, "new") == ""
    assert b"<article" not in page.content


def test_nothing_new_is_not_said_above_a_new_improvement(as_mia, chain):
    open_a_flag(chain, 1, direction="improvement", comparison="", seen=0.9)
    raised(chain.harbour.drift_flags, days=9)
    page = as_mia.get(DRIFT)
    assert "Store 1" in part(page, "new")
    assert "No new decline since Monday; one still open: 6 weeks." in text_of(page)
    raised(DriftFlag.objects, days=9)
    assert "Nothing new since Monday; one still open: 6 weeks." in text_of(as_mia.get(DRIFT))


@pytest.mark.parametrize(
    ("days_after", "raised_on", "is_new"),
    [(0, -7, True), (0, -8, False), (1, 0, True), (1, -1, False), (6, 0, True), (6, -0.5, False)],
)
def test_new_is_what_was_raised_since_the_last_monday_before_today(
    as_mia, chain, read_at, days_after, raised_on, is_new
):
    read_at(MONDAY + timedelta(days=days_after, hours=9))
    chain.harbour.drift_flags.update(raised_at=MONDAY + timedelta(days=raised_on, minutes=1))
    said = part(as_mia.get(DRIFT), "new" if is_new else "open")
    assert "Harbour Street" in said


def test_monday_begins_on_the_clock_of_the_organisation(as_mia, chain, read_at, settings):
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    read_at(MONDAY + timedelta(days=1, hours=12))
    chain.harbour.drift_flags.update(raised_at=MONDAY + timedelta(hours=3))  # Sunday evening there
    assert "Nothing new since Monday;" in text_of(as_mia.get(DRIFT))
    chain.harbour.drift_flags.update(raised_at=MONDAY + timedelta(hours=6))
    assert "One store needs you this week." in text_of(as_mia.get(DRIFT))


def test_every_store_that_the_reported_numbers_do_not_show_is_counted_with_how_long(client, chain):
    client.force_login(chain.dan)
    DriftFlag.objects.filter(location=chain.cove).update(
        comparison="waiting", metric_moved=0.1, metric_moved_low=-0.4, metric_moved_high=0.6,
        onset_at=pages.AS_OF - timedelta(weeks=3), onset_low=pages.AS_OF - timedelta(weeks=4),
    )  # fmt: skip
    raised(chain.cove.drift_flags, days=12)
    said = text_of(client.get(DRIFT))
    assert "In both the reported numbers have not moved: 6 and 3 weeks." in said


def test_closed_store_leads_no_page(as_mia, chain):
    Location.objects.filter(pk=chain.harbour.pk).update(closed_on=date(2026, 11, 10))
    page = as_mia.get(DRIFT)
    assert "No store needs you this week." in text_of(page)
    assert "1 store, 4 visits in four weeks." in text_of(page)
    assert "Harbour Street" not in text_of(page)
    assert "Harbour Street H1 closed" in text_of(as_mia.get(reverse("reports:locations")))


def test_change_is_the_difference_of_the_numbers_beside_it(as_mia, chain):
    chain.harbour.drift_flags.update(seen=0.684, expected=0.836)  # 15.2 apart, and shown as 68 and 84
    assert "Harbour Street greeting 68 84 −16" in part(as_mia.get(DRIFT), "stores")


# Before a drift can be told


def test_stores_that_were_never_visited_are_said_first_where_they_are_many(as_mia, chain):
    for number in range(3):
        pages.make_location(chain.north, number)
    said = text_of(as_mia.get(DRIFT))
    assert "3 of 5 stores were never visited. One store needs you" in said
    Location.objects.filter(name__startswith="Store").delete()
    pages.make_location(chain.north, 9)
    said = text_of(as_mia.get(DRIFT))
    assert "in four weeks. 1 of 3 stores was never visited." in said


def test_store_appears_as_soon_as_it_is_visited(as_mia, chain):
    place = pages.make_location(chain.north, 1, timezone="Europe/London")
    pages.make_visit(chain, place, pages.AS_OF - timedelta(days=13), run_scores=False)
    page = as_mia.get(DRIFT)
    assert "Store 1 visited on 3 Nov, not yet judged" in part(page, "stores")
    assert "One store was visited and waits for the next scan." in text_of(page)
    assert "Store 1 S1 North visited on 3 Nov, not yet judged" in text_of(as_mia.get(reverse("reports:locations")))


def test_before_the_first_scan_what_visits_saw_is_there_already(client, world, read_at):
    read_at(pages.AS_OF)
    pages.make_visit(world, world.harbour, pages.AS_OF - timedelta(days=13), greeted=False)
    client.force_login(world.mia)
    page = client.get(DRIFT)
    assert "Nothing has been scanned yet." in text_of(page)
    assert "Harbour Street visited on 3 Nov, not yet judged" in part(page, "stores")
    assert "Was the customer greeted?" in part(page, "critical")


def test_that_no_store_needs_anybody_is_not_said_where_no_flag_was_possible(as_mia, chain):
    chain.harbour.drift_flags.update(closed_at=pages.AS_OF, close_reason="Faded.")
    LocationResult.objects.update(n_visits=2, n_more_needed=4)
    Run.objects.update(parameters={**chain.run.parameters, "least_baseline": 4})
    said = text_of(as_mia.get(DRIFT))
    assert "Too early to say which store needs you: six visits to each come first." in said
    assert "No store needs you" not in said


# What visits saw


def photo_of(visit, observation) -> Photo:
    return Photo.objects.create(
        id=uuid4(), visit=visit, interaction=observation.interaction, criterion=observation.criterion,
        sha256="0" * 64, received_at=visit.received_at, image="photos/x.jpg", thumbnail="photos/x-small.jpg",
    )  # fmt: skip


def test_critical_failures_of_four_weeks_stand_with_store_moment_and_photo(as_mia, chain):
    visit = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=2), greeted=False, note="Two pallets.")
    old = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=29), greeted=False, note="Long ago.")
    photo = photo_of(visit, visit.observations.get(criterion__key="greeted"))
    page = as_mia.get(DRIFT)
    said = part(page, "critical")
    assert "Critical behaviours missed 1 in the last four weeks, the latest first" in said
    assert "Was the customer greeted? “Two pallets.” Mill Lane · greeting · visit of Sat 14 Nov 2026, 06:00" in said
    assert "1 photo" in said
    assert "Long ago." not in text_of(page)
    body = page.content.decode()
    assert reverse("reports:visit", args=[visit.pk]) in body
    assert reverse("audits:thumbnail", args=[photo.pk]) in body
    assert reverse("reports:visit", args=[old.pk]) not in body


def test_the_photo_of_a_miss_is_of_the_customer_where_it_was_missed(as_mia, chain):
    visit = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=2), greeted=False)
    missed = visit.observations.get(criterion__key="greeted")
    kept_at = Interaction.objects.create(
        id=uuid4(), visit=visit, position=1, label="Till 3", started_at=visit.started_at, acknowledged_at=None
    )
    kept = Observation.objects.create(
        visit=visit, interaction=kept_at, criterion=missed.criterion, value=True, conformity=1.0
    )
    of_kept = photo_of(visit, kept)
    said, body = part(as_mia.get(DRIFT), "critical"), as_mia.get(DRIFT).content.decode()
    assert "Was the customer greeted?" in said
    assert reverse("audits:thumbnail", args=[of_kept.pk]) not in body.partition('id="critical"')[2]
    of_missed = photo_of(visit, missed)
    body = as_mia.get(DRIFT).content.decode()
    assert reverse("audits:thumbnail", args=[of_missed.pk]) in body.partition('id="critical"')[2]


def test_critical_failures_are_of_visits_that_count_and_that_one_may_read(as_mia, client, chain):
    excluded = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=2), greeted=False)
    excluded.excluded_at, excluded.exclusion_reason = pages.AS_OF, "Wrong store"
    excluded.save()
    pages.make_visit(chain, chain.cove, pages.AS_OF - timedelta(days=2), greeted=False)
    assert part(as_mia.get(DRIFT), "critical") == ""
    client.force_login(chain.cal)
    assert "Cove" in part(client.get(DRIFT), "critical")


def test_critical_failures_are_bounded_and_counted(as_mia, chain):
    for number in range(40):
        pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(hours=number + 1), greeted=False)
    page = as_mia.get(DRIFT)
    assert "40 in the last four weeks" in part(page, "critical")
    assert part(page, "critical").count("visit of") == 6
    assert "40 in the last four weeks, only the latest are listed" in part(page, "critical")


def test_every_failure_of_a_visit_is_counted_where_they_are_many(as_mia, chain):
    criterion = chain.version.criteria().get(key="greeted")
    for hours in (1, 2, 3):
        visit = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(hours=hours), greeted=False)
        for number in range(1, 10):
            till = Interaction.objects.create(
                id=uuid4(), visit=visit, position=number, label=f"Till {number}", started_at=visit.started_at
            )
            Observation.objects.create(
                visit=visit, interaction=till, criterion=criterion, value=False, conformity=0.0
            )
    said = part(as_mia.get(DRIFT), "critical")
    assert "30 in the last four weeks" in said
    assert said.count("10 times") == said.count("visit of") == 3


def ask_how_it_felt(chain) -> Criterion:
    """A standard in force is not changed; a page reads the next version's questions by the same rows."""
    version = Version.objects.create(standard=chain.standard, number=2)
    section = Section.objects.create(version=version, key="end", title="Farewell")
    felt = Criterion.objects.create(
        section=section, key="felt", text="How did you feel treated?", kind="choice", dimension="perception"
    )
    for position, (value, label) in enumerate((("bad", "In the way"), ("good", "Welcome"), ("best", "Delighted"))):
        Option.objects.create(criterion=felt, value=value, label=label, position=position)
    return felt


def test_how_it_felt_has_its_shares_in_the_order_of_its_scale_and_the_why(as_mia, chain):
    felt = ask_how_it_felt(chain)
    visits = list(chain.harbour.visits.order_by("-started_at")[:4])
    for visit, value, why in zip(
        visits,
        ("good", "bad", "good", "good"),
        ("", "He looked at the till.", "They knew the drill.", ""),
        strict=True,
    ):
        Observation.objects.create(visit=visit, criterion=felt, value=value, note=why)
    page = as_mia.get(DRIFT)
    said = part(page, "felt")
    assert "How did you feel treated? 25 % In the way · 75 % Welcome 4 answers" in said
    assert "“He looked at the till.” Harbour Street · visit of Sun 8 Nov 2026, 16:00" in said
    assert "“They knew the drill.”" in said
    assert reverse("reports:visit", args=[visits[1].pk]) in page.content.decode()


def test_free_words_about_how_it_felt_are_two_quotes_at_most_and_not_the_same(as_mia, chain):
    words = chain.version.criteria().get(key="words")
    for number, visit in enumerate(chain.harbour.visits.order_by("-started_at")[:6]):
        Observation.objects.create(visit=visit, criterion=words, value=f"Word {number // 2}.")
    said = part(as_mia.get(DRIFT), "felt")
    assert re.findall(r"Word \d", said) == ["Word 0", "Word 1"]
    assert "answer" not in said


# The same on a store's own page


def of_store(location) -> str:
    return reverse("reports:location", args=[location.pk])


def test_store_tells_its_own_critical_failures_of_four_weeks(as_mia, chain):
    visit = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=2), greeted=False, note="Two pallets.")
    pages.make_visit(chain, chain.harbour, pages.AS_OF - timedelta(days=2), greeted=False, note="Elsewhere.")
    pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=29), greeted=False, note="Long ago.")
    photo = photo_of(visit, visit.observations.get(criterion__key="greeted"))
    page = as_mia.get(of_store(chain.mill))
    said = part(page, "critical")
    assert "Critical behaviours missed 1 in the last four weeks, the latest first" in said
    assert "Was the customer greeted? “Two pallets.” greeting · visit of Sat 14 Nov 2026, 06:00" in said
    assert "Elsewhere." not in text_of(page)
    assert "Long ago." not in said
    assert reverse("audits:thumbnail", args=[photo.pk]) in page.content.decode()


def test_store_tells_how_it_felt_there_and_why(as_mia, chain):
    felt = ask_how_it_felt(chain)
    latest = list(chain.harbour.visits.order_by("-started_at")[:2])
    for visit, value, why in zip(latest, ("good", "bad"), ("", "He looked at the till."), strict=True):
        Observation.objects.create(visit=visit, criterion=felt, value=value, note=why)
    elsewhere = pages.make_visit(chain, chain.mill, pages.AS_OF - timedelta(days=2))
    Observation.objects.create(visit=elsewhere, criterion=felt, value="best", note="At the mill.")
    said = part(as_mia.get(of_store(chain.harbour)), "felt")
    assert "How did you feel treated? 50 % In the way · 50 % Welcome 2 answers" in said
    assert "“He looked at the till.” visit of Sun 8 Nov 2026, 16:00" in said
    assert "mill" not in said.lower()


def test_closed_store_and_one_that_no_scan_knows_tell_what_was_seen_too(as_mia, chain):
    place = pages.make_location(chain.north, 1, closed_on=date(2026, 11, 15))
    pages.make_visit(chain, place, pages.AS_OF - timedelta(days=2), greeted=False)
    page = as_mia.get(of_store(place))
    assert "Was the customer greeted?" in part(page, "critical")


# Details that have to agree


def test_visit_is_told_in_the_same_minute_everywhere(as_mia, chain, read_at):
    started = pages.AS_OF - timedelta(hours=9, microseconds=1)  # a hair before 21:00
    visit = pages.make_visit(chain, chain.mill, started, greeted=False, note="Looked away.")
    pages.fit(chain.run)
    store = as_mia.get(reverse("reports:location", args=[chain.mill.pk])).content.decode()
    told = re.findall(r"Sun 15\sNov\s2026, (2\d:\d\d)", store)
    assert set(told) == {"20:59"}
    assert len(told) >= 4  # chart for a desk, for a phone, its table, the list of visits
    assert "Sun 15 Nov 2026, 20:59" in part(as_mia.get(DRIFT), "critical")
    assert "Sun 15 Nov 2026, 20:59" in text_of(as_mia.get(reverse("reports:visit", args=[visit.pk])))


def test_stores_that_stand_there_by_chance_are_counted_as_they_are_ranked():
    said = "In each number, one store in {} would stand there by chance."
    assert by_chance([12]) == said.format(16)
    assert by_chance([10]) == said.format(11)  # three of ten are a quarter, with the one at its edge
    assert by_chance([9, 12]) == said.format("9 to 16")
