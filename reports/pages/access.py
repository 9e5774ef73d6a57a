"""Who may open the pages of results, and what the refusal says."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from locations.accounts.requests import SignedInRequest
from locations.accounts.roles import HEAD_OFFICE, READS_RESULTS, Role
from locations.models import User

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


def for_roles(roles: frozenset[Role], deed: str) -> Callable[[View], View]:
    """Only users with one of `roles` anywhere; `deed` finishes the sentence "Only … may"."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: SignedInRequest, *args, **kwargs) -> HttpResponseBase:
            if not request.user.has_role(roles):
                raise PermissionDenied(refusal(request.user, _peoples(roles), deed))
            return view(request, *args, **kwargs)

        return signed_in(wrapped)

    return decorate


def for_head_office(deed: str) -> Callable[[View], View]:
    """Only users of head office, which a director of a region is not; `deed` as in `for_roles`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: SignedInRequest, *args, **kwargs) -> HttpResponseBase:
            if not request.user.is_head_office():
                needed = f"{_peoples(HEAD_OFFICE)} of the whole organisation"
                raise PermissionDenied(refusal(request.user, needed, deed))
            return view(request, *args, **kwargs)

        return signed_in(wrapped)

    return decorate


def refusal(user: User, needed: str, deed: str) -> str:
    """Who may, which role this account has, and what to do."""
    own = [Role(role).label.lower() for role in sorted({each.role for each in user.held_memberships})]
    has = " and ".join(_joined(own)) if own else "no role yet"
    return (
        f"Only {needed} {deed}. This account, {user.email}, is that of {has}. "
        "Whoever gave you the account can add a membership."
    )


def _peoples(roles: frozenset[Role]) -> str:
    """Directors and executives, in the order of the roles."""
    return " and ".join(_joined([f"{role.label.lower()}s" for role in Role if role in roles]))


def _joined(names: list[str]) -> list[str]:
    """`a, b` and `c`, ready for " and "."""
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


results_page = for_roles(READS_RESULTS, "read results")
