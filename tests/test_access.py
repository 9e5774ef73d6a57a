"""The one access rule: who sees which locations, visits, assignments, photos, readings, results and flags."""

import pytest
from django.contrib.auth.models import AnonymousUser

from audits.models import Assignment, Visit
from locations.accounts.roles import CAPTURES, READS_RESULTS
from locations.models import Location, Membership, Metric, Reading, Region


def names(queryset) -> set[str]:
    return {str(place) for place in queryset}


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        ("mia", {"Harbour Street", "Mill Lane"}),
        ("ana", {"Harbour Street", "Mill Lane"}),
        ("cal", {"Cove"}),
        ("dan", {"Harbour Street", "Mill Lane", "Cove"}),
        ("sam", {"Harbour Street"}),
        ("root", {"Harbour Street", "Mill Lane", "Cove"}),
    ],
)
def test_each_person_sees_the_locations_of_their_subtree(world, person, sees):
    assert names(Location.objects.visible_to(getattr(world, person))) == sees


def test_nobody_sees_nothing(world):
    assert not Location.objects.visible_to(AnonymousUser()).exists()
    assert not Visit.objects.visible_to(AnonymousUser()).exists()
    assert not Assignment.objects.visible_to(AnonymousUser()).exists()


def test_a_role_narrows_what_a_membership_reaches(world):
    assert not Location.objects.visible_to(world.ana, READS_RESULTS).exists()
    assert not Location.objects.visible_to(world.mia, CAPTURES).exists()
    assert not Location.objects.visible_to(world.sam, READS_RESULTS).exists()


def test_a_region_deep_below_is_reached_and_one_with_a_like_number_is_not(world):
    deep = Region.objects.create(
        name="Quay", parent=Region.objects.create(name="Harbour district", parent=world.north)
    )
    Location.objects.create(code="Q1", name="Quayside", region=deep)
    for number in range(12):  # ids 1 and 10, 2 and 20 … share a prefix, their paths do not
        Region.objects.create(name=f"Extra {number}", parent=world.south)
    assert "Quayside" in names(Location.objects.visible_to(world.mia))
    assert "Quayside" not in names(Location.objects.visible_to(world.cal))


def test_moving_a_region_moves_its_whole_subtree(world):
    deep = Region.objects.create(name="Quay", parent=world.north)
    Location.objects.create(code="Q1", name="Quayside", region=deep)
    world.north.parent = world.south
    world.north.save()
    assert names(Location.objects.visible_to(world.cal)) == {"Cove", "Harbour Street", "Mill Lane", "Quayside"}


def test_one_query_answers_whatever_the_number_of_memberships(world, django_assert_num_queries):
    for number in range(20):
        region = Region.objects.create(name=f"Extra {number}", parent=world.south)
        Membership.objects.create(user=world.mia, region=region, role="manager")
    with django_assert_num_queries(1):
        list(Location.objects.visible_to(world.mia))


def test_auditors_see_their_own_visits_and_managers_those_of_their_region(world, visit):
    assert list(Visit.objects.visible_to(world.ana)) == [visit]
    assert not Visit.objects.visible_to(world.abe).exists()
    assert list(Visit.objects.visible_to(world.mia)) == [visit]
    assert not Visit.objects.visible_to(world.cal).exists()
    assert not Visit.objects.visible_to(world.sam).exists()


def test_a_store_never_sees_who_is_coming(world):
    planned = Assignment.objects.create(
        location=world.harbour, version=world.version, auditor=world.ana, kind="covert",
        opens_on="2026-03-01", closes_on="2026-03-09",
    )  # fmt: skip
    assert not Assignment.objects.visible_to(world.sam).exists()
    assert not Assignment.objects.visible_to(world.abe).exists()
    assert list(Assignment.objects.visible_to(world.ana)) == [planned]
    assert list(Assignment.objects.visible_to(world.mia)) == [planned]


def test_readings_follow_the_location(world):
    metric = Metric.objects.create(key="csat", name="Satisfaction")
    for place in (world.harbour, world.cove):
        Reading.objects.create(
            location=place, metric=metric, period_start="2026-01-05", period_end="2026-01-11", value=80
        )
    assert [reading.location for reading in Reading.objects.visible_to(world.mia, READS_RESULTS)] == [world.harbour]
    assert not Reading.objects.visible_to(world.ana, READS_RESULTS).exists()


def test_roles_bring_the_admin_permissions_of_staff(world):
    assert world.sue.has_perm("audits.change_version")
    assert not world.sue.has_perm("audits.change_assignment")
    assert world.dan.has_perm("audits.add_assignment")
    assert not world.ana.has_perm("audits.view_version")
