"""Waiting, and how it ends: by what was waited for, the deadline, Ctrl-C, or another thread."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from typing import Any, Callable

import pytest
import zkarrow
from maker import make
from zkarrow import _waiting

Count = Callable[[], "dict[str, int]"]


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


class CtrlC:
    """Sends SIGINT once the main thread waits inside `_waiting`, and tells how long it took."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int = signal.SIGINT) -> None:
        self._number = number
        self._waiting = threading.Event()
        self.sent_at = 0.0
        original = _waiting.Call.run

        def run(call: Any) -> None:
            self._waiting.set()
            original(call)

        monkeypatch.setattr(_waiting.Call, "run", run)
        threading.Thread(target=self._send, daemon=True).start()

    def _send(self) -> None:
        self._waiting.wait(30)
        self.sent_at = time.monotonic()
        os.kill(os.getpid(), self._number)


@pytest.mark.parametrize("what", ["read", "next", "connect"])
def test_ctrl_c_ends_a_wait_at_once(
    what: str,
    client: zkarrow.Client,
    place: dict[str, Any],
    balanced: Count,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody = {**place, "url": "zk://127.0.0.1:1/nobody"}
    with client.subscribe("none") as subscription:
        calls: dict[str, Callable[[], Any]] = {
            "read": lambda: client.read("none", wait=60),
            "next": lambda: subscription.next(60),
            "connect": lambda: zkarrow.connect(**nobody, timeout=60),
        }
        ctrl_c = CtrlC(monkeypatch)
        with pytest.raises(KeyboardInterrupt):
            calls[what]()
        assert time.monotonic() - ctrl_c.sent_at < 2  # about 0.01 s on an idle machine
        client.publish("still", make("int64", 1))
        assert client.stat("still").number == 1


def test_whatever_a_signal_handler_raises_ends_a_wait(
    client: zkarrow.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handler(*_: object) -> None:
        raise RuntimeError("the handler was called")

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        CtrlC(monkeypatch, signal.SIGUSR1)
        with pytest.raises(RuntimeError, match="the handler was called"):
            client.read("none", wait=60)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_second_ctrl_c_does_not_wait_for_a_producer_that_does_not_end(
    client: zkarrow.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = threading.Event()

    def parts() -> Any:
        yield zkarrow.table({"x": [1]})
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: interrupted, "the first was not delivered")
        os.kill(os.getpid(), signal.SIGINT)
        stuck.wait(60)

    interrupted: list[bool] = []
    fire = zkarrow._ffi.library().zka_cancel_fire

    def fired(cancel: Any) -> Any:
        interrupted.append(True)
        return fire(cancel)

    monkeypatch.setattr(zkarrow._ffi.library(), "zka_cancel_fire", fired)
    with pytest.raises(KeyboardInterrupt):
        client.publish("a", parts())
    stuck.set()
    wait_until(lambda: not zkarrow._stream._live, "the stream was not released")


def test_a_deadline_passes(client: zkarrow.Client) -> None:
    with client.subscribe("none") as subscription:
        calls: list[Callable[[], Any]] = [
            lambda: client.read("none", wait=0.05),
            lambda: client.read("none", wait=True, timeout=0),
            lambda: subscription.next(0.05),
        ]
        for call in calls:
            with pytest.raises(zkarrow.TimeoutError):
                call()


def test_nobody_answers(place: dict[str, Any]) -> None:
    with pytest.raises(zkarrow.UnavailableError) as caught:
        zkarrow.connect("zk://127.0.0.1:1/nobody", data_dir=place["data_dir"], timeout=0.2)
    assert caught.value.retryable


def test_a_read_waits_for_the_dataset(client: zkarrow.Client) -> None:
    publisher = threading.Timer(0.05, client.publish, ("late", make("int64", 3)))
    publisher.start()
    with client.read("late", wait=True) as table:
        assert table.num_rows == 3
    publisher.join()


def test_a_subscription_waits_for_a_version(client: zkarrow.Client) -> None:
    publisher = threading.Timer(0.05, client.publish, ("late", make("int64", 3)))
    publisher.start()
    with client.subscribe("late", timeout=30) as subscription:
        assert next(subscription).rows == 3
    publisher.join()


def test_closing_from_another_thread_ends_the_iteration(client: zkarrow.Client) -> None:
    subscription = client.subscribe("none")
    closer = threading.Timer(0.05, subscription.close)
    closer.start()
    assert list(subscription) == []
    closer.join()


def test_other_threads_run_while_one_waits(client: zkarrow.Client) -> None:
    # on a thread other than the main one the call is direct, and must not hold the GIL
    rows: list[int] = []

    def read() -> None:
        with client.read("late", wait=60) as table:
            rows.append(table.num_rows)

    thread = threading.Thread(target=read)
    thread.start()
    client.publish("late", make("int64", 5))
    thread.join(30)
    assert rows == [5]


def test_helpers_are_used_again(client: zkarrow.Client) -> None:
    client.publish("a", make("int64", 1))
    threads = threading.active_count()
    for _ in range(20):
        client.publish("a", make("int64", 1))
    assert threading.active_count() == threads and len(_waiting._idle_helpers) >= 1


def test_a_cached_head_is_read_with_no_helper(
    client: zkarrow.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.publish("a", make("int64", 1))

    def refuse(*_: Any) -> Any:
        pytest.fail("a helper was used")

    with client.read("a"):
        monkeypatch.setattr(_waiting, "_interruptible", refuse)
        client.read("a").close()
        assert client.stat("a").number == 1


@pytest.mark.parametrize("timeout", [0, 30])
def test_a_failed_call_keeps_nothing_alive(client: zkarrow.Client, timeout: float) -> None:
    gc.collect()
    gc.disable()
    try:
        holders = sys.getrefcount(client)
        with pytest.raises(zkarrow.Error):
            client.read("none", timeout=timeout)
        with pytest.raises(zkarrow.Error):
            client.publish("a", make("half", 1), timeout=timeout)
        assert sys.getrefcount(client) == holders
    finally:
        gc.enable()
