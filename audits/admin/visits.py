"""Visits, to look at. They come from phones and files alone; here one can only be excluded, with a reason.

Reading the answers, approving and returning is for the reviewers' desk in the reports.
"""

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from audits.admin.outline import Step, admin_url
from audits.models import Visit
from audits.models.limits import LONGEST_EXCLUSION_REASON
from audits.review.exclusion import AlreadyExcluded, exclude
from locations import times
from locations.accounts.roles import EXCLUDES_VISITS
from locations.models import Location

STATE_COLOURS = {"counts": "success", "waits": "warning", "returned": "info", "excluded": "danger"}


class ExclusionForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_EXCLUSION_REASON,
        widget=UnfoldAdminTextInputWidget(),
        error_messages={"required": "Say why: the reason is shown beside the visit."},
    )


class CountsFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("counts", "Counts"),
            ("waits", "Waits for a reviewer"),
            ("returned", "Returned to its auditor"),
            ("excluded", "Excluded"),
        ]

    def queryset(self, request, queryset):
        match self.value():
            case "counts":
                return queryset.counting()
            case "waits":
                return queryset.waiting()
            case "returned":
                return queryset.returned()
            case "excluded":
                return queryset.exclude(excluded_at=None)
        return queryset


@admin.register(Visit)
class VisitAdmin(ModelAdmin):
    actions = None
    list_display = ["when", "location", "standard", "who", "mode", "state", "read"]
    list_filter = [CountsFilter, "mode", ("version__standard", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["location", "version__standard", "auditor"]
    search_fields = ["location__name", "location__code", "auditor__email", "auditor_code", "reference"]
    date_hierarchy = "started_at"
    fieldsets = [
        (None, {"fields": ["location", "version", "who", "assignment", "when", "ended", "mode", "kind"]}),
        (
            "Seen on arrival",
            {"fields": ["daypart", "staffing", "staff_seen", "customers_waiting", "busyness", "note"]},
        ),
        (
            "How it came about",
            {"fields": ["where", "not_completed_reason", "conflict_of_interest", "conflict_of_interest_note"]},
        ),
        (
            "Record",
            {
                "fields": [
                    "receipt",
                    "received",
                    "revision",
                    "history",
                    "given_up",
                    "approved",
                    "approved_by",
                    "digest",
                ]
            },
        ),
    ]
    change_form_outer_before_template = "admin/audits/visit/state.html"

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_queryset(self, request):
        return Visit.objects.visible_to(request.user).select_related("location", "version__standard", "auditor")

    @admin.display(description="When", ordering="started_at")
    def when(self, visit) -> str | None:
        return _local(visit, visit.started_at)

    @admin.display(description="Ended", empty_value="–")
    def ended(self, visit) -> str | None:
        return _local(visit, visit.ended_at)

    @admin.display(description="Received", empty_value="–")
    def received(self, visit) -> str | None:
        return _local(visit, visit.received_at)

    @admin.display(description="Approved", empty_value="–")
    def approved(self, visit) -> str | None:
        return _local(visit, visit.approved_at)

    @admin.display(description="Standard")
    def standard(self, visit) -> str:
        return str(visit.version)

    @admin.display(description="Auditor", empty_value="unknown")
    def who(self, visit) -> str | None:
        return str(visit.auditor) if visit.auditor else visit.auditor_code or None

    @admin.display(description="Place", empty_value="–")
    def where(self, visit) -> str | None:
        """Graded: the coordinates are shown to nobody."""
        if visit.gps_distance_m is None:
            return visit.get_gps_grade_display() or None
        return f"{visit.get_gps_grade_display()}, {visit.gps_distance_m:,.0f} m away"

    @admin.display(description="Sent and sent back")
    def history(self, visit) -> str:
        sent = [(each.received_at, f"revision {each.revision} received") for each in visit.revisions.defer("text")]
        back = [
            (each.returned_at, f"revision {each.revision} returned by {each.returned_by}: {each.comment}")
            for each in visit.returns.select_related("returned_by")
        ]
        lines = [(_local(visit, moment), words) for moment, words in sorted(sent + back)]
        return format_html_join(mark_safe("<br>"), "{}, {}", lines) or "–"

    @admin.display(description="Photos given up on the phone", empty_value="–")
    def given_up(self, visit) -> str | None:
        """A blank reason: the picture was no longer on the phone."""
        lost = visit.photos.given_up().select_related("given_up_by", "criterion").order_by("given_up_at", "pk")
        lines = [
            (
                _local(visit, photo.given_up_at), photo.given_up_by, photo.criterion or "the visit",
                photo.given_up_reason or "the picture was no longer on the phone",
            )
            for photo in lost
        ]  # fmt: skip
        return format_html_join(mark_safe("<br>"), "{}, by {}, of “{}”: {}", lines) or None

    @display(description="State", label=STATE_COLOURS)
    def state(self, visit):
        if visit.excluded_at:
            return "excluded", "Excluded"
        if visit.returned_at:
            return "returned", "Returned"
        return ("counts", "Counts") if visit.approved_at else ("waits", "Waits")

    @admin.display(description="Observations")
    def read(self, visit) -> str:
        return format_html('<a class="pl-open" href="{}">Read →</a>', reverse("reports:visit", args=[visit.pk]))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            context["may_exclude"] = may_exclude(request.user, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self):
        exclusion = path(
            "<path:object_id>/exclude/", self.admin_site.admin_view(self.exclude_view), name="audits_visit_exclude"
        )
        return [exclusion, *super().get_urls()]

    def exclude_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        visit = self.get_object(request, unquote(object_id))
        if visit is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not may_exclude(request.user, visit):
            raise PermissionDenied
        form = ExclusionForm(request.POST or None)
        if form.is_valid():
            self._exclude(request, visit, form.cleaned_data["reason"])
            return HttpResponseRedirect(admin_url(visit))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Exclude a visit",
            "media": self.media,
            "original": visit,
            "visit": visit,
            "form": form,
            "trail": [
                Step("Visits", reverse("admin:audits_visit_changelist")),
                Step(str(visit), admin_url(visit)),
                Step("Exclude"),
            ],
        }
        return TemplateResponse(request, "admin/audits/visit/exclude.html", context)

    def _exclude(self, request: HttpRequest, visit: Visit, reason: str) -> None:
        try:
            exclude(visit=visit, by=request.user, reason=reason)
        except AlreadyExcluded as refusal:
            messages.info(request, str(refusal))
        else:
            self.log_change(request, visit, f"Excluded: {reason}")
            messages.success(request, f"The visit to {visit} no longer counts. It stays readable, with your reason.")


def _local(visit: Visit, moment: datetime | None) -> str | None:
    """In the location's own time, as everywhere."""
    return times.moment(moment, visit.location.zone) if moment else None


def may_exclude(user, visit: Visit) -> bool:
    """Not already excluded, and at a location that `user` answers for; one's own visits elsewhere are no reason."""
    if visit.excluded_at:
        return False
    return Location.objects.visible_to(user, EXCLUDES_VISITS).filter(pk=visit.location_id).exists()
