"""The pages of head office about the instrument itself: auditors, and the scans with how far they have come."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits.models import Standard
from locations.accounts import refusals
from locations.accounts.requests import SignedInRequest
from reports.detection.scan.lifecycle import start_scan
from reports.pages.access import STARTS_SCANS, NotVisible, for_head_office, for_roles, results_page
from reports.pages.director.auditors import auditors_page
from reports.pages.director.runs import run_list, run_page, running
from reports.pages.masthead import masthead

REFRESH_SECONDS = 3


@require_safe
@for_head_office(refusals.READ_AUDITORS)
def auditors(request: SignedInRequest) -> HttpResponse:
    found = auditors_page(
        user=request.user, standard=request.GET.get("standard", ""), page=request.GET.get("page", "")
    )
    heading = masthead("auditors", user=request.user, today=found.scope.today)
    return render(
        request, "reports/director/auditors.html", {"page": found, "scope": found.scope, "masthead": heading}
    )


@require_safe
@results_page
def runs(request: SignedInRequest) -> HttpResponse:
    found = run_list(page=request.GET.get("page", ""))
    return render(
        request,
        "reports/director/runs.html",
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
        "reports/director/run.html",
        {
            "page": found,
            "row": found.row,
            "run": found.row.run,
            "refresh": REFRESH_SECONDS if found.row.is_under_way else None,
            "masthead": masthead("runs", user=request.user),
        },
    )


@require_POST
@for_roles(STARTS_SCANS, refusals.START_SCANS)
def run_new(request: SignedInRequest) -> HttpResponse:
    """Scan now, unless a scan of the standard is under way already: then follow that one."""
    key = request.POST.get("standard", "")
    standard = Standard.objects.filter(key=key).first()
    if standard is None:
        raise NotVisible(f"No standard {key!r}.")
    if under_way := running(standard):
        messages.info(request, f"A scan of {standard} is under way already: here it is.")
        return redirect("reports:run", under_way.pk)
    requested = start_scan(standard=standard, requested_by=request.user)
    messages.success(request, f"A scan of {standard} was asked for.")
    return redirect("reports:run", requested.pk)
