"""Three servers, each on a host of its own, whose data is kept over every fault."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
from types import TracebackType

from lab.network import Host, Network

_SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "lab" / "zookeeper-server"
_PORT = 2181
_SERVES_WITHIN_S = 60.0
_ASK = """
import socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1) as connection:
        connection.sendall(b"srvr")
        sys.stdout.write(b"".join(iter(lambda: connection.recv(65536), b"")).decode())
except OSError:
    pass
"""


class Server:
    """One member."""

    def __init__(self, host: Host, number: int, members: list[str], directory: pathlib.Path) -> None:
        self.host = host
        self._process: subprocess.Popen[bytes] | None = None
        self._command = host.command(
            *(str(_SCRIPT), "start-foreground", str(directory), str(_PORT), f"myid={number}"),
            *("clientPortAddress=0.0.0.0", "tickTime=1000", "initLimit=10", "syncLimit=4", *members),
        )

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        # every version of a run stays: one with too little heap collects garbage and answers nobody
        self._process = subprocess.Popen(self._command, env={**os.environ, "ZOOKEEPER_HEAP": "1g"})

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def mode(self) -> str | None:
        """ "leader" or "follower"; None when it does not serve."""
        asked = subprocess.run(
            self.host.command("/usr/bin/python3", "-c", _ASK, "127.0.0.1", str(_PORT)),
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"^Mode: (\w+)", asked.stdout, re.MULTILINE)
        return found.group(1) if found else None


class Ensemble:
    """The members, as a context."""

    def __init__(self, network: Network) -> None:
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="zookeeper-lab-"))
        hosts = [network.add(f"server{number}") for number in (1, 2, 3)]
        members = [f"server.{number}={host.address}:2888:3888" for number, host in enumerate(hosts, 1)]
        self.servers = [
            Server(host, number, members, self._directory / str(number)) for number, host in enumerate(hosts, 1)
        ]

    def url(self, chroot: str) -> str:
        return f"zk://{','.join(f'{server.host.address}:{_PORT}' for server in self.servers)}{chroot}"

    def leader(self) -> Server | None:
        return next((server for server in self.servers if server.mode() == "leader"), None)

    def revive(self) -> None:
        """Lets what is paused go on, starts what has ended as a supervisor would, and waits until all serve."""
        for server in self.servers:
            server.resume()
        deadline = time.monotonic() + _SERVES_WITHIN_S
        while silent := [server for server in self.servers if server.mode() is None]:
            if time.monotonic() > deadline:
                raise RuntimeError("the ensemble did not serve within a minute after everything was healed")
            for server in silent:
                if not server.runs:
                    server.start()
            time.sleep(0.1)

    def __enter__(self) -> Ensemble:
        self.revive()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for server in self.servers:
            server.resume()
            server.kill()
        shutil.rmtree(self._directory, ignore_errors=True)
