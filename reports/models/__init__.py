from reports.models.backtests import Backtest, PastFlag
from reports.models.changed_readings import ChangedReadings
from reports.models.charts import ControlChart
from reports.models.flags import DriftFlag
from reports.models.runs import Carried, LocationResult, PastEstimate, Run, Shard
from reports.models.scores import SectionScore, Tally
from reports.models.settings import DriftSettings

__all__ = [
    "Backtest",
    "Carried",
    "ChangedReadings",
    "ControlChart",
    "DriftFlag",
    "DriftSettings",
    "LocationResult",
    "PastEstimate",
    "PastFlag",
    "Run",
    "SectionScore",
    "Shard",
    "Tally",
]
