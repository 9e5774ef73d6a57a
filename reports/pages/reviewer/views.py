"""What reviewers do: read what waits, approve it, send it back with a word on each answer in doubt, or exclude it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits.models import Visit
from audits.review import approval, exclusion, returns
from locations.accounts import refusals
from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import EXCLUDES_VISITS
from locations.models import Location
from reports.pages.access import NotVisible, for_roles
from reports.pages.masthead import masthead
from reports.pages.reviewer.desk import desk_page
from reports.pages.visit.observed import remark_items
from reports.pages.visit.visit import visit_page

reviewers_page = for_roles(EXCLUDES_VISITS, refusals.REVIEW_VISITS)


@require_safe
@reviewers_page
def desk(request: SignedInRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "") for name in ("state", "standard", "page")}
    found = desk_page(user=request.user, query=request.GET.get("q", ""), **asked)
    return render(
        request, "reports/reviewer/desk.html", {"desk": found, "masthead": masthead("desk", user=request.user)}
    )


@require_POST
@reviewers_page
def approve(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    visit = _read_visit(request, visit_id)
    try:
        approval.approve(visit=visit, by=request.user)
    except approval.NotApprovable as reason:
        messages.error(request, str(reason))
        return redirect("reports:visit", visit_id)
    messages.success(request, f"{visit} counts from now on.")
    return redirect("reports:desk")


@require_POST
@reviewers_page
def return_(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    """What could not be done is shown again with all that was typed."""
    visit = _read_visit(request, visit_id)
    typed = request.POST.dict()
    try:
        returns.return_visit(
            visit=visit, by=request.user, comment=typed.get("comment", ""), items=remark_items(typed)
        )
    except returns.ReturnRefused as refused:
        return _again(request, visit_id, typed, " ".join(problem.message for problem in refused.problems))
    except returns.NotReturnable as reason:
        return _again(request, visit_id, typed, str(reason))
    messages.success(request, f"{visit} went back to its auditor, with your words.")
    return redirect("reports:desk")


@require_POST
@reviewers_page
def exclude(request: SignedInRequest, visit_id: UUID) -> HttpResponse:
    visit = _read_visit(request, visit_id)
    typed = request.POST.dict()
    try:
        exclusion.exclude(visit=visit, by=request.user, reason=typed.get("reason", ""))
    except ValueError as refused:
        return _again(request, visit_id, typed, str(refused))
    except exclusion.AlreadyExcluded as done:
        messages.info(request, str(done))
        return redirect("reports:visit", visit_id)
    messages.success(request, f"{visit} counts in no figure. It stays readable, with your reason.")
    return redirect("reports:desk")


def _read_visit(request: SignedInRequest, visit_id: UUID) -> Visit:
    """The visit, as the revision that was on the reviewer's screen: a newer one is then refused."""
    here = Location.objects.visible_to(request.user, EXCLUDES_VISITS)
    visit = Visit.objects.filter(pk=visit_id, location__in=here).select_related("location").first()
    if visit is None:
        raise NotVisible(f"No visit {visit_id} among those you review.")
    revision = request.POST.get("revision", "")
    if revision.isdecimal():
        visit.revision = int(revision)
    return visit


def _again(request: SignedInRequest, visit_id: UUID, typed: dict[str, str], trouble: str) -> HttpResponse:
    found = visit_page(user=request.user, visit_id=visit_id, typed=typed)
    heading = masthead("desk", user=request.user, region=found.visit.location.region.name)
    context = {"page": found, "visit": found.visit, "masthead": heading, "trouble": trouble}
    return render(request, "reports/visit/visit.html", context, status=400)
