"""Which datasets and versions there are, and dropping them, through the client behind a pointer."""

from __future__ import annotations

from ctypes import byref
from typing import Any

from . import _ffi
from ._bindings import ArrowArrayStream
from ._lists import DatasetInfo, ListResult, VersionInfo
from ._version import Version, from_info, new_info, version_number
from ._waiting import wait


def stat(client: int, name: str, version: int | None, timeout: float | None) -> Version:
    """See `Client.stat`."""
    library = _ffi.library()
    dataset = _ffi.text(name, "name")
    number = version_number(version)

    def stat_version(timeout_ms: int, cancel: Any) -> Version:
        info = new_info()
        _ffi.call(
            library.zka_dataset_stat, client, dataset, number, timeout_ms, cancel, byref(info)
        )
        return from_info(info)

    return wait(stat_version, timeout, from_memory=True)


def list_datasets(
    client: int, prefix: str | None, timeout: float | None
) -> ListResult[DatasetInfo]:
    """See `Client.list`."""
    library = _ffi.library()
    start = None if prefix is None else _ffi.text(prefix, "prefix")

    def list_all(timeout_ms: int, cancel: Any) -> ListResult[DatasetInfo]:
        out = ArrowArrayStream()
        _ffi.call(library.zka_dataset_list, client, start, timeout_ms, cancel, byref(out))
        return ListResult(out, DatasetInfo)

    return wait(list_all, timeout)


def history(client: int, name: str, timeout: float | None) -> ListResult[VersionInfo]:
    """See `Client.history`."""
    library = _ffi.library()
    dataset = _ffi.text(name, "name")

    def list_versions(timeout_ms: int, cancel: Any) -> ListResult[VersionInfo]:
        out = ArrowArrayStream()
        _ffi.call(library.zka_dataset_history, client, dataset, timeout_ms, cancel, byref(out))
        return ListResult(out, VersionInfo)

    return wait(list_versions, timeout)


def drop(client: int, name: str, version: int | None, timeout: float | None) -> None:
    """See `Client.drop`."""
    library = _ffi.library()
    dataset = _ffi.text(name, "name")
    number = version_number(version)

    def drop_version(timeout_ms: int, cancel: Any) -> None:
        _ffi.call(library.zka_dataset_drop, client, dataset, number, timeout_ms, cancel)

    wait(drop_version, timeout)
