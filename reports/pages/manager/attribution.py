"""What is shown where there is no flag, though the plain share moved: for one store, and for a page of stores."""

from collections.abc import Iterable
from dataclasses import dataclass

from audits.models import Standard
from locations.models import Location, User
from reports.detection.data.fitted_run import FittedRun, fitted_run
from reports.detection.views.attribution import moved
from reports.pages.manager import explanations
from reports.pages.sentences.signals import Sentence


@dataclass(frozen=True)
class InsteadView:
    first: Sentence
    reasons: list[Sentence]


def instead_of_flag(found: FittedRun | None, *, location_id: int, user: User) -> InsteadView | None:
    """Why the share moved and no flag was raised; None where it did not, or for no reason worth saying.

    How severe an auditor is, head office alone is told: the visits below the explanation name who made them.
    """
    told = moved(found, [location_id]).get(location_id) if found else None
    if told is None:
        return None
    tells_severity = Location.objects.of_head_office(user).filter(pk=location_id).exists()
    return InsteadView(explanations.moved_first(told), explanations.reasons(told, tells_severity=tells_severity))


def briefly(*, standard: Standard, location_ids: Iterable[int]) -> dict[int, str]:
    """The largest reason of each of these stores, where there is one; in as many queries for fifty as for one."""
    wanted = list(location_ids)
    found = fitted_run(standard=standard, locations=wanted) if wanted else None
    if found is None:
        return {}
    return {location: explanations.moved_briefly(told) for location, told in moved(found, wanted).items()}
