from audits.models.programme import Assignment
from audits.models.standards import Criterion, Option, Section, Standard, Version
from audits.models.visits import Interaction, Observation, Photo, Visit

__all__ = [
    "Assignment",
    "Criterion",
    "Interaction",
    "Observation",
    "Option",
    "Photo",
    "Section",
    "Standard",
    "Version",
    "Visit",
]
