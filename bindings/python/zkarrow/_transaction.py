"""Versions of several datasets in one commit."""

from __future__ import annotations

from ctypes import byref, c_void_p
from types import TracebackType
from typing import Any, Iterable, Mapping

from . import _bindings, _ffi, _waiting
from ._bindings import zka_publish_options
from ._commit import Residency, publish_options
from ._handle import Handle
from ._history import Lifetime
from ._owner import Owner
from ._protocols import TableLike
from ._stream import Source
from ._version import Version, from_info, new_info


class Transaction(Handle):
    """Versions of several datasets that become heads together, or not at all, from
    `Client.transaction`.

    At most 256 datasets, each once, and 768 KiB of records and inline tables. One thread at a time
    uses it; any may close it. A commit that fails leaves it open, unless its outcome is unknown.
    """

    _noun = "transaction"
    _close_function = "zka_transaction_close"

    def __init__(self, pointer: int | None, timeout: float | None) -> None:
        super().__init__(pointer)
        self._timeout = timeout
        self._names: list[str] = []
        self._versions: dict[str, Version] | None = None

    @property
    def versions(self) -> dict[str, Version]:
        """What was committed, by dataset, in the order of publishing; empty before."""
        return dict(self._versions or {})

    def publish(
        self,
        name: str,
        table: TableLike,
        *,
        expected_version: int | None = None,
        residency: Residency | None = None,
        same_schema: bool = False,
        owner: Owner | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
        lifetime: Lifetime | None = None,
        timeout: float | None = 30.0,
    ) -> None:
        """Puts a table into the transaction, as the next version of a dataset; the arguments are
        those of `Client.publish`. Its bytes are written now; nobody sees them before the commit.

        Raises what `Client.publish` raises; InvalidArgumentError when the dataset is in it already,
        TooLargeError for the 257th dataset or too many bytes. The transaction is then as it was.
        """
        flags = _bindings.ZKA_PUBLISH_SAME_SCHEMA if same_schema else 0
        stage = _ffi.library().zka_transaction_publish
        options = publish_options(
            expected_version, residency, flags, owner, (tags, metadata, lifetime)
        )
        self._stage(stage, name, table, options, timeout)

    def append(
        self,
        name: str,
        table: TableLike,
        *,
        expected_version: int | None = None,
        residency: Residency | None = None,
        owner: Owner | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
        lifetime: Lifetime | None = None,
        timeout: float | None = 30.0,
    ) -> None:
        """Puts the head's rows and those of ``table`` behind them into the transaction, as the next
        version; the arguments are those of `Client.append`, and so is what it raises."""
        stage = _ffi.library().zka_transaction_append
        options = publish_options(expected_version, residency, 0, owner, (tags, metadata, lifetime))
        self._stage(stage, name, table, options, timeout)

    def commit(self, *, timeout: float | None = 30.0) -> dict[str, Version]:
        """Makes all versions heads, or none. Returns them by dataset, in the order of publishing.

        Raises ConflictError (naming the dataset and the winner), AlreadyExistsError, NotFoundError,
        NotOwnerError, SchemaMismatchError, NoSpaceError, TooLargeError, TimeoutError. Where
        ``outcome_unknown`` is true it may have been committed all the same.
        """
        library = _ffi.library()
        pointer = self._open_pointer()

        def commit(timeout_ms: int, cancel: Any) -> None:
            _ffi.call(library.zka_transaction_commit, pointer, timeout_ms, cancel)

        _waiting.wait(commit, timeout)
        self._versions = {name: self._version(name) for name in self._names}
        return self.versions

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._versions is None and not self.closed:
                self.commit(timeout=self._timeout)
        finally:
            self.close()

    def __repr__(self) -> str:
        if self._versions is not None:
            state = " committed"
        else:
            state = " closed" if self.closed else ""
        return f"<zkarrow.Transaction of {len(self._names)}{state}>"

    def _stage(
        self,
        function: Any,
        name: str,
        table: TableLike,
        options: zka_publish_options,
        timeout: float | None,
    ) -> None:
        pointer = self._open_pointer()
        dataset = _ffi.text(name, "name")
        source = Source(table)

        def stage(timeout_ms: int, cancel: Any) -> None:
            with source as stream:
                _ffi.call(function, pointer, dataset, stream, byref(options), timeout_ms, cancel)

        _waiting.wait(stage, timeout)
        self._names.append(name)

    def _version(self, name: str) -> Version:
        info = new_info()
        function = _ffi.library().zka_transaction_version
        _ffi.call(function, self._open_pointer(), _ffi.text(name, "name"), byref(info))
        return from_info(info)


def begin(client: int, timeout: float | None) -> Transaction:
    """Begins a transaction of the client behind a pointer."""
    pointer = c_void_p()
    _ffi.call(_ffi.library().zka_transaction_open, client, byref(pointer))
    return Transaction(pointer.value, timeout)
