"""What was in force goes on record: visits that arrived then are judged by it whenever they are corrected."""

from collections.abc import Iterable
from datetime import datetime

from reports.detection.data.day_numbers import to_datetime
from reports.detection.data.in_force import InForce
from reports.detection.data.packed_effects import pack
from reports.detection.scan.estimate import Base
from reports.models import PastEstimate, Run


def record_estimate(before: Base, *, until: datetime, since: float) -> None:
    """Within the transaction that ends the run of `until`, which estimated anew. since : days; what was over by then
    judges no visit that counts."""
    run, estimate = before.run, before.estimate
    standing = PastEstimate.objects.filter(standard=run.standard)
    standing.filter(until__lt=to_datetime(since)).delete()
    standing.update_or_create(
        estimated_at=estimate.as_of,
        defaults={
            "standard": run.standard,
            "until": until,
            "parameters": run.parameters,
            "threshold": before.fitted.threshold,
            "effects": run.effects,
        },
    )


def record_past(run: Run, replayed: Iterable[InForce]) -> None:
    """What a first run judges the past by that it finds; another one that found it before did not end."""
    PastEstimate.objects.filter(standard=run.standard).delete()
    for one in replayed:
        PastEstimate.objects.create(
            standard=run.standard,
            estimated_at=to_datetime(one.since),
            until=to_datetime(one.until),
            parameters=run.parameters,
            threshold=one.threshold,
            effects=pack(one.effects, one.codes),
        )
