"""The client for asyncio: what waits in `zkarrow` is awaited here.

    from zkarrow import aio

    async with aio.connect("zk://localhost:2181/app") as client:
        await client.publish("prices/eod", table)
        async with client.read("prices/eod") as t:
            df = polars.DataFrame(t)
        async with client.subscribe("prices/eod") as versions:
            async for version in versions:
                print(version.number)

Arguments, results and exceptions are those of the methods of the same names in `zkarrow`. A call is
made on a thread of its own, so the loop is never blocked. Cancelling its task ends the wait in the
library; what came back all the same is closed, but a commit may have been made. What waits for
nothing is no coroutine: tables, snapshots and the columns of a loan are those of `zkarrow`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Callable, Concatenate, Generator, Generic, ParamSpec, TypeVar, cast

import zkarrow

from . import _ffi, _waiting
from ._handle import Handle

__all__ = ["Call", "Client", "Loan", "Owner", "Subscription", "Transaction", "connect"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
H = TypeVar("H", bound=Handle)


class Call(Coroutine[Any, Any, T], Generic[T]):
    """A call to be awaited, once. Where its result can be closed, ``async with`` does both."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, None, T]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        """Goes on, as with any coroutine."""
        return self._coroutine.send(value)

    def throw(self, *raised: Any) -> Any:
        """Raises where it waits, as with any coroutine."""
        return self._coroutine.throw(*raised)

    def close(self) -> None:
        """Ends it, as with any coroutine."""
        self._coroutine.close()

    async def __aenter__(self) -> T:
        result = await self._coroutine
        handle = result.sync if isinstance(result, _Twin) else result
        if not isinstance(handle, Handle):
            raise TypeError(f"a {type(result).__name__} cannot be closed; await the call")
        self._handle = handle
        return result

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await _on_thread(functools.partial(self._handle.__exit__, kind, value, traceback))


async def _on_thread(function: Callable[[], R], then: Callable[[R], T] | None = None) -> Any:
    """Calls a function on a thread; a cancelled task ends its waits."""
    library = _ffi.library()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def tell() -> None:
        try:
            loop.call_soon_threadsafe(ended.set)
        except RuntimeError:  # the loop was closed: nobody waits any more
            call.abandon()

    cancel = _waiting.new_cancel()
    try:
        call = _waiting.Call(lambda: _waiting.cancelled_by(cancel, function), tell)
        if not _waiting.lend(call):
            raise RuntimeError("the interpreter is shutting down and starts no threads")
        try:
            await ended.wait()
        except BaseException as stop:
            library.zka_cancel_fire(cancel)
            call.abandon()
            if isinstance(stop, asyncio.CancelledError):
                # so that nothing goes on behind the caller's back
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(ended.wait(), _waiting.CANCEL_GRACE_S)
            raise
        result = call.result()
        return result if then is None else then(result)
    finally:
        library.zka_cancel_free(cancel)


class _Method(Generic[P, T]):
    """A method of a `_Twin`: that of the object it stands for, awaited."""

    def __init__(
        self, method: Callable[Concatenate[Any, P], R], then: Callable[[R], T] | None = None
    ) -> None:
        self._method: Callable[..., Any] = method
        self._then: Callable[[Any], T] | None = then
        self.__doc__ = method.__doc__

    def __get__(self, twin: _Twin[Any] | None, kind: object = None) -> Callable[P, Call[T]]:
        if twin is None:
            return self  # type: ignore

        sync = twin.sync

        def call(*arguments: P.args, **named: P.kwargs) -> Call[T]:
            function = functools.partial(self._method, sync, *arguments, **named)
            return Call(_on_thread(function, self._then))

        return call


def _method(method: Callable[Concatenate[Any, P], R]) -> _Method[P, R]:
    return _Method(method)


class _Twin(Generic[H]):
    """Stands for an object of `zkarrow`, which is its ``sync``."""

    def __init__(self, sync: H) -> None:
        self.sync = sync

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self.sync.closed

    async def close(self) -> None:
        """Lets go of it. What was got from it stays valid."""
        await _on_thread(self.sync.close)

    def __repr__(self) -> str:
        return repr(self.sync).replace("<zkarrow.", "<zkarrow.aio.", 1)


class Subscription(_Twin[zkarrow.Subscription]):
    """The versions after a given one, for ``async for``; see `zkarrow.Subscription`."""

    next = _method(zkarrow.Subscription.next)

    @property
    def skipped(self) -> int:
        """How many versions before the last one got can no longer be read."""
        return self.sync.skipped

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> zkarrow.Version:
        version = await _on_thread(lambda: next(self.sync, None))
        if version is None:
            raise StopAsyncIteration
        return cast(zkarrow.Version, version)


class Owner(_Twin[zkarrow.Owner]):
    """The right to be the one writer of a dataset; see `zkarrow.Owner`. Where an ``owner`` is asked
    for, it is this one's ``sync``."""

    publish = _method(zkarrow.Owner.publish)
    append = _method(zkarrow.Owner.append)
    wait = _method(zkarrow.Owner.wait)
    release = _method(zkarrow.Owner.release)


class Loan(_Twin[zkarrow.Loan]):
    """A batch built in place; see `zkarrow.Loan`."""

    publish = _method(zkarrow.Loan.publish)

    def __getitem__(self, name: str) -> Any:
        """A column by its name."""
        return self.sync[name]


class Transaction(_Twin[zkarrow.Transaction]):
    """Versions of several datasets that become heads together; see `zkarrow.Transaction`."""

    publish = _method(zkarrow.Transaction.publish)
    append = _method(zkarrow.Transaction.append)
    commit = _method(zkarrow.Transaction.commit)


class Client(_Twin[zkarrow.Client]):
    """An open connection to one namespace, from `connect`; see `zkarrow.Client`."""

    publish = _method(zkarrow.Client.publish)
    append = _method(zkarrow.Client.append)
    read = _method(zkarrow.Client.read)
    stat = _method(zkarrow.Client.stat)
    list = _method(zkarrow.Client.list)
    history = _method(zkarrow.Client.history)
    drop = _method(zkarrow.Client.drop)
    configure = _method(zkarrow.Client.configure)
    describe = _method(zkarrow.Client.describe)
    tag = _method(zkarrow.Client.tag)
    untag = _method(zkarrow.Client.untag)
    snapshot = _method(zkarrow.Client.snapshot)
    query = _method(zkarrow.Client.query)
    own = _Method(zkarrow.Client.own, Owner)
    loan = _Method(zkarrow.Client.loan, Loan)
    subscribe = _Method(zkarrow.Client.subscribe, Subscription)
    transaction = _Method(zkarrow.Client.transaction, Transaction)


def _function(function: Callable[P, H], then: Callable[[H], T]) -> Callable[P, Call[T]]:
    @functools.wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> Call[T]:
        return Call(_on_thread(functools.partial(function, *arguments, **named), then))

    return call


connect = _function(zkarrow.connect, Client)
