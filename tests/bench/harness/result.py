"""One line of the table."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Result:
    """A figure, and the limit it is held against; without a limit it only informs."""

    goal: str
    what: str
    measured: str
    peer: str
    value: float
    unit: str = "×"
    sense: Literal["≤", "≥", ""] = ""
    limit: float | None = None
    details: dict[str, object] = field(default_factory=dict)

    @property
    def holds(self) -> bool | None:
        """Whether the limit is kept; None without one."""
        if self.limit is None:
            return None
        return self.value <= self.limit if self.sense == "≤" else self.value >= self.limit

    @property
    def share(self) -> float | None:
        """How much of the limit is used up: up to 1 it holds, in both senses."""
        if self.limit is None:
            return None
        used, allowed = (self.value, self.limit) if self.sense == "≤" else (self.limit, self.value)
        return used / allowed if allowed else (math.inf if used else 0.0)


def time_text(nanoseconds: float) -> str:
    """A duration with three digits."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"
