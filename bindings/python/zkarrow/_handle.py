"""What clients, tables and subscriptions have in common: a native handle that is closed once."""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from . import _ffi
from ._errors import InvalidHandleError

H = TypeVar("H", bound="Handle")


class Handle:
    """Owns a native handle. ``close`` may be called from any thread, and any number of times."""

    _noun: ClassVar[str]
    _close_function: ClassVar[str]

    def __init__(self, pointer: int | None) -> None:
        self._pointer = pointer

    @property
    def closed(self) -> bool:
        """Whether ``close`` was called."""
        return self._pointer is None

    def close(self) -> None:
        """Lets go of it. What was got from it stays valid."""
        pointer, self._pointer = self._pointer, None
        # in a forked child the handle is the parent's
        if pointer is not None and not _ffi.forked():
            # two threads may get here with one pointer; the library refuses the second, harmlessly
            getattr(_ffi.library(), self._close_function)(pointer)

    def _open_pointer(self) -> int:
        pointer = self._pointer
        if pointer is None:
            raise InvalidHandleError(f"the {self._noun} is closed")
        return pointer

    def __enter__(self: H) -> H:
        self._open_pointer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # the defaults are bound here because globals may be gone when it runs
    def __del__(
        self,
        finalizing: Any = sys.is_finalizing,
        warn: Any = warnings.warn,
        forked: Any = _ffi.forked,
    ) -> None:
        # at exit the process lets go of everything itself
        if getattr(self, "_pointer", None) is None or finalizing() or forked():
            return
        try:
            warn(f"{self!r} was never closed", ResourceWarning, source=self, stacklevel=2)
        finally:
            self.close()
