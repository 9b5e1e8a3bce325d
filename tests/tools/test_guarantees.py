"""docs/guarantees.md names a test for each promise; every test it names must be there."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
_ROWS = [
    line for line in (ROOT / "docs/guarantees.md").read_text().splitlines() if line.startswith("| ") and "---" not in line
][1:]
_SOURCES = {file.stem: file.read_text() for file in (ROOT / "tests").rglob("*Tests.cs")}


@pytest.mark.parametrize("row", _ROWS)
def test_the_tests_of_a_promise_are_there(row: str) -> None:
    proofs = row.rsplit(" | ", 1)[1]
    assert "`" in proofs or "the same" in proofs or "](" in proofs, "it names no test"
    for fixture, name in re.findall(r"`(\w+Tests)\.(\w+)…?`?", proofs):
        assert re.search(rf"\b{name}", _SOURCES[fixture]), f"{fixture} has no {name}"
    for file in re.findall(r"`((?:tests/)?[\w/]+\.py)`", proofs):
        assert list(ROOT.rglob(file)), f"{file} is not there"
