"""Data frames and engines of others, in and out by the PyCapsule protocol; each where it is installed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import zkarrow

ROWS = {"i": [1, 2, 3], "f": [0.5, None, 2.5], "s": ["a", "b", None]}


class OnlyDevice:
    """Has the dunder of devices and nothing else."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter

    def __arrow_c_device_array__(self, requested_schema: Any = None, **named: Any) -> Any:
        return self._exporter.__arrow_c_device_array__(requested_schema, **named)


def test_pandas_goes_in_and_comes_out(client: zkarrow.Client) -> None:
    frame = pd.DataFrame({"i": [1, 2, 3], "s": ["a", "b", None]})
    client.publish("t", frame, residency="host")
    with client.read("t") as table:
        back = pa.table(table).to_pandas()
    assert back["i"].tolist() == [1, 2, 3] and back["s"].tolist()[:2] == ["a", "b"]
    assert back["s"].isna().tolist() == [False, False, True]


def test_pandas_takes_a_table_itself(client: zkarrow.Client) -> None:
    if not hasattr(pd.DataFrame, "from_arrow"):
        pytest.skip(f"pandas {pd.__version__} has no DataFrame.from_arrow, which came with 3.0")
    client.publish("t", pa.table(ROWS))
    with client.read("t") as table:
        assert pd.DataFrame.from_arrow(table)["i"].tolist() == [1, 2, 3]


def test_polars_goes_in_and_comes_out(client: zkarrow.Client) -> None:
    polars = pytest.importorskip("polars", reason="polars is not packaged for this system")
    client.publish("t", polars.DataFrame(ROWS))
    with client.read("t") as table:
        assert polars.DataFrame(table).to_dict(as_series=False) == ROWS


def test_duckdb_goes_in_and_comes_out(client: zkarrow.Client) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not packaged for this system")
    client.publish("t", duckdb.sql("select 1 as i union all select 2"))
    with client.read("t") as table:
        assert duckdb.sql("select sum(i) from table").fetchone() == (3,)


def test_a_device_that_is_the_cpu_is_taken(client: zkarrow.Client) -> None:
    client.publish("t", OnlyDevice(pa.table(ROWS).to_batches()[0]))
    with client.read("t", validate="full") as read:
        assert pa.table(read).to_pydict() == ROWS


def test_a_release_of_pyarrow_may_come_while_an_exception_is_on_its_way(
    client: zkarrow.Client, balanced: Any
) -> None:
    client.publish("t", pa.table(ROWS), residency="host")
    with client.read("t") as table:
        before = balanced()
        capsule = table.__arrow_c_stream__()
        del capsule
        assert balanced() == before
        with pytest.raises(ValueError, match="no number"):
            print(table.__arrow_c_stream__(), table.__arrow_c_schema__(), int("no number"))
        assert balanced() == before
