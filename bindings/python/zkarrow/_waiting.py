"""Calls that wait, and how Ctrl-C ends them.

Python delivers signals to the main thread, and only between two bytecodes: a main thread inside the
library would not see Ctrl-C before the call returns. So the main thread lends its call to a helper
thread and waits for it in Python, which signals do interrupt; then it fires the call's zka_cancel.
Other threads never get signals and call directly. What can be answered from memory is tried first
with a deadline of zero, which needs no helper.
"""

from __future__ import annotations

import math
import threading
from ctypes import byref, c_void_p
from queue import SimpleQueue
from typing import Any, Callable, Generic, TypeVar

from . import _ffi
from ._errors import InvalidArgumentError, TimeoutError, UnavailableError

T = TypeVar("T")
Work = Callable[[int, Any], T]

_MAIN = threading.main_thread().ident
_CANCEL_GRACE_S = 5.0
# a signal that comes just before the main thread falls asleep, or to another thread, does not wake it
_SLICE_S = 0.1

_idle_helpers: list[_Helper] = []


def wait(work: Work[T], timeout: float | None, *, from_memory: bool = False) -> T:
    """Runs ``work(timeout_ms, cancel)`` so that Ctrl-C ends it. Any thread.

    ``timeout`` is in seconds, None = for ever. With ``from_memory``, ``work`` must be free of side
    effects when it fails: it may then run a second time.
    """
    timeout_ms = milliseconds(timeout)
    if threading.get_ident() != _MAIN:
        return work(timeout_ms, None)
    if from_memory or timeout_ms == 0:
        try:
            return work(0, None)
        except (TimeoutError, UnavailableError):
            if timeout_ms == 0:
                raise
    return _interruptible(work, timeout_ms)


def milliseconds(timeout: float | None, what: str = "timeout") -> int:
    """Seconds as the library takes them; None = -1, until cancelled."""
    if timeout is None:
        return -1
    if not 0 <= timeout < 1e15:
        raise InvalidArgumentError(f"{what} must be a number of seconds from 0 and was {timeout!r}")
    return math.ceil(timeout * 1000)


def _interruptible(work: Work[T], timeout_ms: int) -> T:
    library = _ffi.library()
    cancel = c_void_p()
    _ffi.call(library.zka_cancel_create, byref(cancel))
    try:
        call = _Call(work, timeout_ms, cancel)
        try:
            helper = _idle_helpers.pop() if _idle_helpers else _Helper()
        except RuntimeError:  # the interpreter is shutting down and starts no threads
            call.run()
            return call.result()
        try:
            helper.calls.put(call)
            while not call.done.wait(_SLICE_S):
                pass
        except BaseException:
            library.zka_cancel_fire(cancel)
            helper.calls.put(None)
            # wait a little for the call to let go, so that nothing goes on behind the caller's back
            slices = round(_CANCEL_GRACE_S / _SLICE_S)
            if any(call.done.wait(_SLICE_S) for _ in range(slices)):
                call.undo()
            raise
        _idle_helpers.append(helper)
        return call.result()
    finally:
        library.zka_cancel_free(cancel)


class _Call(Generic[T]):
    """One call on its way through a helper."""

    def __init__(self, work: Work[T], timeout_ms: int, cancel: c_void_p) -> None:
        self._work: Work[T] | None = work
        self._arguments = (timeout_ms, cancel)
        self._value: T | None = None
        self._raised: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            assert self._work is not None
            self._value = self._work(*self._arguments)
        except BaseException as raised:
            self._raised = raised
        self._work = None
        self.done.set()

    def result(self) -> T:
        # nothing of it is kept here, and nothing raised in a local: its traceback holds this frame
        value, self._value = self._value, None
        if self._raised is not None:
            raise self._raised_once()
        return value  # type: ignore[return-value]

    def _raised_once(self) -> BaseException:
        raised, self._raised = self._raised, None
        assert raised is not None
        return raised

    def undo(self) -> None:
        """Closes what came back although nobody wants it any more."""
        close = getattr(self._value, "close", None)
        if close is not None:
            close()


class _Helper:
    """A thread that runs calls until it is given None; a daemon, so it never holds up an exit."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        threading.Thread(target=self._loop, name="zkarrow", daemon=True).start()

    def _loop(self) -> None:
        while (call := self.calls.get()) is not None:
            call.run()
            del call
