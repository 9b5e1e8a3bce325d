"""Tables of every type that pyarrow can make, each also sliced, empty and in batches."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pyarrow as pa


def _plain() -> dict[str, Any]:
    d = decimal.Decimal
    day = datetime.date(2024, 2, 29)
    time = datetime.datetime(2024, 2, 29, 12, 30, 1)
    kinds: dict[str, tuple[Any, list[Any]]] = {
        "null": (pa.null(), [None, None, None]),
        "bool": (pa.bool_(), [True, None, False]),
        **{
            str(kind): (kind, [1, None, 100])
            for kind in (
                pa.int8(), pa.int16(), pa.int32(), pa.int64(),
                pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
            )
        },
        "float16": (pa.float16(), [1.0, None, 2.5]),
        "float32": (pa.float32(), [1.0, None, float("inf")]),
        "float64": (pa.float64(), [1.0, None, -0.0]),
        "decimal32": (pa.decimal32(9, 2), [d("1.25"), None, d("-9.99")]),
        "decimal64": (pa.decimal64(18, 3), [d("1.250"), None, d("-9.999")]),
        "decimal128": (pa.decimal128(38, -2), [d("100"), None, d("-900")]),
        "decimal256": (pa.decimal256(76, 5), [d("1.5"), None, d("-9.5")]),
        "string": (pa.string(), ["", None, "žluťoučký"]),
        "large_string": (pa.large_string(), ["", None, "kůň"]),
        "string_view": (pa.string_view(), ["short", None, "longer than twelve bytes"]),
        "binary": (pa.binary(), [b"", None, b"\0\xff"]),
        "large_binary": (pa.large_binary(), [b"", None, b"\0\xff"]),
        "binary_view": (pa.binary_view(), [b"\0", None, b"\xff" * 40]),
        "fixed_size_binary": (pa.binary(3), [b"abc", None, b"\0\0\0"]),
        "date32": (pa.date32(), [day, None, day]),
        "date64": (pa.date64(), [day, None, day]),
        "time32": (pa.time32("ms"), [time.time(), None, time.time()]),
        "time64": (pa.time64("ns"), [1, None, 2]),
        "timestamp": (pa.timestamp("s"), [time, None, time]),
        "timestamp_tz": (pa.timestamp("us", "Europe/Prague"), [time, None, time]),
        "duration": (pa.duration("ns"), [1, None, -1]),
        "interval": (pa.month_day_nano_interval(), [(1, 2, 3), None, (-1, -2, -3)]),
        "list": (pa.list_(pa.int32()), [[1, None], None, []]),
        "large_list": (pa.large_list(pa.string()), [["a", None], None, []]),
        "list_view": (pa.list_view(pa.int8()), [[1, None], None, []]),
        "large_list_view": (pa.large_list_view(pa.int8()), [[1, None], None, []]),
        "fixed_size_list": (pa.list_(pa.float32(), 2), [[1, None], None, [2, 3]]),
        "struct": (
            pa.struct([("a", pa.int32()), ("b", pa.list_(pa.string()))]),
            [{"a": 1, "b": ["x"]}, None, {"a": None, "b": None}],
        ),
        "empty_struct": (pa.struct([]), [{}, None, {}]),
        "map": (pa.map_(pa.string(), pa.int64()), [[("a", 1)], None, []]),
    }  # fmt: skip
    return {name: pa.array(values, kind) for name, (kind, values) in kinds.items()}


def _composed() -> dict[str, Any]:
    ids = pa.array([5, 7, 5], pa.int8())
    numbers, texts = pa.array([1, 2, 3], pa.int32()), pa.array(["a", None, "c"])
    words = pa.array(["x", "y", "x"])
    return {
        "sparse_union": pa.UnionArray.from_sparse(ids, [numbers, texts], ["n", "t"], [5, 7]),
        "dense_union": pa.UnionArray.from_dense(
            ids, pa.array([0, 0, 1], pa.int32()), [numbers, texts], ["n", "t"], [5, 7]
        ),
        "dictionary": words.dictionary_encode(),
        "ordered_dictionary": pa.DictionaryArray.from_arrays(
            pa.array([1, None, 0], pa.int16()), pa.array(["lo", "hi"]), ordered=True
        ),
        "run_end_encoded": pa.RunEndEncodedArray.from_arrays(
            pa.array([2, 3], pa.int32()), pa.array(["a", None])
        ),
        "list_of_dictionary": pa.array([["x"], None, ["y", "x"]]).cast(
            pa.list_(pa.dictionary(pa.int32(), pa.string()))
        ),
        "extension": pa.ExtensionArray.from_storage(
            pa.uuid(), pa.array([b"0" * 16, None, b"1" * 16], pa.binary(16))
        ),
    }


COLUMNS: dict[str, Any] = {**_plain(), **_composed()}


def table_of(name: str) -> pa.Table:
    """A table of one column of three rows, with metadata."""
    column = COLUMNS[name]
    field = pa.field("c", column.type, metadata={"k": "v"})
    return pa.table([column], pa.schema([field], metadata={b"bytes": b"\xff\0", b"": b""}))


def shapes(table: pa.Table) -> list[pa.Table]:
    """The table as it is, sliced, empty, with no batch, and in several batches."""
    return [
        table,
        table.slice(1, 2),
        table.slice(0, 0),
        pa.Table.from_batches([], table.schema),
        pa.concat_tables([table, table.slice(2), table]),
    ]
