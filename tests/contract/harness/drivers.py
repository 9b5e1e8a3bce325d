"""The driver programs: how they are built, started, asked and ended."""

from __future__ import annotations

import json
import os
import pathlib
import select
import subprocess
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]
LANGUAGES = ("dotnet", "c", "cpp", "python")
_HERE = ROOT / "tests" / "contract"
_DOTNET = _HERE / "dotnet"
_WARNINGS = ["-O1", "-g", "-Wall", "-Wextra", "-pedantic", "-Werror"]


class DriverFailed(Exception):
    """A driver ended, fell silent or spoke no JSON: never the answer to anything."""


class Programs:
    """Builds the drivers of some languages against one library and starts them."""

    def __init__(self, lib_dir: pathlib.Path, build_dir: pathlib.Path) -> None:
        self._lib_dir = lib_dir.resolve()
        self._build_dir = build_dir
        self._library = self._lib_dir / "libzkarrow.so"
        if not self._library.exists():
            raise SystemExit(f"{self._library} was not found; build it first (./build.sh)")

    def build(self, languages: list[str]) -> None:
        """Builds what has to be built."""
        self._build_dir.mkdir(parents=True, exist_ok=True)
        native = ["-I", str(ROOT / "native" / "include")]
        link = ["-L", str(self._lib_dir), f"-Wl,-rpath,{self._lib_dir}", "-lzkarrow"]
        if "c" in languages:
            sources = sorted(str(source) for source in (_HERE / "c").glob("*.c"))
            _run(["cc", "-std=c99", *_WARNINGS, *native, *sources, "-o", self._binary("c"), *link, "-lcjson"])
        if "cpp" in languages:
            headers = ["-I", str(ROOT / "bindings" / "cpp" / "include")]
            source = str(_HERE / "cpp" / "driver.cpp")
            _run(["c++", "-std=c++17", *_WARNINGS, *native, *headers, source, "-o", self._binary("cpp"), *link])
        if "dotnet" in languages:
            _run(["dotnet", "build", str(_DOTNET), "--configuration", "Release", "--verbosity", "quiet"])

    def start(self, language: str) -> Driver:
        """Starts the driver of a language."""
        environment = dict(os.environ)
        environment["ZKARROW_LIBRARY"] = str(self._library)
        environment["ZKARROW_DUCKDB"] = str(self._library.with_name("libduckdb.so"))
        environment["PYTHONPATH"] = str(ROOT / "bindings" / "python")
        dll = _DOTNET / "bin" / "Release" / "net10.0" / "ZkArrow.ContractDriver.dll"
        command = {
            "c": [self._binary("c")],
            "cpp": [self._binary("cpp")],
            "dotnet": ["dotnet", str(dll)],
            "python": [sys.executable, str(_HERE / "python" / "driver.py")],
        }[language]
        return Driver(language, command, environment)

    def _binary(self, language: str) -> str:
        return str(self._build_dir / f"driver-{language}")


class Driver:
    """A running driver: a request a line in, an answer a line out."""

    _ANSWER_DEADLINE_S = 90.0

    def __init__(self, language: str, command: list[str], environment: dict[str, str]) -> None:
        self.language = language
        self._pending = b""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def send(self, request: dict[str, Any]) -> None:
        """Sends a request."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise DriverFailed(self._ended()) from None

    def answer(self) -> dict[str, Any]:
        """Waits for the answer to the oldest request without one."""
        assert self._process.stdout is not None
        while b"\n" not in self._pending:
            if not select.select([self._process.stdout], [], [], self._ANSWER_DEADLINE_S)[0]:
                raise DriverFailed(f"the {self.language} driver gave no answer in {self._ANSWER_DEADLINE_S:g} s")
            chunk = self._process.stdout.read(65536)
            if not chunk:
                raise DriverFailed(self._ended())
            self._pending += chunk
        line, self._pending = self._pending.split(b"\n", 1)
        try:
            answer: dict[str, Any] = json.loads(line)
        except ValueError:
            raise DriverFailed(f"the {self.language} driver answered {line!r}, which is no JSON") from None
        return answer

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        self.send(request)
        return self.answer()

    def end(self) -> int:
        """Ends its input, waits until it is gone and returns its exit code."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            raise DriverFailed(f"the {self.language} driver did not exit at the end of its input") from None
        finally:
            self.kill()

    def kill(self) -> int:
        """Ends it at once, fine when it is gone; how many answers nobody has taken."""
        self._process.kill()
        self._process.wait()
        answers = self._pending
        if self._process.stdout is not None and not self._process.stdout.closed:
            answers += self._process.stdout.read()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return answers.count(b"\n")

    def _ended(self) -> str:
        code = self._process.wait(10)
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return f"the {self.language} driver ended {how}"


def _run(command: list[str]) -> None:
    print("+", " ".join(command), flush=True)
    subprocess.run(command, check=True)
