"""Datasets over a real ZooKeeper server."""

from __future__ import annotations

import datetime
import gc
import pathlib
import threading
from typing import Any, Callable

import pytest
import zkarrow
from digest import digest
from maker import make

Count = Callable[[], "dict[str, int]"]


def names_of(items: Any) -> list[str]:
    return [item.name for item in items]


@pytest.mark.parametrize("residency", ["inline", "host", None])
@pytest.mark.parametrize("kind, rows, batches", [("int64", 0, 1), ("mixed", 50, 3)])
def test_what_is_published_is_read(
    client: zkarrow.Client, residency: Any, kind: str, rows: int, batches: int
) -> None:
    table = make(kind, rows, 5, batches)
    before = datetime.datetime.now(datetime.timezone.utc)
    version = client.publish("a/b", table, residency=residency)
    assert (version.number, version.rows, version.epoch) == (1, rows * batches, 0)
    assert version.residency == (residency or "inline") and version.nbytes > 0
    assert len(version.commit_id) == len(version.schema_id) == 32
    assert abs(version.committed_at - before) < datetime.timedelta(minutes=1)
    with client.read("a/b", validate="full") as read:
        assert digest(read) == digest(read) == digest(table)
        assert read.version == version == client.stat("a/b")
        assert (read.name, read.num_rows, read.nbytes) == ("a/b", version.rows, version.nbytes)
        assert read.zero_copy is (read.copy_reason is None)


def test_a_read_of_shared_memory_copies_nothing(client: zkarrow.Client) -> None:
    client.publish("a", make("int64", 1000), residency="host")
    with client.read("a") as table:
        assert table.zero_copy and table.copy_reason is None


def test_plain_columns_are_published(client: zkarrow.Client) -> None:
    part = zkarrow.table({"sym": ["A", None], "px": [1.5, 2.5]})
    client.publish("a", [part, part])
    with client.read("a") as table:
        assert table.schema.names == ["sym", "px"] and table.num_rows == 4
        assert digest(table)[1] == 2
        assert repr(table) == "<zkarrow.Table 'a' version 1, 4 rows, sym: utf8, px: float64>"
        assert repr(table.schema) == "<zkarrow.Schema sym: utf8, px: float64>"
    assert repr(table) == "<zkarrow.Table 'a' closed>"


def test_a_table_is_relayed(client: zkarrow.Client) -> None:
    client.publish("a", make("mixed", 20))
    with client.read("a") as table:
        client.publish("b", table)
        with client.read("b") as again:
            assert digest(again) == digest(table)


def test_versions_are_numbered_and_kept(client: zkarrow.Client) -> None:
    for rows in (1, 2, 3):
        client.publish("a", make("int64", rows))
    history = client.history("a")
    assert [(one.version, one.rows) for one in history] == [(1, 1), (2, 2), (3, 3)]
    assert history[0].author.split("@")[0].isdigit() and len(history) == 3
    assert history[2].commit_id == client.stat("a").commit_id
    with client.read("a", version=2) as table:
        assert table.num_rows == 2
    assert client.stat("a", version=1).number == 1
    client.drop("a", version=1)
    assert [one.version for one in client.history("a")] == [2, 3]
    with pytest.raises(zkarrow.ConflictError):
        client.drop("a", version=3)
    with pytest.raises(zkarrow.NotFoundError):
        client.read("a", version=1)


def test_datasets_are_listed_by_name(client: zkarrow.Client) -> None:
    assert list(client.list()) == []
    for name in ("b/2", "a", "b/1"):
        client.publish(name, make("int64", 4))
    listed = client.list()
    assert names_of(listed) == ["a", "b/1", "b/2"] and names_of(listed[1:]) == ["b/1", "b/2"]
    assert names_of(client.list("b/")) == ["b/1", "b/2"]
    stat = client.stat("a")
    assert (listed[0].version, listed[0].rows, listed[0].committed_at, listed[0].schema_id) == (
        stat.number,
        stat.rows,
        stat.committed_at,
        stat.schema_id,
    )
    with pytest.raises(ValueError, match="taken"):
        listed.__arrow_c_stream__()
    client.drop("b/1")
    assert names_of(client.list()) == ["a", "b/2"]


def test_a_list_is_an_arrow_stream(client: zkarrow.Client, balanced: Count) -> None:
    client.publish("a", make("int64", 4))
    taken = client.list()
    digest(taken)
    with pytest.raises(ValueError):
        list(taken)
    del client.list()._kind
    gc.collect()


def test_an_expected_version_is_compared(client: zkarrow.Client) -> None:
    table = make("int64", 1)
    with pytest.raises(zkarrow.NotFoundError):
        client.publish("a", table, expected_version=1)
    assert client.publish("a", table, expected_version=0).number == 1
    with pytest.raises(zkarrow.AlreadyExistsError):
        client.publish("a", table, expected_version=0)
    assert client.publish("a", table, expected_version=1).number == 2
    with pytest.raises(zkarrow.ConflictError):
        client.publish("a", table, expected_version=1)
    assert client.stat("a").number == 2


def test_the_schema_may_be_required_to_stay(client: zkarrow.Client) -> None:
    client.publish("a", zkarrow.table({"x": [1]}))
    client.publish("a", zkarrow.table({"x": [2]}), same_schema=True)
    with pytest.raises(zkarrow.SchemaMismatchError):
        client.publish("a", zkarrow.table({"y": [2]}), same_schema=True)
    assert client.publish("a", zkarrow.table({"y": [2]})).number == 3


def test_what_does_not_exist_is_not_found(client: zkarrow.Client) -> None:
    for call in (client.read, client.stat, client.history, client.drop):
        with pytest.raises(zkarrow.NotFoundError) as caught:
            call("none")
        assert "none" in str(caught.value)


def test_arguments_are_checked(client: zkarrow.Client) -> None:
    table = make("int64", 1)
    refused: list[Callable[[], Any]] = [
        lambda: client.publish("a//b", table),
        lambda: client.publish("", table),
        lambda: client.publish("a\0b", table),
        lambda: client.publish("a", table, residency="moon"),  # type: ignore[arg-type]
        lambda: client.publish("a", table, timeout=-1),
        lambda: client.publish("a", table, timeout=float("nan")),
        lambda: client.read("a", version=0),
        lambda: client.read("a", version=-1),
        lambda: client.read("a", validate="half"),  # type: ignore[arg-type]
        lambda: client.drop("a", version=0),
        lambda: client.subscribe("a", after=-1),
        lambda: zkarrow.connect("http://nowhere"),
        lambda: zkarrow.connect(5),  # type: ignore[arg-type]
    ]
    for call in refused:
        with pytest.raises(zkarrow.InvalidArgumentError) as caught:
            call()
        assert "\n" not in str(caught.value)
    assert list(client.list()) == []


def test_a_failing_stream_publishes_nothing(client: zkarrow.Client) -> None:
    with pytest.raises(zkarrow.Error, match="disk on fire"):
        client.publish("a", make("half", 10))
    assert list(client.list()) == []


def test_what_an_iterable_raises_is_raised(client: zkarrow.Client, balanced: Count) -> None:
    def parts() -> Any:
        yield zkarrow.table({"x": [1]})
        raise ZeroDivisionError("in the middle")

    with pytest.raises(ZeroDivisionError):
        client.publish("a", parts())
    assert list(client.list()) == []


def test_buffers_outlive_the_table_the_dataset_and_the_client(
    place: dict[str, Any], balanced: Count
) -> None:
    client = zkarrow.connect(**place)
    made = make("mixed", 1000)
    client.publish("a", made, residency="host")
    table = client.read("a")

    class Taken:
        capsule = table.__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return self.capsule

    client.drop("a")
    table.close()
    client.close()
    assert digest(Taken()) == digest(made)
    del Taken


def test_closing_is_idempotent_and_use_afterwards_a_value_error(place: dict[str, Any]) -> None:
    client = zkarrow.connect(**place)
    assert client.state == "connected"
    client.publish("a", make("int64", 1))
    table, subscription = client.read("a"), client.subscribe("a")
    schema = table.schema
    for one in (table, subscription, client):
        one.close()
        one.close()
        assert one.closed
    assert client.state == "closed" and "closed" in repr(client) and "closed" in repr(subscription)
    uses: list[tuple[str, Callable[[], Any]]] = [
        ("client", client.list),
        ("client", lambda: client.publish("a", make("int64", 1))),
        ("client", lambda: client.subscribe("a")),
        ("client", client.__enter__),
        ("table", table.__arrow_c_stream__),
        ("table", table.__arrow_c_schema__),
        ("table", schema.__arrow_c_schema__),
        ("table", lambda: table.version),
        ("table", lambda: table.schema),
        ("table", lambda: table.zero_copy),
        ("subscription", subscription.next),
    ]
    for noun, use in uses:
        with pytest.raises(ValueError, match=f"{noun} is closed"):
            use()
    assert list(subscription) == []


def test_a_requested_schema_must_have_as_many_columns(client: zkarrow.Client) -> None:
    client.publish("one", make("int64", 1))
    client.publish("four", make("mixed", 1))
    with client.read("one") as one, client.read("four") as four:
        with pytest.raises(ValueError, match="4 columns and the table 1"):
            one.__arrow_c_stream__(four.__arrow_c_schema__())
        one.__arrow_c_stream__(one.__arrow_c_schema__())
        with pytest.raises(TypeError):
            one.__arrow_c_stream__(requested_schema="text")


def test_a_subscription_gives_every_version_once(client: zkarrow.Client) -> None:
    for rows in range(1, 4):
        client.publish("a", make("int64", rows))
    with client.subscribe("a", after=1, timeout=10) as subscription:
        assert [subscription.next(10).number, next(subscription).number] == [2, 3]
        with pytest.raises(zkarrow.TimeoutError):
            subscription.next(0)
        client.publish("a", make("int64", 9))
        assert next(subscription).rows == 9 and subscription.skipped == 0
    client.drop("a", version=1)
    client.drop("a", version=2)
    with client.subscribe("a") as late:
        assert (late.next(10).number, late.skipped) == (3, 2)


def test_a_subscription_ends_when_the_dataset_is_dropped(client: zkarrow.Client) -> None:
    client.publish("a", make("int64", 1))
    with client.subscribe("a") as subscription:
        subscription.next(10)
        client.drop("a")
        with pytest.raises(zkarrow.NotFoundError):
            subscription.next(10)


def test_threads_share_a_client(client: zkarrow.Client, balanced: Count) -> None:
    def work(name: str) -> None:
        for rows in range(1, 6):
            client.publish(name, make("mixed", rows))
            with client.read(name) as table:
                assert table.num_rows == rows

    failures: list[BaseException] = []

    def guarded(name: str) -> None:
        try:
            work(name)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(f"t{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(client.list()) == 8


def test_everything_is_let_go(place: dict[str, Any], balanced: Count) -> None:
    with zkarrow.connect(**place) as client:
        client.publish("a", make("mixed", 100), residency="host")
        with client.read("a") as table, client.subscribe("a") as subscription:
            digest(table)
            list(client.list()), list(client.history("a"))
            table.schema.__arrow_c_schema__()
            subscription.next(10)
        for wrong in ("none", "a//b"):
            with pytest.raises(zkarrow.Error):
                client.read(wrong)


def test_a_leaked_table_warns_and_is_closed(client: zkarrow.Client, balanced: Count) -> None:
    client.publish("a", make("int64", 1))
    with pytest.warns(ResourceWarning, match="Table 'a' version 1.* was never closed"):
        client.read("a")
        gc.collect()


def test_the_segment_lies_in_the_data_directory(
    client: zkarrow.Client, place: dict[str, Any]
) -> None:
    def size() -> int:
        files = pathlib.Path(place["data_dir"]).rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())

    before = size()
    client.publish("a", make("int64", 100_000), residency="host")
    assert size() - before >= 800_000
