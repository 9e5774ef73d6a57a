"""What each role may do: which data it reads, and what it changes in the admin."""

from django.db import models
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    AUDITOR = "auditor", "Auditor"
    SHOPPER = "shopper", "Mystery shopper"
    REVIEWER = "reviewer", "Reviewer"
    MANAGER = "manager", "Regional manager"
    DIRECTOR = "director", "Director"
    EXECUTIVE = "executive", "Executive"
    STORE = "store", "Store"
    STANDARDS = "standards", "Standards owner"
    INTEGRATOR = "integrator", "Integrator"


CAPTURES = frozenset({Role.AUDITOR, Role.SHOPPER})
"""Record visits."""
ONLY_CAPTURES = gettext_lazy("Only auditors and mystery shoppers record visits: ask for that role in your region.")
READS_VISITS = frozenset({Role.REVIEWER, Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE})
"""Read every visit of their regions, not only their own. A store does not: it sees what was released to it."""
READS_RESULTS = frozenset({Role.MANAGER, Role.DIRECTOR, Role.EXECUTIVE})
"""Read scores, flags and readings."""
HEAD_OFFICE = frozenset({Role.DIRECTOR, Role.EXECUTIVE})
"""Read who rates how, when they answer for a whole tree of regions: people of one region would know the person."""
SETS_DRIFT = frozenset({Role.DIRECTOR, Role.EXECUTIVE, Role.STANDARDS})
"""Set how drift is looked for, and replay the past to see what that would have flagged."""
WRITES_READINGS = frozenset({Role.INTEGRATOR, Role.DIRECTOR})
"""Bring in the numbers that locations report."""
PLANS_VISITS = frozenset({Role.MANAGER, Role.DIRECTOR})
"""Assign visits to auditors."""
EXCLUDES_VISITS = frozenset({Role.REVIEWER, Role.MANAGER, Role.DIRECTOR})
"""Take a visit out of all figures, with a reason."""


def _all(app: str, *models_: str) -> set[str]:
    return {f"{app}.{deed}_{model}" for model in models_ for deed in ("add", "change", "delete", "view")}


ADMIN_PERMISSIONS: dict[str, set[str]] = {
    Role.STANDARDS: _all("audits", "standard", "version", "section", "criterion", "option")
    | {"reports.view_driftsettings", "reports.view_backtest"},
    Role.DIRECTOR: _all("audits", "assignment")
    | _all("locations", "reading")
    | {"locations.view_location", "locations.view_region", "locations.view_metric", "locations.change_metric"}
    | {"audits.view_visit", "reports.view_run", "reports.view_driftflag"}
    | {"reports.view_driftsettings", "reports.view_backtest"},
    Role.MANAGER: _all("audits", "assignment") | {"locations.view_location", "audits.view_visit"},
    Role.INTEGRATOR: _all("locations", "reading") | {"locations.view_location", "locations.view_metric"},
}
"""What the admin lets a staff user do, by role. Rows are narrowed by `visible_to` as everywhere."""
