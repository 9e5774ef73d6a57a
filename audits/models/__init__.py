from audits.models.drafts import Draft
from audits.models.programme import Assignment
from audits.models.review import VisitReturn, VisitRevision
from audits.models.standards import Criterion, Option, Section, Standard, Version
from audits.models.visits import Interaction, Observation, Photo, Visit

__all__ = [
    "Assignment",
    "Criterion",
    "Draft",
    "Interaction",
    "Observation",
    "Option",
    "Photo",
    "Section",
    "Standard",
    "Version",
    "Visit",
    "VisitReturn",
    "VisitRevision",
]
