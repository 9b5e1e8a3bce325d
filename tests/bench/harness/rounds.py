"""Turns of A, B, A, B …: what disturbs the machine disturbs both sides."""

from __future__ import annotations

import statistics
from typing import Callable, Sequence

Turn = Callable[[], Sequence[float]]


class Rounds:
    """The durations of one side, a list for each round."""

    def __init__(self, turns: list[list[float]]) -> None:
        self.turns = turns

    def quantile(self, q: float) -> float:
        """The median over the rounds of each round's quantile."""
        return statistics.median(self.each(q))

    def each(self, q: float) -> list[float]:
        """A quantile of each round."""
        return [_quantile(turn, q) for turn in self.turns]

    @property
    def p50(self) -> float:
        return self.quantile(0.5)

    @property
    def mean(self) -> float:
        """The median over the rounds of each round's mean."""
        return statistics.median(self.means())

    def means(self) -> list[float]:
        """The mean of each round."""
        return [statistics.fmean(turn) for turn in self.turns]

    def rate(self) -> float:
        """Operations for each unit of time, as the median of the rounds."""
        return statistics.median(len(turn) / sum(turn) for turn in self.turns)

    def rates(self) -> list[float]:
        return [len(turn) / sum(turn) for turn in self.turns]


def interleave(rounds: int, *sides: Turn, warmup: int = 1) -> list[Rounds]:
    """Gives every side its turn, ``rounds`` times. What the warm-up measures is thrown away."""
    taken: list[list[list[float]]] = [[] for _ in sides]
    for number in range(-warmup, rounds):
        for side, turn in enumerate(sides):
            durations = list(turn())
            if number >= 0:
                taken[side].append(durations)
    return [Rounds(turns) for turns in taken]


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median over the rounds of what one side needed for each unit of the other."""
    return statistics.median(a / b for a, b in zip(above, below))


def _quantile(values: Sequence[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * q))]
