"""A real ZooKeeper server for tests, started by the script beside this file."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from types import TracebackType

_SCRIPT = pathlib.Path(__file__).with_name("zookeeper-server")
_START_DEADLINE_S = 60.0
_STOP_DEADLINE_S = 20.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ZooKeeper:
    """One standalone server on 127.0.0.1, as a context; its data is kept over stop and start."""

    def __init__(self, *settings: str, environment: dict[str, str] | None = None) -> None:
        """``settings`` are "key=value" lines for zoo.cfg, ``environment`` is for the script."""
        self.port = free_port()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="zookeeper-"))
        self._settings = settings
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """ "host:port"."""
        return f"127.0.0.1:{self.port}"

    def url(self, chroot: str = "") -> str:
        """The url for zkarrow; ``chroot`` such as "/app"."""
        return f"zk://{self.address}{chroot}"

    def start(self) -> None:
        """Starts the server and waits until it serves."""
        assert self._process is None, "the server runs already"
        command = [str(_SCRIPT), "start-foreground", str(self.directory), str(self.port)]
        self._process = subprocess.Popen([*command, *self._settings], env={**os.environ, **self._environment})
        deadline = time.monotonic() + _START_DEADLINE_S
        while not self.serves():
            code = self._process.poll()
            if code is not None or time.monotonic() > deadline:
                state = "did not serve in time" if code is None else f"ended with {code}"
                log = self.directory / "server.log"
                tail = log.read_text(errors="replace")[-2000:] if log.exists() else "no log"
                self.kill()
                raise RuntimeError(f"the ZooKeeper server {state}:\n{tail}")
            time.sleep(0.05)

    def serves(self) -> bool:
        """Whether it answers requests: "ruok" is answered before that, so "srvr" is asked."""
        return self.ask("srvr").startswith(b"Zookeeper version")

    def ask(self, word: str) -> bytes:
        """The answer to a four-letter word; empty when there is none."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(word.encode())
                return b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            return b""

    def stop(self) -> None:
        """Ends the server in order, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server at once, if it runs."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stops it and starts it again with its data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freezes the server until `resume`: it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused server go on."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Kills it and removes its data."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _signal(self, number: int) -> None:
        assert self._process is not None, "the server does not run"
        self._process.send_signal(number)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(_STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> ZooKeeper:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
