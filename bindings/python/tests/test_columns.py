"""Tables of plain columns."""

from __future__ import annotations

import array
from typing import Any

import pytest
import zkarrow
from zkarrow import _arrow, _capsule, columns


def exported(table: columns.ColumnTable) -> tuple[list[bytes], list[int], list[Any]]:
    """Formats, null counts, and the values of the columns that can be decoded."""
    schema, batch = table._export()
    try:
        fields, arrays = _arrow.children(schema), _arrow.children(batch)
        decoded = [
            zkarrow._lists.column(field, one, 0, batch.length)
            for field, one in zip(fields, arrays)
            if field.format in (b"l", b"L", b"u")
        ]
        return [f.format for f in fields], [one.null_count for one in arrays], decoded
    finally:
        _capsule.release(batch)
        _capsule.release(schema)
        assert columns._kept == {}


def test_columns_of_objects() -> None:
    table = zkarrow.table(
        {"i": [1, None, -3], "s": ["", None, "žluť"], "f": [1, 2.5, None], "b": [True, None, False],
         "z": [b"\0", b"", b"abc"]}
    )  # fmt: skip
    assert exported(table) == (
        [b"l", b"u", b"g", b"b", b"z"],
        [1, 1, 1, 1, 0],
        [[1, None, -3], ["", None, "žluť"]],
    )
    assert (table.num_rows, repr(table)) == (3, "<zkarrow.ColumnTable i, s, f, b, z, 3 rows>")


@pytest.mark.parametrize("item, form", ["bc", "hs", "ii", "ql", "BC", "HS", "II", "QL", "ff", "dg"])
def test_columns_over_buffers(item: str, form: str) -> None:
    table = zkarrow.table({"x": array.array(item, [1, 2, 3])})
    assert exported(table)[0] == [form.encode()] and table.num_rows == 3


def test_a_buffer_is_not_copied_and_cannot_be_resized_meanwhile() -> None:
    values = array.array("q", [1, 2])
    table = zkarrow.table({"x": values})
    values[0] = 7
    assert exported(table)[2] == [[7, 2]]
    with pytest.raises(BufferError):
        values.append(3)


def test_a_read_only_buffer_is_taken() -> None:
    assert exported(zkarrow.table({"x": memoryview(bytes(16)).cast("q")}))[2] == [[0, 0]]


def test_an_empty_buffer_is_taken() -> None:
    assert exported(zkarrow.table({"x": array.array("q")})) == ([b"l"], [0], [[]])


def test_a_table_may_have_no_columns() -> None:
    assert exported(zkarrow.table({})) == ([], [], [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": [1], "y": [1, 2]},
        {"x": [1, "a"]},
        {"x": [True, 1]},
        {"x": []},
        {"x": [None]},
        {"x": [{}]},
        {"x": [1 << 63]},
        {"x\0": [1]},
        {5: [1]},
        {"x": memoryview(bytes(8)).cast("B", (2, 4))},
        {"x": memoryview(bytes(8))[::2]},
    ],
)
def test_what_cannot_be_a_table_is_refused(wrong: Any) -> None:
    with pytest.raises(zkarrow.InvalidArgumentError, match="column"):
        zkarrow.table(wrong)
