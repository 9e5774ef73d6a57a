"""What was found at locations -> their charts: what a page draws is what was judged, and no page judges anew."""

from datetime import datetime

from reports.detection.data.chain_loader import Codes
from reports.detection.data.packed_charts import without_gaps
from reports.detection.scan.location_result import Findings
from reports.models import ControlChart, Run

AT_ONCE = 500
WRITTEN = ["run", "known_until", "channels", "points", "judged", "signals", "log_evidence"]


def write_charts(run: Run, *, codes: Codes, found: Findings, known_until: datetime) -> None:
    """Within the transaction that writes the flags and results of these locations.

    run : whose effects the visits were judged by. known_until : visits approved by then were looked at.
    """
    drawn, log_evidence = list(found.charts.items()), {one.location_index: one.log_evidence for one in found.outcomes}
    for start in range(0, len(drawn), AT_ONCE):
        ControlChart.objects.bulk_create(
            (
                ControlChart(
                    standard=run.standard,
                    location_id=int(codes.locations[at]),
                    run=run,
                    known_until=known_until,
                    channels=found.channels,
                    points=without_gaps(points).tobytes(),
                    judged=found.visits[at],
                    signals=found.signals[at],
                    log_evidence=log_evidence[at],
                )
                for at, points in drawn[start : start + AT_ONCE]
            ),
            update_conflicts=True,
            unique_fields=["standard", "location"],
            update_fields=WRITTEN,
        )


def keep_charts(run: Run, before: Run | None) -> None:
    """The charts of locations without news are those of this run too; what belongs to no result any more goes."""
    charts = ControlChart.objects.filter(standard=run.standard)
    if before is not None:
        charts.filter(run=before).update(run=run)
    charts.exclude(run=run).delete()
