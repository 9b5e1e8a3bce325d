"""What the tests share, besides the fixtures of tests/lab: a fresh interpreter, and no Arrow library anywhere."""

from __future__ import annotations

import importlib.abc
import os
import pathlib
import subprocess
import sys
from typing import Any, Callable

import pytest

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parents[2]
PATHS = [str(TESTS.parent), str(ROOT / "tests" / "lab"), str(ROOT / "tests/contract/python")]
sys.path[:0] = PATHS
os.environ.setdefault("ZKARROW_LIBRARY", str(ROOT / "artifacts/lib/libzkarrow.so"))



class Refuse(importlib.abc.MetaPathFinder):
    """Hides the libraries that the package can do without, where they are installed."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name.split(".")[0] in ("numpy", "pandas", "polars", "pyarrow", "nanoarrow", "duckdb"):
            raise ModuleNotFoundError(f"{name} is hidden by the tests", name=name)


sys.meta_path.insert(0, Refuse())

from zkarrow_fixtures import balanced, client, leak_free, place, server  # noqa: E402, F401


@pytest.fixture
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a program in a fresh interpreter, warnings being errors."""

    def run(
        program: str, *arguments: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", program, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(PATHS), **environment},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run
