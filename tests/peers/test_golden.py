"""Files of every type that Arrow C++ wrote, through the exchange and through datasets, seen by pyarrow, Arrow C++ and .NET."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pytest
import zkarrow
from conftest import ROOT
from zkarrow import exchange

FOLDER = ROOT / "tests/data/arrow-golden"
CASES = sorted(path.stem for path in FOLDER.glob("*.arrow_file"))
DOTNET_DRIVER = ROOT / "tests/contract/dotnet/bin/Release/net10.0/ZkArrow.ContractDriver.dll"


def batches_of(reader: Any) -> list[pa.RecordBatch]:
    return [reader.get_batch(i) for i in range(reader.num_record_batches)]


def file_of(case: str) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    reader = pa.ipc.open_file(FOLDER / f"{case}.arrow_file")
    return reader.schema, batches_of(reader)


def check_same(
    schema: pa.Schema, batches: list[pa.RecordBatch], expected: tuple[pa.Schema, list[pa.RecordBatch]]
) -> None:
    assert schema.equals(expected[0], check_metadata=True)
    assert len(batches) == len(expected[1])
    for batch, original in zip(batches, expected[1]):
        batch.validate(full=True)
        assert batch.equals(original, check_metadata=True)


def stream_of(source: tuple[pa.Schema, list[pa.RecordBatch]]) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(*source)


def read_all(source: Any) -> tuple[pa.Schema, list[pa.RecordBatch]]:
    reader = pa.RecordBatchReader.from_stream(source)
    return reader.schema, list(reader)


def test_all_cases_are_there() -> None:
    assert len(CASES) == 32


@pytest.mark.parametrize("case", CASES)
def test_the_exchange_passes_it(case: str, balanced: Any) -> None:
    expected = file_of(case)
    exchange.put("golden", stream_of(expected))
    check_same(*read_all(exchange.get("golden")), expected)
    exchange.remove("golden")
    streamed = pa.ipc.open_stream(FOLDER / f"{case}.stream")
    check_same(*read_all(exchange.echo(streamed)), expected)


@pytest.mark.parametrize("case", CASES)
def test_a_dataset_keeps_it(case: str, client: zkarrow.Client, place: dict[str, Any]) -> None:
    expected = file_of(case)
    for residency in ("inline", "host"):
        client.publish(residency, stream_of(expected), residency=residency)
        with client.read(residency, validate="full") as read:
            check_same(*read_all(read), expected)

    (segment,) = pathlib.Path(place["data_dir"]).glob("*/*.arrow")
    reader = pa.ipc.open_file(pa.memory_map(str(segment)))
    check_same(reader.schema, batches_of(reader), expected)

    program = os.path.join(os.environ["ZKARROW_PEERS_BIN"], "arrow_golden")
    path = str(FOLDER / f"{case}.arrow_file")
    command = [program, place["url"], place["data_dir"], "host", "from/cpp", path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 25
    with client.read("from/cpp", validate="full") as read:
        check_same(*read_all(read), expected)
