"""The table that G3's peers in Python write."""

import sys

import numpy as np
import pyarrow as pa

_COLUMNS = 8


def batch_of(size):
    values = np.arange(size // 8 // _COLUMNS, dtype=np.float64)
    arrays = [pa.array(values.copy()) for _ in range(_COLUMNS)]
    return pa.RecordBatch.from_arrays(arrays, [f"c{i}" for i in range(_COLUMNS)])


def answer(write):
    """Each line "write BYTES COUNT" with the nanoseconds of so many calls of ``write(batch)``."""
    batches = {}
    for line in sys.stdin:
        _, size, count = line.split()
        if size not in batches:
            batches = {size: batch_of(int(size))}
        print(*(write(batches[size]) for _ in range(int(count))), flush=True)
