"""G3's peer: an Arrow IPC stream through a unix socket, pyarrow on both sides. Runs in the peers' root.

The reader is a process of its own; a batch is written when the reader has it and said so.
"""

import os
import socket
import sys
from time import perf_counter_ns

import pyarrow as pa
from tables import answer


def read(connection):
    file = connection.makefile("rb")
    while file.peek(1):
        with pa.ipc.open_stream(file) as reader:
            for _ in reader:
                pass
        connection.sendall(b".")


def main():
    ours, theirs = socket.socketpair()
    reader = os.fork()
    if reader == 0:
        ours.close()
        read(theirs)
        os._exit(0)
    theirs.close()
    file = ours.makefile("wb")

    def write(batch):
        start = perf_counter_ns()
        with pa.ipc.new_stream(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        if ours.recv(1) != b".":
            sys.exit("the reader ended")
        return perf_counter_ns() - start

    answer(write)
    file.close()
    ours.close()
    os.waitpid(reader, 0)


main()
