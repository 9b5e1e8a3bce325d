"""The tables of the contract suite, as Arrow streams made in Python, and mistakes made on purpose.

For tests only: the release callbacks are written in Python, so nothing made here may be released
while an exception is on its way.
"""

from __future__ import annotations

import errno
import itertools
import struct
from ctypes import CFUNCTYPE, addressof, c_int, c_void_p, cast, create_string_buffer
from typing import Any, Callable

from zkarrow import _capsule
from zkarrow._bindings import ArrowArray, ArrowArrayStream, ArrowSchema
from zkarrow.columns import ColumnTable


class Made:
    """A table that exports as many streams as asked for.

    ``schema`` and ``batches`` make one new struct with each call. ``failure`` is what ``get_next``
    fails with after the last batch.
    """

    def __init__(
        self,
        schema: Callable[[], ArrowSchema],
        batches: list[Callable[[], ArrowArray]],
        failure: tuple[int, str] | None = None,
    ) -> None:
        self._schema = schema
        self._batches = batches
        self._failure = failure

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        stream = ArrowArrayStream(*_FUNCTIONS, next(_keys))
        text = create_string_buffer((self._failure or (0, ""))[1].encode())
        _live[stream.private_data] = (self._schema, iter(self._batches), self._failure, text)
        return _capsule.wrap(stream)


def make(kind: str, rows: int = 0, seed: int = 0, batches: int = 1) -> Made:
    """A table of the contract: "int64", "mixed", "half" or "mismatched"."""
    if kind == "mismatched":
        return Made(_maker({"a": [1], "b": [1]}, 1)[0], [_maker({"a": [1]}, 1)[1]])
    columns = _mixed if kind == "mixed" else _int64
    parts = [_maker(columns(rows + 1, seed, rows * part), rows) for part in range(batches)]
    schema = _maker(columns(1, 0, 0), 0)[0]
    arrays = [array for _, array in parts]
    if kind == "half":
        return Made(schema, arrays[:1], (errno.EIO, "disk on fire"))
    if kind in ("int64", "mixed"):
        return Made(schema, arrays)
    raise ValueError(f"no table of the kind {kind!r} is known")


def released_array() -> Made:
    """A stream whose batch has a child that was released already."""
    schema, array = _maker({"x": [1]}, 1)

    def batch() -> ArrowArray:
        made = array()
        _capsule.release(made.children[0].contents)
        return made

    return Made(schema, [batch])


class ReleasedStream:
    """Exports a stream that is released already."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return _capsule.wrap(ArrowArrayStream())


def live() -> int:
    """How many streams made here are not released."""
    return len(_live)


def _int64(rows: int, seed: int, first: int) -> dict[str, Any]:
    values = range(seed + first, seed + first + rows)
    return {"x": memoryview(struct.pack(f"={rows}q", *values)).cast("q")}


def _mixed(rows: int, seed: int, first: int) -> dict[str, Any]:
    index = range(first, first + rows)
    last = first + rows - 1  # is not part of the table; never null, so that each column has a type
    return {
        "id": _int64(rows, seed, first)["x"],
        "px": [None if i % 7 == 3 and i != last else (seed + i) * 0.5 for i in index],
        "sym": [None if i % 5 == 4 and i != last else f"s{(seed + i) % 10}" for i in index],
        "up": [(seed + i) % 3 == 0 for i in index],
    }


def _maker(
    columns: dict[str, Any], rows: int
) -> tuple[Callable[[], ArrowSchema], Callable[[], ArrowArray]]:
    """What makes new structs over the first ``rows`` rows of columns."""
    table = ColumnTable(columns)

    def schema() -> ArrowSchema:
        made, array = table._export()
        _capsule.release(array)
        return made

    def array() -> ArrowArray:
        schema, made = table._export()
        _capsule.release(schema)
        made.length = rows
        for i in range(made.n_children):
            made.children[i].contents.length = rows
        return made

    return schema, array


_live: dict[int, Any] = {}
_keys = itertools.count(1)


def _stream(address: int) -> Any:
    return _live[ArrowArrayStream.from_address(address).private_data]


def _get_schema(address: int, out: int) -> int:
    schema = _stream(address)[0]()
    _capsule.move(schema, ArrowSchema.from_address(out))
    return 0


def _get_next(address: int, out: int) -> int:
    _, batches, failure, _ = _stream(address)
    batch = next(batches, None)
    if batch is not None:
        _capsule.move(batch(), ArrowArray.from_address(out))
    elif failure is not None:
        code: int = failure[0]
        return code
    else:
        ArrowArray.from_address(out).release = None
    return 0


def _get_last_error(address: int) -> int:
    text = _stream(address)[3]
    return addressof(text)


def _release(address: int) -> None:
    stream = ArrowArrayStream.from_address(address)
    del _live[stream.private_data]
    stream.release = None


_GET = CFUNCTYPE(c_int, c_void_p, c_void_p)
_THUNKS = [
    _GET(_get_schema),
    _GET(_get_next),
    CFUNCTYPE(c_void_p, c_void_p)(_get_last_error),
    CFUNCTYPE(None, c_void_p)(_release),
]
_FUNCTIONS = [cast(thunk, c_void_p).value for thunk in _THUNKS]
