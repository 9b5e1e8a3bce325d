"""G3's peer: Arrow Flight over loopback, the C++ server and client under pyarrow. Runs in the peers' root.

The server is a process of its own, which reads what is put and keeps nothing; a put is done when it has read all.
"""

import subprocess
import sys
from time import perf_counter_ns

import pyarrow.flight as flight
from tables import answer


class Server(flight.FlightServerBase):
    def do_put(self, context, descriptor, reader, writer):
        for _ in reader:
            pass


def main():
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        client = flight.connect(f"grpc://127.0.0.1:{int(server.stdout.readline())}")

        def write(batch):
            start = perf_counter_ns()
            writer, _ = client.do_put(flight.FlightDescriptor.for_path("t"), batch.schema)
            writer.write_batch(batch)
            writer.close()
            return perf_counter_ns() - start

        answer(write)
    finally:
        server.kill()
        server.wait()


if sys.argv[1:] == ["serve"]:
    serving = Server("grpc://127.0.0.1:0")
    print(serving.port, flush=True)
    serving.serve()
else:
    main()
