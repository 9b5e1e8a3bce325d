"""Loans with numpy, pyarrow and Arrow C++: views of shared memory, builders inside of it, files for anybody."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

import numpy as np
import pyarrow as pa
import zkarrow

ROWS = 1000
SCHEMA = pa.schema(
    [
        pa.field("px", pa.float64()),
        pa.field("id", pa.int64(), nullable=False),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("up", pa.bool_()),
        pa.field("sym", pa.string()),
        pa.field("raw", pa.large_binary()),
        pa.field("list", pa.list_(pa.int32())),
        pa.field("pair", pa.list_(pa.float32(), 2)),
        pa.field("where", pa.struct([pa.field("x", pa.int16()), pa.field("ok", pa.bool_())])),
        pa.field("dec", pa.decimal128(10, 2)),
        pa.field("nothing", pa.null()),
    ]
)


def fill(loan: zkarrow.Loan) -> None:
    rows = np.arange(ROWS)
    loan["px"][:] = rows * 0.5
    loan.validity("px")[:] = rows % 3 != 0
    loan["id"][:] = rows
    loan["at"][:] = rows.astype("M8[us]")
    loan["up"][:] = rows % 2 == 0
    loan["sym"].extend(None if i % 7 == 0 else f"s{i}ü" for i in range(ROWS))
    loan["raw"].extend(b"x" * (i % 3) for i in range(ROWS))
    loan["list"].offsets[:] = np.arange(ROWS + 1) * 2
    loan["list"].values[: 2 * ROWS] = np.arange(2 * ROWS)
    loan["list"].values_validity[1] = False
    loan["pair"].values[:] = np.arange(2 * ROWS)
    loan["where"]["x"][:] = rows
    loan["where"].validity("x")[0] = False
    loan["where"]["ok"][:] = True
    decimals = np.zeros((ROWS, 2), "i8")
    decimals[:, 0] = rows
    loan["dec"][:] = decimals.view("V16").reshape(ROWS)


def expected(rows: int) -> pa.Table:
    of = range(rows)
    columns = [
        [None if i % 3 == 0 else i * 0.5 for i in of],
        list(of),
        list(of),
        [i % 2 == 0 for i in of],
        [None if i % 7 == 0 else f"s{i}ü" for i in of],
        [b"x" * (i % 3) for i in of],
        [[2 * i, None if i == 0 else 2 * i + 1] for i in of],
        [[2 * i, 2 * i + 1] for i in of],
        [{"x": None if i == 0 else i, "ok": True} for i in of],
        None,
        [None] * rows,
    ]
    arrays = [
        pa.array([pa.scalar(i, pa.int64()).cast(pa.decimal128(21, 0)).as_py() / 100 for i in of], field.type)
        if column is None
        else pa.array(column, field.type)
        for field, column in zip(SCHEMA, columns)
    ]
    return pa.table(arrays, schema=SCHEMA)


def test_every_type_is_built_in_place(client: zkarrow.Client, place: dict[str, Any]) -> None:
    for version, rows in enumerate((ROWS, 10, 0), 1):
        with client.loan(SCHEMA, ROWS, var_bytes=16 * ROWS) as loan:
            fill(loan)
            loan.publish("all", rows=rows)
        with client.read("all", validate="full") as read:
            table = pa.table(read)
            table.validate(full=True)
            assert table.equals(expected(rows))
        (segment,) = pathlib.Path(place["data_dir"]).glob(f"*/*-{version}-*.arrow")
        with pa.memory_map(str(segment)) as source, pa.ipc.open_file(source) as file:
            assert file.num_record_batches == 1
            again = file.read_all()
            again.validate(full=True)
            assert again.equals(table)


def test_a_view_is_the_shared_memory_itself(client: zkarrow.Client) -> None:
    with client.loan(pa.schema([("x", pa.int64())]), 5000) as loan:
        view = loan["x"]
        assert isinstance(view, np.ndarray) and view.dtype == np.int64 and view.flags.writeable
        assert view.ctypes.data % 64 == 0
        view[:] = 1
        loan.publish("a")
        view[:] = 2
    assert view.sum() == 10_000
    with client.read("a") as read:
        assert pa.table(read)["x"].to_pylist() == [1] * 5000


def test_arrow_builders_build_inside_a_loan(client: zkarrow.Client, place: dict[str, Any]) -> None:
    program = pathlib.Path(os.environ["ZKARROW_PEERS_BIN"]) / "arrow_loan"
    done = subprocess.run(
        [program, place["url"], place["data_dir"], "built"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["outside"] == 0 and seen["buffers"] == 7, seen
    assert seen["exhausted"] == "OutOfMemory" and seen["left"] == 0
    with client.read("built", validate="full") as read:
        table = pa.table(read)
        table.validate(full=True)
        n = 100_000
        assert table["px"].to_pylist()[:4] == [None, 0.5, 1.0, 1.5] and table.num_rows == n
        assert table["sym"].to_pylist()[-1] == f"sym{n - 1}"
        assert table["up"].to_pylist()[:3] == [True, False, True]
        assert table["list"].to_pylist()[2] == [2, 3]
    (segment,) = pathlib.Path(place["data_dir"]).glob("*/*.arrow")
    assert str(segment.stat().st_ino) == seen["inode"]
