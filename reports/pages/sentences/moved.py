"""How far a reported metric has moved since a decline began, in its own units, and when it usually follows."""

from dataclasses import dataclass

from reports.pages.sentences import words

DEFAULT_WAIT = "numbers like it usually follow after 9 to 12 weeks"
USUALLY_AT_ONCE = 1.5  # weeks


@dataclass(frozen=True)
class Moved:
    """by, low, high : with an interval of 95 %, above 0 is up. lag_weeks : None where no past decline tells."""

    by: float
    low: float
    high: float
    lag_weeks: float | None = None

    @property
    def figures(self) -> str:
        """−0.2, −1.0 to +0.6: as many decimals as the interval deserves.

        >>> Moved(-0.21, -1.04, 0.62).figures, Moved(-31.0, -52.4, -9.6).figures
        ('−0.2, −1.0 to +0.6', '−31, −52 to −10')
        """
        wide = self.high - self.low
        decimals = 0 if wide >= 20 else 1 if wide >= 1 else 2 if wide >= 0.1 else 3
        by, low, high = (_signed(value, decimals) for value in (self.by, self.low, self.high))
        return f"{by}, {low} to {high}"

    @property
    def wait(self) -> str:
        """It usually follows after about nine weeks."""
        if self.lag_weeks is None:
            return DEFAULT_WAIT
        if self.lag_weeks < USUALLY_AT_ONCE:
            return "it usually follows within a week or two"
        return f"it usually follows after about {words.number(round(self.lag_weeks))} weeks"


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'+' if value > 0 else words.MINUS}{text}"
