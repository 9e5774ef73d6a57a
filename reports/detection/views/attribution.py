"""What moved a location's plain share where the location itself did not: in words of the chain's dayparts."""

from dataclasses import dataclass

from reports.detection.data.fitted_run import Latest
from reports.measure.attribution import Instead, moved_by


@dataclass(frozen=True)
class Moved:
    """What explains the last visits of a location; `daypart`, `staffing` are the words of those that grew."""

    found: Instead
    told: list[str]
    daypart: str
    staffing: str


def moved(latest: Latest, location_ids) -> dict[int, Moved]:
    """By location, only those whose plain share moved for a reason worth saying."""
    codes, versions = latest.history.codes, latest.versions()
    answer = {}
    for location_id in location_ids:
        place = latest.place(location_id)
        if place is None:
            continue
        found = moved_by(latest.chain, latest.effects, location=place, version=versions)
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
