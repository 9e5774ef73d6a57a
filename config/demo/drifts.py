"""What happens in the invented chain: where execution changes, what the reported numbers say of it, and the traps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Drift:
    """Execution at one store moves. Sizes are logits, positive for the worse; weeks count back from today.

    sections : keys of the moments that move; empty for all.
    reported_lag : weeks until satisfaction and complaints follow; None when they never do (a blind spot).
    """

    store: str
    weeks_ago: float
    size: float
    sections: tuple[str, ...] = ()
    ramp_weeks: float = 0
    ended_weeks_ago: float = 0
    reported_lag: float | None = None

    def at(self, weeks_ago: float) -> float:
        """How much of it is in force `weeks_ago`."""
        if not self.ended_weeks_ago <= weeks_ago <= self.weeks_ago:
            return 0.0
        since = self.weeks_ago - weeks_ago
        return self.size * min(1.0, since / self.ramp_weeks if self.ramp_weeks else 1.0)

    def reported_at(self, weeks_ago: float) -> float:
        """The same as the reported numbers tell it: late, and diluted where only a part of the journey moved."""
        if self.reported_lag is None:
            return 0.0
        return self.at(weeks_ago + self.reported_lag) * (0.6 if self.sections else 1.0)


DRIFTS = (
    # Northern Coast: what its manager finds on a Monday
    Drift("Harbour Street", weeks_ago=24, size=2.0, sections=("greeting", "first-help")),
    Drift("Mill Lane", weeks_ago=21, size=1.0, ramp_weeks=5, reported_lag=5),
    Drift("Quayside", weeks_ago=8, size=1.4),
    Drift("Market Row", weeks_ago=17, size=-1.1, reported_lag=6),
    Drift("Castle Gate", weeks_ago=42, size=0.9, ended_weeks_ago=28, reported_lag=4),
    # The other regions
    Drift("Beckside", weeks_ago=23, size=1.6, sections=("advice",)),
    Drift("Saltmarket", weeks_ago=18, size=0.9),
    Drift("Oyster Row", weeks_ago=25, size=1.1, reported_lag=9),
    Drift("Granite Quay", weeks_ago=28, size=1.0, ramp_weeks=12, reported_lag=8),
    Drift("Fore Street", weeks_ago=22, size=-1.0),
    Drift(
        "Windmill Hill", weeks_ago=20, size=0.3
    ),  # too small to be seen with these visits: nothing should be flagged
)


@dataclass(frozen=True)
class ReportedOnly:
    """Satisfaction falls although execution is steady: something else moved."""

    store: str
    weeks_ago: float
    points: float


REPORTED_ONLY = (ReportedOnly("Station Road", weeks_ago=12, points=6.0),)


@dataclass(frozen=True)
class StricterAuditor:
    """The trap: an auditor who rates `severity` logits harder takes over some stores of a region. No store moved."""

    auditor: str
    region: str
    n_stores: int
    weeks_ago: float
    severity: float


STRICT = StricterAuditor("Otto Reiss", "The Downs", n_stores=5, weeks_ago=24, severity=0.9)

EVENING_STORE, EVENING_WEEKS_AGO = "Cathedral Green", 20
"""The other trap: from then on this store is visited in the evening, when every store is weaker."""

OPENED_LATELY = {"Chapel Brow": 3, "Limekiln Lane": 11}
"""Store -> weeks ago: too few visits to say anything, and just enough."""
