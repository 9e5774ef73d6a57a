from locations.accounts.users import ApiKey, Membership, User
from locations.models.metrics import Metric, Reading
from locations.models.places import Location, Region

__all__ = ["ApiKey", "Location", "Membership", "Metric", "Reading", "Region", "User"]
