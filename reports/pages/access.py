"""Who may open the pages of results, and what the refusal says."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from locations.models import User
from locations.requests import SignedInRequest
from locations.roles import READS_RESULTS, Role
from reports.pages.queries import NotVisible

STARTS_SCANS = frozenset({Role.DIRECTOR, Role.EXECUTIVE})
SEES_AUDITORS = frozenset({Role.DIRECTOR, Role.EXECUTIVE})
"""Read who rates how: never the people of a region, who would know the person."""
View = Callable[..., HttpResponseBase]


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
                raise PermissionDenied(refusal(request.user, roles, deed))
            return view(request, *args, **kwargs)

        return signed_in(wrapped)

    return decorate


def refusal(user: User, roles: frozenset[Role], deed: str) -> str:
    """Which roles may, which one this account has, and what to do."""
    needed = " and ".join(_joined([_people(role) for role in Role if role in roles]))
    own = [Role(role).label.lower() for role in sorted(set(user.memberships.values_list("role", flat=True)))]
    has = " and ".join(_joined(own)) if own else "no role yet"
    return (
        f"Only {needed} {deed}. This account, {user.email}, is that of {has}. "
        "Whoever gave you the account can add a membership."
    )


def _people(role: Role) -> str:
    return f"{role.label.lower()}s"


def _joined(names: list[str]) -> list[str]:
    """`a, b` and `c`, ready for " and "."""
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names


results_page = for_roles(READS_RESULTS, "read results")
