"""The door: where each person goes first, and the sign of life."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import translation
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.i18n import set_language

from config.languages import READERS_LANGUAGE, remember_language
from locations.accounts.refusals import whose
from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import CAPTURES, EXCLUDES_VISITS, READS_RESULTS, SETS_DRIFT
from locations.models import User


@require_GET
@login_required
def home(request: SignedInRequest) -> HttpResponse:
    first = _first_page(request.user)
    return redirect(first) if first else render(request, "no_page.html", {"whose": whose(request.user)})


def _first_page(user: User) -> str | None:
    """Its name; None where every page would refuse this account."""
    if user.has_role(READS_RESULTS):
        return "reports:drift"
    if user.has_role(EXCLUDES_VISITS):
        return "reports:desk"
    if user.has_role(CAPTURES):
        return "audits:phone"
    if user.is_staff:
        return "admin:index"
    return "reports:settings" if user.has_role(SETS_DRIFT) else None


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a refusal, in the reader's language also where the page that refuses is English only."""
    translation.activate(request.META.get(READERS_LANGUAGE, settings.LANGUAGE_CODE))
    user = request.user
    has_page = not user.is_authenticated or _first_page(user) is not None
    return render(request, "403.html", {"exception": str(exception), "has_page": has_page}, status=403)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The choice of a language, kept for this phone, and for mails to whoever is signed in."""
    if request.user.is_authenticated:
        remember_language(request.user, request.POST.get("language"))
    return set_language(request)


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look beside whatever names no icon: a photo, the API."""
    return redirect(static("favicon.svg"), preserve_request=True)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers. It asks no database, so that a slow one restarts no healthy web server."""
    return HttpResponse("ok\n", content_type="text/plain")
