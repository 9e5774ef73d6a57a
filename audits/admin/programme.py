"""Assignments: who visits where, by when, planned by those who answer for the location."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display

from audits.admin.writing import PlainChoices
from audits.models import Assignment, Version, Visit
from locations.accounts.roles import CAPTURES, PLANS_VISITS
from locations.models import Location, Membership, Region, User
from locations.models.places import lineage

STATE_COLOURS = {"open": "info", "visited": "success", "missed": "danger", "withdrawn": "default"}


class AssignmentForm(forms.ModelForm):
    """The user who plans sees their own locations, the auditors who may go there, and published versions."""

    class Meta:
        model = Assignment
        fields = ["location", "version", "auditor", "kind", "opens_on", "closes_on", "daypart"]
        labels = {"version": "Standard and version", "opens_on": "From", "closes_on": "Until"}
        help_texts = {
            "kind": "Covert: only you and the auditor see that it is planned. The store never does.",
            "closes_on": "The last day counts, in the location's own time.",
        }
        error_messages = {
            "location": {"invalid_choice": "Choose one of your locations."},
            "auditor": {"invalid_choice": "Choose somebody who audits in your regions."},
            "version": {"invalid_choice": "Choose a published version."},
        }


@admin.register(Assignment)
class AssignmentAdmin(PlainChoices, ModelAdmin):
    form = AssignmentForm
    list_display = ["location", "standard", "auditor", "kind", "opens_on", "closes_on", "state"]
    list_filter = [
        "kind",
        "closes_on",
        ("version__standard", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["location", "version__standard", "auditor"]
    search_fields = ["location__name", "location__code", "auditor__email", "auditor__last_name"]
    date_hierarchy = "closes_on"
    autocomplete_fields = ["location"]
    actions = ["withdraw"]
    warn_unsaved_form = True

    def get_queryset(self, request):
        """Those at the locations that one plans for; one's own elsewhere are on the phone, not here."""
        planned_for = Location.objects.visible_to(request.user, PLANS_VISITS)
        visited = Exists(Visit.objects.filter(assignment=OuterRef("pk")))
        visible = Assignment.objects.visible_to(request.user).filter(location__in=planned_for)
        return visible.annotate(is_visited=visited).order_by("closes_on", "pk")

    @admin.display(description="Standard", ordering="version__standard__name")
    def standard(self, assignment) -> str:
        return str(assignment.version)

    @display(description="State", label=STATE_COLOURS)
    def state(self, assignment):
        if assignment.withdrawn_at:
            return "withdrawn", "Withdrawn"
        if assignment.is_visited:
            return "visited", "Visited"
        if assignment.closes_on < timezone.localdate(timezone=assignment.location.zone):
            return "missed", "Missed"
        return "open", "Open"

    def has_change_permission(self, request, obj=None) -> bool:
        """What was visited or withdrawn is history."""
        allowed = super().has_change_permission(request, obj)
        return allowed and not (obj and (obj.withdrawn_at or obj.visits.exists()))

    def has_delete_permission(self, request, obj=None) -> bool:
        """One that was visited stays; one that was planned by mistake may go."""
        return super().has_delete_permission(request, obj) and not (obj and obj.visits.exists())

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "location":
            kwargs["queryset"] = Location.objects.visible_to(request.user, PLANS_VISITS)
        if db_field.name == "version":
            published = Version.objects.filter(state=Version.State.PUBLISHED).select_related("standard")
            kwargs["queryset"] = published.order_by("standard__name", "-number")
        if db_field.name == "auditor":
            kwargs["queryset"] = auditors_for(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description="Withdraw: they leave the auditors' lists", permissions=["change"])
    def withdraw(self, request, queryset):
        chosen = queryset.count()
        open_ones = Assignment.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)), withdrawn_at=None)
        n = open_ones.filter(visits=None).update(withdrawn_at=timezone.now())
        if n:
            messages.success(
                request, f"{n} withdrawn: {'it leaves' if n == 1 else 'they leave'} the auditors' lists."
            )
        if n < chosen:
            messages.warning(request, f"{chosen - n} left as they were: visited or withdrawn already.")


def auditors_for(user):
    """Those who record visits at some location that `user` plans for."""
    auditors = User.objects.filter(is_active=True).order_by("last_name", "first_name", "email")
    captures = Membership.objects.filter(user=OuterRef("pk"), role__in=CAPTURES)
    if user.is_superuser:
        return auditors.filter(Exists(captures))
    own = Membership.objects.filter(user=user, location=None, role__in=PLANS_VISITS)
    above = {region for path in own.values_list("region__path", flat=True) for region in lineage(path)}
    below = Region.objects.visible_to(user, PLANS_VISITS)
    return auditors.filter(Exists(captures.filter(Q(region__in=below) | Q(region__in=above))))
