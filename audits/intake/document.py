"""A visit as a phone sent it, checked in shape and in nothing else: what intake reads, whoever brought it.

Times are those of the phone's clock, ids of other rows are as they came and may name nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

INTERACTION_TIMES = ("started_at", "acknowledged_at", "helped_at", "ended_at")


@dataclass(frozen=True)
class Gps:
    """Where a phone or a camera was; both coordinates are there or neither. `refused` by whoever held the phone."""

    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    refused: bool = False


@dataclass(frozen=True)
class ObservationDocument:
    """`criterion` is a key of the visit's version, `state` one of `audits.models.visits.STATES`."""

    criterion: str
    state: str
    value: Any = None
    reason: str = ""
    note: str = ""

    @property
    def is_answered(self) -> bool:
        return self.state == "answered"


@dataclass(frozen=True)
class InteractionDocument:
    id: UUID
    observations: tuple[ObservationDocument, ...]
    label: str = ""
    started_at: datetime | None = None
    acknowledged_at: datetime | None = None
    helped_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True)
class ContextDocument:
    """What was seen on arrival."""

    staff_seen: int | None = None
    customers_waiting: int | None = None
    busyness: str = ""


@dataclass(frozen=True)
class TapDocument:
    what: str
    at: datetime


@dataclass(frozen=True)
class PhotoDocument:
    """A photo that is still to come; `interaction` and `criterion` are null for one of the visit as a whole."""

    id: UUID
    sha256: str
    criterion: str | None = None
    interaction: UUID | None = None
    taken_at: datetime | None = None
    gps: Gps | None = None


@dataclass(frozen=True)
class VisitDocument:
    """`written` names the times of the visit that were written by hand, as a watch shows them."""

    location: int
    version: int
    started_at: datetime
    interactions: tuple[InteractionDocument, ...]
    observations: tuple[ObservationDocument, ...]
    mode: str
    revision: int = 1
    assignment: int | None = None
    ended_at: datetime | None = None
    written: tuple[str, ...] = ()
    clock_offset_ms: int | None = None
    context: ContextDocument = field(default_factory=ContextDocument)
    gps: Gps | None = None
    conflict_of_interest: bool | None = None
    conflict_of_interest_note: str = ""
    not_completed_reason: str = ""
    taps: tuple[TapDocument, ...] = ()
    hidden_notes: str = ""
    note: str = ""
    photos: tuple[PhotoDocument, ...] = ()
