"""G5: the metadata of a record batch in pyarrow. Runs in the peers' root.

Each line of the input is "decode|encode|file COLUMNS COUNT"; it is answered with COUNT durations in nanoseconds.
"""

import gc
import sys
from time import perf_counter_ns

import pyarrow as pa

_ROWS = 8


def ways(columns):
    values = pa.array(range(_ROWS), pa.int64())
    batch = pa.RecordBatch.from_arrays([values] * columns, [f"c{i}" for i in range(columns)])
    schema, message = batch.schema, batch.serialize()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        writer.write_batch(batch)
    file = sink.getvalue()
    return {
        "decode": lambda: pa.ipc.read_record_batch(message, schema),
        "encode": batch.serialize,
        "file": lambda: pa.ipc.open_file(file).get_batch(0),
    }


known = {}
for line in sys.stdin:
    what, columns, count = line.split()
    if columns not in known:
        known[columns] = ways(int(columns))
    way = known[columns][what]
    durations = []
    gc.disable()
    for _ in range(int(count)):
        start = perf_counter_ns()
        way()
        durations.append(perf_counter_ns() - start)
    gc.enable()
    print(*durations, flush=True)
