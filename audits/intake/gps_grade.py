"""Where the phone was, seen from the location: near, unsure, far or refused. It grades trust and blocks nothing."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from audits.intake.document import Gps
from audits.models import Visit
from locations.models import Location

EARTH_M = 6_371_008.8
NEAR_M = 300
FAR_M = 1_000
UNKNOWN_ACCURACY_M = 500
CAMERA_ACCURACY_M = 100
"""Cameras write a position only once they have a fix, and seldom how good it is."""


@dataclass(frozen=True)
class GradedGps:
    """What is stored: the grade, and in metres how far the phone was and how sure it was of that."""

    grade: str
    distance_m: float | None = None
    accuracy_m: float | None = None


def grade_gps(gps: Gps | None, location: Location, *, unknown_accuracy_m: float = UNKNOWN_ACCURACY_M) -> GradedGps:
    """Grade what the phone told of its position; no grade where it told nothing at all.

    A phone's accuracy is the radius of the circle that holds it
    with 95 %; one that tells none is taken to be sure to `unknown_accuracy_m`.
    near : the whole circle lies within 300 m of the location (a mall and its car park). far : no part of it lies
    within 1,000 m. unsure : all between, and whenever either position is unknown.
    """
    if gps is None:
        return GradedGps("")
    if gps.refused:
        return GradedGps(Visit.GpsGrade.REFUSED)
    accuracy = gps.accuracy_m
    if gps.latitude is None or gps.longitude is None or location.latitude is None or location.longitude is None:
        return GradedGps(Visit.GpsGrade.UNSURE, accuracy_m=accuracy)
    distance = distance_m(gps.latitude, gps.longitude, location.latitude, location.longitude)
    radius = unknown_accuracy_m if accuracy is None else accuracy
    if distance + radius <= NEAR_M:
        grade = Visit.GpsGrade.NEAR
    else:
        grade = Visit.GpsGrade.FAR if distance - radius > FAR_M else Visit.GpsGrade.UNSURE
    return GradedGps(grade, distance, accuracy)


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Along the surface of a sphere (haversine), right to half a percent.

    >>> round(distance_m(51.5, 0.0, 51.5, 0.01))
    692
    """
    north = sin(radians(other_latitude - latitude) / 2) ** 2
    east = sin(radians(other_longitude - longitude) / 2) ** 2
    chord = north + cos(radians(latitude)) * cos(radians(other_latitude)) * east
    return 2 * EARTH_M * asin(sqrt(min(1.0, chord)))
