"""Additions and breaks of the ABI, each planted into a copy of the snapshot."""

import copy
import json
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "native/abi"))

import changes  # noqa: E402

NOW = json.loads((ROOT / "native/abi/zkarrow.abi.json").read_text())


def change(edit):
    new = copy.deepcopy(NOW)
    edit(new)
    return changes.breaks(NOW, new), changes.additions(NOW, new)


def test_nothing_changed():
    assert change(lambda new: None) == ([], [])


@pytest.mark.parametrize(
    ("added", "edit"),
    [
        ("zka_more", lambda new: new["functions"].update(zka_more=new["functions"]["zka_client_close"])),
        ("ZKA_NEW_STATUS", lambda new: new["constants"].update(ZKA_NEW_STATUS=99)),
        ("zka_more_info", lambda new: new["structs"].update(zka_more_info=new["structs"]["zka_error"])),
    ],
)
def test_what_is_added_breaks_nobody(added, edit):
    assert change(edit) == ([], [added])


def _grow(new, struct):
    new["structs"][struct]["size"] += 8
    new["structs"][struct]["fields"].append("4096: int64_t more")


def test_a_struct_with_a_size_may_grow_at_its_end_and_another_may_not():
    assert change(lambda new: _grow(new, "zka_client_options"))[0] == []
    assert "no struct_size" in change(lambda new: _grow(new, "ArrowArray"))[0][0]


@pytest.mark.parametrize(
    ("named", "edit"),
    [
        ("zka_client_close", lambda new: new["functions"].pop("zka_client_close")),
        ("zka_client_close", lambda new: new["functions"]["zka_client_close"].update(returns="void")),
        ("zka_client_open", lambda new: new["functions"]["zka_client_open"]["params"].insert(1, "int32_t more")),
        ("ZKA_CONFLICT", lambda new: new["constants"].update(ZKA_CONFLICT=77)),
        ("ZKA_FENCED", lambda new: new["constants"].pop("ZKA_FENCED")),
        ("zka_error", lambda new: new["structs"]["zka_error"]["fields"].reverse()),
        ("zka_error", lambda new: new["structs"]["zka_error"]["fields"].pop()),
        ("zka_error", lambda new: new["structs"].pop("zka_error")),
        ("zka_loan", lambda new: new["handles"].remove("zka_loan")),
    ],
)
def test_what_breaks_programs_is_told_from_what_does_not(named, edit):
    (broken,) = change(edit)[0]
    assert broken.startswith(f"{named}: ")


def test_a_renamed_parameter_breaks_nobody():
    def rename(new):
        new["functions"]["zka_client_close"]["params"][0] += "_renamed"

    assert change(rename) == ([], [])
