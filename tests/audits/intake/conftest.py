"""What is refused of a visit, and what is stored."""

from uuid import uuid4

import pytest

from audits.api.documents import receive_visit
from audits.intake.checked_visit import VisitRefused
from audits.models import Interaction, Observation, Visit

HERE = {"latitude": 51.5, "longitude": 0.0, "accuracy_m": 20}
"""A place on the map, as a phone tells it."""


def refused(world, payload, auditor=None) -> dict[str, str]:
    """What receive_visit refuses, by place; nothing may have been stored."""
    with pytest.raises(VisitRefused) as caught:
        receive_visit(visit_id=uuid4(), auditor=auditor or world.ana, payload=payload)
    assert not Visit.objects.exists()
    assert not Interaction.objects.exists()
    assert not Observation.objects.exists()
    return {problem.where: problem.message for problem in caught.value.problems}


def stored(world, payload, visit_id=None) -> Visit:
    visit_id = visit_id or uuid4()
    receive_visit(visit_id=visit_id, auditor=world.ana, payload=payload)
    return Visit.objects.get(pk=visit_id)
