"""Owners over a real ZooKeeper server."""

from __future__ import annotations

import pathlib
import threading
from ctypes import byref, sizeof
from typing import Any

import pytest
import zkarrow
from maker import make
from zkarrow import _bindings, _ffi
from zkarrow._stream import Source
from zkarrow._version import new_info


def test_an_owner_publishes_and_nobody_else_does(client: zkarrow.Client) -> None:
    with client.own("a", timeout=10) as owner:
        assert (owner.name, owner.epoch, owner.state) == ("a", 1, "connected")
        assert repr(owner) == "<zkarrow.Owner 'a' epoch 1 connected>"
        version = owner.publish(make("int64", 3), expected_version=0)
        assert (version.number, version.epoch) == (1, 1)
        assert client.append("a", make("int64", 2), owner=owner).rows == 5
        with client.loan({"x": "int64"}, rows=4) as loan:
            assert loan.publish("a", owner=owner).epoch == 1
        for attempt in (client.publish, client.append):
            with pytest.raises(zkarrow.NotOwnerError, match=r"has an owner \(epoch 1, \d+@"):
                attempt("a", make("int64", 1))
        with pytest.raises(zkarrow.NotOwnerError):
            client.drop("a")
        with pytest.raises(zkarrow.InvalidArgumentError, match="was given for 'b'"):
            client.publish("b", make("int64", 1), owner=owner)
        owner.release()
        owner.release()
        assert owner.state == "released"
        with pytest.raises(zkarrow.NotOwnerError, match="was released"):
            owner.publish(make("int64", 1))
        with pytest.raises(zkarrow.NotOwnerError, match="was released"):
            owner.wait("released")
    assert owner.closed and owner.state == "released"
    assert client.publish("a", make("int64", 1)).epoch == 0
    with pytest.raises(zkarrow.InvalidHandleError):
        owner.publish(make("int64", 1))


def test_a_take_over_is_told_and_fences(client: zkarrow.Client) -> None:
    with client.own("a") as owner:
        told: list[str] = []
        waiting = threading.Thread(target=lambda: told.append(owner.wait(timeout=30)))
        waiting.start()
        with pytest.raises(zkarrow.TimeoutError, match=r"the owner of 'a' \(epoch 1, "):
            client.own("a", timeout=0.2)
        with client.own("a", take_over=True) as heir:
            waiting.join(30)
            assert told == ["lost"] and heir.epoch == 2
            with pytest.raises(zkarrow.FencedError, match="taken over by epoch 2") as fenced:
                owner.publish(make("int64", 1))
            assert not fenced.value.outcome_unknown and not fenced.value.retryable
            assert heir.publish(make("int64", 1)).number == 1
        owner.release()
        assert owner.state == "lost"


@pytest.mark.parametrize("wrong", ["gone", None, 1])
def test_a_state_that_is_none_is_refused(client: zkarrow.Client, wrong: Any) -> None:
    with client.own("a") as owner, pytest.raises(zkarrow.InvalidArgumentError):
        owner.wait(wrong)


def test_an_owner_that_is_none_is_refused(client: zkarrow.Client) -> None:
    with pytest.raises(zkarrow.InvalidArgumentError, match="owner must be an Owner and was str"):
        client.publish("a", make("int64", 1), owner="me")  # type: ignore[arg-type]


def test_a_caller_of_the_first_release_has_no_owner_in_its_options(client: zkarrow.Client) -> None:
    first = _bindings.zka_publish_options.owner.offset
    assert first == 24 < sizeof(_bindings.zka_publish_options)
    # what stands behind its struct is not the library's to read
    options = _bindings.zka_publish_options(first, 0, _bindings.ZKA_ANY_VERSION, 0, 0, 0x5A5A5A)
    arguments = (-1, None, byref(new_info()))
    with Source(make("int64", 1)) as stream:
        publish = _ffi.library().zka_dataset_publish
        _ffi.call(publish, client._open_pointer(), b"a", stream, byref(options), *arguments)
    assert client.stat("a").epoch == 0
    options.struct_size = first - 1
    with Source(make("int64", 1)) as stream, pytest.raises(zkarrow.InvalidArgumentError, match="struct_size"):
        _ffi.call(publish, client._open_pointer(), b"a", stream, byref(options), *arguments)


def test_a_client_that_closes_releases(client: zkarrow.Client, place: dict[str, Any]) -> None:
    with zkarrow.connect(**place) as other:
        owner = other.own("a")
    assert owner.state == "released"
    owner.close()
    assert client.publish("a", make("int64", 1)).epoch == 0
