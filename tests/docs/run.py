#!/usr/bin/env python3
"""Runs the programs of README.md and of some pages of docs/ as a reader would, one after the other, against a real ZooKeeper.

Writes JUnit XML to artifacts/test-results/docs.
"""

from __future__ import annotations

import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from xml.etree import ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lab"))

import zookeeper_lab  # noqa: E402

LIB = ROOT / "artifacts/lib"
COMPILE = ["-Wall", "-Wextra", "-Werror", f"-I{ROOT}/native/include", f"-I{ROOT}/bindings/cpp/include"]
LINK = [f"-L{LIB}", "-l:libzkarrow.so.0"]
PROJECT = f"""<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <ProjectReference Include="{ROOT}/src/ZkArrow.Sql/ZkArrow.Sql.csproj" />
  </ItemGroup>
</Project>
"""


def python(folder: pathlib.Path, code: str) -> list[str]:
    (folder / "publish.py").write_text(code)
    return ["/usr/bin/python3", str(folder / "publish.py")]


def cpp(folder: pathlib.Path, code: str) -> list[str]:
    (folder / "read.cc").write_text(code)
    run(["g++", "-std=c++17", *COMPILE, str(folder / "read.cc"), *LINK, "-o", str(folder / "read")])
    return [str(folder / "read")]


def csharp(folder: pathlib.Path, code: str) -> list[str]:
    project = folder / "dotnet"
    project.mkdir()
    (project / "Program.cs").write_text(code)
    (project / "read.csproj").write_text(PROJECT)
    run(["dotnet", "build", "-c", "Release", "-v", "q", "-nologo", "-o", str(project / "out"), str(project)])
    return [str(project / "out/read")]


def c(folder: pathlib.Path, code: str) -> list[str]:
    (folder / "stat.c").write_text(code)
    run(["gcc", "-std=c99", *COMPILE, str(folder / "stat.c"), *LINK, "-o", str(folder / "stat")])
    return [str(folder / "stat")]


LANGUAGES: dict[str, Callable[[pathlib.Path, str], list[str]]] = {"python": python, "cpp": cpp, "csharp": csharp, "c": c}
# what the programs of each page say, in the order of the page; several of a language as a list
EXPECTED: dict[str, dict[str, str | list[str]]] = {
    "README.md": {
        "python": "published version 1 with 3 rows\n<zkarrow.Table 'prices/eod' version 1, 3 rows",
        "cpp": "version 1, sum of px 8\n",
        "csharp": "version 1, first px 1.5\n",
        "c": "version 1 has 3 rows\n",
    },
    "src/ZkArrow/README.md": {"csharp": "version 1 has 3 rows\n"},
    "docs/tutorial-dotnet.md": {"csharp": "3 rows, sum 300.75\nthen 3 rows\nsomebody was faster\n"},
    "docs/tutorial-cpp.md": {"cpp": "3 rows, sum 300.75\nthen 3 rows\nsomebody was faster\n"},
    "docs/tutorial-c.md": {"c": "version 1 has 3 rows\nsum 300.75\n"},
    "docs/loans.md": {
        "python": "published version 1 with 3 rows\n",
        "cpp": "published version 2\n",
        "csharp": "published version 3 with 3 rows\n",
    },
    "docs/transactions.md": {
        "python": "as of the transaction: 2 orders, 1 position\n",
        "cpp": "orders 3\npositions 2\nbefore: 1\n",
        "csharp": "2 versions at the commit of the snapshot: True\n",
        "c": "positions is at version 2\n",
    },
    "docs/history.md": {
        "python": "audited is version 2\nkept: [2, 4, 5] {'audited': 2, 'stable': 5}\n",
        "cpp": "2 day 2 by pricer@4f2a\n4 day 4 by pricer@4f2a\n5 day 5 by pricer@4f2a\n",
        "csharp": "prices/eod is at 5, Backward, tags stable\n",
        "c": "version 5 of 3\n",
    },
    "docs/residency.md": {
        "python": "prices/eod is on disk, scratch in process",
        "cpp": "prices/eod has 3 rows\nscratch is in the memory of another process\n",
        "csharp": "no room: ",
        "c": "the disk version has 3 rows\n",
    },
    "docs/sql.md": {
        "csharp": "A 3\nB 2.5\n",
        "python": "prices/high has 2 rows\n",
        "cpp": "the top is 4.5\n",
        "c": "3 pairs\n",
    },
    "docs/ownership.md": {
        "python": "epoch 1 published version 1 and is connected\nthe dataset 'prices/eod' has an owner (epoch 1, ",
        "cpp": "epoch 2 published version 2\n",
        "csharp": "epoch 3 published version 3\n",
        "c": "epoch 4\n",
    },
    "docs/tutorial-python.md": {
        "python": [
            "version 1 has 3 rows\n",
            "city: utf8, celsius: float64\n3 rows of version 1\nweather/now is at version 1\n",
            "version 2 has 4 rows\nin the morning there were 3\n[(1, ['morning']), (2, [])]\n",
            "now at version 3\n",
            "the dataset 'weather/tomorrow' does not exist",
            "version 4 has 1 rows\n",
        ],
    },
    "docs/cookbook.md": {
        "python": [
            "published 3 rows\n",
            "version 1 has 1 rows\nversion 2 has 2 rows\nversion 3 has 3 rows\nnothing new for a second\n",
            "seen: version 1\n",
            "the first published version 1 in epoch 1\nthe standby published version 2 in epoch 2\n",
        ],
    },
}


def run(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def programs_of(page: str) -> list[tuple[str, str, str]]:
    """The programs of a page with their languages, which must be those that are expected, and what each says."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)
    programs = [(language, code) for language, code in blocks if language in LANGUAGES]
    says = {language: [said] if isinstance(said, str) else list(said) for language, said in EXPECTED[page].items()}
    if sorted(language for language, _ in programs) != sorted(language for language in says for _ in says[language]):
        counts = ", ".join(f"{language} ({len(said)})" for language, said in says.items())
        raise SystemExit(f"{page} must have these programs: {counts}")
    return [(language, code, says[language].pop(0)) for language, code in programs]


class Suite:
    """What was tried, for JUnit XML."""

    def __init__(self) -> None:
        self._element = ElementTree.Element("testsuite", name="docs")
        self._cases = 0
        self.failed = 0

    def attempt(self, page: str, name: str, says: Callable[[], str], expected: str) -> None:
        """One case: what ``says`` gives must begin with what is expected."""
        self._cases += 1
        case = ElementTree.SubElement(self._element, "testcase", classname=page, name=name)
        start = time.monotonic()
        try:
            said = says()
            assert said.startswith(expected), f"it said:\n{said}\nand not:\n{expected}"
            print(f"{page} {name}: {said.strip()}", flush=True)
        except Exception:  # noqa: BLE001 - it becomes the result
            self.failed += 1
            text = traceback.format_exc()
            print(f"{page} {name}: FAILED\n{text}", flush=True)
            ElementTree.SubElement(case, "failure", message=text.splitlines()[-1]).text = text
        case.set("time", f"{time.monotonic() - start:.3f}")

    def write(self, file: pathlib.Path) -> None:
        self._element.set("tests", str(self._cases))
        self._element.set("failures", str(self.failed))
        ElementTree.ElementTree(self._element).write(file, encoding="utf-8", xml_declaration=True)


def main() -> int:
    results = ROOT / "artifacts/test-results/docs"
    results.mkdir(parents=True, exist_ok=True)
    suite = Suite()
    with zookeeper_lab.ZooKeeper() as zookeeper, tempfile.TemporaryDirectory() as temporary:

        def says(page: str, language: str, code: str) -> str:
            folder = pathlib.Path(temporary) / page
            folder.mkdir(parents=True, exist_ok=True)
            return run(
                LANGUAGES[language](folder, code),
                ZKARROW_CONNECT=zookeeper.url(f"/{page.replace('/', '-')}"),
                ZKARROW_DISK=str(folder / "disk"),
                ZKARROW_LIBRARY=str(LIB / "libzkarrow.so"),
                ZKARROW_DUCKDB=str(LIB / "libduckdb.so"),
                PYTHONPATH=str(ROOT / "bindings/python"),
                LD_LIBRARY_PATH=str(LIB),
            )

        for page in EXPECTED:
            for number, (language, code, expected) in enumerate(programs_of(page), 1):
                suite.attempt(page, f"{number} {language}", functools.partial(says, page, language, code), expected)
    for coordinator in ("local", "zk"):
        suite.attempt("demo", coordinator, lambda: run([str(ROOT / "tests/demo/run.sh"), coordinator]), "")
    suite.write(results / "readme.xml")
    return 1 if suite.failed else 0


if __name__ == "__main__":
    sys.exit(main())
