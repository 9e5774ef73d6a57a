"""Who signs in, and what they answer for."""

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from rest_framework_api_key.models import AbstractAPIKey

from locations.accounts.roles import HEAD_OFFICE, Role


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractUser):
    """Signs in with an e-mail address: shoppers are reached by mail and have no user name."""

    username = None  # type: ignore[assignment]  # AbstractUser's field is taken away, as Django documents
    email = models.EmailField(
        gettext_lazy("e-mail address"), unique=True, error_messages={"unique": "This address has an account."}
    )

    language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",  # for the previous release, while it still runs
        help_text="Spoken when this person last signed in, or chosen since: that of mails.",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()  # type: ignore[assignment, misc]

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @cached_property
    def held_memberships(self) -> list["Membership"]:
        """The memberships with their regions, in the order of the regions' names: one query a request."""
        return list(self.memberships.select_related("region").order_by("region__name", "region_id", "pk"))

    def region_memberships(self, roles=None) -> list["Membership"]:
        """Those that reach a whole subtree, with one of `roles` (any, when None)."""
        return [
            each
            for each in self.held_memberships
            if each.location_id is None and (roles is None or each.role in roles)
        ]

    def has_role(self, roles) -> bool:
        """Whether any membership carries one of `roles`; a superuser has them all."""
        return self.is_superuser or any(each.role in roles for each in self.held_memberships)

    def is_head_office(self) -> bool:
        return self.is_superuser or any(each.is_of_head_office for each in self.held_memberships)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_head_office(self) -> "MembershipQuerySet":
        return self.filter(role__in=HEAD_OFFICE, region__parent=None)


class Membership(models.Model):
    """A user's role in a region and everything below it; a store's people answer for one location."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    region = models.ForeignKey("locations.Region", on_delete=models.CASCADE, related_name="memberships")
    location = models.ForeignKey(
        "locations.Location",
        on_delete=models.CASCADE,
        related_name="memberships",
        null=True,
        blank=True,
        help_text="Only for the role of a store: the one location of the region.",
    )
    role = models.CharField(max_length=12, choices=Role)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["user", "region", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "region", "role"], condition=Q(location=None), name="membership_once_per_region"
            ),
            models.UniqueConstraint(
                fields=["user", "location", "role"],
                condition=Q(location__isnull=False),
                name="membership_once_per_location",
            ),
            models.CheckConstraint(
                condition=Q(role=Role.STORE, location__isnull=False) | (~Q(role=Role.STORE) & Q(location=None)),
                name="membership_store_has_location",
                violation_error_message="A store's membership names its location; every other role names none.",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    @property
    def is_of_head_office(self) -> bool:
        """As `MembershipQuerySet.of_head_office`, of one that is read already."""
        return self.role in HEAD_OFFICE and self.region.parent_id is None

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} in {self.location or self.region}"


class ApiKey(AbstractAPIKey):
    """A machine's key: acts as its user, so that the one access rule holds for machines too."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
