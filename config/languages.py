"""In which language a page answers."""

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from locations.models import User

TRANSLATED = {"", "audits"}
"""Namespaces of addresses whose pages have every sentence in each language."""
READERS_LANGUAGE = "plumbline.language"
"""Where a request keeps the reader's choice, also on a page that does not speak it."""


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
        request.META[READERS_LANGUAGE] = translation.get_language()

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        match = request.resolver_match
        if match and match.namespace.split(":")[0] not in TRANSLATED:
            _speak(request, settings.LANGUAGE_CODE)


@receiver(user_logged_in)
def remember_language_of_sign_in(sender, user: User, **kwargs) -> None:
    remember_language(user, translation.get_language())


def remember_language(user: User, language: str | None) -> None:
    """The phone's cookie decides what pages speak; this decides what mails do."""
    if language in dict(settings.LANGUAGES) and language != user.language:
        User.objects.filter(pk=user.pk).update(language=language)


def _speak(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = language
