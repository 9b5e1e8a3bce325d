"""No copy: equal addresses in a process, one mapped file between two, segments as plain files."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
import zkarrow
from conftest import ROOT
from zkarrow import exchange

BIG = pa.table({"x": pa.array(range(200_000), pa.int64()), "s": ["text"] * 200_000})

READER = """
import json, os, sys
import pyarrow as pa, zkarrow

with zkarrow.connect(sys.argv[1], data_dir=sys.argv[2]) as client, client.read("t") as read:
    table = pa.table(read)
    address = table["x"].chunk(0).buffers()[1].address
    for line in open("/proc/self/maps"):
        span, rights, _, device, inode, *path = line.split(maxsplit=5)
        start, end = (int(part, 16) for part in span.split("-"))
        if start <= address < end:
            print(json.dumps({"rights": rights, "inode": inode, "path": path[0].strip(),
                              "sum": sum(table["x"].to_pylist()), "pid": os.getpid()}))
            break
"""


def addresses(table: pa.Table) -> list[int | None]:
    return [
        buffer and buffer.address
        for column in table.columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
    ]


def segments(data_dir: str) -> list[pathlib.Path]:
    """The segments of versions; those that wait in the pool to be written again are nobody's."""
    found = []
    for path in pathlib.Path(data_dir).rglob("*"):
        if ".pool" not in path.parts and path.is_file() and path.read_bytes()[:6] == b"ARROW1":
            found.append(path)
    return found


def test_the_exchange_gives_the_very_buffers() -> None:
    exchange.put("t", BIG)
    assert addresses(pa.table(exchange.get("t"))) == addresses(BIG)
    exchange.remove("t")
    assert addresses(pa.table(exchange.echo(BIG))) == addresses(BIG)


def test_two_tables_of_a_process_are_one_mapping(client: zkarrow.Client) -> None:
    client.publish("t", BIG, residency="host")
    with client.read("t") as one, client.read("t") as two:
        assert addresses(pa.table(one)) == addresses(pa.table(two))
        allocated = pa.total_allocated_bytes()
        table = pa.table(one)
        assert pa.total_allocated_bytes() == allocated and table.equals(BIG)


def test_two_processes_map_one_file(client: zkarrow.Client, place: dict[str, Any]) -> None:
    client.publish("t", BIG, residency="host")
    seen = []
    for _ in range(2):
        process = subprocess.run(
            [sys.executable, "-W", "error", "-c", READER, place["url"], place["data_dir"]],
            env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert process.returncode == 0, process.stderr
        seen.append(json.loads(process.stdout))
    assert seen[0]["pid"] != seen[1]["pid"]
    assert seen[0]["inode"] == seen[1]["inode"] and seen[0]["path"] == seen[1]["path"]
    assert seen[0]["path"].startswith(place["data_dir"])
    for one in seen:
        assert one["rights"] == "r--s" and one["sum"] == 199_999 * 100_000


@pytest.mark.parametrize("parts", [1, 3])
def test_a_segment_is_an_arrow_file_for_anybody(
    parts: int, client: zkarrow.Client, place: dict[str, Any]
) -> None:
    table = pa.concat_tables([BIG] * parts)
    version = client.publish("t", table, residency="host")
    (segment,) = segments(place["data_dir"])
    with pa.memory_map(str(segment)) as source:
        with pa.ipc.open_file(source) as file:
            assert file.num_record_batches == parts
            read = file.read_all()
            read.validate(full=True)
            assert read.equals(table)
            commits = list((file.metadata or {}).values())
            assert any(version.commit_id in str(commit) for commit in commits), file.metadata
    assert segment.stat().st_mode & 0o777 == 0o440
    assert segment.stat().st_size >= version.nbytes


def test_a_dropped_dataset_leaves_no_segment(client: zkarrow.Client, place: dict[str, Any]) -> None:
    client.publish("t", BIG, residency="host")
    with client.read("t") as read:
        table = pa.table(read)
        client.drop("t")
    assert table.equals(BIG)
    assert segments(place["data_dir"]) == []
