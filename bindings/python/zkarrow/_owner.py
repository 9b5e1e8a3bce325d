"""The right to be the one writer of a dataset."""

from __future__ import annotations

from ctypes import byref, c_int32, c_uint64, c_void_p, sizeof
from typing import TYPE_CHECKING, Any, Iterable, Literal, Mapping

from . import _bindings, _ffi
from ._bindings import zka_owner_options
from ._errors import InvalidArgumentError
from ._handle import Handle
from ._protocols import TableLike
from ._version import Version
from ._waiting import wait

if TYPE_CHECKING:
    from ._client import Client
    from ._commit import Residency
    from ._history import Lifetime

OwnerState = Literal["connected", "suspended", "lost", "released"]

_STATES: dict[int, OwnerState] = {
    _bindings.ZKA_OWNER_CONNECTED: "connected",
    _bindings.ZKA_OWNER_SUSPENDED: "suspended",
    _bindings.ZKA_OWNER_LOST: "lost",
    _bindings.ZKA_OWNER_RELEASED: "released",
}
_STATE_CODES = {name: code for code, name in _STATES.items()}


def acquire(client: Client, name: str, timeout: float | None, take_over: bool) -> Owner:
    """Acquires ownership with an open client; see `Client.own`."""
    library = _ffi.library()
    pointer = client._open_pointer()
    dataset = _ffi.text(name, "name")
    flags = _bindings.ZKA_OWNER_TAKE_OVER if take_over else 0
    options = zka_owner_options(sizeof(zka_owner_options), flags)

    def acquire_owner(timeout_ms: int, cancel: Any) -> Owner:
        out = c_void_p()
        _ffi.call(
            library.zka_owner_acquire,
            pointer,
            dataset,
            byref(options),
            timeout_ms,
            cancel,
            byref(out),
        )
        return Owner(out.value, client, name)

    return wait(acquire_owner, timeout)


class Owner(Handle):
    """The right to be the one writer of a dataset, until it is released, taken over, or its process
    dies; from `Client.own`. A context manager that releases. Any number of threads may use it.

    An owner that is not "connected" does not publish: it waits for the connection as long as
    ``timeout`` allows, and then raises UnavailableError. Whatever its state says, one that was taken
    over cannot publish: that raises FencedError, which names the new owner, and nothing is visible.
    """

    _noun = "owner"
    _close_function = "zka_owner_close"

    def __init__(self, pointer: int | None, client: Client, name: str) -> None:
        super().__init__(pointer)
        self._client = client
        self._name = name

    @property
    def name(self) -> str:
        """The dataset."""
        return self._name

    @property
    def epoch(self) -> int:
        """The fencing token, larger than that of every owner before: to be passed along to whatever
        else must not obey a late owner."""
        epoch = c_uint64()
        _ffi.call(_ffi.library().zka_owner_epoch, self._open_pointer(), byref(epoch))
        return epoch.value

    @property
    def state(self) -> OwnerState:
        """How the ownership stands at this moment: "connected", "suspended" (not heard of the
        coordinator for a while; nobody else owns it yet), "lost" (another may own it now, or does;
        "connected" again, with the same epoch, if nobody took over), or "released"."""
        if self.closed:
            return "released"
        state = c_int32()
        _ffi.call(_ffi.library().zka_owner_state, self._open_pointer(), byref(state))
        return _STATES[state.value]

    def wait(self, state: OwnerState = "connected", *, timeout: float | None = None) -> OwnerState:
        """Waits until the state is another one than ``state``, at most ``timeout`` seconds, None = for
        ever, and returns it. Raises TimeoutError; UnavailableError where nothing changed and the
        coordinator cannot be reached; FencedError and NotOwnerError where ``state`` is final."""
        if state not in _STATE_CODES:
            raise InvalidArgumentError(f"state must be a state of an owner and was {state!r}")
        library = _ffi.library()

        def wait_owner(timeout_ms: int, cancel: Any) -> OwnerState:
            out = c_int32()
            _ffi.call(
                library.zka_owner_wait,
                self._open_pointer(),
                _STATE_CODES[state],
                timeout_ms,
                cancel,
                byref(out),
            )
            return _STATES[out.value]

        return wait(wait_owner, timeout)

    def publish(
        self,
        table: TableLike,
        *,
        expected_version: int | None = None,
        residency: Residency | None = None,
        same_schema: bool = False,
        tags: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
        lifetime: Lifetime | None = None,
        timeout: float | None = 30.0,
    ) -> Version:
        """`Client.publish` of the dataset, as its owner; it raises FencedError too."""
        return self._client.publish(
            self._name,
            table,
            expected_version=expected_version,
            residency=residency,
            same_schema=same_schema,
            owner=self,
            tags=tags,
            metadata=metadata,
            lifetime=lifetime,
            timeout=timeout,
        )

    def append(
        self,
        table: TableLike,
        *,
        expected_version: int | None = None,
        residency: Residency | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
        lifetime: Lifetime | None = None,
        timeout: float | None = 30.0,
    ) -> Version:
        """`Client.append` to the dataset, as its owner; it raises FencedError too."""
        return self._client.append(
            self._name,
            table,
            expected_version=expected_version,
            residency=residency,
            owner=self,
            tags=tags,
            metadata=metadata,
            lifetime=lifetime,
            timeout=timeout,
        )

    def release(self, *, timeout: float | None = 30.0) -> None:
        """Gives the ownership back, which wakes whoever waits for it. It is over at once; where the
        coordinator does not hear of it in time this raises UnavailableError, and the release goes
        on behind it. Once it is over, by whatever cause, this does nothing."""
        if self.closed:
            return
        library = _ffi.library()
        pointer = self._open_pointer()

        def release_owner(timeout_ms: int, cancel: Any) -> None:
            _ffi.call(library.zka_owner_release, pointer, timeout_ms, cancel)

        wait(release_owner, timeout)

    def __repr__(self) -> str:
        epoch = "" if self.closed else f" epoch {self.epoch}"
        return f"<zkarrow.Owner {self._name!r}{epoch} {self.state}>"


def pointer_of(owner: Owner | None) -> int | None:
    """What stands for an owner in the options of the library."""
    if owner is None:
        return None
    if not isinstance(owner, Owner):
        raise InvalidArgumentError(f"owner must be an Owner and was {type(owner).__name__}")
    return owner._open_pointer()
