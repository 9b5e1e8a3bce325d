"""libduckdb, which lies beside libzkarrow, as a peer that knows Arrow's C structs and nothing of Python or pyarrow."""

from __future__ import annotations

import pathlib
from ctypes import CDLL, addressof, byref, c_char_p, c_int64, c_uint64, c_void_p
from typing import Any, Iterator

import pytest
import zkarrow
from zkarrow import _arrow, _capsule
from zkarrow._bindings import ArrowArray, ArrowArrayStream, ArrowSchema

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "artifacts/lib/libduckdb.so"


class Duck:
    """A database in memory."""

    def __init__(self, library: pathlib.Path) -> None:
        self._duck = CDLL(str(library))
        for name in ("schema_from_arrow", "data_chunk_from_arrow", "data_chunk_get_vector", "vector_get_data"):
            getattr(self._duck, f"duckdb_{name}").restype = c_void_p
        self._database, self._connection = c_void_p(), c_void_p()
        assert self._duck.duckdb_open(None, byref(self._database)) == 0
        assert self._duck.duckdb_connect(self._database, byref(self._connection)) == 0

    def integers(self, table: Any, column: int) -> list[int]:
        """The values of a column of 64-bit integers, as DuckDB's vectors have them."""
        found: list[int] = []
        capsule = table.__arrow_c_stream__()
        stream = _capsule.unwrap(capsule, ArrowArrayStream)
        schema, converted = _arrow.get_schema(stream), c_void_p()
        assert not self._duck.duckdb_schema_from_arrow(self._connection, byref(schema), byref(converted))
        for batch in _arrow.batches(stream):  # DuckDB takes it over
            rows, chunk = batch.length, c_void_p()
            assert not self._duck.duckdb_data_chunk_from_arrow(self._connection, byref(batch), converted, byref(chunk))
            vector = c_void_p(self._duck.duckdb_data_chunk_get_vector(chunk, c_uint64(column)))
            found += (c_int64 * rows).from_address(self._duck.duckdb_vector_get_data(vector))
            self._duck.duckdb_destroy_data_chunk(byref(chunk))
        self._duck.duckdb_destroy_arrow_converted_schema(byref(converted))
        _capsule.release(schema)
        return found

    def arrow(self, query: bytes) -> tuple[ArrowSchema, ArrowArray]:
        """The schema and the first batch of a result."""
        result, schema, array = c_void_p(), ArrowSchema(), ArrowArray()
        assert self._duck.duckdb_query_arrow(self._connection, c_char_p(query), byref(result)) == 0
        for name, struct in (("schema", schema), ("array", array)):
            function = getattr(self._duck, f"duckdb_query_arrow_{name}")
            assert function(result, byref(c_void_p(addressof(struct)))) == 0
        self._duck.duckdb_destroy_arrow(byref(result))
        return schema, array

    def close(self) -> None:
        self._duck.duckdb_disconnect(byref(self._connection))
        self._duck.duckdb_close(byref(self._database))


class Batch:
    def __init__(self, schema: ArrowSchema, array: ArrowArray) -> None:
        self._structs = schema, array

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[object, object]:
        schema, array = self._structs
        return _capsule.wrap(schema), _capsule.wrap(array)


@pytest.fixture
def duck() -> Iterator[Duck]:
    duck = Duck(LIBRARY)
    yield duck
    duck.close()


def test_it_reads_what_was_published(duck: Duck, client: zkarrow.Client) -> None:
    table = zkarrow.table({"s": ["a", None] * 1000, "x": list(range(2000))})
    client.publish("t", table, residency="host")
    with client.read("t") as read:
        assert duck.integers(read, 1) == list(range(2000))


def test_what_it_gives_is_published(duck: Duck, client: zkarrow.Client) -> None:
    batch = Batch(*duck.arrow(b"select range::bigint as x, 'v' || range as s from range(100)"))
    assert client.publish("t", batch).rows == 100
    with client.read("t", validate="full") as read:
        assert str(read.schema) == "x: int64, s: utf8"
        assert duck.integers(read, 0) == list(range(100))
