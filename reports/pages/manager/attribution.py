"""What is shown where there is no flag, though the plain share moved: for one store, and for a page of stores."""

from collections.abc import Iterable
from dataclasses import dataclass

from locations.models import Location, User
from reports.detection.data.fitted_run import FittedRun, FittedVisits
from reports.detection.views.attribution import moved
from reports.pages.manager import explanations
from reports.pages.sentences.signals import Sentence


@dataclass(frozen=True)
class AttributionView:
    first: Sentence
    reasons: list[Sentence]


def attribution_without_flag(found: FittedVisits | None, *, location: Location, user: User) -> AttributionView | None:
    """Why the share moved and no flag was raised; None where it did not, or for no reason worth saying.

    How severe an auditor is, head office alone is told: the visits below the explanation name who made them.
    """
    told = moved(found, [location.pk]).get(location.pk) if found else None
    if told is None:
        return None
    tells_severity = location.region.is_of_head_office(user)
    return AttributionView(explanations.moved_first(told), explanations.reasons(told, tells_severity=tells_severity))


def briefly(fitted: FittedRun, location_ids: Iterable[int]) -> dict[int, str]:
    """The largest reason of each of these stores, where there is one; in as many queries for fifty as for one."""
    wanted = list(location_ids)
    if not wanted:
        return {}
    told = moved(fitted.visits(wanted), wanted)
    return {location_id: explanations.moved_briefly(each) for location_id, each in told.items()}
