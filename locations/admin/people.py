"""Who signs in, what they answer for, and the keys of machines."""

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as PlainUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from rest_framework_api_key.models import APIKey
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from locations.admin.places import ScopedChoices
from locations.models import ApiKey, Membership, Region, User

# Roles bring permissions and our own keys act as a user: neither groups nor keys without a user mean anything here.
admin.site.unregister(Group)
admin.site.unregister(APIKey)


def memberships_seen_by(user):
    """Those in the regions that `user` sees."""
    return Membership.objects.filter(region__in=Region.objects.visible_to(user))


class OneAddress:
    """E-mail addresses are kept in small letters and name one account each."""

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].lower()  # type: ignore[attr-defined]
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():  # type: ignore[attr-defined]
            raise ValidationError("This address has an account.")
        return email


class AddUserForm(OneAddress, UserCreationForm):
    class Meta:
        model = User
        fields = ["email"]


class ChangeUserForm(OneAddress, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class MembershipInline(ScopedChoices, TabularInline):
    model = Membership
    extra = 0
    fields = ["role", "region", "location"]
    autocomplete_fields = ["region", "location"]

    def get_queryset(self, request):
        return memberships_seen_by(request.user).select_related("user", "region", "location")


@admin.register(User)
class UserAdmin(PlainUserAdmin, ModelAdmin):
    form = ChangeUserForm
    add_form = AddUserForm
    change_password_form = AdminPasswordChangeForm
    inlines = [MembershipInline]
    list_display = ["email", "first_name", "last_name", "roles", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "memberships__role"]
    search_fields = ["email", "first_name", "last_name"]
    ordering = ["email"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "language"]
    fieldsets = [
        (None, {"fields": ["email", "password", "first_name", "last_name"]}),
        ("May", {"fields": ["is_active", "is_staff", "is_superuser"]}),
        ("Seen", {"fields": ["last_login", "date_joined", "language"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]}),
    ]

    def get_queryset(self, request):
        users = User.objects.prefetch_related("memberships").order_by("email")
        if request.user.is_superuser:
            return users
        return users.filter(Exists(memberships_seen_by(request.user).filter(user=OuterRef("pk"))), is_superuser=False)

    def get_readonly_fields(self, request, obj=None):
        """Only a superuser makes superusers."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.is_superuser else [*fixed, "is_superuser", "is_staff"]

    @admin.display(description="Roles")
    def roles(self, user) -> str:
        return ", ".join(sorted({membership.get_role_display() for membership in user.memberships.all()}))


@admin.register(Membership)
class MembershipAdmin(ScopedChoices, ModelAdmin):
    list_display = ["user", "role", "region", "location"]
    list_filter = ["role", ("region", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "region", "location"]
    search_fields = ["user__email", "user__last_name", "region__name", "location__name", "location__code"]
    autocomplete_fields = ["user", "region", "location"]

    def get_queryset(self, request):
        return memberships_seen_by(request.user).select_related("user", "region", "location")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ["name", "prefix", "user", "created", "expiry_date", "revoked"]
    list_filter = ["revoked"]
    list_select_related = ["user"]
    search_fields = ["name", "prefix", "user__email"]
    autocomplete_fields = ["user"]
    fields = ["name", "user", "expiry_date", "revoked", "prefix", "created"]
    readonly_fields = ["prefix", "created"]

    def get_queryset(self, request):
        keys = ApiKey.objects.select_related("user").order_by("-created")
        return keys if request.user.is_superuser else keys.filter(user=request.user)

    def get_readonly_fields(self, request, obj=None):
        """A key stays its user's, and a revoked key stays revoked."""
        fixed = [*super().get_readonly_fields(request, obj)]
        if obj:
            fixed.append("user")
            if obj.revoked:
                fixed.append("revoked")
        return fixed

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and not request.user.is_superuser:
            field.queryset = User.objects.filter(pk=request.user.pk)
        return field

    def save_model(self, request, obj, form, change) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key = ApiKey.objects.assign_key(obj)
        obj.save()
        messages.warning(request, f"The key is {key} — copy it now: it is stored as a hash and never shown again.")
