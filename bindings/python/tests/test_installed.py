"""The package as it is installed: the wheel in a fresh environment, and what type checkers say of it."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import zkarrow

PACKAGE = pathlib.Path(zkarrow.__file__).parent
ROOT = PACKAGE.parents[2]
SOURCES = sorted(PACKAGE.glob("*.py"))
# what a fresh environment of a user is: nothing of ours but the wheel
CLEAN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

PROGRAM = """
import pathlib, sys, zkarrow
assert pathlib.Path(zkarrow.__file__).is_relative_to(sys.prefix), zkarrow.__file__
with zkarrow.connect(sys.argv[1], data_dir=sys.argv[2]) as client:
    client.publish("a", zkarrow.table({"x": [1, 2, 3]}), residency="host")
    with client.read("a") as table:
        print(table, "zero copy" if table.zero_copy else "copied")
zkarrow.show_info()
"""

# a few lines that use the API as users do, with what mypy must say of each
USES = """
import zkarrow
from zkarrow import aio

def sync(client: zkarrow.Client) -> None:
    reveal_type(client.publish("a", zkarrow.table({"x": [1]})))  # zkarrow._version.Version
    reveal_type(client.read("a"))  # zkarrow._table.Table
    reveal_type(client.list())  # zkarrow._lists.ListResult[zkarrow._lists.DatasetInfo]
    client.read(5)  # error: Argument 1

async def twin() -> None:
    async with aio.connect("local:/dev/shm/x") as client:
        reveal_type(client)  # zkarrow.aio.Client
        reveal_type(await client.publish("a", zkarrow.table({"x": [1]})))  # zkarrow._version.Version
        async with client.read("a", wait=True) as table, client.own("a", timeout=3) as owner:
            reveal_type(table)  # zkarrow._table.Table
            reveal_type(owner)  # zkarrow.aio.Owner
        async for version in await client.subscribe("a"):
            reveal_type(version)  # zkarrow._version.Version
        await client.stat(5)  # error: Argument 1
        await client.read("a", timeout="long")  # error: Argument "timeout"
        await owner.publish(zkarrow.table({"x": [1]}), lifetmie="session")  # error: Unexpected keyword
"""


def run(*command: object, cwd: pathlib.Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        env={**CLEAN, **environment}, cwd=cwd, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def wheel(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    spec = importlib.util.spec_from_file_location("build_wheel", PACKAGE.parent / "build_wheel.py")
    assert spec and spec.loader
    backend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    monkeypatch.setattr(backend, "LIBRARY", pathlib.Path(zkarrow._ffi.library_path()))
    name: str = backend.build_wheel(str(tmp_path))
    first = (tmp_path / name).read_bytes()
    backend.build_wheel(str(tmp_path))
    assert (tmp_path / name).read_bytes() == first, "the same input gave other bytes"
    return tmp_path / name


def test_the_wheel_is_installed_without_an_index_and_works_anywhere(
    wheel: pathlib.Path, place: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    assert wheel.name == f"zkarrow-{zkarrow.__version__}-py3-none-linux_x86_64.whl"
    listed = run(sys.executable, "-m", "zipfile", "-l", wheel, cwd=tmp_path).splitlines()[1:]
    info = f"zkarrow-{zkarrow.__version__}.dist-info"
    assert {line.split()[0] for line in listed} == {
        *(f"zkarrow/{source.name}" for source in SOURCES),
        "zkarrow/py.typed",
        "zkarrow/_lib/libzkarrow.so",
        *(f"{info}/{part}" for part in ("METADATA", "WHEEL", "LICENSE", "RECORD")),
    }
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python, elsewhere = tmp_path / "venv/bin/python", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(python, "-m", "pip", "install", "--quiet", "--no-index", wheel, cwd=elsewhere)
    said = run(python, "-c", PROGRAM, place["url"], place["data_dir"], cwd=elsewhere)
    assert "'a' version 1, 3 rows, x: int64> zero copy" in said
    assert "/venv/lib/" in said and "/zkarrow/_lib/libzkarrow.so" in said


def programs(page: pathlib.Path) -> list[str]:
    """The Python programs of a page of the documentation."""
    return re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def mypy(folder: pathlib.Path, *files: object) -> str:
    command = ["/usr/bin/python3", "-m", "mypy", "--strict", "--no-error-summary"]
    done = subprocess.run(
        [*command, "--cache-dir", str(folder / "cache"), *map(str, files)],
        env={**CLEAN, "MYPYPATH": str(PACKAGE.parent)},
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_strict_type_checker_is_content(tmp_path: pathlib.Path) -> None:
    uses = tmp_path / "uses.py"
    uses.write_text(USES)
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    for page in pages:
        for number, program in enumerate(programs(page)):
            (tmp_path / f"{page.stem.replace('-', '_')}_{number}.py").write_text(program)
    shutil.copytree(PACKAGE, tmp_path / "zkarrow")
    said = mypy(tmp_path, "zkarrow", *sorted(tmp_path.glob("*.py"))).splitlines()

    expected = {
        number: line.split("  # ")[1]
        for number, line in enumerate(USES.splitlines(), 1)
        if "  # " in line
    }
    about = [re.match(r"uses\.py:(\d+): (?:note: Revealed type is \"(.*)\"|(.*))", line) for line in said]
    found = {int(match[1]): match[2] or match[3] for match in about if match}
    assert found.keys() == expected.keys(), "\n".join(said)
    for number, wanted in expected.items():
        assert found[number].startswith(wanted), found[number]
    assert [line for line in said if not line.startswith("uses.py:")] == []
