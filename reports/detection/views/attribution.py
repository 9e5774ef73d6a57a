"""What moved a location's plain share where the location itself did not: in words of the chain's dayparts."""

from dataclasses import dataclass

from reports.detection.data.fitted_run import FittedVisits
from reports.measure.drift.attribution import Attribution, moved_by


@dataclass(frozen=True)
class Moved:
    """What explains the last visits of a location; `daypart`, `staffing` are the words of those that grew."""

    found: Attribution
    told: list[str]
    daypart: str
    staffing: str


def moved(visits: FittedVisits, location_ids) -> dict[int, Moved]:
    """By location, only those whose plain share moved for a reason worth saying."""
    codes, versions = visits.history.codes, visits.versions()
    answer = {}
    for location_id in location_ids:
        location_index = visits.location_index(location_id)
        if location_index is None:
            continue
        found = moved_by(visits.chain, visits.effects, location=location_index, version=versions)
        if found is not None and (told := found.told()):
            answer[location_id] = Moved(
                found,
                told,
                _word(codes.dayparts, found.in_daypart.code),
                _word(codes.staffings, found.in_staffing.code),
            )
    return answer


def _word(names, code: int) -> str:
    return str(names[code]) if code >= 0 else ""
