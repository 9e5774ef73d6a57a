"""What somebody is told who may not open a page: who may, what this account is for, and what to do."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from locations.accounts.roles import Role
from locations.models import User

PEOPLE = {
    Role.AUDITOR: gettext_lazy("auditors"),
    Role.SHOPPER: gettext_lazy("mystery shoppers"),
    Role.REVIEWER: gettext_lazy("reviewers"),
    Role.MANAGER: gettext_lazy("regional managers"),
    Role.DIRECTOR: gettext_lazy("directors"),
    Role.EXECUTIVE: gettext_lazy("executives"),
    Role.STORE: gettext_lazy("stores"),
    Role.STANDARDS: gettext_lazy("standards owners"),
    Role.INTEGRATOR: gettext_lazy("integrators"),
}

READ_RESULTS = gettext_lazy("Only {people} read results.")
READ_AUDITORS = gettext_lazy("Only {people} of the whole organisation read the page of auditors.")
REVIEW_VISITS = gettext_lazy("Only {people} review visits.")
REPLAY_THE_PAST = gettext_lazy("Only {people} replay the past.")
SET_DRIFT = gettext_lazy("Only {people} set how drift is looked for.")
START_SCANS = gettext_lazy("Only {people} start a scan.")


class Refused(PermissionDenied):
    """Words itself in the language of whoever reads it, which the page that refuses may not speak."""

    def __init__(self, sentence: str | Promise, *, roles: Iterable[Role], user: User):
        super().__init__(sentence)
        self.sentence, self.roles, self.user = sentence, frozenset(roles), user

    def __str__(self) -> str:
        only = str(self.sentence).format(people=people(self.roles))
        return f"{only} {whose(self.user)} {_('Whoever gave you the account can give it another role.')}"


def whose(user: User) -> str:
    """What the account is for."""
    held = {Role(each.role) for each in user.held_memberships}
    if not held:
        return _("This account, {address}, has no role yet.").format(address=user.email)
    return _("This account, {address}, is for {people}.").format(address=user.email, people=people(held))


def people(roles: Iterable[Role]) -> str:
    """Managers, directors and executives, in the order of the roles."""
    wanted = set(roles)
    names = [str(name) for role, name in PEOPLE.items() if role in wanted]
    if len(names) < 2:
        return "".join(names)
    return _("{several} and {last}").format(several=", ".join(names[:-1]), last=names[-1])
