"""What a visit is judged by: what the last run before its arrival left, on record for as long as visits count."""

from collections.abc import Iterator
from dataclasses import dataclass

from audits.models import Standard
from reports.detection.data.chain_loader import Codes
from reports.detection.data.day_numbers import to_days
from reports.detection.data.fitted_run import FittedRun
from reports.detection.data.packed_effects import unpack
from reports.detection.data.parameters import settings_from
from reports.measure.drift.detector import Settings
from reports.measure.model.effects import Effects
from reports.models import PastEstimate


@dataclass(frozen=True, eq=False)
class InForce:
    """One estimate with all that was carried on from it. Visits that arrived after `since` (days) and by `until` are
    judged by it."""

    effects: Effects
    codes: Codes
    settings: Settings
    threshold: float
    since: float
    until: float = float("inf")

    @classmethod
    def of_run(cls, fitted: FittedRun) -> "InForce":
        """The last one, as a run left it."""
        estimate = fitted.run.estimated_by or fitted.run
        since = to_days(estimate.as_of)
        return cls(fitted.effects, fitted.codes, fitted.settings, fitted.threshold, since)

    @classmethod
    def on_record(cls, past: PastEstimate) -> "InForce":
        effects, codes = unpack(past.effects)
        since, until = to_days(past.estimated_at), to_days(past.until)
        return cls(effects, codes, settings_from(past.parameters), past.threshold, since, until)


def past_estimates(standard: Standard | int, *, after: float) -> Iterator[InForce]:
    """Those on record by which visits that arrived after a moment (days) are judged, the oldest first."""
    for past in PastEstimate.objects.filter(standard=standard).order_by("estimated_at").iterator(chunk_size=1):
        if to_days(past.until) > after:
            yield InForce.on_record(past)
