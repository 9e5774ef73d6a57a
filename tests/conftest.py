"""The world that tests play in: ana audits North, mia manages it, cal belongs to South, and nobody sees both."""

import os
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.get_fixed_timezone(0))  # a Monday

# However busy the machine is: an example may take as long as it takes.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
# The same chains in every run, so that a failure is the change's; HYPOTHESIS_PROFILE=default looks at others.
hypothesis_settings.register_profile("default", **PATIENT)
hypothesis_settings.register_profile("same", derandomize=True, **PATIENT)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

pytest_plugins = ["tests.untested"]


@pytest.fixture(autouse=True)
def quiet_storage(settings, tmp_path):
    """Photos of tests go to a folder of their own; passwords need not be slow."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def world(db):
    """Two regions under one root, three locations, one published standard, and a person for each role."""
    from audits.models import Standard
    from locations.accounts.roles import Role
    from locations.models import Location, Membership, Region, User
    from tests.making import publish_small_standard

    chain = Region.objects.create(name="Chain")
    north = Region.objects.create(name="North", parent=chain)
    south = Region.objects.create(name="South", parent=chain)
    harbour = Location.objects.create(code="H1", name="Harbour Street", region=north, timezone="Europe/London")
    mill = Location.objects.create(code="M1", name="Mill Lane", region=north, timezone="Europe/London")
    cove = Location.objects.create(code="C1", name="Cove", region=south, timezone="America/New_York")

    def person(email, role, region, **fields):
        user = User.objects.create_user(email, "correct horse battery", **fields)
        Membership.objects.create(user=user, region=region, role=role)
        return user

    store = User.objects.create_user("sam@example.org", "correct horse battery")
    Membership.objects.create(user=store, region=north, location=harbour, role=Role.STORE)
    standard = Standard.objects.create(key="service", name="Service standard")
    return SimpleNamespace(
        chain=chain,
        north=north,
        south=south,
        harbour=harbour,
        mill=mill,
        cove=cove,
        ana=person("ana@example.org", Role.AUDITOR, north),
        abe=person("abe@example.org", Role.AUDITOR, north),
        mia=person("mia@example.org", Role.MANAGER, north),
        cal=person("cal@example.org", Role.MANAGER, south),
        dan=person("dan@example.org", Role.DIRECTOR, chain, is_staff=True),
        sue=person("sue@example.org", Role.STANDARDS, chain, is_staff=True),
        ian=person("ian@example.org", Role.INTEGRATOR, chain),
        sam=store,
        root=User.objects.create_superuser("root@example.org", "correct horse battery"),
        standard=standard,
        version=publish_small_standard(standard),
    )


@pytest.fixture
def payload(world):
    """A visit to Harbour Street as the phone sends it: two interactions, all answered."""
    from tests.making import visit_payload

    return visit_payload(world, started_at=NOON)


@pytest.fixture
def visit_id():
    return uuid4()


@pytest.fixture
def visit(world, payload, visit_id):
    """ana's stored visit to Harbour Street."""
    from audits.api.documents import receive_visit

    return receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload).visit


@pytest.fixture
def hour():
    return timedelta(hours=1)
