"""The package as its users and their tools see it."""

from __future__ import annotations

import ast
import importlib.util
import pathlib
import re
import subprocess
import sys
import types
import zipfile

import pytest
import zkarrow

PACKAGE = pathlib.Path(zkarrow.__file__).parent
ROOT = PACKAGE.parents[2]
SOURCES = sorted(PACKAGE.glob("*.py"))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_everything_is_annotated_and_what_is_public_documented(source: pathlib.Path) -> None:
    tree = ast.parse(source.read_text())
    assert source.name == "_bindings.py" or ast.get_docstring(tree)
    for function in functions(tree):
        arguments = [*function.args.args, *function.args.kwonlyargs]
        missing = [one.arg for one in arguments if not one.annotation and one.arg != "self"]
        assert function.returns is not None and not missing, function.name
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            public = source.name != "_bindings.py"
            assert not public or ast.get_docstring(node), node.name


def test_public_members_are_documented() -> None:
    for kind in (zkarrow.Client, zkarrow.Table, zkarrow.Subscription, zkarrow.Schema):
        for name, member in vars(kind).items():
            plain = isinstance(member, (types.FunctionType, property))
            if plain and not name.startswith("_"):
                assert member.__doc__, f"{kind.__name__}.{name}"


def test_all_is_what_there_is() -> None:
    public = {
        name
        for name, value in vars(zkarrow).items()
        if not name.startswith("_") and name not in ("annotations", "aio")
    }
    assert public | {"__version__"} == set(zkarrow.__all__)
    assert list(zkarrow.__all__) == sorted(zkarrow.__all__)
    assert (PACKAGE / "py.typed").exists()


def test_one_version_everywhere() -> None:
    properties = (ROOT / "Directory.Build.props").read_text()
    said = re.search(r"<VersionPrefix>(.+)</VersionPrefix>", properties)
    project = re.search(r'^version = "(.+)"', (PACKAGE.parent / "pyproject.toml").read_text(), re.M)
    assert said and project
    library = zkarrow._ffi.library().zka_version_string().decode()
    assert zkarrow.__version__ == said[1] == project[1] == library
    assert zkarrow.abi_version() == zkarrow._bindings.ZKA_ABI_VERSION


def test_only_the_standard_library_is_imported() -> None:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names, (source.name, name)


def test_protocols_are_told_apart() -> None:
    table = zkarrow.table({"x": [1]})
    assert not isinstance(table, (zkarrow.ArrowStreamExportable, zkarrow.ArrowArrayExportable))
    assert isinstance(zkarrow.Table(None, "a"), zkarrow.ArrowStreamExportable)
    assert isinstance(zkarrow.Table(None, "a"), zkarrow.ArrowSchemaExportable)


def test_the_wheel_holds_the_package_and_the_library(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.spec_from_file_location("build_wheel", PACKAGE.parent / "build_wheel.py")
    assert spec and spec.loader
    backend = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(backend)
    monkeypatch.setattr(backend, "LIBRARY", pathlib.Path(zkarrow._ffi.library_path()))

    name = backend.build_wheel(str(tmp_path))
    assert name == f"zkarrow-{zkarrow.__version__}-py3-none-linux_x86_64.whl"
    first = (tmp_path / name).read_bytes()
    backend.build_wheel(str(tmp_path))
    assert (tmp_path / name).read_bytes() == first

    with zipfile.ZipFile(tmp_path / name) as wheel:
        info = f"zkarrow-{zkarrow.__version__}.dist-info"
        inside = set(wheel.namelist())
        wheel.extractall(tmp_path / "installed")
    assert inside == {
        *(f"zkarrow/{source.name}" for source in SOURCES),
        "zkarrow/py.typed",
        "zkarrow/_lib/libzkarrow.so",
        *(f"{info}/{part}" for part in ("METADATA", "WHEEL", "LICENSE", "RECORD")),
    }
    found = subprocess.run(
        [sys.executable, "-c", "import zkarrow; zkarrow.show_info()"],
        env={"PYTHONPATH": str(tmp_path / "installed")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert str(tmp_path / "installed/zkarrow/_lib/libzkarrow.so") in found.stdout, found.stderr
