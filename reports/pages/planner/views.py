"""The page of the next visits, for those who read results; who plans visits gets a way to the form."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from locations.accounts.requests import SignedInRequest
from reports.pages.access import STARTS_SCANS, results_page
from reports.pages.masthead import masthead
from reports.pages.planner.next_visits import next_page
from reports.pages.scope import scope


@require_safe
@results_page
def next_visits(request: SignedInRequest) -> HttpResponse:
    asked = scope(user=request.user, region=request.GET.get("region", ""), standard=request.GET.get("standard", ""))
    return render(
        request,
        "reports/planner/next.html",
        {
            "page": next_page(asked, user=request.user),
            "scope": asked,
            "may_scan": asked.run is None and request.user.has_role(STARTS_SCANS),
            "masthead": masthead("next", user=request.user, region=asked.region_name, today=asked.today),
        },
    )
