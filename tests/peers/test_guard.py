"""pyarrow reads a segment that a peer truncates under it: the process lives, and the next call says so."""

from __future__ import annotations

import pathlib
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import zkarrow

ROWS = 200_000


def test_pyarrow_lives_over_a_truncated_segment(
    client: zkarrow.Client, place: dict[str, Any], balanced: Any
) -> None:
    source = pa.table({"x": pa.array([1] * ROWS, pa.int64()), "s": pa.array(["abc"] * ROWS)})
    client.publish("a", source, residency="host")
    with client.read("a") as held:
        table = pa.table(held)
        waiting = pa.RecordBatchReader.from_stream(held)
        assert pc.sum(table["x"]).as_py() == ROWS
        for segment in pathlib.Path(place["data_dir"]).glob("*/*.arrow"):
            segment.chmod(0o640)
            with segment.open("r+b") as file:
                file.truncate(ROWS * 4)

        # what is left is read as it was, what is gone as zeros
        assert 0 < pc.sum(table["x"]).as_py() < ROWS
        assert len(table["s"].combine_chunks()) == ROWS
        table.validate()
        for call in (lambda: client.read("a"), lambda: pa.table(held)):
            with pytest.raises(zkarrow.CorruptError, match="truncated by another process"):
                call()
        with pytest.raises(OSError, match="truncated by another process"):
            waiting.read_all()
        del table, waiting
    client.publish("a", source, residency="host")
    with client.read("a") as again:
        assert pa.table(again).equals(source)
