"""The connection to one namespace."""

from __future__ import annotations

import atexit
import os
import weakref
from ctypes import byref, c_int32, c_void_p, sizeof
from typing import Any, Iterable, Literal, Mapping, Union

from . import _bindings, _catalog, _ffi, _history, _waiting
from ._bindings import zka_client_options
from ._lists import DatasetInfo, ListResult, VersionInfo
from ._handle import Handle
from ._history import DatasetDescription, Lifetime, Retention, SchemaPolicy
from ._loan import Loan, SchemaLike, open_loan
from ._owner import Owner, acquire
from ._protocols import TableLike
from ._query import query
from ._commit import Residency, commit, publish_options
from ._reading import read_table
from ._snapshot import AsOf, Snapshot, open_snapshot
from ._stream import ArrowStream
from ._subscription import Subscription
from ._table import Table
from ._transaction import Transaction, begin
from ._version import Version, not_negative, version_number
from ._waiting import milliseconds

State = Literal["connected", "suspended", "lost", "closed"]

_STATES: dict[int, State] = {
    _bindings.ZKA_CLIENT_CONNECTED: "connected",
    _bindings.ZKA_CLIENT_SUSPENDED: "suspended",
    _bindings.ZKA_CLIENT_LOST: "lost",
    _bindings.ZKA_CLIENT_CLOSED: "closed",
}

_open_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def connect(
    url: str,
    *,
    data_dir: str | os.PathLike[str] | None = None,
    session_timeout: float = 10.0,
    auth: str | None = None,
    inline_max: int | None = None,
    code_tag: str | None = None,
    disk_dir: str | os.PathLike[str] | None = None,
    space_limit: int = 0,
    timeout: float | None = 30.0,
) -> Client:
    """Opens a client and waits until it is connected, at most ``timeout`` seconds.

    ``url`` is "zk://host:port,host:port/chroot" or "local:/path". ``data_dir`` is the data directory, None = the
    host's default for this namespace. ``session_timeout`` is asked in seconds; the server clamps
    it. ``auth`` is "digest:user:password". Tables up to ``inline_max`` bytes are kept in the
    coordinator, None = 65,536. ``code_tag`` is what this program calls itself, recorded with each
    version it publishes. ``disk_dir`` is the disk directory, for versions with residency "disk". The
    data directory may hold ``space_limit`` bytes, 0 = what its file system has room for. Close the
    client, or use it as a context manager.

    Raises InvalidArgumentError, UnavailableError, UnauthenticatedError, PermissionDeniedError,
    UnsupportedError (another format version), NoSpaceError, ForkedError.
    """
    library = _ffi.library()
    target = _ffi.text(url, "url")
    options = zka_client_options(
        sizeof(zka_client_options),
        milliseconds(session_timeout, "session_timeout"),
        None if data_dir is None else os.fsencode(data_dir),
        None if auth is None else _ffi.text(auth, "auth"),
        -1 if inline_max is None else inline_max,
        None if code_tag is None else _ffi.text(code_tag, "code_tag"),
        None if disk_dir is None else os.fsencode(disk_dir),
        space_limit,
    )

    def open_client(timeout_ms: int, cancel: Any) -> Client:
        pointer = c_void_p()
        _ffi.call(
            library.zka_client_open, target, byref(options), timeout_ms, cancel, byref(pointer)
        )
        return Client(pointer.value, url)

    client = _waiting.wait(open_client, timeout)
    _open_clients.add(client)
    return client


class Client(Handle):
    """An open connection to one namespace, from `connect`. Any number of threads may use it at
    once.

    Every ``timeout`` is in seconds, None = for ever; on the main thread Ctrl-C ends any wait. Every
    call raises ValueError when the client is closed, UnavailableError when the coordinator could
    not be reached in time, PermissionDeniedError, and ForkedError in a forked child.
    """

    _noun = "client"
    _close_function = "zka_client_close"

    def __init__(self, pointer: int | None, url: str) -> None:
        super().__init__(pointer)
        self._url = url

    @property
    def state(self) -> State:
        """The state of the connection."""
        if self.closed:
            return "closed"
        state = c_int32()
        _ffi.call(_ffi.library().zka_client_state, self._open_pointer(), byref(state))
        return _STATES[state.value]

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
    ) -> Version:
        """Makes a table the next version of a dataset, atomically; makes the dataset if need be.

        ``table`` has ``__arrow_c_stream__`` or ``__arrow_c_array__`` (or their device twins, its
        memory being the CPU's), or is an iterable of such objects with one schema; all its batches
        are read, perhaps on another thread, and copied once. What an iterable raises is raised here.
        ``expected_version`` is the number the head must have, 0 = the dataset must not exist yet, None = do not compare. ``residency`` None =
        inline when small, else host. ``same_schema`` refuses a schema other than the head's.
        ``owner`` is the dataset's, from `own`; a dataset that has one refuses everybody else.

        ``tags`` name the version, and move here from wherever they were, in the same commit.
        ``metadata`` is attached to it, 4,096 bytes at most. ``lifetime`` is decided by the publish that
        makes the dataset: "persistent", "session" = as long as this client's session, or for how many
        seconds after its last publish it stays.

        Raises InvalidArgumentError, AlreadyExistsError, NotFoundError, ConflictError,
        NotOwnerError, FencedError, SchemaMismatchError, NoSpaceError, TooLargeError, TimeoutError,
        UnsupportedError. Where ``outcome_unknown`` is true it may have been published all the same.
        """
        flags = _bindings.ZKA_PUBLISH_SAME_SCHEMA if same_schema else 0
        attached = (tags, metadata, lifetime)
        options = publish_options(expected_version, residency, flags, owner, attached)
        function = _ffi.library().zka_dataset_publish
        return commit(function, self._open_pointer(), name, table, options, timeout)

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
    ) -> Version:
        """Makes the head's rows and those of ``table`` behind them the next version, atomically;
        makes the dataset if need be. Returns the whole version.

        Rows that are in shared memory already stay where they are: only the new ones are written.
        ``table`` has the head's schema, and is read as in ``publish``; so are the other arguments.

        Raises what ``publish`` raises, with SchemaMismatchError for another schema; NotResidentError
        or DataLostError when the head's rows had to be rewritten and are not on this host.
        """
        attached = (tags, metadata, lifetime)
        options = publish_options(expected_version, residency, 0, owner, attached)
        function = _ffi.library().zka_dataset_append
        return commit(function, self._open_pointer(), name, table, options, timeout)

    def own(self, name: str, *, timeout: float | None = 30.0, take_over: bool = False) -> Owner:
        """Becomes the one writer of a dataset; makes the dataset, with no version yet, if need be.

        Where it has an owner this waits, at most ``timeout`` seconds, until that one lets go or its
        session ends; ``take_over`` takes it at once from an owner that lives, which is told.

        Raises TimeoutError, naming the owner. Use it as a context manager, which releases.
        """
        return acquire(self, name, timeout, take_over)

    def loan(
        self,
        schema: SchemaLike,
        rows: int,
        *,
        var_bytes: int | Mapping[str, int] | None = None,
    ) -> Loan:
        """Opens a loan of ``rows`` rows: a batch whose columns are written in place.

        ``schema`` has ``__arrow_c_schema__``, or maps the names of nullable columns to their types,
        such as "float64" or an Arrow format string. Types are those of fixed width, bool, utf8 and
        binary and their large forms, lists of fixed-width values, fixed-size lists and structs of
        these. ``var_bytes`` is how many bytes there shall be for the values of each variable-length
        column, for all or by the names of columns of the top level. Its space is taken here.

        Raises InvalidArgumentError, UnsupportedError (naming the column and its type), NoSpaceError,
        TooLargeError. Close the loan, or use it as a context manager.
        """
        return open_loan(self._open_pointer(), schema, rows, var_bytes)

    def read(
        self,
        name: str,
        *,
        version: int | None = None,
        as_of: AsOf | None = None,
        tag: str | None = None,
        wait: Union[bool, float] = False,
        strict: bool = False,
        validate: Literal["normal", "full"] = "normal",
        timeout: float | None = 30.0,
    ) -> Table:
        """Takes hold of a version: the head, number ``version``, or the one that has the ``tag``.
        Nothing is copied.

        ``as_of`` takes the version that was the head at an earlier moment: just after a commit, by
        its number (int) or its id (str), or at a time (datetime), by the publishers' clocks; not
        together with ``version`` or ``wait``.

        ``wait`` true waits until it exists, at most ``timeout`` seconds; a number waits so many
        seconds. ``strict`` asks the coordinator's leader first, so that every commit acknowledged
        anywhere is seen; without it a head known on this host is answered from memory, in
        microseconds. ``validate="full"`` checks every offset, dictionary index and string.

        Raises NotFoundError, NotResidentError, DataLostError, CorruptError, TimeoutError (while
        waiting). The caller closes the table.
        """
        pointer = self._open_pointer()
        return read_table(pointer, name, version, as_of, tag, wait, strict, validate, timeout)

    def stat(
        self, name: str, *, version: int | None = None, timeout: float | None = 30.0
    ) -> Version:
        """What is known of a version, the head by default, without touching its bytes.

        Raises NotFoundError.
        """
        return _catalog.stat(self._open_pointer(), name, version, timeout)

    def list(
        self, prefix: str | None = None, *, timeout: float | None = 30.0
    ) -> ListResult[DatasetInfo]:
        """The datasets with their heads, by name; only names that begin with ``prefix``."""
        return _catalog.list_datasets(self._open_pointer(), prefix, timeout)

    def history(self, name: str, *, timeout: float | None = 30.0) -> ListResult[VersionInfo]:
        """The versions of a dataset that can still be read, oldest first. Raises NotFoundError."""
        return _catalog.history(self._open_pointer(), name, timeout)

    def drop(
        self, name: str, *, version: int | None = None, timeout: float | None = 30.0
    ) -> None:
        """Drops the whole dataset, or one version, which must not be the head.

        Tables that hold it stay valid; no new reader finds it. Raises NotFoundError, ConflictError
        (it is the head, or has a tag), NotOwnerError, TimeoutError.
        """
        _catalog.drop(self._open_pointer(), name, version, timeout)

    def configure(
        self,
        name: str,
        *,
        retention: Retention | int | None = None,
        schema_policy: SchemaPolicy | None = None,
        ttl: float | None = None,
        timeout: float | None = 30.0,
    ) -> None:
        """Decides which versions of a dataset are kept, which schemas it admits, and for how long it
        stays after its last publish; what is None stays as it is. Makes the dataset if need be.

        ``retention`` may be just how many versions. ``schema_policy`` compares a new schema with the
        head's: "backward" = programs for the new one can read the old, "forward" = the other way
        round, "full" = both, "exact", or "none". ``ttl`` is in seconds, 0 = until it is dropped.

        Raises InvalidArgumentError.
        """
        pointer = self._open_pointer()
        _history.configure(pointer, name, retention, schema_policy, ttl, timeout)

    def describe(self, name: str, *, timeout: float | None = 30.0) -> DatasetDescription:
        """All that is known of a dataset. Raises NotFoundError."""
        return _history.describe(self._open_pointer(), name, timeout)

    def tag(
        self, name: str, version: int, tag: str, *, timeout: float | None = 30.0
    ) -> None:
        """Gives a version a tag, which moves here when another version has it. What has a tag is
        neither dropped nor removed by retention. Raises NotFoundError, TooLargeError (256 tags)."""
        _history.tag(self._open_pointer(), name, version_number(version), tag, timeout)

    def untag(self, name: str, tag: str, *, timeout: float | None = 30.0) -> None:
        """Removes a tag. Raises NotFoundError."""
        _history.untag(self._open_pointer(), name, tag, timeout)

    def subscribe(
        self, name: str, *, after: int = 0, timeout: float | None = None
    ) -> Subscription:
        """Subscribes to the versions after number ``after``, 0 = from the first that can be read.

        The dataset need not exist yet; the first wait binds to the dataset that there is by then,
        and one that is dropped later raises NotFoundError, even when it is made again. Iterating
        waits for each version at most ``timeout`` seconds, None = for ever. The caller closes the
        subscription.
        """
        pointer = c_void_p()
        _ffi.call(
            _ffi.library().zka_subscription_open,
            self._open_pointer(),
            _ffi.text(name, "name"),
            not_negative(after, "after"),
            byref(pointer),
        )
        return Subscription(pointer.value, name, timeout)

    def transaction(self, *, timeout: float | None = 30.0) -> Transaction:
        """Begins a transaction: versions of several datasets that become heads together, or not at
        all. As a context manager it commits at the end of the block, at most ``timeout`` seconds,
        and gives up when the block raises.

        Raises PermissionDeniedError when the data directory can only be read.
        """
        return begin(self._open_pointer(), timeout)

    def snapshot(
        self,
        names: Iterable[str] | None = None,
        *,
        as_of: AsOf | None = None,
        timeout: float | None = 30.0,
    ) -> Snapshot:
        """Takes a consistent cut over the datasets ``names``, at most 4,096, None = all there are.

        Its versions were the heads at one commit, never one half of a transaction; it sees every
        commit acknowledged before the call, and holds the bytes. ``as_of`` is an earlier moment:
        just after a commit, by its number (int) or its id (str), or at a time (datetime), by the
        publishers' clocks. Of all datasets, those with no version at that moment are left out.

        Raises NotFoundError, TooLargeError. Close the snapshot, or use it as a context manager.
        """
        return open_snapshot(self._open_pointer(), names, as_of, timeout)

    def query(
        self,
        sql: str,
        *,
        as_of: AsOf | None = None,
        memory_limit: int = 0,
        threads: int = 0,
        timeout: float | None = 30.0,
    ) -> ArrowStream:
        """Asks one SELECT of DuckDB's dialect over datasets, and gives the answer as an Arrow stream.

        Datasets are tables under their names: ``"prices/eod"`` (in double quotes) for the head,
        ``"prices/eod@3"`` for a version, ``"prices/eod@stable"`` for a tag; all heads are of one
        cut, which ``as_of`` moves to an earlier moment. DuckDB may use ``memory_limit`` bytes (0 = a
        quarter of what the process may have) and ``threads`` (0 = one per processor); ``timeout`` is
        for the beginning of the answer, which is made while it is read.

        Raises InvalidArgumentError (with what DuckDB says), NotFoundError, TooLargeError (the memory
        limit), UnsupportedError (no libduckdb, or a type that it does not know).
        """
        return query(self._open_pointer(), sql, as_of, memory_limit, threads, timeout)

    def __repr__(self) -> str:
        return f"<zkarrow.Client {self._url!r} {self.state}>"


@atexit.register
def _close_clients() -> None:
    for client in list(_open_clients):
        client.close()
