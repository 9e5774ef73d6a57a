"""Readings that came, changed or went: the queue of record of the comparison with them."""

from django.db import models


class ChangedReadings(models.Model):
    """Locations whose readings changed together, until what they say beside flags and results has been judged anew.

    Only ever added to, in the transaction that stored the readings: whoever stores waits for nobody. Deleted when it
    has been judged; kept as judged while a run is under way, which may have read the readings before they changed and
    writes over the judgement, so that it is judged once more when the run is over.
    """

    location_ids = models.JSONField(help_text="Sorted; a location may stand in several rows.")
    changed_at = models.DateTimeField(auto_now_add=True)
    is_judged = models.BooleanField(default=False, help_text="While a run was under way: to be judged after it, too.")

    class Meta:
        verbose_name_plural = "changed readings"

    def __str__(self) -> str:
        return f"Readings of {len(self.location_ids)} locations, changed {self.changed_at:%Y-%m-%d %H:%M}"
