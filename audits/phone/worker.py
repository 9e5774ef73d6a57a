"""What makes the phone's pages an app that opens without a connection: the service worker and the web manifest.

Both hold names of files and nothing else, so everybody may have them; a phone whose sign-in has expired still
learns of a new release.
"""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from audits.phone.release import precached, release

ICONS = [("icon.svg", "any", "image/svg+xml"), ("icon-192.png", "192x192", "image/png"),
         ("icon-512.png", "512x512", "image/png")]  # fmt: skip


@require_safe
@never_cache
@gzip_page  # safe to compress: it holds no secret
def worker(request: HttpRequest) -> HttpResponse:
    """The browser asks for it anew each time: one changed byte in it is a new release."""
    given = {"release": release(), "shell": reverse("audits:phone"), "files": precached(), "absent": _absent()}
    context = {"given": mark_safe(json.dumps(given, indent=1))}
    return render(request, "phone/sw.js", context, content_type="text/javascript")


def _absent() -> dict[str, str]:
    """What is shown in place of a page that the phone does not have, by language: one worker speaks them all."""
    pages: dict[str, str] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pages[language] = render_to_string("phone/_absent.html")
    return pages


@require_safe
@never_cache
def manifest(request: HttpRequest) -> HttpResponse:
    icons = [
        {"src": static(f"phone/{name}"), "sizes": sizes, "type": type_, "purpose": purpose}
        for name, sizes, type_ in ICONS
        for purpose in ("any", "maskable")
    ]
    start = reverse("audits:phone")
    return JsonResponse(
        {
            "id": start,
            "lang": translation.get_language(),
            "dir": "rtl" if translation.get_language_bidi() else "ltr",
            "name": _("Plumbline visits"),
            "short_name": "Plumbline",
            "description": _("Record visits, with and without a connection."),
            "start_url": start,
            "scope": start,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#1f5e8c",
            "icons": icons,
        },
        content_type="application/manifest+json",
    )
