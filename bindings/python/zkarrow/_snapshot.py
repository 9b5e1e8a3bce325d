"""Consistent cuts over several datasets."""

from __future__ import annotations

from ctypes import byref, c_char_p, c_int64, c_void_p, sizeof
from datetime import datetime
from typing import Any, Iterable, Union

from . import _ffi, _html, _waiting
from ._bindings import ArrowArrayStream, zka_snapshot_options
from ._errors import InvalidArgumentError
from ._handle import Handle
from ._lists import CutInfo, ListResult
from ._table import Table
from ._version import Version, from_info, new_info, to_microseconds

AsOf = Union[int, str, datetime]
"""A moment: just after a commit, by its number (int) or its id (str), or a time (datetime)."""

_SIZE = sizeof(zka_snapshot_options)


class Snapshot(Handle):
    """The versions that were the heads of several datasets at one commit, from `Client.snapshot`.

    It holds the bytes of all of them until it is closed. Any thread.
    """

    _noun = "snapshot"
    _close_function = "zka_snapshot_close"

    def __init__(self, pointer: int | None) -> None:
        super().__init__(pointer)
        self._versions: dict[str, Version] | None = None

    @property
    def commit_number(self) -> int:
        """The commit that it is a cut at: the last that changed one of its datasets, or the one
        asked for. As ``as_of`` it gives the same cut again, as long as its versions can be read."""
        number = c_int64()
        _ffi.call(_ffi.library().zka_snapshot_commit_number, self._open_pointer(), byref(number))
        return number.value

    @property
    def versions(self) -> dict[str, Version]:
        """The version of each dataset, in the order in which they were named, else by name."""
        if self._versions is None:
            self._versions = {one.name: self._version(one.name) for one in self.list()}
        return dict(self._versions)

    def list(self) -> ListResult[CutInfo]:
        """The datasets with their versions, as a list or an Arrow stream."""
        out = ArrowArrayStream()
        _ffi.call(_ffi.library().zka_snapshot_versions, self._open_pointer(), byref(out))
        return ListResult(out, CutInfo)

    def read(self, name: str) -> Table:
        """The table of a dataset, any number of times; waits for nothing. The caller closes it,
        before or after the snapshot.

        Raises NotFoundError when it is not in the snapshot; NotResidentError, DataLostError or
        CorruptError when its bytes could not be had when the snapshot was taken.
        """
        out = c_void_p()
        function = _ffi.library().zka_snapshot_read
        _ffi.call(function, self._open_pointer(), _ffi.text(name, "name"), byref(out))
        return Table(out.value, name)

    def __repr__(self) -> str:
        if self.closed:
            return "<zkarrow.Snapshot closed>"
        return f"<zkarrow.Snapshot of {len(self.versions)} at commit {self.commit_number}>"

    def _repr_html_(self) -> str:
        if self.closed:
            return _html.table("snapshot closed", ["dataset", "version", "rows"], [])
        rows = [(name, one.number, one.rows) for name, one in self.versions.items()]
        return _html.table(f"snapshot at commit {self.commit_number}", ["dataset", "version", "rows"], rows)

    def _version(self, name: str) -> Version:
        info = new_info()
        function = _ffi.library().zka_snapshot_version
        _ffi.call(function, self._open_pointer(), _ffi.text(name, "name"), byref(info))
        return from_info(info)


def open_snapshot(
    client: int, names: Iterable[str] | None, as_of: AsOf | None, timeout: float | None
) -> Snapshot:
    """Takes a snapshot through the client behind a pointer."""
    library = _ffi.library()
    options = zka_snapshot_options(_SIZE, 0, *moment(as_of))
    if isinstance(names, str):
        raise InvalidArgumentError(f"names must be a list of names and was the str {names!r}")
    texts = None if names is None else [_ffi.text(name, "names") for name in names]
    # no names at all are none, where NULL is all
    array = None if texts is None else (c_char_p * max(len(texts), 1))(*texts)
    count = 0 if texts is None else len(texts)

    def take(timeout_ms: int, cancel: Any) -> Snapshot:
        out = c_void_p()
        _ffi.call(
            library.zka_snapshot_open,
            client,
            array,
            count,
            byref(options),
            timeout_ms,
            cancel,
            byref(out),
        )
        return Snapshot(out.value)

    return _waiting.wait(take, timeout)


def moment(as_of: AsOf | None) -> tuple[int, int, bytes | None]:
    """A moment as the library takes it: a commit number, microseconds, a commit id."""
    if as_of is None:
        return 0, 0, None
    if isinstance(as_of, str):
        return 0, 0, _ffi.text(as_of, "as_of")
    if isinstance(as_of, datetime):
        return 0, to_microseconds(as_of), None
    if isinstance(as_of, int) and not isinstance(as_of, bool):
        if 0 < as_of < 1 << 63:
            return as_of, 0, None
        raise InvalidArgumentError(f"a commit number must be positive and was {as_of}")
    raise InvalidArgumentError(
        "as_of must be a commit number (int), a commit id (str) or a datetime, and was "
        f"{type(as_of).__name__}"
    )
