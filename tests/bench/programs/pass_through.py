"""G1p: one batch out of pyarrow and into pyarrow again. Runs in the peers' root."""

import gc
import os
import sys
from ctypes import CDLL, addressof, c_byte, c_int32, c_void_p
from time import perf_counter_ns

import pyarrow as pa

import zkarrow

_ROWS = 1000
_STREAM_BYTES = 40

library = CDLL(os.environ["ZKARROW_LIBRARY"])
echo = library.zka_echo_stream
echo.restype = c_int32
echo.argtypes = [c_void_p, c_void_p, c_void_p]
_first, _second = (c_byte * _STREAM_BYTES)(), (c_byte * _STREAM_BYTES)()
FIRST, SECOND = addressof(_first), addressof(_second)


def make(columns):
    return pa.RecordBatch.from_pydict({f"c{i}": pa.array(range(_ROWS), pa.int64()) for i in range(columns)})


def through_pyarrow(batch):
    pa.RecordBatchReader.from_batches(batch.schema, [batch])._export_to_c(FIRST)
    return pa.RecordBatchReader._import_from_c(FIRST).read_next_batch()


def through_library(batch):
    pa.RecordBatchReader.from_batches(batch.schema, [batch])._export_to_c(FIRST)
    if echo(FIRST, SECOND, None):
        raise RuntimeError("zka_echo_stream failed")
    return pa.RecordBatchReader._import_from_c(SECOND).read_next_batch()


def through_capsules(batch):
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    return pa.RecordBatchReader.from_stream(reader).read_next_batch()


def through_package(batch):
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    return pa.RecordBatchReader.from_stream(zkarrow.exchange.echo(reader)).read_next_batch()


WAYS = {
    "pyarrow": through_pyarrow,
    "library": through_library,
    "capsules": through_capsules,
    "package": through_package,
}
batches = {}
for line in sys.stdin:
    what, columns, count = line.split()
    batch = batches.setdefault(columns, make(int(columns)))
    way = WAYS[what]
    back = way(batch)
    assert back.equals(batch) and back.column(0).buffers()[1].address == batch.column(0).buffers()[1].address
    del back
    durations = []
    gc.disable()
    for _ in range(int(count)):
        start = perf_counter_ns()
        way(batch)
        durations.append(perf_counter_ns() - start)
    gc.enable()
    print(*durations, flush=True)
