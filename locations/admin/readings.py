"""Metrics, and their readings: one by one, or a CSV file after a look at what it would change."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from locations.accounts.roles import WRITES_READINGS
from locations.imports import uploads
from locations.imports.tables import TableError
from locations.models import Location, Metric, Reading
from locations.signals import readings_changed

WAITING = "waiting_upload"
"""The session's name for the file between its preview and its confirmation."""


@admin.register(Metric)
class MetricAdmin(ModelAdmin):
    list_display = ["name", "key", "unit", "higher_is", "cadence", "timing", "is_self_reported", "is_independent"]
    list_filter = ["cadence", "higher_is", "is_self_reported", "is_independent"]
    search_fields = ["name", "key", "description"]
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": ["name", "key", "description", "unit"]}),
        ("How to read it", {"fields": ["higher_is", "cadence", "timing", ("plausible_min", "plausible_max")]}),
        ("How far to trust it", {"fields": ["is_self_reported", "is_independent"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        """Files and machines name a metric by its key: it stays."""
        return ["key"] if obj else []


class ReadingForm(forms.ModelForm):
    class Meta:
        model = Reading
        fields = ["location", "metric", "period_start", "period_end", "value"]

    def clean(self):
        sent = super().clean() or self.cleaned_data
        location, metric, value = sent.get("location"), sent.get("metric"), sent.get("value")
        if metric and value is not None and (reason := metric.why_implausible(value)):
            self.add_error("value", reason)
        end = sent.get("period_end")
        if location and end and end > timezone.localdate(timezone=location.zone):
            self.add_error("period_end", "This day lies in the future.")
        return sent


class UploadForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.gz,text/csv"}),
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > uploads.MAX_BYTES:
            limit = uploads.MAX_BYTES >> 20
            raise forms.ValidationError(f"{file.name} is larger than {limit} MB: split it into several files.")
        return file


@admin.register(Reading)
class ReadingAdmin(ModelAdmin):
    form = ReadingForm
    list_display = ["location", "metric", "period_start", "period_end", "shown_value"]
    list_filter = [("metric", admin.RelatedOnlyFieldListFilter), "period_start"]
    list_select_related = ["location", "metric"]
    search_fields = ["location__name", "location__code", "metric__key", "metric__name"]
    autocomplete_fields = ["location", "metric"]
    date_hierarchy = "period_start"
    show_full_result_count = False
    ordering = ["-pk"]  # what came last; any other order would sort millions of rows for one page
    actions_list = ["upload"]

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    def get_queryset(self, request):
        """Those of the locations whose readings one brings in."""
        readings = Reading.objects.visible_to(request.user, WRITES_READINGS)
        return readings.select_related("location", "metric")

    @admin.display(description="Value", ordering="value")
    def shown_value(self, reading) -> str:
        return f"{reading.value:g} {reading.metric.unit}".strip()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "location":
            kwargs["queryset"] = Location.objects.visible_to(request.user, WRITES_READINGS)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @transaction.atomic
    def save_model(self, request, obj, form, change) -> None:
        changed = {obj.location_id}
        if "location" in form.initial:
            changed.add(form.initial["location"])
        super().save_model(request, obj, form, change)
        readings_changed.send(sender=Reading, location_ids=changed)

    @transaction.atomic
    def delete_model(self, request, obj) -> None:
        super().delete_model(request, obj)
        readings_changed.send(sender=Reading, location_ids={obj.location_id})

    @transaction.atomic
    def delete_queryset(self, request, queryset) -> None:
        changed = set(queryset.order_by().values_list("location_id", flat=True))
        super().delete_queryset(request, queryset)
        readings_changed.send(sender=Reading, location_ids=changed)

    def has_upload_permission(self, request) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def get_urls(self):
        look = path(
            "upload/preview/", self.admin_site.admin_view(self.preview_view), name="locations_reading_preview"
        )
        return [look, *super().get_urls()]

    @action(description="Upload CSV", url_path="upload", permissions=["upload"], icon="upload_file")
    def upload(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            self._forget(request)
            request.session[WAITING] = {"key": uploads.keep(file), "name": file.name[:120]}
            return HttpResponseRedirect(reverse("admin:locations_reading_preview"))
        context = {
            "form": form,
            "metrics": Metric.objects.all()[:50],
            "max_rows": f"{uploads.MAX_ROWS:,}",
            "max_megabytes": uploads.MAX_BYTES >> 20,
        }
        return self._page(request, "upload", "Upload readings", context)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_upload_permission(request):
            raise PermissionDenied
        waiting = request.session.get(WAITING)
        if request.method == "POST" and "cancel" in request.POST:
            self._forget(request)
            messages.info(request, "Nothing was stored.")
            return HttpResponseRedirect(reverse("admin:locations_reading_changelist"))
        try:
            if not waiting:
                raise FileNotFoundError
            with uploads.open_kept(waiting["key"]) as stream:
                if request.method == "POST":
                    return self._store(request, stream, waiting["name"])
                seen = uploads.preview(stream, name=waiting["name"], user=request.user)
        except FileNotFoundError:
            messages.warning(request, "There is no file waiting: choose it again.")
            return HttpResponseRedirect(reverse("admin:locations_reading_upload"))
        except uploads.UploadRefused as refused:  # what is stored, or the user's regions, changed since the preview
            messages.error(request, str(refused))
            return HttpResponseRedirect(reverse("admin:locations_reading_preview"))
        except TableError as refused:
            self._forget(request)
            messages.error(request, f"{refused} Nothing was stored.")
            return HttpResponseRedirect(reverse("admin:locations_reading_upload"))
        return self._page(request, "preview", f"Readings in {waiting['name']}", {"preview": seen})

    def _store(self, request: HttpRequest, stream, name: str) -> HttpResponse:
        stored = uploads.store_upload(stream, name=name, user=request.user)
        self._forget(request)
        counts = f"{stored.created:,} new, {stored.updated:,} changed, {stored.unchanged:,} as they were"
        messages.success(request, f"{name} is stored: {counts}.")
        return HttpResponseRedirect(reverse("admin:locations_reading_changelist"))

    def _forget(self, request: HttpRequest) -> None:
        waiting = request.session.pop(WAITING, None)
        if waiting:
            uploads.forget(waiting["key"])

    def _page(self, request: HttpRequest, name: str, title: str, context: dict) -> HttpResponse:
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "media": self.media,
        }
        return TemplateResponse(request, f"admin/locations/reading/{name}.html", frame | context)
