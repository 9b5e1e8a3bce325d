"""G4: from a dataset's name to a pyarrow RecordBatch. Runs in the peers' root: read_head.py URL DATA_DIRECTORY."""

import gc
import pathlib
import sys
from time import perf_counter_ns

import numpy as np
import pyarrow as pa

import zkarrow

_COLUMNS = 8
_KEPT = 64  # heads that a client holds open after they were read
url, directory = sys.argv[1:]
client = zkarrow.connect(url, data_dir=directory)
paths = {}


def publish(size):
    rows = size // 8 // _COLUMNS
    values = np.arange(rows, dtype=np.float64)
    batch = pa.RecordBatch.from_arrays([pa.array(values)] * _COLUMNS, [f"c{i}" for i in range(_COLUMNS)])
    version = client.publish(str(size), batch, residency="host")
    (paths[str(size)],) = (
        str(path) for path in pathlib.Path(directory).rglob("*.arrow") if path.stat().st_size == version.nbytes
    )
    ours, peer = read(str(size)), read_file(str(size))
    assert ours.num_rows == rows and ours.equals(peer), "both ways must give the same batch"


def read(name):
    with client.read(name) as table:
        return pa.RecordBatchReader.from_stream(table).read_next_batch()


def read_file(name):
    return pa.ipc.open_file(pa.memory_map(paths[name])).get_batch(0)


def push_out():
    """Reads so many other heads that none read before is held open."""
    for number in range(_KEPT):
        with client.read(f"other/{number}"):
            pass


def time(way, name, count, before=None):
    durations = []
    gc.disable()
    for _ in range(count):
        if before:
            before()
        start = perf_counter_ns()
        way(name)  # the batch goes at once, so that what letting go costs is in it
        durations.append(perf_counter_ns() - start)
    gc.enable()
    return durations


for number in range(_KEPT):
    client.publish(f"other/{number}", pa.RecordBatch.from_pydict({"x": [number]}), residency="host")

for line in sys.stdin:
    what, name, count = line.split()
    if what == "publish":
        publish(int(name))
        gc.collect()  # what the comparison left behind may hold the batch
        durations = []
    elif what == "pyarrow":
        durations = time(read_file, name, int(count))
    elif what == "again":
        durations = time(read, name, int(count))
    else:
        push_out()
        assert zkarrow.counters()["mapped_bytes"] < int(name), "the segment must not be mapped yet"
        durations = time(read, name, int(count), before=push_out)
    print(*durations, flush=True)
client.close()
