"""What happens to versions after they are published."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest
import zkarrow
from maker import make

PUBLISH_AND_DIE = """
import os, signal, sys, zkarrow
from maker import make
client = zkarrow.connect(sys.argv[1], data_dir=sys.argv[2], session_timeout=2)
client.publish("t", make("int64", 3), lifetime="session", residency="host")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_dataset_is_described_as_it_was_configured(client: zkarrow.Client) -> None:
    retention = zkarrow.Retention(versions=3, age=90.5, nbytes=1 << 40)
    client.configure("t", retention=retention, schema_policy="full", ttl=3600)
    told = client.describe("t")
    assert (told.head, told.versions, told.nbytes, told.owned) == (None, 0, 0, False)
    assert (told.retention, told.schema_policy, told.lifetime) == (retention, "full", 3600)
    client.configure("t", retention=7, ttl=0)
    told = client.describe("t")
    assert (told.retention, told.lifetime) == (zkarrow.Retention(versions=7), "persistent")
    client.configure("t", retention=zkarrow.Retention())
    assert client.describe("t").retention == zkarrow.Retention()
    assert client.describe("t").schema_policy == "full"


def test_history_has_what_was_attached(client: zkarrow.Client) -> None:
    first = client.publish("t", make("int64", 1), tags=["a", "ü"], metadata={"k": "v"})
    client.append("t", make("int64", 1), metadata={"one": "1", "two": ""})
    with client.loan({"x": "int64"}, rows=1) as loan:
        loan.publish("t", tags=["loaned"], metadata={"by": "loan"})
    history = client.history("t")
    assert [v.metadata for v in history] == [{"k": "v"}, {"one": "1", "two": ""}, {"by": "loan"}]
    assert [v.tags for v in history] == [["a", "ü"], [], ["loaned"]]
    assert history[1].parent_commit_id == first.commit_id and history[0].parent_commit_id == ""
    client.tag("t", 2, "a")
    with client.read("t", tag="a") as table:
        assert table.version.number == 2
    assert client.describe("t").tags == {"a": 2, "loaned": 3, "ü": 1}
    client.untag("t", "a")
    with pytest.raises(zkarrow.NotFoundError, match="'a'"):
        client.read("t", tag="a")


@pytest.mark.parametrize(
    "options",
    [
        {"tags": "one string"},
        {"tags": [""]},
        {"metadata": {"k": "x" * 5000}},
        {"lifetime": "for ever"},
        {"lifetime": -1},
    ],
)
def test_what_cannot_be_attached_is_refused(
    client: zkarrow.Client, options: dict[str, Any]
) -> None:
    with pytest.raises(zkarrow.InvalidArgumentError):
        client.publish("t", make("int64", 1), **options)


@pytest.mark.parametrize(
    "options",
    [
        {"retention": 0},
        {"retention": zkarrow.Retention(age=-1)},
        {"ttl": -1},
        {"schema_policy": "strict"},
    ],
)
def test_what_cannot_be_configured_is_refused(
    client: zkarrow.Client, options: dict[str, Any]
) -> None:
    with pytest.raises(zkarrow.InvalidArgumentError):
        client.configure("t", **options)


def test_a_dataset_of_a_session_goes_when_its_publisher_is_killed(
    client: zkarrow.Client, place: dict[str, Any], run_python: Callable[..., Any]
) -> None:
    ended = run_python(PUBLISH_AND_DIE, place["url"], place["data_dir"])
    assert ended.returncode == -9, ended.stderr
    deadline = time.monotonic() + 60
    while client.list() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(client.list()) == 0
    with pytest.raises(zkarrow.NotFoundError):
        client.read("t", strict=True)
