"""kazoo in G6: keeps a number of requests in flight for a while, through its asynchronous interface.

    kazoo_client.py HOST:PORT

Each line of the input is "get|set|multi REQUESTS_IN_FLIGHT MILLISECONDS"; it is answered with the nanoseconds all of
it took and then those of each request. The next request is sent by the callback of the one before it.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any, Callable

from kazoo.client import KazooClient

_END_DEADLINE_S = 120.0
_VALUE = bytes(100)


def main(address: str) -> None:
    client = KazooClient(hosts=address, timeout=30.0)
    client.start(timeout=30)

    def multi() -> Any:
        transaction = client.transaction()
        transaction.check("/empty", 0)
        transaction.set_data("/small", _VALUE)
        return transaction.commit_async()

    senders: dict[str, Callable[[], Any]] = {
        "get": lambda: client.get_async("/small"),
        "set": lambda: client.set_async("/small", _VALUE),
        "multi": multi,
    }
    for line in sys.stdin:
        what, callers, milliseconds = line.split()
        print(*_run(senders[what], int(callers), int(milliseconds)), flush=True)
    client.stop()
    client.close()


def _run(send: Callable[[], Any], callers: int, milliseconds: int) -> list[int]:
    durations: list[int] = []
    failures: list[BaseException] = []
    ended = threading.Semaphore(0)
    start = time.monotonic_ns()
    deadline = start + milliseconds * 1_000_000

    def caller() -> None:
        begin = time.monotonic_ns()

        def completed(answer: Any) -> None:
            end = time.monotonic_ns()
            durations.append(end - begin)
            error = answer.exception or _refused(answer.value)
            if error:
                failures.append(error)
            if error or end >= deadline:
                ended.release()
            else:
                caller()

        send().rawlink(completed)

    for _ in range(callers):
        caller()
    for _ in range(callers):
        if not ended.acquire(timeout=_END_DEADLINE_S):
            raise TimeoutError(f"a request was not answered within {_END_DEADLINE_S:.0f} s; see the server's log")
    if failures:
        raise failures[0]
    return [time.monotonic_ns() - start, *durations]


def _refused(value: Any) -> BaseException | None:
    """A transaction gives its errors as results."""
    results = value if isinstance(value, list) else ()
    return next((result for result in results if isinstance(result, BaseException)), None)


if __name__ == "__main__":
    main(sys.argv[1])
