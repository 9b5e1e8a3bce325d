"""The bare hand-off between the languages of one process: no coordinator, no copy, any type."""

from __future__ import annotations

from ctypes import byref

from . import _ffi
from ._bindings import ArrowArrayStream
from ._protocols import TableLike
from ._stream import ArrowStream, Source

__all__ = ["put", "get", "remove", "echo"]


def put(name: str, table: TableLike) -> None:
    """Keeps a table under a name in this process, replacing what was there. Any thread.

    Its buffers are kept until the name is removed or replaced and every stream got from it is
    released; the producer's release callbacks then run on whichever thread let go last.
    Raises InvalidArgumentError, SchemaMismatchError, ForkedError.
    """
    library = _ffi.library()
    key = _ffi.text(name, "name")
    with Source(table, kept=True) as stream:
        _ffi.call(library.zka_exchange_put, key, stream)


def get(name: str) -> ArrowStream:
    """Gets the table under a name: the same buffers at the same addresses. Any thread.

    Raises NotFoundError, InvalidArgumentError, ForkedError.
    """
    out = ArrowArrayStream()
    _ffi.call(_ffi.library().zka_exchange_get, _ffi.text(name, "name"), byref(out))
    return ArrowStream(out)


def remove(name: str) -> None:
    """Forgets a name; streams got from it stay valid. Any thread.

    Raises NotFoundError, InvalidArgumentError, ForkedError.
    """
    _ffi.call(_ffi.library().zka_exchange_remove, _ffi.text(name, "name"))


def echo(table: TableLike) -> ArrowStream:
    """Passes a table through the library and back: the same buffers. Any thread.

    Raises InvalidArgumentError, SchemaMismatchError, ForkedError.
    """
    library = _ffi.library()
    out = ArrowArrayStream()
    with Source(table, kept=True) as stream:
        _ffi.call(library.zka_echo_stream, stream, byref(out))
    return ArrowStream(out)
