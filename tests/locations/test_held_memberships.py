"""The access rule of regions that are read already says what the queries of the rule say, and asks nothing."""

import random

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from locations.accounts.roles import READS_RESULTS, Role
from locations.models import Location, Membership, Region, User


@pytest.fixture
def tree(db) -> list[Region]:
    """Two trees, four levels deep; ids of one and of two digits, so that no path is the beginning of another's."""
    regions = [Region.objects.create(name=f"Root {number}") for number in range(2)]
    for number in range(20):
        regions.append(Region.objects.create(name=f"Region {number % 7}/{number}", parent=regions[number // 2]))
    for region in regions:
        Location.objects.create(code=f"L{region.pk}", name=f"Store of {region}", region=region)
    return regions


def a_user(regions: list[Region], seed: int) -> User:
    """Up to four memberships anywhere, of any role."""
    chance = random.Random(seed)
    user = User.objects.create_user(f"user{seed}@example.org")
    for region in chance.sample(regions, chance.randint(0, 4)):
        role = chance.choice([*Role])
        location = region.locations.get() if role == Role.STORE else None
        Membership.objects.create(user=user, region=region, location=location, role=role)
    return user


@pytest.mark.parametrize("roles", [None, READS_RESULTS])
def test_regions_that_are_read_already_are_visible_as_the_queries_say(tree, roles, django_assert_num_queries):
    for user in [*(a_user(tree, seed) for seed in range(25)), AnonymousUser()]:
        visible = Region.objects.visible_to(user, roles)
        tops = list(visible.filter(Q(parent=None) | ~Q(parent__in=visible)).order_by("name"))
        seen = set(visible)
        of_head_office = {place.region for place in Location.objects.of_head_office(user).select_related("region")}
        with django_assert_num_queries(1 if user.is_authenticated else 0):  # the memberships
            assert Region.objects.tops_of(user, roles) == tops
            assert {region for region in tree if region.is_visible_to(user, roles)} == seen
            assert {region for region in tree if region.is_of_head_office(user)} == of_head_office


def test_a_superuser_sees_every_region_from_the_roots(tree):
    root = User.objects.create_superuser("root@example.org")
    assert Region.objects.tops_of(root) == tree[:2]
    assert all(region.is_visible_to(root) and region.is_of_head_office(root) for region in tree)


def test_roles_are_asked_for_once(tree, django_assert_num_queries):
    user = a_user(tree, 1)
    with django_assert_num_queries(1):
        assert user.has_role({each.role for each in user.held_memberships})
        assert not user.has_role(frozenset())
        user.is_head_office()
