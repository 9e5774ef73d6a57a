"""Planning visits and looking at them in the admin: everybody in their own regions only."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audits.admin.programme import auditors_for
from audits.models import Assignment, Visit
from audits.signals import visit_excluded
from audits.standards.publication import retire
from locations.accounts.roles import Role
from locations.models import Membership, User
from tests.conftest import NOON


@pytest.fixture
def mia(client, world):
    """North's manager, who works in the admin."""
    world.mia.is_staff = True
    world.mia.save(update_fields=["is_staff"])
    client.force_login(world.mia)
    return client


@pytest.fixture
def south_auditor(world):
    user = User.objects.create_user("eve@example.org", "correct horse battery")
    Membership.objects.create(user=user, region=world.south, role=Role.AUDITOR)
    return user


def assigned(world, **fields):
    today = timezone.now().date()
    plan = {"location": world.harbour, "version": world.version, "auditor": world.ana, "opens_on": today,
            "closes_on": today + timedelta(days=7)}  # fmt: skip
    return Assignment.objects.create(**(plan | fields))


def visited(world, location, **fields):
    plan = {"version": world.version, "auditor": world.ana, "started_at": NOON, "digest": "0" * 64,
            "received_at": NOON, "approved_at": NOON}  # fmt: skip
    return Visit.objects.create(id=uuid4(), location=location, **(plan | fields))


def form_data(world, **fields):
    data = {"location": world.harbour.pk, "version": world.version.pk, "auditor": world.ana.pk, "kind": "covert",
            "opens_on": "2026-03-02", "closes_on": "2026-03-09", "daypart": ""}  # fmt: skip
    return data | fields


def listed(response) -> set:
    return set(response.context["cl"].result_list)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


ADD = "admin:audits_assignment_add"
LIST = "admin:audits_assignment_changelist"
VISITS = "admin:audits_visit_changelist"


def test_manager_plans_a_visit_in_her_region(mia, world):
    mia.post(reverse(ADD), form_data(world))
    plan = Assignment.objects.get()
    assert (plan.location, plan.auditor, plan.kind, plan.closes_on) == (
        world.harbour,
        world.ana,
        "covert",
        date(2026, 3, 9),
    )


@pytest.mark.parametrize(
    ("field", "choose", "sentence"),
    [
        ("location", lambda world: world.cove, "Choose one of your locations."),
        ("auditor", lambda world: world.sam, "Choose somebody who audits in your regions."),
    ],
)
def test_choices_outside_her_regions_are_refused_in_a_sentence(mia, world, field, choose, sentence):
    response = mia.post(reverse(ADD), form_data(world, **{field: choose(world).pk}))
    assert response.context["adminform"].form.errors == {field: [sentence]}
    assert not Assignment.objects.exists()


def test_search_for_a_location_finds_hers_only(mia, world):
    field = {"app_label": "audits", "model_name": "assignment", "field_name": "location"}
    found = mia.get(reverse("admin:autocomplete"), field | {"term": ""}).json()["results"]
    assert {result["text"] for result in found} == {"Harbour Street", "Mill Lane"}


def test_retired_version_cannot_be_planned(mia, world):
    retire(version=world.version)
    response = mia.post(reverse(ADD), form_data(world))
    assert response.context["adminform"].form.errors["version"] == ["Choose a published version."]


def test_director_is_told_when_the_auditors_membership_does_not_cover_the_location(client, world, south_auditor):
    client.force_login(world.dan)
    response = client.post(reverse(ADD), form_data(world, auditor=south_auditor.pk))
    (error,) = response.context["adminform"].form.errors["auditor"]
    assert "may not audit Harbour Street: add a membership first" in error


def test_window_that_ends_before_it_begins_is_refused_in_a_sentence(mia, world):
    response = mia.post(reverse(ADD), form_data(world, closes_on="2026-03-01"))
    assert "The window closes on or after the day it opens." in response.content.decode()


def test_auditors_to_choose_from_are_those_who_can_go_there(world, south_auditor):
    chainwide = User.objects.create_user("max@example.org", "correct horse battery")
    Membership.objects.create(user=chainwide, region=world.chain, role=Role.SHOPPER)
    assert set(auditors_for(world.mia)) == {world.ana, world.abe, chainwide}
    assert set(auditors_for(world.dan)) == {world.ana, world.abe, chainwide, south_auditor}
    assert set(auditors_for(world.root)) == {world.ana, world.abe, chainwide, south_auditor}


def test_manager_sees_the_plans_of_her_region_only(mia, world, south_auditor):
    hers = assigned(world)
    other = assigned(world, location=world.cove, auditor=south_auditor)
    assert listed(mia.get(reverse(LIST))) == {hers}
    assert mia.get(reverse("admin:audits_assignment_change", args=[other.pk])).status_code == 302


def test_manager_who_audits_elsewhere_does_not_plan_there(mia, world):
    Membership.objects.create(user=world.mia, region=world.south, role=Role.AUDITOR)
    own_elsewhere = assigned(world, location=world.cove, auditor=world.mia)
    assert listed(mia.get(reverse(LIST))) == set()
    mia.post(reverse(LIST), {"action": "withdraw", "_selected_action": [own_elsewhere.pk]})
    own_elsewhere.refresh_from_db()
    assert own_elsewhere.withdrawn_at is None


def test_withdrawing_several_leaves_out_what_was_visited(mia, world):
    plans = [assigned(world), assigned(world, location=world.mill), assigned(world, kind="covert")]
    visited(world, world.harbour, assignment=plans[0])
    response = mia.post(reverse(LIST), {"action": "withdraw", "_selected_action": [plan.pk for plan in plans]})
    assert "2 withdrawn" in said(response)
    assert "1 left as they were" in said(response)
    assert set(Assignment.objects.exclude(withdrawn_at=None)) == set(plans[1:])


def test_what_was_visited_can_be_neither_changed_nor_deleted(mia, world):
    plan = assigned(world)
    visited(world, world.harbour, assignment=plan)
    change = mia.post(reverse("admin:audits_assignment_change", args=[plan.pk]), form_data(world))
    delete = mia.post(reverse("admin:audits_assignment_delete", args=[plan.pk]), {"post": "yes"})
    assert (change.status_code, delete.status_code) == (403, 403)


@pytest.mark.parametrize("who", ["ana", "sam", "ian", "sue"])
@pytest.mark.parametrize("address", [LIST, ADD, VISITS])
def test_no_other_role_sees_plans_or_visits_in_the_admin_even_as_staff(client, world, who, address):
    user = getattr(world, who)
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    assigned(world, kind="covert")
    client.force_login(user)
    assert client.get(reverse(address)).status_code == 403


@pytest.mark.parametrize("who", ["ana", "sam"])
def test_those_who_are_not_staff_are_sent_to_sign_in(client, world, who):
    client.force_login(getattr(world, who))
    response = client.get(reverse(LIST))
    assert response.status_code == 302
    assert "/login/" in response.url


def test_states_of_plans_are_told_apart(mia, world):
    today = timezone.now().date()
    gone = {"opens_on": today - timedelta(days=9), "closes_on": today - timedelta(days=2)}
    visited(world, world.harbour, assignment=assigned(world, **gone))
    assigned(world, **gone)
    assigned(world)
    assigned(world, withdrawn_at=timezone.now())
    html = mia.get(reverse(LIST)).content.decode()
    for state in ("Visited", "Missed", "Open", "Withdrawn"):
        assert html.count(f"\n{state}\n") == 1, state


def test_visits_of_other_regions_are_not_there(mia, world):
    seen = visited(world, world.harbour)
    hidden = visited(world, world.cove)
    assert listed(mia.get(reverse(VISITS))) == {seen}
    assert mia.get(reverse("admin:audits_visit_change", args=[hidden.pk])).status_code == 302
    assert mia.post(reverse("admin:audits_visit_exclude", args=[hidden.pk]), {"reason": "x"}).status_code == 302
    hidden.refresh_from_db()
    assert hidden.excluded_at is None


def test_visits_are_never_edited(mia, world):
    visit = visited(world, world.harbour)
    change = reverse("admin:audits_visit_change", args=[visit.pk])
    assert 'name="_save"' not in mia.get(change).content.decode()
    assert mia.post(change, {"note": "x"}).status_code == 403
    assert mia.post(reverse("admin:audits_visit_delete", args=[visit.pk]), {"post": "yes"}).status_code == 403
    assert mia.get(reverse("admin:audits_visit_add")).status_code == 403


def test_page_of_a_visit_leads_to_what_was_observed(mia, world):
    visit = visited(world, world.harbour)
    html = mia.get(reverse("admin:audits_visit_change", args=[visit.pk])).content.decode()
    assert f'href="{reverse("reports:visit", args=[visit.pk])}"' in html


def test_excluding_a_visit_needs_a_reason_and_tells_the_reports(mia, world):
    visit = visited(world, world.harbour)
    address = reverse("admin:audits_visit_exclude", args=[visit.pk])
    heard = []

    def hear(visit_ids, **kwargs):
        heard.extend(visit_ids)

    visit_excluded.connect(hear)
    try:
        refused = mia.post(address, {"reason": "  "})
        assert "Say why" in refused.content.decode()
        assert heard == []
        mia.post(address, {"reason": "Fire drill during the visit."})
    finally:
        visit_excluded.disconnect(hear)
    visit.refresh_from_db()
    assert visit.excluded_at is not None
    assert (visit.exclusion_reason, visit.excluded_by) == ("Fire drill during the visit.", world.mia)
    assert heard == [visit.pk]


def test_opening_the_page_to_exclude_changes_nothing(mia, world):
    visit = visited(world, world.harbour)
    assert mia.get(reverse("admin:audits_visit_exclude", args=[visit.pk])).status_code == 200
    visit.refresh_from_db()
    assert visit.excluded_at is None


def test_an_auditor_does_not_exclude_her_own_visit_elsewhere(mia, world):
    Membership.objects.create(user=world.mia, region=world.south, role=Role.AUDITOR)
    own = visited(world, world.cove, auditor=world.mia)
    assert mia.post(reverse("admin:audits_visit_exclude", args=[own.pk]), {"reason": "x"}).status_code == 403


def test_visits_are_filtered_by_whether_they_count(mia, world):
    counts = visited(world, world.harbour)
    waits = visited(world, world.harbour, approved_at=None)
    excluded = visited(world, world.harbour, excluded_at=NOON, exclusion_reason="Fire drill.")
    for state, visit in (("counts", counts), ("waits", waits), ("excluded", excluded)):
        assert listed(mia.get(reverse(VISITS), {"state": state})) == {visit}


@pytest.mark.parametrize("address", [LIST, VISITS])
def test_lists_ask_the_database_as_often_for_2_rows_as_for_20(mia, world, address):
    def fill(n):
        for _ in range(n):
            visited(world, world.harbour, assignment=assigned(world))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert mia.get(reverse(address)).status_code == 200
        return len(captured)

    fill(2)
    few = queries()
    fill(18)
    assert queries() == few
