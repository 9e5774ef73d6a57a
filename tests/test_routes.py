"""Every address, asked by nobody, by an auditor, by a stranger of another region, and by those it is for.

A route without a row fails the first test: adding an address means saying here who may open it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

ABSENT = UUID(int=7)
PAGE, SIGN_IN, FORBIDDEN, MISSING, NO_KEY, WRONG_METHOD, WRONG_KIND = 200, 302, 403, 404, 401, 405, 415


def routes(patterns=None, prefix=""):
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver):
            name = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from routes(entry.url_patterns, name)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}", entry


def is_admin(name: str) -> bool:
    return name.startswith("admin:")


@dataclass(frozen=True)
class Row:
    """Statuses for nobody, ana (auditor, North), cal (manager, South: the stranger) and mia (manager, North)."""

    nobody: int
    ana: int
    cal: int
    mia: int
    args: Callable = lambda stage: []
    method: str = "get"


def of_visit(stage):
    return [stage.visit.pk]


def of_harbour(stage):
    return [stage.world.harbour.pk]


def of_backtest(stage):
    return [stage.backtest.pk]


TABLE = {
    "home": Row(SIGN_IN, 302, 302, 302),
    "favicon": Row(307, 307, 307, 307),
    "healthz": Row(PAGE, PAGE, PAGE, PAGE),
    "sign-in": Row(PAGE, PAGE, PAGE, PAGE),
    "sign-out": Row(WRONG_METHOD, WRONG_METHOD, WRONG_METHOD, WRONG_METHOD),
    "language": Row(WRONG_METHOD, WRONG_METHOD, WRONG_METHOD, WRONG_METHOD),
    "audits:phone": Row(SIGN_IN, PAGE, FORBIDDEN, FORBIDDEN),
    "audits:phone-me": Row(NO_KEY, PAGE, FORBIDDEN, FORBIDDEN),
    "audits:worker": Row(PAGE, PAGE, PAGE, PAGE),
    "audits:manifest": Row(PAGE, PAGE, PAGE, PAGE),
    "audits:form": Row(SIGN_IN, PAGE, FORBIDDEN, FORBIDDEN, lambda stage: [stage.world.version.pk]),
    "audits:photo": Row(SIGN_IN, PAGE, MISSING, PAGE, lambda stage: [stage.photo.pk]),
    "audits:thumbnail": Row(SIGN_IN, PAGE, MISSING, PAGE, lambda stage: [stage.photo.pk]),
    "audits:api-assignments": Row(NO_KEY, PAGE, FORBIDDEN, FORBIDDEN),
    "audits:api-visits": Row(NO_KEY, PAGE, FORBIDDEN, FORBIDDEN),
    "audits:api-clock": Row(NO_KEY, PAGE, PAGE, PAGE),
    "audits:api-drafts": Row(NO_KEY, PAGE, FORBIDDEN, FORBIDDEN),
    "audits:api-draft": Row(NO_KEY, PAGE, FORBIDDEN, FORBIDDEN, lambda stage: [stage.draft.pk]),
    "audits:api-return": Row(NO_KEY, FORBIDDEN, MISSING, WRONG_KIND, of_visit, "post"),
    "audits:api-visit": Row(NO_KEY, PAGE, FORBIDDEN, FORBIDDEN, of_visit),
    "audits:api-photo": Row(NO_KEY, MISSING, FORBIDDEN, FORBIDDEN, lambda stage: [stage.visit.pk, ABSENT], "put"),
    "audits:api-photo-given-up": Row(
        NO_KEY, MISSING, FORBIDDEN, FORBIDDEN, lambda stage: [stage.visit.pk, ABSENT], "put"
    ),
    "locations:api-readings": Row(NO_KEY, FORBIDDEN, PAGE, PAGE),
    "reports:drift": Row(SIGN_IN, FORBIDDEN, PAGE, PAGE),
    "reports:locations": Row(SIGN_IN, FORBIDDEN, PAGE, PAGE),
    "reports:location": Row(SIGN_IN, FORBIDDEN, MISSING, PAGE, of_harbour),
    "reports:desk": Row(SIGN_IN, FORBIDDEN, PAGE, PAGE),
    "reports:visit-approve": Row(SIGN_IN, FORBIDDEN, MISSING, 302, of_visit, "post"),
    "reports:visit-return": Row(SIGN_IN, FORBIDDEN, MISSING, 400, of_visit, "post"),
    "reports:visit-exclude": Row(SIGN_IN, FORBIDDEN, MISSING, 400, of_visit, "post"),
    "reports:visit": Row(SIGN_IN, PAGE, MISSING, PAGE, of_visit),
    "reports:next": Row(SIGN_IN, FORBIDDEN, PAGE, PAGE),
    "reports:auditors": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    "reports:backtests": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    "reports:backtest-new": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, method="post"),
    "reports:backtest": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, of_backtest),
    "reports:backtest-flags": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, of_backtest),
    "reports:backtest-stop": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, of_backtest, "post"),
    "reports:backtest-go-on": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, of_backtest, "post"),
    "reports:backtest-adopt": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, of_backtest, "post"),
    "reports:settings": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
    "reports:runs": Row(SIGN_IN, FORBIDDEN, PAGE, PAGE),
    "reports:run": Row(SIGN_IN, FORBIDDEN, PAGE, PAGE, lambda stage: [stage.run.pk]),
    "reports:run-new": Row(SIGN_IN, FORBIDDEN, FORBIDDEN, FORBIDDEN, method="post"),
}


@pytest.fixture
def stage(world, visit):
    """One of everything that an address can name, all of it in North."""
    from types import SimpleNamespace
    from uuid import uuid4

    from django.core.files.base import ContentFile
    from django.utils import timezone

    from audits.intake.drafts import save_draft
    from audits.intake.pictures import prepare
    from audits.models import Assignment, Photo
    from locations.models import Metric, Reading
    from reports.models import Backtest, DriftFlag, Run
    from tests.audits.intake.test_photos import jpeg

    prepared, now = prepare(jpeg()), timezone.now()
    photo = Photo(id=uuid4(), visit=visit, sha256="0" * 64, received_at=now)
    photo.image.save("a.jpg", ContentFile(prepared.image), save=False)
    photo.thumbnail.save("b.jpg", ContentFile(prepared.thumbnail), save=False)
    photo.save(force_insert=True)
    run = Run.objects.create(standard=world.standard, as_of=now, state="done", finished_at=now)
    flag = DriftFlag.objects.create(
        location=world.harbour, standard=world.standard, run=run, direction="decline", channel="overall",
        flagged_at=visit.started_at, flagged_by=visit, onset_at=visit.started_at, onset_low=visit.started_at,
        onset_high=visit.started_at, evidence=500, seen=0.6, expected=0.8, n_visits=3,
    )  # fmt: skip
    metric = Metric.objects.create(key="csat", name="Satisfaction")
    reading = Reading.objects.create(
        location=world.harbour, metric=metric, period_start="2026-01-05", period_end="2026-01-11", value=80
    )
    assignment = Assignment.objects.create(
        location=world.harbour, version=world.version, auditor=world.ana, opens_on=now.date(), closes_on=now.date()
    )
    backtest = Backtest.objects.create(
        standard=world.standard, start_on="2026-01-01", stop_on="2026-02-01", n_total=4,
        parameters={"false_alarms_per_year": 0.1, "smallest_drop": 0.03, "look_back": 40, "seed": 1},
    )  # fmt: skip
    draft = save_draft(visit_id=uuid4(), owner=world.ana, content={"note": "So far."}, base_revision=0).draft
    return SimpleNamespace(
        backtest=backtest,
        draft=draft,
        world=world,
        visit=visit,
        photo=photo,
        run=run,
        flag=flag,
        reading=reading,
        assignment=assignment,
    )


def test_every_route_has_a_row_and_every_row_a_route():
    named = {name for name, _ in routes() if not is_admin(name)}
    assert named == set(TABLE)


@pytest.mark.parametrize("person", ["nobody", "ana", "cal", "mia"])
@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_person_gets_what_the_table_says(client, stage, name, person):
    row = TABLE[name]
    if person != "nobody":
        client.force_login(getattr(stage.world, person))
    address = reverse(name, args=row.args(stage))
    answer = getattr(client, row.method)(address)
    assert answer.status_code == getattr(row, person), f"{person} at {address}"
    if row.nobody == SIGN_IN and person == "nobody":
        assert answer["Location"].startswith(reverse("sign-in"))


ADMIN_ROUTES = sorted(
    {name for name, _ in routes() if is_admin(name)} - {"admin:login", "admin:logout", "admin:None"}
)


def admin_address(name: str, entry: URLPattern, stage) -> str:
    arguments = {
        argument: {"app_label": "audits", "content_type_id": 1}.get(argument, "1")
        for argument in entry.pattern.converters or entry.pattern.regex.groupindex
    }
    return reverse(name, kwargs=arguments)


@pytest.mark.parametrize("name", ADMIN_ROUTES)
def test_the_admin_opens_to_nobody_and_to_no_auditor(client, stage, name):
    entry = dict(routes())[name]
    address = admin_address(name, entry, stage)
    for person in (None, stage.world.ana, stage.world.cal, stage.world.sam):
        if person is not None:
            client.force_login(person)
        answer = client.get(address)
        assert answer.status_code in {301, 302, 403, 404}, f"{person} at {address}"
        assert b"Harbour Street" not in answer.content


@pytest.mark.parametrize(
    ("model", "instance"),
    [
        ("locations_location", lambda stage: stage.world.harbour),
        ("locations_region", lambda stage: stage.world.north),
        ("locations_reading", lambda stage: stage.reading),
        ("audits_assignment", lambda stage: stage.assignment),
        ("audits_visit", lambda stage: stage.visit),
        ("reports_driftflag", lambda stage: stage.flag),
    ],
)
def test_staff_of_another_region_find_nothing_of_this_one_in_the_admin(client, stage, model, instance):
    from locations.models import Membership

    cal = stage.world.cal
    cal.is_staff = True
    cal.save()
    Membership.objects.create(user=cal, region=stage.world.south, role="director")
    client.force_login(cal)
    thing = instance(stage)
    listed = client.get(reverse(f"admin:{model}_changelist"))
    assert listed.status_code == PAGE
    assert "Harbour Street" not in listed.content.decode()
    assert client.get(reverse(f"admin:{model}_change", args=[thing.pk])).status_code in {302, 404}
