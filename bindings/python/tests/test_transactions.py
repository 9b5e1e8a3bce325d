"""Transactions, snapshots and reading as of an earlier moment."""

from __future__ import annotations

import datetime
from typing import Callable

import pytest
import zkarrow
from digest import digest
from maker import make

Count = Callable[[], "dict[str, int]"]


def test_a_block_commits_at_its_end(client: zkarrow.Client, balanced: Count) -> None:
    with client.transaction() as tx:
        tx.publish("a", make("mixed", 5), residency="host", tags=["first"], metadata={"k": "v"})
        tx.append("b", make("int64", 3))
        assert tx.versions == {}
        with pytest.raises(zkarrow.NotFoundError):
            client.read("a")
    assert list(tx.versions) == ["a", "b"] and tx.closed
    a, b = tx.versions.values()
    assert (a.commit_id, a.commit_number) == (b.commit_id, b.commit_number)
    assert (client.stat("a"), client.stat("b")) == (a, b)
    assert client.history("a")[0].commit_number == a.commit_number
    with client.read("a", tag="first") as tagged:
        assert tagged.version == a


def test_a_block_that_raises_leaves_nothing(client: zkarrow.Client) -> None:
    with pytest.raises(KeyError):
        with client.transaction() as tx:
            tx.publish("a", make("int64", 5), residency="host")
            raise KeyError("a")
    assert tx.closed and tx.versions == {}
    assert list(client.list()) == []
    with pytest.raises(ValueError):
        tx.commit()


def test_a_conflict_names_the_dataset_and_applies_nothing(client: zkarrow.Client) -> None:
    client.publish("a", make("int64", 1))
    client.publish("b", make("int64", 1))
    with pytest.raises(zkarrow.ConflictError, match="'b' is at version 2"):
        with client.transaction() as tx:
            tx.publish("a", make("int64", 2))
            tx.publish("b", make("int64", 2), expected_version=1)
            client.publish("b", make("int64", 3))
    assert client.stat("a").number == 1


def test_each_dataset_is_in_it_once_and_a_mistake_spoils_nothing(client: zkarrow.Client) -> None:
    with client.transaction() as tx:
        tx.publish("a", make("int64", 1))
        with pytest.raises(zkarrow.InvalidArgumentError):
            tx.publish("a", make("int64", 1))
        with pytest.raises(zkarrow.InvalidArgumentError):
            tx.publish("b", make("int64", 1), residency="elsewhere")  # type: ignore[arg-type]
        assert repr(tx) == "<zkarrow.Transaction of 1>"
    assert list(tx.versions) == ["a"]


def test_a_snapshot_holds_a_cut(client: zkarrow.Client, balanced: Count) -> None:
    table = make("mixed", 9)
    with client.transaction() as tx:
        tx.publish("a", table, residency="host")
        tx.publish("b", table)
    with client.snapshot() as cut:
        client.publish("a", make("int64", 1))
        client.drop("b")
        assert cut.versions == tx.versions
        assert cut.commit_number == tx.versions["a"].commit_number
        assert [one.name for one in cut.list()] == ["a", "b"]
        with cut.read("a") as a, cut.read("b") as b:
            assert digest(a) == digest(b) == digest(table)
        with pytest.raises(zkarrow.NotFoundError):
            cut.read("c")
    with pytest.raises(ValueError):
        cut.read("a")
    with client.snapshot([]) as none:
        assert (none.versions, none.commit_number) == ({}, 0)


def test_moments(client: zkarrow.Client) -> None:
    versions = [client.publish("a", make("int64", rows)) for rows in (1, 2, 3)]
    for version in versions:
        for moment in (version.commit_number, version.commit_id, version.committed_at):
            with client.read("a", as_of=moment) as table, client.snapshot(["a"], as_of=moment) as cut:
                assert table.version == version == cut.versions["a"]
    with pytest.raises(zkarrow.NotFoundError):
        client.read("a", as_of=versions[0].committed_at - datetime.timedelta(days=1))
    for wrong in (0, True, 1.5, "twelve"):
        with pytest.raises(zkarrow.InvalidArgumentError):
            client.read("a", as_of=wrong)  # type: ignore[arg-type]
    with pytest.raises(zkarrow.InvalidArgumentError):
        client.read("a", as_of=versions[0].commit_number, version=1)
    with pytest.raises(zkarrow.InvalidArgumentError):
        client.snapshot("a")
