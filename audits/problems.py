"""What is wrong with something that was sent."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Something wrong with what was sent: `where` is the path into the JSON, `message` a sentence."""

    where: str
    message: str
