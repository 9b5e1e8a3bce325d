"""Arrow streams in both directions.

`Source` is a table on its way into the library: the stream an object exports, or one made here from
objects that export batches. `ArrowStream` is a stream that came out of the library.
"""

from __future__ import annotations

import errno
import itertools
from ctypes import CFUNCTYPE, addressof, c_int, c_void_p, cast, create_string_buffer
from types import TracebackType
from typing import Any, Callable, Generator, Iterable, Iterator

from . import _arrow, _capsule, _device
from ._bindings import ArrowArray, ArrowArrayStream, ArrowSchema
from ._errors import InvalidArgumentError, SchemaMismatchError
from ._protocols import Batches, TableLike
from .columns import ColumnTable


# of one batch, and of what is on a device
_DUNDERS = ("__arrow_c_array__", "__arrow_c_device_stream__", "__arrow_c_device_array__")


class Source:
    """A table to be consumed by the library, as a context: what was not consumed is released.

    ``kept``: whether the library keeps the arrays, instead of copying them before it returns.
    """

    def __init__(self, table: TableLike, kept: bool = False) -> None:
        self._capsule: object = None
        self._made: _MadeStream | None = None
        if hasattr(table, "__arrow_c_stream__"):
            self._capsule = table.__arrow_c_stream__()
        elif isinstance(table, ColumnTable) or any(hasattr(table, dunder) for dunder in _DUNDERS):
            self._made = _MadeStream([table], kept)  # type: ignore[list-item]
        elif isinstance(table, Iterable) and not isinstance(table, (str, bytes, dict)):
            self._made = _MadeStream(table, kept)
        else:
            raise InvalidArgumentError(
                "a table must have __arrow_c_stream__ or __arrow_c_array__, or be an iterable of "
                f"such objects, and was {type(table).__name__}"
            )

    def __enter__(self) -> ArrowArrayStream:
        if self._made is not None:
            self._stream = self._made.open()
        else:
            self._stream = _capsule.unwrap(self._capsule, ArrowArrayStream)
        return self._stream

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _capsule.release(self._stream)
        if value is not None and self._made is not None and self._made.raised is not None:
            # what the objects raised themselves, instead of the library's report of it
            raise self._made.raised from None


class ArrowStream:
    """A stream of record batches for one consumer of ``__arrow_c_stream__``, which takes it."""

    def __init__(self, native: ArrowArrayStream) -> None:
        self._native = native

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hands the stream over, with no copy. Raises ValueError when it was taken before."""
        if not self._native.release:
            raise InvalidArgumentError("the stream was already taken; get it again")
        if requested_schema is not None:
            schema = _arrow.get_schema(self._native)
            try:
                check_requested(requested_schema, schema.n_children)
            finally:
                _capsule.release(schema)
        return _capsule.wrap(self._native)

    def close(self) -> None:
        """Releases the stream if nobody took it."""
        _capsule.release(self._native)

    def __del__(self, release: Callable[[Any], None] = _capsule.release) -> None:
        release(self._native)

    def __repr__(self) -> str:
        return "<zkarrow.ArrowStream>" if self._native.release else "<zkarrow.ArrowStream taken>"


def check_requested(requested_schema: object, columns: int) -> None:
    """Refuses a requested schema that no conversion could satisfy; others may be ignored."""
    requested = _capsule.unwrap(requested_schema, ArrowSchema)
    if requested.n_children != columns:
        raise InvalidArgumentError(
            f"the requested schema has {requested.n_children} columns and the table {columns}"
        )


class _MadeStream:
    """An ArrowArrayStream over Python objects that export batches, taken from them as they are
    asked for.

    It is made for one call of the library, which gets the schema once. The library may call from
    any thread, one call at a time.
    """

    def __init__(self, parts: Iterable[Batches], kept: bool) -> None:
        self._kept = kept
        self.raised: BaseException | None = None
        self._text = create_string_buffer(b"")
        self._schema: ArrowSchema | None = None
        self._description: tuple[Any, ...] | None = None
        self._arrays = self._take(iter(parts))
        self._first: ArrowArray | None = None

    def open(self) -> ArrowArrayStream:
        """The stream, which C or the caller releases from now on."""
        key = next(_keys)
        _live[key] = self
        return ArrowArrayStream(*_FUNCTIONS, key)

    def get_schema(self, out: int) -> None:
        self._first = next(self._arrays, None)
        if self._schema is None:
            raise InvalidArgumentError("the iterable had no batch, and so no schema")
        _capsule.move(self._schema, ArrowSchema.from_address(out))

    def get_next(self, out: int) -> None:
        array = self._first or next(self._arrays, None)
        self._first = None
        if array is None:
            ArrowArray.from_address(out).release = None
        else:
            _capsule.move(array, ArrowArray.from_address(out))

    def fail(self, raised: BaseException) -> int:
        self.raised = raised
        self._text = create_string_buffer(f"{type(raised).__name__}: {raised}".encode())
        return errno.EIO

    def last_error(self) -> int:
        return addressof(self._text)

    def release(self) -> None:
        self._arrays.close()
        for unused in (self._schema, self._first):
            if unused is not None:
                _capsule.release(unused)

    def _take(self, parts: Iterator[Batches]) -> Generator[ArrowArray, None, None]:
        for part in parts:
            if hasattr(part, "__arrow_c_stream__"):
                yield from self._take_stream(part.__arrow_c_stream__())
            elif hasattr(part, "__arrow_c_array__"):
                schema, capsule = part.__arrow_c_array__()
                self._check(_capsule.unwrap(schema, ArrowSchema))
                yield _capsule.unwrap(capsule, ArrowArray)
            elif hasattr(part, "__arrow_c_device_stream__"):
                yield from self._take_device_stream(part.__arrow_c_device_stream__())
            elif hasattr(part, "__arrow_c_device_array__"):
                capsules = part.__arrow_c_device_array__()
                native, array = _device.array_of(capsules)
                self._check(native)
                yield array
            elif isinstance(part, ColumnTable):
                if self._kept:
                    raise InvalidArgumentError("a zkarrow.table can only be published")
                yield self._take_columns(part)
            else:
                raise InvalidArgumentError(
                    "a batch must have __arrow_c_array__ or __arrow_c_stream__ and was "
                    f"{type(part).__name__}"
                )

    def _take_stream(self, capsule: object) -> Iterator[ArrowArray]:
        stream = _capsule.unwrap(capsule, ArrowArrayStream)
        try:
            self._check(_arrow.get_schema(stream))
            yield from _arrow.batches(stream)
        finally:
            _capsule.release(stream)

    def _take_device_stream(self, capsule: object) -> Iterator[ArrowArray]:
        stream = _device.stream_of(capsule)
        try:
            self._check(_arrow.get_schema(stream))
            yield from _device.batches(stream)
        finally:
            _capsule.release(stream)

    def _take_columns(self, table: ColumnTable) -> ArrowArray:
        schema, array = table._export()
        try:
            self._check(schema)
        except BaseException:
            _capsule.release(array)
            raise
        return array

    def _check(self, schema: ArrowSchema) -> None:
        """Keeps the first schema and refuses others."""
        if self._description is None:
            self._description = _arrow.description(schema)
            self._schema = ArrowSchema()
            _capsule.move(schema, self._schema)
            return
        same = _arrow.description(schema) == self._description
        _capsule.release(schema)
        if not same:
            raise SchemaMismatchError("the batches have different schemas; make them alike first")


# What C calls. The functions and the streams are module-wide because C may hold on to both.
_live: dict[int, _MadeStream] = {}
_keys = itertools.count(1)


def _state(stream: int) -> _MadeStream:
    return _live[ArrowArrayStream.from_address(stream).private_data]


def _get_schema(stream: int, out: int) -> int:
    try:
        _state(stream).get_schema(out)
    except BaseException as raised:
        return _state(stream).fail(raised)
    return 0


def _get_next(stream: int, out: int) -> int:
    try:
        _state(stream).get_next(out)
    except BaseException as raised:
        return _state(stream).fail(raised)
    return 0


def _get_last_error(stream: int) -> int:
    return _state(stream).last_error()


def _release(stream: int) -> None:
    native = ArrowArrayStream.from_address(stream)
    native.release = None
    _live.pop(native.private_data).release()


_GET = CFUNCTYPE(c_int, c_void_p, c_void_p)
_THUNKS = (
    _GET(_get_schema),
    _GET(_get_next),
    CFUNCTYPE(c_void_p, c_void_p)(_get_last_error),
    CFUNCTYPE(None, c_void_p)(_release),
)
_FUNCTIONS = [cast(thunk, c_void_p).value for thunk in _THUNKS]
