"""The asyncio twin: the loop goes on while calls wait, and a cancelled task leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import Any, Awaitable, Callable, Coroutine, Iterator

import pytest
import zkarrow
from maker import make
from zkarrow import aio

Count = Callable[[], "dict[str, int]"]


@pytest.fixture
def run(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """Runs a coroutine in asyncio's debug mode, which complains of callbacks that block the loop."""

    def runner(main: Coroutine[Any, Any, None]) -> None:
        async def observed() -> None:
            asyncio.get_running_loop().slow_callback_duration = 1
            await asyncio.wait_for(main, 60)

        asyncio.run(observed(), debug=True)

    with caplog.at_level(logging.WARNING, "asyncio"):
        yield runner
    assert [record.getMessage() for record in caplog.records] == []


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.002)


def test_everything_has_its_twin() -> None:
    # what waits in the synchronous client, and so is awaited here
    for kind in ("Client", "Owner", "Loan", "Transaction", "Subscription"):
        sync, twin = getattr(zkarrow, kind), getattr(aio, kind)
        for name, member in vars(sync).items():
            waits = callable(member) and "timeout" in member.__code__.co_varnames
            if waits and not name.startswith("_"):
                assert isinstance(vars(twin).get(name), aio._Method), f"{kind}.{name}"
                assert vars(twin)[name].__doc__ == member.__doc__


def test_publish_and_read(place: dict[str, Any], run: Any) -> None:
    async def main() -> None:
        async with aio.connect(**place) as client:
            assert repr(client).startswith("<zkarrow.aio.Client 'zk://") and not client.closed
            assert (await client.publish("a", make("int64", 3), tags=["t"])).rows == 3
            assert (await client.append("a", make("int64", 2))).rows == 5
            async with client.read("a", tag="t") as table:
                assert (table.num_rows, table.closed) == (3, False)
            assert table.closed
            assert [one.name for one in await client.list()] == ["a"]
            assert len(await client.history("a")) == 2
            with pytest.raises(zkarrow.NotFoundError):
                await client.stat("none")
            with pytest.raises(TypeError, match="Version cannot be closed"):
                async with client.stat("a"):
                    pass
        with pytest.raises(ValueError, match="closed"):
            await client.list()
        assert client.closed

    run(main())


def test_the_others_have_their_twins(place: dict[str, Any], run: Any) -> None:
    async def main() -> None:
        async with aio.connect(**place) as client:
            async with client.own("a", timeout=10) as owner:
                assert (await owner.publish(make("int64", 1))).epoch == owner.sync.epoch
                await owner.release()
                assert await owner.wait("connected") == "released"
            async with client.transaction() as together:
                await together.publish("b", make("int64", 1))
                await together.publish("c", make("int64", 2))
            assert [v.number for v in together.sync.versions.values()] == [1, 1]
            with pytest.raises(ZeroDivisionError):
                async with client.transaction() as together:
                    await together.publish("b", make("int64", 1))
                    raise ZeroDivisionError
            assert (await client.stat("b")).number == 1
            async with client.loan({"x": "int64"}, rows=2) as loan:
                loan["x"][:] = memoryview(bytes(16)).cast("q")
                assert (await loan.publish("d")).rows == 2
            async with client.snapshot(["b", "c"]) as cut, client.read("d") as table:
                with cut.read("c") as both:
                    assert (both.num_rows, table.num_rows) == (2, 2)

    run(main())


def test_the_loop_goes_on_while_calls_wait(place: dict[str, Any], run: Any) -> None:
    # many at once, each of which is ended by what the loop does meanwhile
    async def main() -> None:
        async with aio.connect(**place) as client:

            async def wait(number: int) -> int:
                async with client.read(f"late/{number}", wait=60) as table:
                    return table.num_rows

            waiting = [asyncio.create_task(wait(number)) for number in range(12)]
            for number in range(12):
                await client.publish(f"late/{number}", make("int64", number))
            assert await asyncio.gather(*waiting) == list(range(12))

    run(main())


def test_a_subscription_is_iterated(place: dict[str, Any], run: Any) -> None:
    async def main() -> None:
        async with aio.connect(**place) as client, client.subscribe("a") as versions:
            published = asyncio.gather(*(client.publish("a", make("int64", 1)) for _ in range(3)))
            seen = []
            async for version in versions:
                seen.append(version.number)
                if len(seen) == 3:
                    await versions.close()  # which ends the iteration
            await published
            assert (seen, versions.skipped) == ([1, 2, 3], 0)

    run(main())


@pytest.mark.parametrize("what", ["read", "next", "own", "connect"])
def test_a_cancelled_task_ends_its_wait(
    what: str, place: dict[str, Any], run: Any, balanced: Count
) -> None:
    nobody = {**place, "url": "zk://127.0.0.1:1/nobody"}

    async def main() -> None:
        async with aio.connect(**place) as client, client.own("owned"):
            async with client.subscribe("none") as versions, aio.connect(**place) as second:
                calls: dict[str, Callable[[], Awaitable[Any]]] = {
                    "read": lambda: client.read("none", wait=60),
                    "next": lambda: versions.next(60),
                    "own": lambda: second.own("owned", timeout=60),
                    "connect": lambda: aio.connect(**nobody, timeout=60),
                }
                before = balanced()
                task = asyncio.ensure_future(calls[what]())
                await until(lambda: balanced()["handles"] > before["handles"])
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert balanced() == before
                assert (await client.publish("still", make("int64", 1))).number == 1

    run(main())


def test_what_comes_back_to_nobody_is_closed(
    place: dict[str, Any], run: Any, balanced: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, done = zkarrow.Client.read, threading.Event()

    def slow(*arguments: Any, **named: Any) -> zkarrow.Table:
        found = read(*arguments, **named)
        done.wait(60)
        return found

    async def main() -> None:
        async with aio.connect(**place) as client:
            await client.publish("a", make("int64", 1), residency="host")
            (await client.read("a")).close()
            before = balanced()
            monkeypatch.setattr(aio.Client, "read", aio._method(slow))
            task = asyncio.create_task(client.read("a"))
            await until(lambda: balanced()["handles"] > before["handles"] + 1)
            task.cancel()
            await asyncio.sleep(0)
            done.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert balanced() == before

    run(main())


def test_a_timeout_of_asyncio_ends_a_wait(place: dict[str, Any], run: Any) -> None:
    async def main() -> None:
        async with aio.connect(**place) as client:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.read("none", wait=60), 0.05)

    run(main())


def test_a_loop_that_is_closed_closes_what_comes_back(
    place: dict[str, Any], balanced: Count
) -> None:
    with zkarrow.connect(**place) as client:
        before = balanced()
        loop = asyncio.new_event_loop()
        task = loop.create_task(aio.Client(client).read("none", wait=60))
        loop.run_until_complete(until(lambda: balanced()["handles"] > before["handles"]))
        loop.close()
        task._coro.close()  # type: ignore[attr-defined]  # as the collector would
        with contextlib.suppress(AttributeError):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        deadline = threading.Event()
        for _ in range(3000):
            if balanced() == before:
                return
            deadline.wait(0.01)
        assert balanced() == before
