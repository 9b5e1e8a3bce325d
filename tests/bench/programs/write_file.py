"""G3's peer: a pyarrow file in shared memory. Runs in the peers' root: write_file.py DIRECTORY."""

import os
import sys
from time import perf_counter_ns

import numpy as np
import pyarrow as pa

_COLUMNS = 8
directory = sys.argv[1]
batches = {}


def batch_of(size):
    values = np.arange(size // 8 // _COLUMNS, dtype=np.float64)
    arrays = [pa.array(values.copy()) for _ in range(_COLUMNS)]
    return pa.RecordBatch.from_arrays(arrays, [f"c{i}" for i in range(_COLUMNS)])


def write(batch, number):
    path = f"{directory}/{number}"
    start = perf_counter_ns()
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)
    end = perf_counter_ns()
    os.unlink(path)  # as a version is dropped
    return end - start


for line in sys.stdin:
    _, size, count = line.split()
    if size not in batches:
        batches = {size: batch_of(int(size))}
    print(*(write(batches[size], number) for number in range(int(count))), flush=True)
