"""What a location's page draws, as it was judged: a run or the evaluation of a visit writes it, pages read it."""

from django.db import models

from audits.models import Standard
from locations.models import Location
from reports.models.runs import Run


class ControlChart(models.Model):
    """The visits of one location beside what was expected of each, in every channel: a packed array a channel.

    With it stands what they raised: whoever judges the next visit goes on from this row.
    """

    standard = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="control_charts")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="control_charts")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="control_charts")
    known_until = models.DateTimeField(help_text="Visits approved by then are in it.")
    channels = models.JSONField(help_text="overall, section:<key>, dimension:<name>: the columns of `points`.")
    points = models.BinaryField(help_text="Visit by visit, oldest first; see detection.data.packed_charts.")
    judged = models.BinaryField(
        default=bytes, help_text="Of each visit in `points`: days, when it was scored, and when it arrived."
    )
    log_evidence = models.FloatField(null=True, help_text="ln of the evidence of a decline after the last visit.")
    signals = models.JSONField(default=list, help_text="Raised here so far, as they were raised, with their visits.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["standard", "location"], name="control_chart_once")]

    def __str__(self) -> str:
        return f"Chart of {self.location_id}"
