"""The pages of a regional manager: find, check, ask for rows, answer."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from locations.accounts.requests import SignedInRequest
from reports.pages.access import STARTS_SCANS, results_page
from reports.pages.manager.drift_report import drift_report
from reports.pages.manager.level_disagreements import disagreements
from reports.pages.manager.location import location_page
from reports.pages.manager.locations import store_list
from reports.pages.manager.store_rows import ORDERS
from reports.pages.masthead import masthead
from reports.pages.scope import Scope, scope

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
        "reports/manager/drift.html",
        {
            "report": report,
            "disagreements": disagreements(asked, n_stores=report.n_disagreeing, page=request.GET.get("levels", "")),
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
    return render(request, "reports/manager/locations.html", {"list": found, "scope": asked, "masthead": heading})


@require_safe
@results_page
def location(request: SignedInRequest, location_id: int) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in STORE_PARAMETERS}
    found = location_page(user=request.user, location_id=location_id, **asked)
    heading = masthead("locations", user=request.user, region=found.location.region.name, today=found.scope.today)
    shown = {"page": found, "scope": found.scope, "masthead": heading}
    return render(request, "reports/manager/location.html", shown)
