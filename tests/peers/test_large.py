"""Columns beyond 2^31 rows and beyond 2 GiB, from language to language.

With ZKARROW_LARGE=1 they are as large as that and need 16 GiB of memory; without it they are small and take no time.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zkarrow
from conftest import ROOT

LARGE = os.environ.get("ZKARROW_LARGE") == "1"
INT64_ROWS = (5 << 30) // 8 if LARGE else 5 << 10
UTF8_ROWS = 1 << (30 if LARGE else 12)
NULLS = 3_000_000_000
DOTNET_DRIVER = ROOT / "tests/contract/dotnet/bin/Release/net10.0/ZkArrow.ContractDriver.dll"


def relay_by_cpp(place: dict[str, Any], source: str, target: str, what: str = "") -> int:
    program = os.path.join(os.environ["ZKARROW_PEERS_BIN"], "relay_large")
    command = [program, place["url"], place["data_dir"], source, target, what]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def relay_by_dotnet(place: dict[str, Any], source: str, target: str) -> int:
    requests = [
        {"op": "open", "url": place["url"], "data_dir": place["data_dir"], "timeout_ms": 300_000},
        {"op": "sum", "name": source, "column": "x"},
        {"op": "relay", "from": source, "to": target, "residency": "host"},
    ]
    done = subprocess.run(
        ["dotnet", str(DOTNET_DRIVER)], input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests) and all(answer["ok"] for answer in answers), (answers, done.stderr)
    return int(answers[1]["sum"])


def publish(client: zkarrow.Client, name: str, table: pa.Table) -> None:
    client.publish(name, table, residency="host", timeout=300)


def move(client: zkarrow.Client, gone: str) -> None:
    """Drops what was handed on, so that no more than two copies stand in memory."""
    gc.collect()
    client.drop(gone)


@pytest.mark.parametrize("batches", [1, 5])
def test_five_gibibytes_in_one_column(batches: int, client: zkarrow.Client, place: dict[str, Any]) -> None:
    rows = INT64_ROWS // batches
    column = pa.chunked_array([pa.array(np.arange(i * rows, (i + 1) * rows)) for i in range(batches)])
    total = rows * batches
    wanted = total * (total - 1) // 2
    publish(client, "python", pa.table({"x": column}))
    del column
    assert relay_by_cpp(place, "python", "cpp", "sum") == wanted
    move(client, "python")
    name = "cpp"
    # a RecordBatch of .NET holds at most 2 GiB a buffer, which docs/limits.md says
    if batches > 1 or not LARGE:
        assert relay_by_dotnet(place, "cpp", "dotnet") == wanted
        move(client, "cpp")
        name = "dotnet"
    with client.read(name) as read:
        assert read.zero_copy and read.num_rows == total
        chunks = pa.table(read)["x"].chunks
        assert [len(chunk) for chunk in chunks] == [rows] * batches
        assert sum(int(chunk.to_numpy().sum()) for chunk in chunks) == wanted
        assert chunks[-1][-1].as_py() == total - 1
        del chunks


def test_three_billion_nulls(client: zkarrow.Client, place: dict[str, Any]) -> None:
    publish(client, "python", pa.table({"n": pa.nulls(NULLS)}))
    relay_by_cpp(place, "python", "cpp")
    with client.read("cpp", validate="full") as read:
        (chunk,) = pa.table(read)["n"].chunks
        chunk.validate(full=True)
        assert len(chunk) == chunk.null_count == NULLS


@pytest.mark.parametrize("kind", ["int8", "bool"])
def test_nulls_in_a_bitmap(kind: str, client: zkarrow.Client, place: dict[str, Any]) -> None:
    count = NULLS if LARGE else 3000
    publish(client, "python", pa.table({"n": pa.nulls(count, kind)}))
    gc.collect()
    relay_by_cpp(place, "python", "cpp")
    move(client, "python")
    with client.read("cpp", validate="full") as read:
        (chunk,) = pa.table(read)["n"].chunks
        assert len(chunk) == chunk.null_count == count
        del chunk


def test_a_billion_texts(client: zkarrow.Client, place: dict[str, Any]) -> None:
    data = np.resize(np.frombuffer(b"abcdefg", np.uint8), UTF8_ROWS)
    offsets = np.arange(UTF8_ROWS + 1, dtype=np.int32)
    texts = pa.StringArray.from_buffers(UTF8_ROWS, pa.py_buffer(offsets), pa.py_buffer(data))
    publish(client, "python", pa.table({"t": texts}))
    del texts, offsets
    gc.collect()
    relay_by_cpp(place, "python", "cpp")
    move(client, "python")
    with client.read("cpp", validate="full") as read:
        (chunk,) = pa.table(read)["t"].chunks
        assert len(chunk) == UTF8_ROWS and chunk.null_count == 0
        assert np.array_equal(np.frombuffer(chunk.buffers()[2], np.uint8)[:UTF8_ROWS], data)
        assert [chunk[i].as_py() for i in (0, 7, UTF8_ROWS - 1)] == ["a", "a", chr(int(data[-1]))]
        del chunk
