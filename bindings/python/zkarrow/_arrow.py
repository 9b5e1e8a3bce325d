"""Calling the functions inside Arrow C structs, and looking at schemas."""

from __future__ import annotations

from ctypes import CFUNCTYPE, addressof, c_char_p, c_int, c_void_p
from typing import Any, Iterator

from . import _capsule
from ._bindings import ArrowArray, ArrowArrayStream, ArrowSchema
from ._errors import Error, InvalidArgumentError

_GET = CFUNCTYPE(c_int, c_void_p, c_void_p)
_GET_LAST_ERROR = CFUNCTYPE(c_char_p, c_void_p)


def get_schema(stream: Any) -> ArrowSchema:
    """The schema of a stream, of a device's too. The caller releases it."""
    schema = ArrowSchema()
    _get(stream, stream.get_schema, schema)
    return schema


def get_next(stream: ArrowArrayStream) -> ArrowArray | None:
    """The next batch of a stream, None at its end. The caller releases it."""
    array = ArrowArray()
    fill(stream, array)
    return array if array.release else None


def fill(stream: Any, array: Any) -> None:
    """Gets the next batch of a stream, of a device's too, released at its end. The caller releases it."""
    _get(stream, stream.get_next, array)


def batches(stream: ArrowArrayStream) -> Iterator[ArrowArray]:
    """The batches of a stream; each is valid until the next is asked for."""
    while (array := get_next(stream)) is not None:
        try:
            yield array
        finally:
            _capsule.release(array)


def children(parent: Any) -> list[Any]:
    """The children of an array or a schema."""
    return [parent.children[i].contents for i in range(parent.n_children)]


def description(schema: ArrowSchema) -> tuple[Any, ...]:
    """What a schema says of names, types, nullability and order, to be compared."""
    return (
        schema.format,
        schema.name or b"",
        schema.flags,
        description(schema.dictionary.contents) if schema.dictionary else None,
        *map(description, children(schema)),
    )


def _get(stream: Any, function: int | None, out: Any) -> None:
    if not stream.release or not function:
        raise InvalidArgumentError("the stream was already released")
    code = _GET(function)(addressof(stream), addressof(out))
    if code:
        text = _GET_LAST_ERROR(stream.get_last_error)(addressof(stream)) or b"no reason was given"
        raise Error(f"the stream failed with errno {code}: {text.decode('utf-8', 'replace')}")
