"""Every type that pyarrow can make, through the exchange and through datasets, and back."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
import zkarrow
from arrow_tables import COLUMNS, shapes, table_of
from zkarrow import exchange

def check_same(got: pa.Table, wanted: pa.Table) -> None:
    got.validate(full=True)
    assert got.schema.equals(wanted.schema, check_metadata=True)
    assert got.equals(wanted) or got.to_pylist() == wanted.to_pylist()


@pytest.mark.parametrize("name", list(COLUMNS))
def test_the_exchange_passes_every_type(name: str, balanced: Any) -> None:
    for table in shapes(table_of(name)):
        exchange.put(name, table)
        check_same(pa.table(exchange.get(name)), table)
        check_same(pa.table(exchange.echo(table)), table)
        exchange.remove(name)


@pytest.mark.parametrize("residency", ["host", "inline"])
@pytest.mark.parametrize("name", list(COLUMNS))
def test_a_dataset_keeps_what_was_published(
    name: str, residency: Any, client: zkarrow.Client
) -> None:
    for table in shapes(table_of(name)):
        version = client.publish("t", table, residency=residency)
        assert version.rows == table.num_rows
        with client.read("t", validate="full") as read:
            check_same(pa.table(read), table)
            assert pa.schema(read).equals(table.schema, check_metadata=True)
            assert pa.schema(read.schema).equals(table.schema, check_metadata=True)


def test_all_types_side_by_side(client: zkarrow.Client) -> None:
    names = list(COLUMNS)
    table = pa.table({name: COLUMNS[name] for name in names})
    client.publish("t", table)
    with client.read("t", validate="full") as read:
        check_same(pa.table(read), table)
        assert read.schema.names == names


def test_names_may_be_empty_and_twice(client: zkarrow.Client) -> None:
    column = pa.array([1, 2])
    table = pa.Table.from_arrays([column, column, column], names=["", "x", "x"])
    client.publish("t", table)
    with client.read("t") as read:
        check_same(pa.table(read), table)


def test_a_table_may_have_rows_and_no_columns(client: zkarrow.Client) -> None:
    batch = pa.RecordBatch.from_struct_array(pa.array([{}] * 5, pa.struct([])))
    client.publish("t", pa.Table.from_batches([batch]))
    with client.read("t") as read:
        assert read.num_rows == 5 and pa.table(read).shape == (5, 0)


def test_nested_slices(client: zkarrow.Client) -> None:
    inner = pa.array([[{"a": i, "b": str(i)}] * (i % 3) for i in range(50)])
    table = pa.table({"c": inner}).slice(7, 30)
    client.publish("t", table)
    with client.read("t", validate="full") as read:
        check_same(pa.table(read), table)
