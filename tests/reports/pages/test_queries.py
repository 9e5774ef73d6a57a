"""How often the drift page and a store's page ask the database: at most 15 times, session and user included.

The numbers are exact, so that one question more is noticed, and the same for 4 stores as for 40.
"""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audits.models import Criterion, Observation, Photo, Standard
from bench.product.database_chains import make_chain, make_metric, publish_version, report_weekly
from locations.accounts.roles import Role
from locations.models import Location, Membership, Region, User
from reports.detection.scan.lifecycle import request_scan
from reports.detection.scan.scan import run_scan
from reports.models import DriftFlag, LocationResult, Run

pytestmark = pytest.mark.django_db

MOST = 15
DRIFT = reverse("reports:drift")


def make_scanned(n_locations: int) -> SimpleNamespace:
    """Stores in two regions under one root, all scanned; one has fallen and a calm one disagrees, both with notes."""
    made = make_chain(n_locations=n_locations, n_visits=26, drops={0: (112.0, 2.5, None)})
    root, elsewhere = (Region.objects.create(name=name) for name in ("Everything", "Elsewhere"))
    regions = sorted({location.region for location in made.locations}, key=lambda region: region.name)
    for region in regions:
        region.parent = root
        region.save()
    for number in range(4):
        report_weekly(make_metric(f"metric-{number}"), made.locations, n_weeks=26, seed=number)
    run_scan(request_scan(standard=made.standard, as_of=made.end).pk)
    fallen = made.locations[0]
    assert DriftFlag.objects.open().filter(location=fallen, direction="decline").exists()
    flagged = DriftFlag.objects.open().values("location")
    calm = regions[0].locations.exclude(pk__in=flagged).order_by("pk").first()
    for location in (fallen, calm):
        write_notes(location)
    disagree(calm)
    return SimpleNamespace(
        root=root, elsewhere=elsewhere, regions=regions, standard=made.standard, fallen=fallen, calm=calm
    )


def write_notes(location: Location) -> None:
    criterion = Criterion.objects.first()
    for visit in location.visits.order_by("-started_at")[:3]:
        Observation.objects.create(visit=visit, criterion=criterion, value=True, conformity=1, note=f"On {visit}.")
        Photo.objects.create(
            id=uuid4(), visit=visit, criterion=criterion, sha256="0" * 64, received_at=visit.received_at,
            image="photos/x.jpg", thumbnail="photos/x-small.jpg",
        )  # fmt: skip


def disagree(location: Location) -> None:
    """As a scan of a larger region would have left it."""
    row = {"metric": "metric-0", "region": location.region_id, "n": 12, "reported_rank": 1, "observed_rank": 12}
    LocationResult.objects.filter(location=location).update(n_disagreements=1, disagreements=[row])


def a_user(name: str, role: Role, *regions: Region) -> User:
    user = User.objects.create_user(f"{name}@example.org")
    Membership.objects.bulk_create(Membership(user=user, region=region, role=role) for region in regions)
    return user


def readers(chain) -> dict[str, User]:
    return {
        "manager": a_user("manager", Role.MANAGER, chain.regions[0]),
        "manager of two": a_user("two", Role.MANAGER, *chain.regions),
        "director": a_user("director", Role.DIRECTOR, chain.root, chain.elsewhere),
        "superuser": User.objects.create_superuser("root@example.org"),
    }


def asked(client, address: str, **parameters) -> list[str]:
    """The statements of one request; an earlier one has filled what is kept in the process."""
    assert client.get(address, parameters).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(address, parameters)
    return [query["sql"] for query in captured.captured_queries]


def store(location: Location) -> str:
    return reverse("reports:location", args=[location.pk])


@pytest.mark.parametrize("n_locations", [4, 40])
def test_each_reader_asks_as_often_whatever_the_size_of_the_chain(client, n_locations):
    chain = make_scanned(n_locations)
    numbers = {}
    for name, user in readers(chain).items():
        client.force_login(user)
        pages = (DRIFT, store(chain.fallen), store(chain.calm))
        numbers[name] = tuple(len(asked(client, address)) for address in pages)
    assert numbers == {
        "manager": (15, 15, 15),
        "manager of two": (14, 15, 15),
        "director": (14, 15, 15),
        "superuser": (14, 14, 14),
    }


@pytest.fixture
def busy(client):
    """Flags for more than a page, a second standard, and a run under way; the reader is a director of two trees."""
    chain = make_scanned(40)
    spread(DriftFlag.objects.open().get(location=chain.fallen))
    publish_version(Standard.objects.create(key="night", name="Night service"), number=1)
    Run.objects.create(standard=chain.standard, state="waiting", as_of=timezone.now())
    client.force_login(readers(chain)["director"])
    return chain


def spread(flag: DriftFlag) -> None:
    """The same at all stores but five of those that have none; and some more that were closed."""
    fields = {field.attname: getattr(flag, field.attname) for field in DriftFlag._meta.concrete_fields}
    del fields["id"], fields["location_id"], fields["flagged_by_id"]
    flagged = DriftFlag.objects.open().values("location")
    for location in Location.objects.exclude(pk__in=flagged).order_by("pk")[5:]:
        DriftFlag.objects.create(**fields, location=location, flagged_by=location.visits.first())
    for number in range(3):
        fields |= {"closed_at": flag.flagged_at + timedelta(days=number), "close_reason": "Faded."}
        DriftFlag.objects.create(**fields, location=flag.location, flagged_by=flag.flagged_by)


def test_whatever_is_asked_of_a_busy_chain_takes_at_most_fifteen(client, busy):
    assert DriftFlag.objects.open().count() > 25
    region, standard = busy.root.pk, busy.standard.key
    drift = [
        ({}, 14),
        ({"region": region}, MOST),
        ({"flags": 2}, 12),
        ({"region": region, "standard": standard, "flags": 2, "levels": 9, "page": 9, "order": "level"}, 13),
        ({"flags": "x", "levels": "x", "page": "-1"}, 14),
    ]
    assert [len(asked(client, DRIFT, **given)) for given, _ in drift] == [number for _, number in drift]
    store_ = [
        ({}, MOST),
        ({"standard": standard, "channel": "section:till", "metric": "metric-3", "page": 2}, MOST),
        ({"metric": "none", "page": 99}, MOST),
        ({"page": "x"}, MOST),
    ]
    for location in (busy.fallen, busy.calm):
        address = store(location)
        assert [len(asked(client, address, **given)) for given, _ in store_] == [number for _, number in store_]
    assert max(len(asked(client, page, standard="night")) for page in (DRIFT, store(busy.calm))) <= MOST


def test_effects_are_read_once(client, busy):
    for address in (DRIFT, store(busy.fallen), store(busy.calm)):
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        reading = [each for each in captured.captured_queries if '"reports_run"."effects"' in each["sql"]]
        assert len(reading) == 1, address
