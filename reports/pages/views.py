"""The pages of results: find, check, ask a query for rows, answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits.models import Standard
from locations.requests import SignedInRequest
from locations.roles import READS_VISITS
from reports.pages.access import STARTS_SCANS, for_head_office, for_roles, results_page, signed_in
from reports.pages.masthead import masthead
from reports.pages.queries import NotVisible
from reports.pages.queries.auditors import auditors_page
from reports.pages.queries.disagreements import BY_CHANCE, disagreements, sentence
from reports.pages.queries.drift import ORDERS, drift_report
from reports.pages.queries.location import location_page
from reports.pages.queries.locations import store_list
from reports.pages.queries.runs import run_list, run_page, running
from reports.pages.queries.scope import Scope, scope
from reports.pages.queries.visit import visit_page
from reports.tasks import request_scan

REFRESH_SECONDS = 3
STORE_PARAMETERS = ("standard", "channel", "metric", "page")


def _scope(request: SignedInRequest) -> Scope:
    return scope(user=request.user, region=request.GET.get("region", ""), standard=request.GET.get("standard", ""))


@require_safe
@results_page
def drift(request: SignedInRequest) -> HttpResponse:
    asked = _scope(request)
    report = drift_report(
        asked,
        flags_page=request.GET.get("flags", ""),
        stores_page=request.GET.get("page", ""),
        order=request.GET.get("order", ""),
    )
    return render(
        request,
        "reports/drift.html",
        {
            "report": report,
            "disagreements": disagreements(asked, page=request.GET.get("levels", "")),
            "by_chance": BY_CHANCE,
            "scope": asked,
            "orders": ORDERS,
            "may_scan": asked.run is None and request.user.has_role(STARTS_SCANS),
            "masthead": masthead("drift", user=request.user, region=asked.region_name, today=asked.today),
        },
    )


@require_safe
@results_page
def locations(request: SignedInRequest) -> HttpResponse:
    asked = _scope(request)
    found = store_list(asked, query=request.GET.get("q", ""), page=request.GET.get("page", ""))
    heading = masthead("locations", user=request.user, region=asked.region_name, today=asked.today)
    return render(request, "reports/locations.html", {"list": found, "scope": asked, "masthead": heading})


@require_safe
@results_page
def location(request: SignedInRequest, location_id: int) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in STORE_PARAMETERS}
    found = location_page(user=request.user, location_id=location_id, **asked)
    heading = masthead("locations", user=request.user, region=found.location.region.name, today=found.scope.today)
    shown = {"page": found, "disagreement": sentence(found.result), "scope": found.scope, "masthead": heading}
    return render(request, "reports/location.html", shown)


@require_safe
@signed_in
def visit(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    found = visit_page(user=request.user, visit_id=visit_id)
    heading = None
    if request.user.has_role(READS_VISITS):
        heading = masthead(
            "desk" if found.judging and not found.judging.is_done else "locations",
            user=request.user,
            region=found.visit.location.region.name,
        )
    return render(request, "reports/visit.html", {"page": found, "visit": found.visit, "masthead": heading})


@require_safe
@results_page
def runs(request: SignedInRequest) -> HttpResponse:
    found = run_list(page=request.GET.get("page", ""))
    return render(
        request,
        "reports/runs.html",
        {
            "list": found,
            "may_scan": request.user.has_role(STARTS_SCANS),
            "refresh": REFRESH_SECONDS if found.is_under_way else None,
            "masthead": masthead("runs", user=request.user),
        },
    )


@require_safe
@results_page
def run(request: SignedInRequest, run_id: int) -> HttpResponse:
    found = run_page(user=request.user, run_id=run_id)
    return render(
        request,
        "reports/run.html",
        {
            "page": found,
            "row": found.row,
            "run": found.row.run,
            "refresh": REFRESH_SECONDS if found.row.is_under_way else None,
            "masthead": masthead("runs", user=request.user),
        },
    )


@require_safe
@for_head_office("read the page of auditors")
def auditors(request: SignedInRequest) -> HttpResponse:
    found = auditors_page(
        user=request.user, standard=request.GET.get("standard", ""), page=request.GET.get("page", "")
    )
    heading = masthead("auditors", user=request.user, today=found.scope.today)
    return render(request, "reports/auditors.html", {"page": found, "scope": found.scope, "masthead": heading})


@require_POST
@for_roles(STARTS_SCANS, "start a scan")
def run_new(request: SignedInRequest) -> HttpResponse:
    """Scan now, unless a scan of the standard is under way already: then follow that one."""
    key = request.POST.get("standard", "")
    standard = Standard.objects.filter(key=key).first()
    if standard is None:
        raise NotVisible(f"No standard {key!r}.")
    if under_way := running(standard):
        messages.info(request, f"A scan of {standard} is under way already: here it is.")
        return redirect("reports:run", under_way.pk)
    requested = request_scan(standard=standard, requested_by=request.user)
    messages.success(request, f"A scan of {standard} was asked for.")
    return redirect("reports:run", requested.pk)
