"""What was found at locations -> their charts: what a page draws is what was judged, and no page judges anew."""

from datetime import datetime

import numpy as np

from reports.detection.data.chain_loader import Codes
from reports.detection.data.packed_charts import not_replayed, unpack_points, with_earlier_evidence
from reports.detection.scan.location_result import Findings
from reports.models import ControlChart, Run

AT_ONCE = 500
WRITTEN = ["run", "known_until", "channels", "points"]


def write_charts(run: Run, *, codes: Codes, found: Findings, known_until: datetime) -> None:
    """Within the transaction that writes the flags and results of these locations.

    run : whose effects the visits were judged by. known_until : visits approved by then were looked at.
    """
    drawn = [(int(codes.locations[at]), points) for at, points in found.charts.items()]
    for start in range(0, len(drawn), AT_ONCE):
        part = dict(drawn[start : start + AT_ONCE])
        part |= _gone_on(run, found.channels, part)
        ControlChart.objects.bulk_create(
            (
                ControlChart(
                    standard=run.standard,
                    location_id=location_id,
                    run=run,
                    known_until=known_until,
                    channels=found.channels,
                    points=points.tobytes(),
                )
                for location_id, points in part.items()
            ),
            update_conflicts=True,
            unique_fields=["standard", "location"],
            update_fields=WRITTEN,
        )


def _gone_on(run: Run, channels: list[str], drawn: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Of these locations, those whose replay went on from an earlier one, with the evidence of its visits."""
    ids = [location_id for location_id, points in drawn.items() if not_replayed(points).size]
    earlier = ControlChart.objects.filter(standard=run.standard, location__in=ids) if ids else ()
    return {
        chart.location_id: with_earlier_evidence(
            drawn[chart.location_id], channels, unpack_points(chart.points, len(chart.channels)), chart.channels
        )
        for chart in earlier
    }


def keep_charts(run: Run, before: Run | None) -> None:
    """The charts of locations without news are those of this run too; what belongs to no result any more goes."""
    charts = ControlChart.objects.filter(standard=run.standard)
    if before is not None:
        charts.filter(run=before).update(run=run)
    charts.exclude(run=run).delete()
