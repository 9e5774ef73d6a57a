from reports.models.flags import DriftFlag
from reports.models.runs import LocationResult, Run, Shard
from reports.models.scores import SectionScore, Tally

__all__ = ["DriftFlag", "LocationResult", "Run", "SectionScore", "Shard", "Tally"]
