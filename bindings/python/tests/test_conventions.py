"""README.md names the tests of each convention; every test it names must be there."""

from __future__ import annotations

import pathlib
import re

import pytest

PYTHON = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = (PYTHON / "tests", PYTHON.parents[1] / "tests/peers")
README = (PYTHON / "README.md").read_text()
ROWS = re.findall(r"^\| (PY\d+) \| (.*) \|$", README, re.MULTILINE)
NAMED = re.findall(r"`(test_\w+)\.(test_\w+)`", README)


def test_every_convention_has_its_row() -> None:
    assert [name for name, _ in ROWS] == [f"PY{number}" for number in range(1, 19)]
    for name, row in ROWS:
        assert re.search(r"`test_\w+\.test_\w+`", row), f"{name} names no test"


@pytest.mark.parametrize("module, test", NAMED)
def test_a_test_that_is_named_is_there(module: str, test: str) -> None:
    sources = [folder / f"{module}.py" for folder in FOLDERS]
    assert any(
        f"\ndef {test}(" in source.read_text() for source in sources if source.exists()
    ), f"{module} has no {test}"


def test_the_files_of_the_package_are_named() -> None:
    table = README.split("## What users")[0]
    named = set(re.findall(r"`(\w+\.py)`", table)) | {"__init__.py"}
    assert named == {source.name for source in (PYTHON / "zkarrow").glob("*.py")}
