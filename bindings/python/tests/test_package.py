"""The package as its users and their tools see it."""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import types

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
                assert name.split(".")[0] in {"zkarrow", *sys.stdlib_module_names}, source.name


def test_protocols_are_told_apart() -> None:
    table = zkarrow.table({"x": [1]})
    assert not isinstance(table, (zkarrow.ArrowStreamExportable, zkarrow.ArrowArrayExportable))
    assert isinstance(zkarrow.Table(None, "a"), zkarrow.ArrowStreamExportable)
    assert isinstance(zkarrow.Table(None, "a"), zkarrow.ArrowSchemaExportable)


def test_whatever_is_shown_is_one_line(client: zkarrow.Client) -> None:
    client.publish("a", zkarrow.table({"x": [1, 2]}))
    subscription, transaction = client.subscribe("a"), client.transaction()
    loan, owner, snapshot = client.loan({"x": "int64"}, 1), client.own("o"), client.snapshot(["a"])
    table = client.read("a")
    handles: list[zkarrow._handle.Handle] = [
        client, subscription, transaction, loan, owner, snapshot, table
    ]  # fmt: skip
    shown = [*handles, table.version, table.schema, client.list(), client.describe("a")]
    for one in [*shown, zkarrow.table({"x": [1]}), zkarrow.exchange.echo(table)]:
        assert re.fullmatch(r"<?(zkarrow\.)?" + type(one).__name__ + r"\b.*", repr(one)), repr(one)
    for handle in handles[::-1]:
        handle.close()
        assert re.fullmatch(r"<zkarrow\.\w+ .*\b(closed|released)\b.*>", repr(handle)), repr(handle)


def test_notebooks_show_tables(client: zkarrow.Client) -> None:
    client.publish("a", zkarrow.table({"<b>": [1, 2], "s": ["x", None]}))
    with client.read("a") as table, client.snapshot(["a"]) as snapshot:
        shown = table._repr_html_()
        assert shown.startswith("<table><caption>a version 1: 2 rows, ")
        assert "<tr><td>&lt;b&gt;</td><td>int64</td></tr><tr><td>s</td><td>utf8</td></tr>" in shown
        assert "<caption>2 columns</caption>" in table.schema._repr_html_()
        assert "<tr><td>a</td><td>1</td><td>2</td></tr></table>" in snapshot._repr_html_()
    assert "closed" in table._repr_html_() and "closed" in snapshot._repr_html_()
