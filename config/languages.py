"""In which language a page answers."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

TRANSLATED = {"", "audits"}
"""Namespaces of addresses whose pages have every sentence in each language."""


class LanguageMiddleware(LocaleMiddleware):
    """Django's (the cookie, else what the browser asks for) with two rules more.

    An address may name its language (`?l=fr`), so that a page can be kept for good under it. What is not translated,
    the managers' pages and the admin, is English throughout: never a French date in an English sentence.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        named = request.GET.get("l", "").lower()
        if named in dict(settings.LANGUAGES):
            _speak(request, named)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        match = request.resolver_match
        if match and match.namespace.split(":")[0] not in TRANSLATED:
            _speak(request, settings.LANGUAGE_CODE)


def _speak(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = language
