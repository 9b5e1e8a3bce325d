"""Calls that wait, and how Ctrl-C ends them.

Python delivers signals to the main thread, and only between two bytecodes: a main thread inside the
library would not see Ctrl-C before the call returns. So the main thread lends its call to a helper
thread and waits for it in Python, which signals do interrupt; then it fires the call's zka_cancel.
Other threads never get signals and call directly. What can be answered from memory is tried first
with a deadline of zero, which needs no helper. `zkarrow.aio` lends its calls to helpers, too.
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


class _Here(threading.local):
    # what cancels the calls of this thread
    cancel: c_void_p | None = None


_MAIN = threading.main_thread().ident
CANCEL_GRACE_S = 5.0
# a signal that comes just before the main thread falls asleep, or to another thread, does not wake it
_SLICE_S = 0.1

_here = _Here()
_idle_helpers: list[_Helper] = []


def wait(work: Work[T], timeout: float | None, *, from_memory: bool = False) -> T:
    """Runs ``work(timeout_ms, cancel)`` so that Ctrl-C ends it. Any thread.

    ``timeout`` is in seconds, None = for ever. With ``from_memory``, ``work`` must be free of side
    effects when it fails: it may then run a second time.
    """
    timeout_ms = milliseconds(timeout)
    if threading.get_ident() != _MAIN:
        return work(timeout_ms, _here.cancel)
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


def new_cancel() -> c_void_p:
    """A cancel handle, which the caller frees; firing it later is refused, harmlessly."""
    cancel = c_void_p()
    _ffi.call(_ffi.library().zka_cancel_create, byref(cancel))
    return cancel


def cancelled_by(cancel: c_void_p, function: Callable[[], T]) -> T:
    """Calls a function whose waits on this thread, not the main one, end when ``cancel`` is fired."""
    _here.cancel = cancel
    try:
        return function()
    finally:
        _here.cancel = None


def lend(call: Call[Any]) -> bool:
    """Has a helper run a call; false when the interpreter is shutting down and starts no threads."""
    try:
        helper = _idle_helpers.pop() if _idle_helpers else _Helper()
    except RuntimeError:
        return False
    helper.calls.put(call)
    return True


def _interruptible(work: Work[T], timeout_ms: int) -> T:
    library = _ffi.library()
    cancel = new_cancel()
    try:
        call = Call(lambda: work(timeout_ms, cancel))
        try:
            if lend(call):
                while not call.done.wait(_SLICE_S):
                    pass
            else:
                call.run()
        except BaseException:
            library.zka_cancel_fire(cancel)
            call.abandon()
            # wait a little for the call to let go, so that nothing goes on behind the caller's back
            slices = round(CANCEL_GRACE_S / _SLICE_S)
            any(call.done.wait(_SLICE_S) for _ in range(slices))
            raise
        return call.result()
    finally:
        library.zka_cancel_free(cancel)


class Call(Generic[T]):
    """One call on its way through a helper. ``tell`` is called on its thread when it is over."""

    def __init__(self, work: Callable[[], T], tell: Callable[[], None] | None = None) -> None:
        self._work: Callable[[], T] | None = work
        self._tell = tell
        self._value: T | None = None
        self._raised: BaseException | None = None
        self._abandoned = False
        self.done = threading.Event()

    def run(self) -> None:
        """Makes the call, and keeps what comes of it."""
        try:
            assert self._work is not None
            self._value = self._work()
        except BaseException as raised:
            self._raised = raised
        self._work = None

    def finish(self) -> None:
        """Says that it is over."""
        if self._abandoned:
            self._undo()
        self.done.set()
        if self._abandoned:  # just now
            self._undo()
        if self._tell is not None:
            self._tell()

    def abandon(self) -> None:
        """Closes what came back, or will, because nobody wants it any more."""
        self._abandoned = True
        if self.done.is_set():
            self._undo()

    def result(self) -> T:
        """What came of it, once."""
        # nothing of it is kept here, and nothing raised in a local: its traceback holds this frame
        value, self._value = self._value, None
        if self._raised is not None:
            raise self._raised_once()
        return value  # type: ignore[return-value]

    def _raised_once(self) -> BaseException:
        raised, self._raised = self._raised, None
        assert raised is not None
        return raised

    def _undo(self) -> None:
        value, self._value = self._value, None
        close = getattr(value, "close", None)
        if close is not None:
            close()


class _Helper:
    """A thread that runs one call after the other; a daemon, so it never holds up an exit."""

    def __init__(self) -> None:
        self.calls: SimpleQueue[Call[Any]] = SimpleQueue()
        threading.Thread(target=self._loop, name="zkarrow", daemon=True).start()

    def _loop(self) -> None:
        while True:
            call = self.calls.get()
            call.run()
            _idle_helpers.append(self)
            call.finish()
            del call
