"""Runs and drift flags, to look at; `unfold` is known only here."""

import json
from datetime import datetime

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from reports.detection.data.settings import expected_rates
from reports.models import Backtest, DriftFlag, DriftSettings, Run
from reports.pages.sentences.false_flags import over_your_stores

RUN_COLOURS = {"waiting": "default", "running": "info", "done": "success", "failed": "danger"}
COMPARISON_COLOURS = {"blind_spot": "warning", "confirmed": "danger"}
UNDER_WAY = [Run.State.WAITING, Run.State.RUNNING]
REFRESH_SECONDS = 5


class ReadOnlyAdmin(ModelAdmin):
    actions = None

    class Media:
        css = {"all": ["css/admin-extra.css"]}

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


def _words(duration) -> str:
    seconds = int(duration.total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


ORIGIN = ["estimated_by", "why_estimated"]


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """The pages of runs under way load themselves again until they have ended."""

    list_display = ["__str__", "state_shown", "progress", "phase", "locations", "visits", "threshold", "took"]
    list_filter = ["state", ("standard", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["standard"]
    search_fields = ["standard__name", "phase", "error", "code_version"]
    date_hierarchy = "requested_at"
    fieldsets = [
        (None, {"fields": ["standard", "state", "progress", "phase", "error"]}),
        (
            "Found",
            {
                "fields": [
                    "locations",
                    "visits",
                    "threshold",
                    "simulated_rate",
                    "simulated_improvement_rate",
                    "chain_movement",
                ]
            },
        ),
        ("Made from", {"fields": ["as_of", *ORIGIN, "parameters_shown", "inputs_digest", "code_version"]}),
        ("When", {"fields": ["requested_by", "requested_at", "started_at", "finished_at", "took"]}),
    ]

    def get_queryset(self, request):
        runs = super().get_queryset(request).defer("effects", "estimated_by__effects")
        return runs.select_related("standard", "requested_by", "estimated_by__standard")

    @display(description="State", label=RUN_COLOURS, ordering="state")
    def state_shown(self, run):
        return run.state, run.get_state_display()

    @admin.display(description="Progress")
    def progress(self, run) -> str:
        if not run.n_total:
            return "not begun" if run.state in UNDER_WAY else "–"
        return format_html(
            '<progress class="pl-progress" max="{}" value="{}"></progress>{} of {}',
            run.n_total,
            run.n_done,
            f"{run.n_done:,}",
            f"{run.n_total:,}",
        )

    @admin.display(description="Locations", ordering="n_locations")
    def locations(self, run) -> str:
        return f"{run.n_locations:,}"

    @admin.display(description="Visits", ordering="n_visits")
    def visits(self, run) -> str:
        return f"{run.n_visits:,}"

    @admin.display(description="Took", empty_value="–")
    def took(self, run) -> str | None:
        if run.started_at is None:
            return None
        return _words((run.finished_at or timezone.now()) - run.started_at)

    @admin.display(description="Parameters")
    def parameters_shown(self, run) -> str:
        return format_html("<pre>{}</pre>", json.dumps(run.parameters, indent=2, sort_keys=True))

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        if Run.objects.filter(state__in=UNDER_WAY).exists():
            response.headers["Refresh"] = str(REFRESH_SECONDS)
        return response

    def change_view(self, request, object_id, form_url="", extra_context=None):
        response = super().change_view(request, object_id, form_url, extra_context)
        if str(object_id).isdigit() and Run.objects.filter(pk=object_id, state__in=UNDER_WAY).exists():
            response.headers["Refresh"] = str(REFRESH_SECONDS)
        return response


def _local_day(flag: DriftFlag, moment: datetime) -> str:
    """In the location's own time, as everywhere."""
    return f"{moment.astimezone(flag.location.zone):%d %b %Y}"


@admin.register(DriftFlag)
class DriftFlagAdmin(ReadOnlyAdmin):
    list_display = ["location", "direction", "channel", "onset", "comparison_shown", "strength", "visits", "state"]
    list_filter = [
        ("closed_at", admin.EmptyFieldListFilter),
        "direction",
        "comparison",
        ("standard", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["location", "standard"]
    search_fields = ["location__name", "location__code", "channel"]
    date_hierarchy = "flagged_at"
    fieldsets = [
        (None, {"fields": ["location", "standard", "direction", "channel", "flagged", "flagged_by", "onset_range"]}),
        ("Why", {"fields": ["strength", "shares", "visits", "moved", "false_flags"]}),
        ("Reported numbers", {"fields": ["metric", "comparison", "comparison_note", "metric_alarm_on", "lead_days"]}),
        ("Record", {"fields": ["run", "raised_at", "closed_at", "close_reason"]}),
    ]

    def get_queryset(self, request):
        flags = DriftFlag.objects.visible_to(request.user)
        related = ["location", "standard", "run__standard", "metric", "flagged_by__location"]
        return flags.select_related(*related).defer("run__effects")

    @admin.display(description="Since about", ordering="onset_at")
    def onset(self, flag) -> str:
        return _local_day(flag, flag.onset_at)

    @admin.display(description="Since about")
    def onset_range(self, flag) -> str:
        low, high = _local_day(flag, flag.onset_low), _local_day(flag, flag.onset_high)
        return f"{self.onset(flag)} (between {low} and {high})"

    @admin.display(description="Flagged on")
    def flagged(self, flag) -> str:
        return _local_day(flag, flag.flagged_at)

    @admin.display(description="Evidence", ordering="evidence")
    def strength(self, flag) -> str:
        return f"{flag.evidence:,.0f} : 1"

    @admin.display(description="Share kept")
    def shares(self, flag) -> str:
        return f"{flag.seen:.0%} seen, {flag.expected:.0%} expected"

    @admin.display(description="Visits since", ordering="n_visits")
    def visits(self, flag) -> int:
        return flag.n_visits

    @admin.display(description="False flags", empty_value="–")
    def false_flags(self, flag) -> str:
        return over_your_stores(
            per_location_year=expected_rates(flag.run).both, n_able=flag.run.n_locations, whose="the"
        )

    @display(description="Reported numbers", label=COMPARISON_COLOURS, ordering="comparison")
    def comparison_shown(self, flag):
        return flag.comparison, flag.get_comparison_display()

    @display(description="State", label={"open": "info", "closed": "default"})
    def state(self, flag):
        return ("open", "Open") if flag.closed_at is None else ("closed", "Closed")


@admin.register(DriftSettings)
class DriftSettingsAdmin(ReadOnlyAdmin):
    """They are set, and listed, on a page that says what they mean; here is a row to look at."""

    fields = ["standard", "false_alarms_per_year", "drop", "look_back", "changed_by", "changed_at", "adopted_from"]

    @admin.display(description="Smallest drop")
    def drop(self, row) -> str:
        return f"{100 * row.smallest_drop:g} points"

    def changelist_view(self, request, extra_context=None):
        return redirect("reports:settings")


@admin.register(Backtest)
class BacktestAdmin(ReadOnlyAdmin):
    """What was asked for and how far it is; its flags are on its page, each user's own."""

    list_display = ["__str__", "start_on", "stop_on", "state_shown", "progress", "requested_by", "requested_at"]
    list_filter = ["state", ("standard", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["standard", "requested_by"]
    fields = [
        "standard", "start_on", "stop_on", "state", "progress", "error", "parameters", "threshold", "simulated_rate",
        "simulated_improvement_rate", "inputs_digest", "code_version", "requested_by", "requested_at", "started_at",
        "finished_at", "found_here",
    ]  # fmt: skip

    def get_queryset(self, request):
        return super().get_queryset(request).defer("kept", "able_from").select_related("standard", "requested_by")

    @display(description="State", label=RUN_COLOURS, ordering="state")
    def state_shown(self, backtest):
        return backtest.state, backtest.get_state_display()

    @admin.display(description="Progress")
    def progress(self, backtest) -> str:
        return f"{backtest.n_done:,} of {backtest.n_total:,} runs"

    @admin.display(description="What it found")
    def found_here(self, backtest) -> str:
        return format_html('<a href="{}">{}</a>', reverse("reports:backtest", args=[backtest.pk]), backtest)
