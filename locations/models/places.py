"""The tree of the organisation and the places where customers are served; `visible_to` is THE access rule."""

import zoneinfo
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q

from locations.accounts.users import Membership


def lineage(path: str) -> list[int]:
    """The ids in a region's path: from the root down to the region itself."""
    return [int(step) for step in path.strip("/").split("/")]


class RegionQuerySet(models.QuerySet["Region"]):
    def covered_by(self, memberships) -> "RegionQuerySet":
        """The regions of `memberships` and all below them."""
        above = memberships.annotate(below=ExpressionWrapper(OuterRef("path"), models.CharField())).filter(
            below__startswith=F("region__path")
        )
        return self.filter(Exists(above))

    def visible_to(self, user, roles: Iterable[str] | None = None) -> "RegionQuerySet":
        """The regions that `user` belongs to with one of `roles` (any, when None), with their subtrees."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self.all()
        memberships = Membership.objects.filter(user=user, location=None)
        if roles is not None:
            memberships = memberships.filter(role__in=roles)
        return self.covered_by(memberships)

    def tops_of(self, user, roles: Iterable[str] | None = None) -> list["Region"]:
        """The topmost regions of `visible_to`, by name; no query, but for a superuser, whose are the roots."""
        if not user.is_authenticated:
            return []
        if user.is_superuser:
            return list(self.filter(parent=None).order_by("name"))
        held = {each.region_id: each.region for each in user.region_memberships(roles)}
        return [region for region in held.values() if not held.keys() & set(lineage(region.path)[:-1])]


class Region(models.Model):
    """A node of the organisation's tree. `path` holds the ids from the root, so that a subtree is a prefix."""

    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    path = models.CharField(max_length=255, editable=False, db_index=True)

    objects = RegionQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="region_name_once_per_parent"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="region_root_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_visible_to(self, user, roles: Iterable[str] | None = None) -> bool:
        """`visible_to` of one region that is read already: no query."""
        return user.is_authenticated and (user.is_superuser or self._is_below(user.region_memberships(roles)))

    def is_of_head_office(self, user) -> bool:
        """Whether `user` belongs to head office at the root of this region's tree: no query."""
        at_roots = (each for each in user.held_memberships if each.is_of_head_office) if user.is_authenticated else ()
        return user.is_superuser or self._is_below(at_roots)

    def _is_below(self, memberships: Iterable[Membership]) -> bool:
        """As `covered_by`."""
        return any(self.path.startswith(each.region.path) for each in memberships)

    def clean(self) -> None:
        if self.pk and self.parent and self.parent.path.startswith(self.path):
            raise ValidationError(
                {"parent": f"{self.parent} lies below {self}: choose a region outside its subtree."}
            )

    @transaction.atomic
    def save(self, *args, **kwargs) -> None:
        """Keeps the paths of the whole subtree true when a region is added or moved."""
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if path != self.path:
            old, self.path = self.path, path
            if old:
                for region in Region.objects.filter(path__startswith=old).exclude(pk=self.pk):
                    Region.objects.filter(pk=region.pk).update(path=path + region.path.removeprefix(old))
            Region.objects.filter(pk=self.pk).update(path=path)


class LocationQuerySet(models.QuerySet["Location"]):
    def visible_to(self, user, roles: Iterable[str] | None = None) -> "LocationQuerySet":
        """The one access rule: the locations of the regions that `user` belongs to.

        With `roles`, only memberships of those roles count (`locations.accounts.roles` names the sets). A store's
        membership reaches its one location. A superuser sees all, nobody sees nothing.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self.all()
        own = Membership.objects.filter(user=user, location=OuterRef("pk"))
        if roles is not None:
            own = own.filter(role__in=roles)
        return self.filter(Q(region__in=Region.objects.visible_to(user, roles)) | Exists(own))

    def of_head_office(self, user) -> "LocationQuerySet":
        """The locations of the trees at whose root `user` belongs to head office."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self.all()
        memberships = Membership.objects.of_head_office().filter(user=user)
        return self.filter(region__in=Region.objects.covered_by(memberships))


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is no time zone: use a name such as Europe/London.")


def default_time_zone() -> str:
    return settings.ORGANISATION_TIME_ZONE


class Location(models.Model):
    """A place where customers are served."""

    code = models.CharField(max_length=64, unique=True, help_text="The organisation's own id of the place.")
    name = models.CharField(max_length=160)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="locations")
    address = models.CharField(max_length=255, blank=True)
    latitude = models.FloatField(null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)])
    timezone = models.CharField(max_length=64, default=default_time_zone, validators=[check_time_zone])
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(opened_on=None) | Q(closed_on__gte=F("opened_on")),
                name="location_closed_after_opened",
                violation_error_message="A location closes after it opened: check the two dates.",
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="location_coordinates_both_or_none",
                violation_error_message="Give both coordinates (latitude -90 to 90, longitude -180 to 180) or none.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)
