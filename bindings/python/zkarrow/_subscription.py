"""Every version of a dataset in order, each once."""

from __future__ import annotations

from ctypes import byref, c_uint64
from typing import Any

from . import _ffi
from ._errors import InvalidHandleError
from ._handle import Handle
from ._version import Version, from_info, new_info
from ._waiting import wait


class Subscription(Handle):
    """The versions after a given one, from `Client.subscribe`; an iterator.

    One thread at a time waits for the next version; any thread may close it, which ends the wait
    and the iteration. After an exception the next call goes on where this one stood.
    """

    _noun = "subscription"
    _close_function = "zka_subscription_close"

    def __init__(self, pointer: int | None, name: str, timeout: float | None) -> None:
        super().__init__(pointer)
        self._name = name
        self._timeout = timeout
        self._skipped = 0

    @property
    def skipped(self) -> int:
        """How many versions before the last one got can no longer be read."""
        return self._skipped

    def next(self, timeout: float | None = None) -> Version:
        """Waits for the next version, at most ``timeout`` seconds, None = for ever.

        Raises TimeoutError, NotFoundError when the dataset was dropped, UnavailableError,
        PermissionDeniedError, and ValueError when the subscription is closed.
        """
        library = _ffi.library()

        def take(timeout_ms: int, cancel: Any) -> Version:
            info = new_info()
            skipped = c_uint64()
            _ffi.call(
                library.zka_subscription_next,
                self._open_pointer(),
                timeout_ms,
                cancel,
                byref(info),
                byref(skipped),
            )
            self._skipped = skipped.value
            return from_info(info)

        return wait(take, timeout, from_memory=True)

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Version:
        try:
            return self.next(self._timeout)
        except InvalidHandleError:
            if self.closed:
                raise StopIteration from None
            raise

    def __repr__(self) -> str:
        return f"<zkarrow.Subscription {self._name!r}{' closed' if self.closed else ''}>"
