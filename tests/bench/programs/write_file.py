"""G3's peer: a pyarrow file in shared memory. Runs in the peers' root: write_file.py DIRECTORY."""

import os
import sys
from time import perf_counter_ns

import pyarrow as pa
from tables import answer


def write(batch):
    path = f"{sys.argv[1]}/file"
    start = perf_counter_ns()
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
        writer.write_batch(batch)
    end = perf_counter_ns()
    os.unlink(path)  # as a version is dropped
    return end - start


answer(write)
