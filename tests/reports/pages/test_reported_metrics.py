"""What a store's page says of its reported numbers: how far they moved, which fell, and which can tell nothing."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from locations.models import Metric, Reading
from reports.models import DriftFlag, LocationResult, Run
from reports.pages.sentences import signals
from reports.pages.sentences.moved import Moved
from tests.reports import page_rows as pages
from tests.reports.page_rows import text_of

DECLINE = DriftFlag.Direction.DECLINE


def said(client, place) -> str:
    return text_of(client.get(reverse("reports:location", args=[place.pk])))


def of_a_flag(comparison, moved=None, **but) -> str:
    facts = {"direction": DECLINE, "metric": "Satisfaction", "lead_days": 14, "waited": "after six weeks"} | but
    return str(signals.reported(comparison=comparison, moved=moved, **facts))


@pytest.mark.parametrize(
    ("comparison", "moved", "sentence"),
    [
        (
            "waiting",
            Moved(-0.21, -1.04, 0.62, 9.0),
            "Reported satisfaction has not moved so far (−0.2, −1.0 to +0.6; after six weeks); "
            "it usually follows after about nine weeks.",
        ),
        (
            "waiting",
            Moved(-0.21, -1.04, 0.62),
            "Reported satisfaction has not moved so far (−0.2, −1.0 to +0.6; after six weeks); "
            "numbers like it usually follow after 9 to 12 weeks.",
        ),
        ("waiting", None, "Not yet in reported satisfaction (after six weeks)."),
        (
            "blind_spot",
            Moved(0.02, -0.31, 0.35, 9.0),
            "Reported satisfaction has not moved (+0.02, −0.31 to +0.35; after six weeks): blind spot.",
        ),
        (
            "confirmed",
            Moved(-31.0, -52.4, -9.6, 9.0),
            "Reported satisfaction worsened too two weeks after the flag (−31, −52 to −10): confirmed.",
        ),
    ],
)
def test_a_flag_says_how_far_the_metric_has_moved_in_its_own_unit(comparison, moved, sentence):
    assert of_a_flag(comparison, moved) == sentence


def test_the_movement_that_a_run_found_stands_on_the_page_of_the_store(as_mia, chain):
    DriftFlag.objects.filter(location=chain.harbour).update(
        comparison="waiting", metric=chain.metric, metric_moved=-0.2, metric_moved_low=-1.0, metric_moved_high=0.6,
        metric_lag_weeks=9.0,
    )  # fmt: skip
    assert (
        "has not moved so far (−0.2, −1.0 to +0.6; after six weeks); it usually follows after about nine weeks."
        in said(as_mia, chain.harbour)
    )


def test_a_steady_store_whose_numbers_fall_names_the_one_that_fell(as_mia, chain):
    DriftFlag.objects.all().delete()
    LocationResult.objects.filter(location=chain.harbour).update(
        comparison="reported_only", reported="falling", reported_metric=chain.metric
    )
    name = signals.reported_name(chain.metric.name)
    page = said(as_mia, chain.harbour)
    assert f"customers less satisfied ({name} worsened), service as before: look at stock, staffing, prices." in page


def test_a_store_that_improved_while_its_numbers_fall_has_a_sentence(as_mia, chain):
    DriftFlag.objects.filter(location=chain.harbour).delete()
    pages.make_flag(chain.run, chain.harbour, direction="improvement", seen=0.9, expected=0.8, comparison="")
    assert "Improved in service, but" not in said(as_mia, chain.harbour)
    LocationResult.objects.filter(location=chain.harbour).update(
        comparison="reported_only", reported="falling", reported_metric=chain.metric
    )
    name = signals.reported_name(chain.metric.name)
    expected = f"Improved in service, but {name} worsened: look at stock, staffing, prices."
    assert expected in said(as_mia, chain.harbour)


def test_a_metric_at_its_best_in_every_week_is_said_to_tell_nothing_and_is_never_drawn_first(as_mia, chain):
    full = Metric.objects.create(key="checklist", name="A checklist", unit="%", plausible_max=100)
    pages.make_readings(chain.harbour, full, weeks=30)
    Reading.objects.filter(metric=full).update(value=100)
    DriftFlag.objects.filter(location=chain.harbour).update(metric=full)
    page = said(as_mia, chain.harbour)
    assert "100\xa0% in every week: tells nothing" in page.replace("100 %", "100\xa0%")
    assert page.index(f"Reported: {chain.metric.name}") < page.index("Reported: A checklist")


def test_a_metric_at_the_best_of_the_chain_in_most_weeks_tells_nothing_either(as_mia, chain):
    full = Metric.objects.create(key="stars", name="Stars", unit="of 5")
    pages.make_readings(chain.harbour, full, weeks=20)
    ids = list(Reading.objects.filter(metric=full).order_by("period_start").values_list("pk", flat=True))
    Reading.objects.filter(pk__in=ids).update(value=5)
    Reading.objects.filter(pk__in=ids[::4]).update(value=4)
    assert "tells nothing" not in said(as_mia, chain.harbour)
    numbers = {"until": None, "by_metric": {str(full.pk): [0.0, 5.0]}}
    Run.objects.filter(pk=chain.run.pk).update(numbers=numbers)
    assert re.search(r"5 of 5 in \d+ of \d+ weeks: tells nothing", said(as_mia, chain.harbour).replace("\xa0", " "))


def test_too_few_readings_say_how_many_are_missing(as_mia, chain):
    new = Metric.objects.create(key="wait", name="Waiting time", unit="min", higher_is="worse")
    pages.make_readings(chain.harbour, new, weeks=23)
    assert "4 more weeks of readings needed" in said(as_mia, chain.harbour)


def test_a_metric_without_any_reading_is_an_invitation_to_upload_its_past(as_mia, chain, client):
    Metric.objects.create(key="praise", name="Praise")
    page = said(as_mia, chain.harbour)
    assert "No reading of Praise is stored for this store." in page
    upload = reverse("admin:locations_reading_upload")
    where = reverse("reports:location", args=[chain.harbour.pk])
    assert upload not in as_mia.get(where).content.decode()
    client.force_login(chain.root)
    assert upload in client.get(where).content.decode()


# A manager's first page


def on_first_page(client, part: str) -> str:
    """What a reader reads of one of its sections, named by id."""
    body = client.get(reverse("reports:drift")).content.decode()
    found = re.search(rf'(?s)<section[^>]*\bid="{part}".*?</section>', body)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(0))).replace("\xa0", " ") if found else ""


def wait(flags, **fields) -> None:
    moved = {"metric_moved": -0.2, "metric_moved_low": -1.0, "metric_moved_high": 0.6, "metric_lag_weeks": 9.0}
    flags.update(**{"comparison": "waiting", **moved, **fields})


def test_first_page_says_how_far_a_number_has_moved_so_far_and_when_it_usually_follows(as_mia, chain):
    wait(chain.harbour.drift_flags, metric=chain.metric)
    said = text_of(as_mia.get(reverse("reports:drift")))
    assert "Its reported numbers have not moved for 6 weeks." in said
    assert (
        "has not moved so far (−0.2, −1.0 to +0.6; after six weeks); it usually follows after about nine weeks."
        in said
    )
    assert "reported numbers have not moved so far" in on_first_page(as_mia, "stores")


def test_numbers_that_nobody_has_reported_since_are_not_said_to_have_stood_still(as_mia, chain):
    wait(chain.harbour.drift_flags, metric=chain.metric, metric_moved=None)
    said = text_of(as_mia.get(reverse("reports:drift")))
    assert "One store needs you this week. 2 stores" in said
    assert f"Not yet in {signals.reported_name(chain.metric.name)} (after six weeks)." in said
    assert "not yet in the reported numbers" in on_first_page(as_mia, "stores")
    assert "have not moved" not in said.partition("What the words mean")[0]


def test_every_flag_that_is_listed_stands_there_with_how_long(client, chain):
    client.force_login(chain.dan)
    for number in range(3):
        place = pages.make_location(chain.north, number)
        visit = pages.make_visit(chain, place, pages.AS_OF - timedelta(days=3))
        pages.make_flag(chain.run, place, flagged_by=visit, onset_at=pages.AS_OF - timedelta(weeks=12 + number))
        pages.make_result(chain.run, place)
    wait(DriftFlag.objects.filter(location__name__startswith="Store"))
    said = text_of(client.get(reverse("reports:drift")))
    assert "In four of them the reported numbers have not moved: 14, 13, 12 weeks and less." in said
    DriftFlag.objects.update(raised_at=pages.AS_OF - timedelta(weeks=2))
    known = on_first_page(client, "open")
    assert re.findall(r"(\d+) weeks reported numbers have not moved so far", known) == ["12", "13", "14"]
    assert "6 weeks blind spot" in known


def test_steady_store_whose_numbers_fall_says_on_the_first_page_where_to_look(as_mia, chain):
    LocationResult.objects.filter(location=chain.mill).update(comparison="reported_only", reported="falling")
    listed = on_first_page(as_mia, "stores")
    assert "falling customers less satisfied, service as before: look at stock, staffing, prices" in listed
    symbols = as_mia.get(reverse("reports:drift")).content.decode()
    assert "Customers less satisfied, service as before" in symbols
    assert "Reported only" not in symbols


def test_improved_store_whose_numbers_fall_says_so_wherever_it_is_listed(as_mia, chain):
    DriftFlag.objects.filter(location=chain.harbour).update(direction="improvement", comparison="", metric=None)
    LocationResult.objects.filter(location=chain.harbour).update(comparison="stable")
    assert "improved in service, but" not in on_first_page(as_mia, "new")
    LocationResult.objects.filter(location=chain.harbour).update(comparison="reported_only", reported="falling")
    sentence = "improved in service, but customers less satisfied: look at stock, staffing, prices"
    assert sentence in on_first_page(as_mia, "new")
    assert sentence in on_first_page(as_mia, "stores")


def test_improvement_beside_a_confirmed_decline_is_not_called_confirmed(as_mia, chain):
    visit = chain.harbour.visits.first()
    pages.make_flag(chain.run, chain.harbour, flagged_by=visit, direction="improvement", channel="section:shop",
                    comparison="")  # fmt: skip
    DriftFlag.objects.filter(location=chain.harbour, direction=DECLINE).update(comparison="confirmed")
    LocationResult.objects.filter(location=chain.harbour).update(comparison="confirmed")
    assert "improved, confirmed" not in text_of(as_mia.get(reverse("reports:drift")))


def test_what_is_said_of_reported_numbers_is_explained_one_tap_behind(as_mia, chain):
    for address in (reverse("reports:drift"), reverse("reports:location", args=[chain.harbour.pk])):
        explained = text_of(as_mia.get(address)).partition("What the words mean")[2]
        for word in ("Blind spot", "Confirmed", "Has not moved so far", "Not yet in the reported numbers",
                     "Customers less satisfied, service as before", "Tells nothing"):  # fmt: skip
            assert word in explained, word


def test_number_at_its_best_says_so_on_a_store_without_a_flag_too(as_mia, chain):
    full = Metric.objects.create(key="checklist", name="A checklist", unit="%", plausible_max=100)
    pages.make_readings(chain.mill, full, weeks=30)
    Reading.objects.filter(metric=full).update(value=100)
    assert not DriftFlag.objects.filter(location=chain.mill).exists()
    page = said(as_mia, chain.mill)
    assert "100 % in every week: tells nothing" in page
    assert page.index(f"Reported: {chain.metric.name}") < page.index("Reported: A checklist")
