"""What a phone tells beside the answers: where it was, whom the auditor knows, why something did not apply.

Drawn apart from the chain's own luck, so that telling more of a visit moves no figure.
"""

import random
from uuid import UUID

from config.demo.places import Store

SHARE_REFUSED, SHARE_UNSURE, SHARE_FAR, SHARE_KNOWN = 0.03, 0.06, 0.01, 0.01
DEGREE_M = 111_195  # of latitude
WHY_NOT = {"does_not_apply": ("not_offered", "no_customer"), "not_observed": ("out_of_view", "closed")}
KNOWN = "A cousin of mine works in the stockroom; she was not there."


def complete(payload: dict, *, visit: UUID, place: Store) -> None:
    """Adds to a payload what the phone tells of the visit's circumstances."""
    luck = random.Random(f"circumstances {visit}")
    knows = luck.random() < SHARE_KNOWN
    payload |= {
        "place": _place(place, luck),
        "conflict_of_interest": knows,
        "conflict_of_interest_note": KNOWN if knows else "",
        "not_completed_reason": "",
    }
    for observations in (payload, *payload["interactions"]):
        for one in observations["observations"]:
            if one["state"] in WHY_NOT:
                one["reason"] = luck.choice(WHY_NOT[one["state"]])


def beside(place: Store, metres: float) -> dict:
    """Coordinates so many metres north of a store."""
    return {"latitude": round(place.latitude + metres / DEGREE_M, 6), "longitude": place.longitude}


def _place(place: Store, luck: random.Random) -> dict:
    chance = luck.random()
    if chance < SHARE_REFUSED:
        return {"latitude": None, "longitude": None, "accuracy_m": None, "refused": True}
    accuracy, away = luck.randint(8, 60), luck.uniform(0, 90)
    if chance < SHARE_REFUSED + SHARE_UNSURE:
        accuracy = luck.randint(350, 900)
    elif chance < SHARE_REFUSED + SHARE_UNSURE + SHARE_FAR:
        away = luck.uniform(1_400, 4_000)
    return beside(place, away) | {"accuracy_m": accuracy, "refused": False}
