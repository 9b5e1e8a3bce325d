"""What publishing, appending and the same in a transaction have in common."""

from __future__ import annotations

from ctypes import byref, sizeof
from typing import Any, Iterable, Literal, Mapping, Union

from . import _bindings, _ffi, _history
from ._bindings import zka_publish_options
from ._errors import InvalidArgumentError
from ._history import Lifetime
from ._owner import Owner, pointer_of
from ._protocols import TableLike
from ._stream import Source
from ._version import RESIDENCIES, Version, from_info, new_info
from ._waiting import wait

Residency = Literal["inline", "host", "disk", "process"]
Attached = tuple[Iterable[str], Union[Mapping[str, str], None], Union[Lifetime, None]]
"""Tags, metadata and lifetime."""

_RESIDENCY_CODES: dict[str | None, int] = {None: 0, **{v: k for k, v in RESIDENCIES.items()}}
_PUBLISH_SIZE = sizeof(zka_publish_options)


def publish_options(
    expected_version: int | None,
    residency: Residency | None,
    flags: int,
    owner: Owner | None,
    attached: Attached,
) -> zka_publish_options:
    """The options as the library takes them; they hold on to the texts that they point to."""
    if residency not in _RESIDENCY_CODES:
        raise InvalidArgumentError(
            f"residency must be 'inline', 'host', 'disk' or 'process' and was {residency!r}"
        )
    options = zka_publish_options(
        _PUBLISH_SIZE,
        flags,
        _bindings.ZKA_ANY_VERSION if expected_version is None else expected_version,
        _RESIDENCY_CODES[residency],
        0,
        pointer_of(owner),
    )
    _history.attach(options, *attached)
    return options


def commit(
    function: Any,
    client: int,
    name: str,
    table: TableLike,
    options: zka_publish_options,
    timeout: float | None,
) -> Version:
    """Makes a version of a table with a function of the library, through the client behind a pointer."""
    dataset = _ffi.text(name, "name")
    source = Source(table)

    def commit_table(timeout_ms: int, cancel: Any) -> Version:
        info = new_info()
        with source as stream:
            _ffi.call(
                function, client, dataset, stream, byref(options), timeout_ms, cancel, byref(info)
            )
        return from_info(info)

    return wait(commit_table, timeout)
