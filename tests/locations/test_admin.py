"""The admin of places, people and readings: by role, and narrowed to one's regions."""

import pytest
from django.urls import reverse

from locations.models import ApiKey, Location, Membership, Metric, Reading, Region, User

LISTS = ["user", "region", "location", "membership", "metric", "reading", "apikey"]


def changelist(model):
    return reverse(f"admin:locations_{model}_changelist")


@pytest.fixture
def readings(world):
    metric = Metric.objects.create(key="score", name="Score", plausible_max=100)
    for place in (world.harbour, world.cove):
        Reading.objects.create(
            location=place, metric=metric, period_start="2026-03-02", period_end="2026-03-08", value=80
        )
    return metric


@pytest.mark.parametrize("model", LISTS)
def test_an_administrator_reads_searches_and_opens_every_list(client, world, readings, model):
    ApiKey.objects.create_key(name="till", user=world.ian)
    client.force_login(world.root)
    assert client.get(changelist(model), {"q": "a"}).status_code == 200
    assert client.get(reverse(f"admin:locations_{model}_add")).status_code == 200
    row = {"user": User, "region": Region, "location": Location, "membership": Membership, "metric": Metric,
           "reading": Reading, "apikey": ApiKey}[model].objects.first()  # fmt: skip
    assert client.get(reverse(f"admin:locations_{model}_change", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("model", ["location", "reading", "membership", "user", "region"])
def test_a_list_needs_as_many_queries_for_many_rows_as_for_few(
    client, world, readings, model, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(world.root)
    client.get(changelist(model))
    with CaptureQueriesContext(connection) as few:
        client.get(changelist(model))
    for number in range(10):
        region = Region.objects.create(name=f"R{number}", parent=world.north)
        place = Location.objects.create(code=f"N{number}", name="N", region=region)
        user = User.objects.create_user(f"u{number}@example.org")
        Membership.objects.create(user=user, region=region, role="manager")
        Reading.objects.create(
            location=place, metric=readings, period_start="2026-03-02", period_end="2026-03-08", value=80
        )
    with django_assert_num_queries(len(few)):
        client.get(changelist(model))


def test_a_director_of_north_sees_its_locations_and_readings_only(client, world, readings):
    world.dan.memberships.update(region=world.north)
    client.force_login(world.dan)
    locations = client.get(changelist("location")).content.decode()
    assert "Harbour Street" in locations
    assert "Cove" not in locations
    assert client.get(changelist("reading")).context["cl"].result_count == 1
    stranger = Reading.objects.get(location=world.cove)
    assert client.get(reverse("admin:locations_reading_change", args=[stranger.pk])).status_code == 302


def test_the_choice_of_locations_offers_ones_own(client, world, readings):
    world.dan.memberships.update(region=world.north)
    client.force_login(world.dan)
    query = {"app_label": "locations", "model_name": "reading", "field_name": "location", "term": "", "page": 1}
    found = client.get(reverse("admin:autocomplete"), query).json()["results"]
    assert {row["text"] for row in found} == {"Harbour Street", "Mill Lane"}


def test_a_reading_for_a_location_of_another_region_is_refused(client, world, readings):
    world.dan.memberships.update(region=world.north)
    client.force_login(world.dan)
    sent = {"location": world.cove.pk, "metric": readings.pk, "period_start": "2026-01-05",
            "period_end": "2026-01-11", "value": 5}  # fmt: skip
    page = client.post(reverse("admin:locations_reading_add"), sent)
    assert page.status_code == 200
    assert "location" in page.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("changes", "field"), [({"value": 101}, "value"), ({"period_end": "2999-01-01"}, "period_end")]
)
def test_a_single_reading_is_checked_like_a_file(client, world, readings, changes, field):
    client.force_login(world.dan)
    sent = {"location": world.cove.pk, "metric": readings.pk, "period_start": "2026-01-05",
            "period_end": "2026-01-11", "value": 5} | changes  # fmt: skip
    page = client.post(reverse("admin:locations_reading_add"), sent)
    assert field in page.context["adminform"].form.errors


def test_changing_and_deleting_a_reading_says_which_location_changed(client, world, readings):
    from locations.signals import readings_changed

    said = []

    def listen(sender, location_ids, **kwargs):
        said.append(location_ids)

    readings_changed.connect(listen)
    client.force_login(world.dan)
    reading = Reading.objects.get(location=world.harbour)
    sent = {"location": world.mill.pk, "metric": readings.pk, "period_start": "2026-01-05",
            "period_end": "2026-01-11", "value": 5}  # fmt: skip
    client.post(reverse("admin:locations_reading_change", args=[reading.pk]), sent)
    client.post(reverse("admin:locations_reading_delete", args=[reading.pk]), {"post": "yes"})
    readings_changed.disconnect(listen)
    assert said == [{world.harbour.pk, world.mill.pk}, {world.mill.pk}]


@pytest.mark.parametrize("model", ["user", "membership", "apikey", "region"])
def test_a_director_manages_no_people(client, world, model):
    client.force_login(world.dan)
    expected = 200 if model == "region" else 403
    assert client.get(changelist(model)).status_code == expected
    assert client.get(reverse(f"admin:locations_{model}_add")).status_code == 403


def test_a_user_is_added_with_an_address_and_a_password_and_signs_in(client, world):
    client.force_login(world.root)
    sent = {"email": "New@Example.org", "usable_password": "true", "password1": "a long passphrase 7",
            "password2": "a long passphrase 7"} | EMPTY_MEMBERSHIPS  # fmt: skip
    answer = client.post(reverse("admin:locations_user_add"), sent)
    assert answer.status_code == 302
    assert User.objects.get(email="new@example.org").check_password("a long passphrase 7")
    again = client.post(reverse("admin:locations_user_add"), sent | {"email": "NEW@example.org"})
    assert "This address has an account." in again.content.decode()


EMPTY_MEMBERSHIPS = {
    f"memberships-{name}": value
    for name, value in [("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0), ("MIN_NUM_FORMS", 0), ("MAX_NUM_FORMS", 1000)]
}


def test_a_key_is_shown_once_and_acts_as_its_user(client, world):
    client.force_login(world.root)
    sent = {"name": "till", "user": world.ian.pk, "expiry_date_0": "", "expiry_date_1": ""}
    page = client.post(reverse("admin:locations_apikey_add"), sent, follow=True)
    key = str(next(iter(page.context["messages"]))).split("The key is ")[1].split(" ")[0]
    assert ApiKey.objects.get_from_key(key).user == world.ian
    assert key not in client.get(changelist("apikey")).content.decode()


def test_a_region_cannot_be_moved_below_itself(client, world):
    client.force_login(world.root)
    sent = {"name": "Chain", "parent": world.north.pk}
    page = client.post(reverse("admin:locations_region_change", args=[world.chain.pk]), sent)
    assert "choose a region outside its subtree" in page.content.decode()


def test_a_store_is_a_membership_that_names_its_location(client, world):
    client.force_login(world.root)
    sent = {"user": world.ana.pk, "role": "store", "region": world.north.pk, "location": ""}
    page = client.post(reverse("admin:locations_membership_add"), sent)
    assert page.status_code == 200
    assert "membership names its location" in page.content.decode().replace("&#x27;", "'")
