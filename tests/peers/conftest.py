"""What the tests share: the Python package beside this folder, and the fixtures of tests/lab."""

from __future__ import annotations

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("bindings/python", "tests/lab", "tests/peers")]

from zkarrow_fixtures import balanced, client, leak_free, place, server  # noqa: E402, F401


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error")
