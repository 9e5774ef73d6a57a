"""Builders that tests share."""

from datetime import datetime, timedelta
from uuid import uuid4

from audits.models import Criterion, Option, Section, Standard, Version
from audits.standards.publication import publish


def publish_small_standard(standard: Standard, number: int = 1) -> Version:
    """Greeting (per interaction; one criterion of each scored kind) and Shop (per visit; text, shown-if)."""
    version = Version.objects.create(standard=standard, number=number)
    greeting = Section.objects.create(version=version, key="greeting", title="Greeting", position=0)
    shop = Section.objects.create(version=version, key="shop", title="Shop", asked="visit", position=1)
    said = Criterion.objects.create(
        section=greeting, key="greeted", text="Was the customer greeted?", is_critical=True, position=0
    )
    warmth = Criterion.objects.create(
        section=greeting, key="warmth", text="How was it said?", kind="level", dimension="delivery", weight=2,
        position=1, shown_if=said, shown_if_value="yes",
    )  # fmt: skip
    for position, (value, label, conformity) in enumerate(
        [("none", "No eye contact", 0), ("routine", "Eye contact, routine phrase", 0.5), ("own", "Own words", 1)]
    ):
        Option.objects.create(criterion=warmth, value=value, label=label, conformity=conformity, position=position)
    Criterion.objects.create(
        section=greeting, key="wait", text="Seconds until acknowledged", kind="seconds", full_credit=30,
        zero_credit=120, position=2,
    )  # fmt: skip
    Criterion.objects.create(section=shop, key="clean", text="Was the floor clean?", wants_photo=True, position=0)
    Criterion.objects.create(
        section=shop, key="litter", text="Pieces of litter", kind="count", full_credit=0, zero_credit=5, position=1
    )
    Criterion.objects.create(
        section=shop, key="words", text="In your words", kind="text", dimension="perception", position=2
    )
    return publish(version=version, by=None)


def visit_payload(world, *, started_at: datetime, greeted=(True, True), location=None, wait=30) -> dict:
    """The JSON of a visit; one interaction for each answer in `greeted`."""

    def interaction(number, yes):
        observations = [
            {"criterion": "greeted", "state": "answered", "value": yes},
            {"criterion": "wait", "state": "answered", "value": wait},
        ]
        if yes:
            observations.append({"criterion": "warmth", "state": "answered", "value": "own"})
        return {
            "id": str(uuid4()),
            "label": f"Till {number}",
            "started_at": started_at.isoformat(),
            "observations": observations,
        }

    return {
        "location": (location or world.harbour).pk,
        "version": world.version.pk,
        "assignment": None,
        "started_at": started_at.isoformat(),
        "ended_at": (started_at + timedelta(minutes=25)).isoformat(),
        "mode": "live",
        "clock_offset_ms": 0,
        "context": {"staff_seen": 3, "customers_waiting": 2, "busyness": "normal"},
        "note": "",
        "interactions": [interaction(number, yes) for number, yes in enumerate(greeted, start=1)],
        "observations": [
            {"criterion": "clean", "state": "answered", "value": True},
            {"criterion": "litter", "state": "answered", "value": 1},
            {"criterion": "words", "state": "answered", "value": "Friendly team.", "note": ""},
        ],
        "photos": [],
    }
