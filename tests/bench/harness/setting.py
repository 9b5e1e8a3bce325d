"""Where things are, and how much is measured."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[3]
BENCH = ROOT / "tests" / "bench"
PROGRAMS = BENCH / "programs"
BINARIES = ROOT / "artifacts" / "obj" / "bench"
LIBRARY = ROOT / "artifacts" / "lib" / "libzkarrow.so"
RESULTS = ROOT / "artifacts" / "bench"
DOTNET_DRIVER = BENCH / "ZkArrow.Bench" / "bin" / "Release" / "net10.0" / "ZkArrow.Bench.dll"


@dataclass(frozen=True)
class Setting:
    """One run."""

    quick: bool

    @property
    def rounds(self) -> int:
        """How often each side has its turn."""
        return 3 if self.quick else 15

    def count(self, full: int) -> int:
        """How many operations one turn has."""
        return max(10, full // 20) if self.quick else full
