"""The phone's pages: the shell of the list of visits, and one form for each version.

A form holds nothing about a person or a visit, so everybody gets the same bytes and a phone may keep them. It also
holds nothing that would tell an auditor what is hoped for: the query below does not even load it.
"""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, Case, CharField, Prefetch, Q, Value, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from audits.models import Criterion, Option, Section, Version
from audits.models.limits import LONGEST_TEXT
from audits.models.visits import REASONS
from audits.phone.release import EARLY, FORM, LIST, PHONE, imported_by, release
from audits.phone.words import words
from audits.standards.kinds import IN_WORDS, KINDS
from locations.accounts.roles import CAPTURES, ONLY_CAPTURES
from locations.models import User

# A feeling is worth little without its reason. Words give theirs themselves.
ASKS_WHY = Case(
    When(Q(dimension=Criterion.Dimension.PERCEPTION) & ~Q(kind__in=IN_WORDS), then=Value(value=True)),
    default=Value(value=False),
    output_field=BooleanField(),
)
TEMPLATE = Case(
    *(When(kind=kind.key, then=Value(kind.template)) for kind in KINDS.values()),
    default=Value(""),  # of a kind that is not known here: said, not asked
    output_field=CharField(),
)
A_YEAR = 365 * 24 * 3600
RELEASE_HEADER = "Plumbline-Release"


@require_safe
@login_required
@never_cache
@gzip_page  # safe to compress: the page holds no secret
def visits(request: HttpRequest) -> HttpResponse:
    """The shell of "My visits", the same for everybody; the phone fills it from what it keeps and from the API.

    The service worker keeps it too. In development files have the same name whatever they hold, so none is kept.
    """
    _refuse_others(request)
    context = {"release": release(), "has_worker": not settings.DEBUG, "script": PHONE + LIST}
    return _page(request, "phone/visits.html", context)


@require_safe
@never_cache
@ensure_csrf_cookie
def me(request: HttpRequest) -> JsonResponse:
    """Whose session this is, and its language: a page kept on the phone cannot know. Sending needs the cookie."""
    user = cast(User, request.user)
    if not user.is_authenticated:
        return JsonResponse({"detail": _("Sign in.")}, status=401)
    _refuse_others(request)
    return JsonResponse({"id": user.pk, "name": str(user), "email": user.email, "language": get_language()})


def _refuse_others(request: HttpRequest) -> None:
    if not cast(User, request.user).has_role(CAPTURES):
        raise PermissionDenied(ONLY_CAPTURES)


def form(request: HttpRequest, version_id: int) -> HttpResponse:
    return _preview(request, version_id) if request.GET.get("preview") == "1" else _form(request, version_id)


def _etag(request: HttpRequest, version_id: int) -> str:
    return f'"{version_id}-{release()}-{get_language()}"'


@require_safe
@login_required
@gzip_page  # safe to compress: the page holds no secret
def _form(request: HttpRequest, version_id: int) -> HttpResponse:
    _refuse_others(request)
    return _cacheable_form(request, version_id)


@condition(etag_func=_etag)
def _cacheable_form(request: HttpRequest, version_id: int) -> HttpResponse:
    version = get_object_or_404(_versions().exclude(state=Version.State.DRAFT), pk=version_id)
    response = _render_form(request, version, is_preview=False)
    named = request.GET.get("r"), request.GET.get("l")
    if named == (release(), get_language()) and not settings.DEBUG:
        patch_cache_control(response, private=True, max_age=A_YEAR, immutable=True)
    else:  # an address without today's release would keep yesterday's scripts, one without a language another's
        patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
@login_required
@never_cache
def _preview(request: HttpRequest, version_id: int) -> HttpResponse:
    """The form in the admin's phone-sized frame: drafts too, and nothing typed there is kept."""
    if not (request.user.is_staff and request.user.has_perm("audits.view_version")):
        raise PermissionDenied(_("Only those who write standards preview them."))
    return _render_form(request, get_object_or_404(_versions(), pk=version_id), is_preview=True)


def _versions():
    """Versions with what a phone may know of them: no weight, bound, conformity or critical mark is read."""
    criteria = (
        Criterion.objects.select_related("shown_if")
        .only("section_id", "key", "text", "guidance", "kind", "wants_photo", "shown_if_value", "shown_if__key")
        .annotate(asks_why=ASKS_WHY, template=TEMPLATE)
    )
    options = Option.objects.only("criterion_id", "value", "label")
    return Version.objects.select_related("standard").prefetch_related(
        Prefetch("sections", Section.objects.order_by("position", "pk")),
        Prefetch("sections__criteria", criteria.order_by("position", "pk")),
        Prefetch("sections__criteria__options", options.order_by("position", "pk")),
    )


def _render_form(request: HttpRequest, version: Version, *, is_preview: bool) -> HttpResponse:
    context = {
        "version": version,
        "sections": version.sections.all(),
        "is_preview": is_preview,
        "reasons": REASONS,
        "longest_text": LONGEST_TEXT,
        "early": PHONE + EARLY,
        "script": PHONE + FORM,
    }
    return _page(request, "phone/form.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """With what both pages bring: their script, its words, and the name of the release they belong to."""
    context |= {"words": words(), "imported": imported_by(context["script"])}
    response = render(request, template, context)
    response[RELEASE_HEADER] = release()
    return response
