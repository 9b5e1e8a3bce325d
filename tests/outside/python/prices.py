"""What a program does with the wheel and nothing else: publish|read URL DATA_DIR NAME, as the C and C++ examples do.

With pyarrow or polars reading is one call; here it goes through the Arrow C stream itself, which is all the wheel promises.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator

import zkarrow


class Array(ctypes.Structure):
    """``struct ArrowArray``."""


Array._fields_ = [
    *((name, ctypes.c_int64) for name in ("length", "null_count", "offset", "n_buffers", "n_children")),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    ("private_data", ctypes.c_void_p),
]


class Stream(ctypes.Structure):
    """``struct ArrowArrayStream``, as far as it is used here."""

    _fields_ = [
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(Array))),
    ]


def batches(table: zkarrow.Table) -> Iterator[Array]:
    """The batches of a table, each until the next one."""
    capsule = table.__arrow_c_stream__()
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    stream = Stream.from_address(address(capsule, b"arrow_array_stream"))
    while True:
        batch = Array()
        if stream.get_next(ctypes.addressof(stream), ctypes.byref(batch)) != 0:
            raise RuntimeError("the stream failed")
        if not batch.release:
            return
        yield batch
        batch.release(ctypes.addressof(batch))


def rows(batch: Array) -> Iterator[tuple[int, float | None, str]]:
    """The rows of a batch of an int64, a float64 and a string column."""
    ids, prices, symbols = (batch.children[i].contents for i in range(3))
    number = ctypes.cast(ids.buffers[1], ctypes.POINTER(ctypes.c_int64))
    price = ctypes.cast(prices.buffers[1], ctypes.POINTER(ctypes.c_double))
    valid = ctypes.cast(prices.buffers[0], ctypes.POINTER(ctypes.c_uint8)) if prices.buffers[0] else None
    ends = ctypes.cast(symbols.buffers[1], ctypes.POINTER(ctypes.c_int32))
    for i in range(batch.length):
        given = valid is None or valid[i // 8] >> i % 8 & 1
        text = ctypes.string_at(symbols.buffers[2] + ends[i], ends[i + 1] - ends[i])
        yield number[i], price[i] if given else None, text.decode()


def main(verb: str, url: str, folder: str, name: str) -> None:
    with zkarrow.connect(url, data_dir=folder) as client:
        if verb == "publish":
            prices = zkarrow.table({"id": [1, 2, 3], "px": [101.5, None, 99.25], "sym": ["AAA", "BBB", "CCC"]})
            made = client.publish(name, prices)
            print(f"{name} version {made.number}: {made.rows} rows")
            return
        with client.read(name) as table:
            print(f"{name} version {table.version.number}: {table.version.rows} rows")
            for batch in batches(table):
                for number, price, symbol in rows(batch):
                    print(number, "-" if price is None else f"{price:g}", symbol)


if __name__ == "__main__":
    main(*sys.argv[1:])
