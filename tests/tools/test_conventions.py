"""The tables of conventions name tests; every test they name must be there, and no row is missing."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = {"bindings/cpp/README.md": [f"C{i}" for i in range(1, 15)], "docs/dotnet.md": [f"N{i}" for i in range(1, 16)]}
FOLDERS = ("tests", "bindings", "native")
# by name, as the tables call them; what was built is none of them
FILES: dict[str, list[pathlib.Path]] = {}
for found in [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")] + [ROOT / "Directory.Build.props", ROOT / ".editorconfig"]:
    if found.is_file() and not {"bin", "obj"} & set(found.parts):
        FILES.setdefault(found.name, []).append(found)


def rows(page: str) -> dict[str, str]:
    """The tests of each convention by its id."""
    lines = (ROOT / page).read_text().splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if re.match(r"\| ([CN]\d+)? ?\| ", line)]
    return {row[0] if len(row) > 2 else "": row[-1] for row in cells}


@pytest.mark.parametrize("page", TABLES)
def test_every_convention_has_a_row(page: str) -> None:
    assert [one for one in rows(page) if one] == TABLES[page]


@pytest.mark.parametrize(("page", "row"), [(page, row) for page in TABLES for row in rows(page)])
def test_the_tests_of_a_convention_are_there(page: str, row: str) -> None:
    named = re.findall(r"`([^`]+)`", rows(page)[row])
    proofs = 0
    for proof in named:
        if test := re.fullmatch(r"(\w+Tests)\.(\w+)", proof):
            sources = "".join(path.read_text() for path in FILES[f"{test[1]}.cs"])
            assert re.search(rf"\b(void|Task) {test[2]}\(", sources), f"{test[1]} has no {test[2]}"
        else:
            file, _, text = proof.partition(": ")
            assert text and file in FILES, f"{proof} is no test of a file that is there"
            assert any(text in path.read_text() for path in FILES[file]), f"{file} has no {text!r}"
        proofs += 1
    assert proofs, "it names no test"
