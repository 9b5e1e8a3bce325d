"""The PyCapsule protocol, seen by pyarrow, pandas and numpy."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import zkarrow
from zkarrow import exchange


class OnlyStream:
    """Has the dunder and nothing else."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter

    def __arrow_c_stream__(self, requested_schema: Any = None) -> object:
        return self._exporter.__arrow_c_stream__(requested_schema)


class OnlyArray:
    """Has the dunder and nothing else."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[object, object]:
        found: tuple[object, object] = self._exporter.__arrow_c_array__(requested_schema)
        return found


TABLE = pa.table({"i": [1, None, 3], "s": ["a", None, "c"]})
BATCH = TABLE.to_batches()[0]


@pytest.mark.parametrize(
    "source",
    [
        lambda: TABLE,
        lambda: BATCH,
        lambda: TABLE.to_reader(),
        lambda: OnlyStream(TABLE),
        lambda: OnlyArray(BATCH),
        lambda: [BATCH],
        lambda: [OnlyArray(BATCH)],
        lambda: iter(TABLE.to_batches()),
        lambda: pd.DataFrame({"i": pd.array([1, None, 3], "Int64"), "s": ["a", None, "c"]}),
    ],
    ids=["table", "batch", "reader", "stream", "array", "list", "arrays", "iterator", "pandas"],
)
def test_anything_that_exports_is_published(source: Any, client: zkarrow.Client) -> None:
    client.publish("t", source())
    with client.read("t", validate="full") as read:
        assert pa.table(read).to_pydict() == TABLE.to_pydict()


def test_consumers_take_a_table_any_number_of_times(client: zkarrow.Client) -> None:
    client.publish("t", TABLE)
    with client.read("t") as read:
        assert pa.table(read).equals(TABLE) and pa.table(read).equals(TABLE)
        assert pa.RecordBatchReader.from_stream(read).read_all().equals(TABLE)
        assert pa.table(OnlyStream(read)).equals(TABLE)
        assert pa.chunked_array(read).to_pylist() == TABLE.to_pylist()
        assert pa.schema(read) == TABLE.schema
        client.publish("u", read)
    with client.read("u") as read:
        assert pa.table(read).equals(TABLE)


def test_a_list_is_a_table(client: zkarrow.Client) -> None:
    client.publish("a", TABLE)
    client.publish("b", TABLE)
    listed = pa.table(client.list())
    assert listed["name"].to_pylist() == ["a", "b"]
    assert [(field.name, str(field.type)) for field in listed.schema] == [
        ("name", "string"),
        ("version", "uint64"),
        ("epoch", "uint64"),
        ("rows", "int64"),
        ("nbytes", "int64"),
        ("committed_at", "timestamp[us, tz=UTC]"),
        ("residency", "string"),
        ("schema_id", "string"),
        ("commit_number", "int64"),
    ]
    history = pa.table(client.history("a"))
    assert history["version"].to_pylist() == [1]
    times = [item.committed_at for item in client.history("a")]
    assert times == history["committed_at"].to_pylist()
    with pytest.raises(zkarrow.NotFoundError):
        client.history("c")


def test_a_requested_schema_is_best_effort(client: zkarrow.Client) -> None:
    client.publish("t", pa.table({"x": pa.array([1, 2], pa.int32())}))
    with client.read("t") as read:
        wider = pa.schema([("x", pa.int64())])
        capsule = read.__arrow_c_stream__(wider.__arrow_c_schema__())
        reader = pa.RecordBatchReader._import_from_c_capsule(capsule)
        assert reader.schema.field("x").type == pa.int32()
        with pytest.raises(ValueError, match="columns"):
            read.__arrow_c_stream__(TABLE.schema.__arrow_c_schema__())


def test_a_capsule_is_consumed_once(client: zkarrow.Client) -> None:
    client.publish("t", TABLE)
    with client.read("t") as read:
        capsule = read.__arrow_c_stream__()
        pa.RecordBatchReader._import_from_c_capsule(capsule).close()
        with pytest.raises(pa.ArrowInvalid, match="released"):
            pa.RecordBatchReader._import_from_c_capsule(capsule)
        stream = exchange.echo(TABLE)
        pa.table(stream)
        with pytest.raises(ValueError, match="taken"):
            pa.table(stream)


def test_a_consumer_may_fail_while_it_holds_the_capsule(
    client: zkarrow.Client, balanced: Any
) -> None:
    # the capsule dies while the consumer's exception is on its way
    client.publish("t", TABLE)
    with client.read("t") as read:
        with pytest.raises(Exception, match="schema|Schema|capsule"):
            pa.Schema._import_from_c_capsule(read.__arrow_c_stream__())
        with pytest.raises(ValueError):
            pa.RecordBatchReader._import_from_c_capsule(read.__arrow_c_schema__())


@pytest.mark.parametrize("residency", ["host", "inline"])
def test_buffers_outlive_everything(residency: Any, place: dict[str, Any], balanced: Any) -> None:
    with zkarrow.connect(**place) as client:
        client.publish("t", TABLE, residency=residency)
        with client.read("t") as read:
            table = pa.table(read)
        client.drop("t")
    column = table["s"]
    del table, read
    gc.collect()
    assert column.to_pylist() == ["a", None, "c"]
    del column
    gc.collect()


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_parts_are_released_in_any_order(
    order: list[int], client: zkarrow.Client, balanced: Any
) -> None:
    client.publish("t", TABLE, residency="host")
    read = client.read("t")
    table = pa.table(read)
    parts: list[Any] = [read, table, table["s"], table.slice(1)]
    del table
    for index in order:
        if index == 0:
            read.close()
        parts[index] = None
        gc.collect()
        for part in parts[1:]:
            if part is not None:
                part.validate(full=True)


def test_buffers_are_released_on_another_thread(client: zkarrow.Client, balanced: Any) -> None:
    client.publish("t", TABLE, residency="host")
    with client.read("t") as read:
        kept = [pa.table(read) for _ in range(50)]
    thread = threading.Thread(target=kept.clear)
    thread.start()
    thread.join()


def test_numpy_and_pandas_look_at_the_shared_bytes(client: zkarrow.Client) -> None:
    values = np.arange(10_000, dtype=np.float64)
    client.publish("t", pa.table({"x": values}), residency="host")
    with client.read("t") as read:
        assert read.zero_copy
        column = pa.table(read)["x"].chunk(0)
        seen = column.to_numpy(zero_copy_only=True)
        assert seen.ctypes.data == column.buffers()[1].address and not seen.flags.writeable
        assert np.array_equal(seen, values)
        assert pa.table(read).to_pandas()["x"].sum() == values.sum()


def test_numpy_columns_are_published_without_pyarrow(client: zkarrow.Client) -> None:
    frozen = np.arange(3, dtype=np.int16)
    frozen.flags.writeable = False
    table = zkarrow.table({"f": np.array([1.5, 2.5, 3.5]), "h": frozen})
    client.publish("t", table)
    with client.read("t") as read:
        assert pa.table(read).to_pydict() == {"f": [1.5, 2.5, 3.5], "h": [0, 1, 2]}
