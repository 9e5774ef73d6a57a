"""The door: where each person goes first, and the sign of life."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.i18n import set_language

from config.languages import remember_language
from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import CAPTURES, EXCLUDES_VISITS, READS_RESULTS


@require_GET
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    user = request.user
    if user.has_role(READS_RESULTS):
        return redirect("reports:drift")
    if user.has_role(EXCLUDES_VISITS):
        return redirect("reports:desk")
    if user.has_role(CAPTURES):
        return redirect("audits:phone")
    return redirect("admin:index" if user.is_staff else "reports:drift")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The choice of a language, kept for this phone, and for mails to whoever is signed in."""
    if request.user.is_authenticated:
        remember_language(request.user, request.POST.get("language"))
    return set_language(request)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers. It asks no database, so that a slow one restarts no healthy web server."""
    return HttpResponse("ok\n", content_type="text/plain")
