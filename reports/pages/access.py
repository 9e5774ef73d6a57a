"""Who may open the pages of results, and what the refusal says."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.functional import Promise

from locations.accounts import refusals
from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import HEAD_OFFICE, READS_RESULTS, Role

STARTS_SCANS = frozenset({Role.DIRECTOR, Role.EXECUTIVE})
View = Callable[..., HttpResponseBase]


class NotVisible(LookupError):
    """There is no such thing, or not for this user: to a stranger both look the same."""


def signed_in(view: View) -> View:
    """Nobody goes to the sign-in page; what one may not see does not exist."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotVisible as missing:
            raise Http404(str(missing)) from missing

    return login_required(wrapped)


def for_roles(roles: frozenset[Role], sentence: str | Promise) -> Callable[[View], View]:
    """Only users with one of `roles` anywhere; `sentence` says so, with a gap for the people."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: SignedInRequest, *args, **kwargs) -> HttpResponseBase:
            if not request.user.has_role(roles):
                raise refusals.Refused(sentence, roles=roles, user=request.user)
            return view(request, *args, **kwargs)

        return signed_in(wrapped)

    return decorate


def for_head_office(sentence: str | Promise) -> Callable[[View], View]:
    """Only users of head office, which a director of a region is not; `sentence` as in `for_roles`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: SignedInRequest, *args, **kwargs) -> HttpResponseBase:
            if not request.user.is_head_office():
                raise refusals.Refused(sentence, roles=HEAD_OFFICE, user=request.user)
            return view(request, *args, **kwargs)

        return signed_in(wrapped)

    return decorate


results_page = for_roles(READS_RESULTS, refusals.READ_RESULTS)
