"""The page of one visit, for those who manage, review or made it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import READS_VISITS
from reports.pages.access import signed_in
from reports.pages.masthead import masthead
from reports.pages.visit.visit import visit_page


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
    return render(request, "reports/visit/visit.html", {"page": found, "visit": found.visit, "masthead": heading})
