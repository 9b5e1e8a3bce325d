"""Drives one process of the contract suite's line protocol (tests/contract/README.md)."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIB = ROOT / "artifacts/lib"

COMMANDS = {
    "c": [str(ROOT / "artifacts/obj/contract/driver-c")],
    "cpp": [str(ROOT / "artifacts/obj/contract/driver-cpp")],
    "dotnet": ["dotnet", str(ROOT / "tests/contract/dotnet/bin/Release/net10.0/ZkArrow.ContractDriver.dll")],
    "python": ["/usr/bin/python3", str(ROOT / "tests/contract/python/driver.py")],
}


class Refused(Exception):
    """An answer that was not ok."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['status']}: {answer['message']}")
        self.status: str = answer["status"]
        self.message: str = answer["message"]


class Driver:
    """One driver process with an open client; a context that ends the process."""

    def __init__(self, language: str, url: str, data_dir: str) -> None:
        environment = {
            **os.environ,
            "LD_LIBRARY_PATH": str(LIB),
            "ZKARROW_LIBRARY": str(LIB / "libzkarrow.so"),
            "PYTHONPATH": str(ROOT / "bindings/python"),
        }
        self.process = subprocess.Popen(
            COMMANDS[language], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.ask(op="open", url=url, data_dir=data_dir, timeout_ms=60_000)

    def send(self, **request: Any) -> None:
        """Sends without waiting for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends, and returns the answer or raises Refused."""
        self.send(**request)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver ended with {self.process.wait(60)} at {request}")
        answer: dict[str, Any] = json.loads(line)
        if not answer["ok"]:
            raise Refused(answer)
        return answer

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()  # type: ignore[union-attr]
            except BrokenPipeError:
                pass

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                self.process.wait(30)
            finally:
                self.kill()
