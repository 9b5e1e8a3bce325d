"""The programs of docs/cookbook.md that need packages of others, run as a reader would, in the order of the page."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from typing import Any

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIB = ROOT / "artifacts/lib"
PAGE = (ROOT / "docs/cookbook.md").read_text()
PROGRAMS = re.findall(r"^```(\w+) (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SAID = {
    ("python", "pandas"): ["published version 1\n", "8.0 of 3\n"],
    ("cpp", "pandas"): ["worth 185\n"],
    ("python", "polars"): ["60\n"],
}


def build(folder: pathlib.Path, code: str) -> list[str]:
    source, program = folder / "program.cc", folder / "program"
    source.write_text(code)
    include = [f"-I{ROOT}/native/include", f"-I{ROOT}/bindings/cpp/include"]
    link = [f"-L{LIB}", "-l:libzkarrow.so.0", f"-Wl,-rpath,{LIB}"]
    subprocess.run(["g++", "-std=c++17", *include, source, *link, "-o", program], check=True)
    return [str(program)]


def run(language: str, code: str, folder: pathlib.Path, url: str) -> str:
    command = build(folder, code) if language == "cpp" else [sys.executable, "-c", code]
    done = subprocess.run(
        command,
        env={**os.environ, "ZKARROW_CONNECT": url, "PYTHONPATH": str(ROOT / "bindings/python")},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_marked_program_is_known() -> None:
    count: dict[tuple[str, str], int] = {}
    for language, package, _ in PROGRAMS:
        count[language, package] = count.get((language, package), 0) + 1
    assert count == {kind: len(said) for kind, said in SAID.items()}


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_the_programs_say_what_they_should(
    package: str, place: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    pytest.importorskip(package, reason=f"{package} is not packaged for this system")
    said = {kind: iter(texts) for kind, texts in SAID.items()}
    for language, needs, code in PROGRAMS:
        if needs in ("pandas", package):  # what the others work on is published with pandas
            assert run(language, code, tmp_path, place["url"]) == next(said[language, needs])
