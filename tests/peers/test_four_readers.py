"""One table from pyarrow, read by Arrow C++, by the C++ binding alone, by .NET, and back in pyarrow."""

from __future__ import annotations

import datetime
import decimal
import json
import os
import pathlib
import subprocess
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import zkarrow
from conftest import ROOT

ROWS = 20_000
DOTNET_DRIVER = ROOT / "tests/contract/dotnet/bin/Release/net10.0/ZkArrow.ContractDriver.dll"


def make(first: int) -> pa.RecordBatch:
    rows = range(first, first + ROWS)
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    words = ["red", "green", "blue", None]
    columns: dict[str, pa.Array] = {
        "i64": pa.array([None if i % 7 == 3 else i for i in rows], pa.int64()),
        "f64": pa.array([i / 4 for i in rows], pa.float64()),
        "flag": pa.array([None if i % 11 == 0 else i % 3 == 0 for i in rows], pa.bool_()),
        "text": pa.array([None if i % 5 == 4 else f"text {i}" for i in rows], pa.utf8()),
        "bytes": pa.array([bytes([i % 256]) * (i % 4) for i in rows], pa.binary()),
        "fixed": pa.array([i.to_bytes(8, "big") for i in rows], pa.binary(8)),
        "at": pa.array([day + datetime.timedelta(seconds=i) for i in rows], pa.timestamp("us", "UTC")),
        "on": pa.array([day.date() + datetime.timedelta(days=i % 9999) for i in rows], pa.date32()),
        "money": pa.array([decimal.Decimal(i).scaleb(-2) for i in rows], pa.decimal128(18, 2)),
        "word": pa.DictionaryArray.from_arrays(pa.array([i % 3 for i in rows], pa.int32()), pa.array(words[:3])),
        "list": pa.array([None if i % 13 == 0 else list(range(i % 4)) for i in rows], pa.list_(pa.int32())),
        "pair": pa.array([{"a": i, "b": words[i % 4]} for i in rows], pa.struct([("a", pa.int32()), ("b", pa.utf8())])),
    }
    return pa.record_batch(list(columns.values()), names=list(columns))


def maps_of(address: int) -> str:
    for line in pathlib.Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        span, _, _, _, inode, *_ = line.split()
        start, end = (int(part, 16) for part in span.split("-"))
        if start <= address < end:
            return inode
    return "0"


def run(command: list[str], text: str = "") -> str:
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=180, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pyarrow_arrow_cpp_the_binding_and_dotnet_agree(
    client: zkarrow.Client, place: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    table = pa.Table.from_batches([make(0), make(ROWS)])
    file = tmp_path / "original.arrow"
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    client.publish("original", table, residency="host")

    with client.read("original") as read:
        back = pa.table(read)
        back.validate(full=True)
        assert back.equals(table, check_metadata=True)
        inode = maps_of(back["i64"].chunk(0).buffers()[1].address)

    program = os.path.join(os.environ["ZKARROW_PEERS_BIN"], "arrow_reader")
    said = json.loads(run([program, place["url"], place["data_dir"], "original", "from/cpp", str(file)]))
    assert said["equal"] and said["arrow"] >= 25
    assert said["inode"] == inode != "0", "Arrow C++ does not look at the file that pyarrow looks at"
    assert said["sum"] == sum(i for i in range(2 * ROWS) if i % 7 != 3)
    assert said["text_bytes"] == sum(len(f"text {i}") for i in range(2 * ROWS) if i % 5 != 4)

    requests = [
        {"op": "open", "url": place["url"], "data_dir": place["data_dir"]},
        {"op": "relay", "from": "original", "to": "from/dotnet"},
    ]
    answers = [json.loads(line) for line in run(
        ["dotnet", str(DOTNET_DRIVER)], "".join(json.dumps(request) + "\n" for request in requests)
    ).splitlines()]
    assert answers[0]["ok"] and answers[1]["ok"], answers
    assert answers[1]["version"]["rows"] == table.num_rows

    for name in ("from/cpp", "from/dotnet"):
        with client.read(name, validate="full") as read:
            relayed = pa.table(read)
            relayed.validate(full=True)
            assert relayed.equals(table), name
