"""The table of functions and languages has no hole, and finds one that is planted."""

import json
import pathlib
import shutil
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "native/abi"))

import header  # noqa: E402
import languages  # noqa: E402

MODEL = header.read(ROOT / "native/include/zkarrow/zkarrow.h")


def test_every_function_is_something_in_every_language():
    assert languages.findings(MODEL, ROOT) == []
    assert (ROOT / "bindings/README.md").read_text() == languages.page(MODEL, ROOT)


@pytest.mark.parametrize(
    ("says", "edit"),
    [
        ("zka_dataset_drop has no Python", lambda cells: cells["zka_dataset_drop"].update(python="")),
        ("zka_dataset_drop has no C++", lambda cells: cells.pop("zka_dataset_drop")),
        ("Client::dropp in C++, which is not there", lambda cells: cells["zka_dataset_drop"].update(cpp="Client::dropp")),
        ("ZkArrowClient.Drop in .NET, which is not there", lambda cells: cells["zka_dataset_drop"].update(dotnet="ZkArrowClient.Drop")),
        ("zka_nonsense is no function", lambda cells: cells.update(zka_nonsense={})),
    ],
)
def test_a_hole_is_found(tmp_path, says, edit):
    for folder in ("bindings/cpp/include", "bindings/python/zkarrow"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in (ROOT / "src").glob("*/PublicAPI.*.txt"):
        (tmp_path / "src" / file.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / "src" / file.parent.name)
    cells = json.loads((ROOT / languages.NAMES).read_text())
    edit(cells)
    (tmp_path / languages.NAMES).write_text(json.dumps(cells))
    assert says in languages.findings(MODEL, tmp_path)[0]
