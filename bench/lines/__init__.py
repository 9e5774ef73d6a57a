"""Lines of what the pages say, each measured on chains whose truth is known and put beside its bound."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One statement: `measured` and `bound` in words, and whether the bound is kept; "" for none, which is kept."""

    statement: str
    measured: str
    bound: str = ""
    is_kept: bool = True

    def __str__(self) -> str:
        if not self.bound:
            return f"{self.statement}: {self.measured}; told, no bound"
        return f"{self.statement}: {self.measured}; must be {self.bound}: {'kept' if self.is_kept else 'missed'}"
