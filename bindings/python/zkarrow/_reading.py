"""Taking hold of a version."""

from __future__ import annotations

from ctypes import byref, c_void_p, sizeof
from typing import Any, Literal, Union

from . import _bindings, _ffi
from ._bindings import zka_read_options
from ._errors import InvalidArgumentError
from ._snapshot import AsOf, moment
from ._table import Table
from ._version import version_number
from ._waiting import wait as wait_for

_SIZE = sizeof(zka_read_options)


def read_table(
    client: int,
    name: str,
    version: int | None,
    as_of: AsOf | None,
    tag: str | None,
    wait: Union[bool, float],
    strict: bool,
    validate: Literal["normal", "full"],
    timeout: float | None,
) -> Table:
    """Reads through the client behind a pointer; see `Client.read`."""
    library = _ffi.library()
    dataset = _ffi.text(name, "name")
    if validate not in ("normal", "full"):
        raise InvalidArgumentError(f"validate must be 'normal' or 'full' and was {validate!r}")
    flags = _bindings.ZKA_READ_STRICT if strict else 0
    if validate == "full":
        flags |= _bindings.ZKA_READ_VALIDATE_FULL
    if wait is not False:
        flags |= _bindings.ZKA_READ_WAIT
        if wait is not True:
            timeout = wait
    label = None if tag is None else _ffi.text(tag, "tag")
    options = zka_read_options(_SIZE, flags, version_number(version), label, *moment(as_of))

    def read(timeout_ms: int, cancel: Any) -> Table:
        out = c_void_p()
        _ffi.call(
            library.zka_dataset_read,
            client,
            dataset,
            byref(options),
            timeout_ms,
            cancel,
            byref(out),
        )
        return Table(out.value, name)

    return wait_for(read, timeout, from_memory=not strict and as_of is None)
