"""SQL over datasets."""

from __future__ import annotations

from ctypes import byref, sizeof
from typing import Any

from . import _ffi
from ._bindings import ArrowArrayStream, zka_query_options
from ._snapshot import AsOf, moment
from ._stream import ArrowStream
from ._waiting import wait

_SIZE = sizeof(zka_query_options)


def query(
    client: int,
    sql: str,
    as_of: AsOf | None,
    memory_limit: int,
    threads: int,
    timeout: float | None,
) -> ArrowStream:
    """Asks through the client behind a pointer; see `Client.query`."""
    library = _ffi.library()
    text = _ffi.text(sql, "sql")
    options = zka_query_options(_SIZE, threads, memory_limit, *moment(as_of))

    def ask(timeout_ms: int, cancel: Any) -> ArrowStream:
        out = ArrowArrayStream()
        _ffi.call(
            library.zka_sql_query,
            client,
            text,
            byref(options),
            timeout_ms,
            cancel,
            byref(out),
        )
        return ArrowStream(out)

    return wait(ask, timeout)
