"""Child processes that measure on request, so that a program in one language takes turns with one in another."""

from __future__ import annotations

import os
import subprocess
import threading
from types import TracebackType

from .setting import BINARIES, DOTNET_DRIVER, PROGRAMS, ROOT

_ANSWER_DEADLINE_S = 300.0
_END_DEADLINE_S = 30.0
_RUN_INSIDE = (str(ROOT / "tests" / "peers" / "peers.sh"), "run")


class Driver:
    """A program that answers each line of its input with a line of numbers, as a context."""

    def __init__(self, *command: str | os.PathLike[str], environment: dict[str, str] | None = None) -> None:
        self._command = [os.fspath(part) for part in command]
        self._environment = {**os.environ, **(environment or {})}

    def ask(self, request: str) -> list[int]:
        """Sends a request and waits for the numbers."""
        watchdog = threading.Timer(_ANSWER_DEADLINE_S, self._process.kill)
        watchdog.start()
        try:
            print(request, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            watchdog.cancel()
        if not answer.endswith("\n"):
            raise RuntimeError(
                f"{' '.join(self._command)} ended, or was silent for {_ANSWER_DEADLINE_S:.0f} s, after '{request}'"
            )
        return [int(number) for number in answer.split()]

    def __enter__(self) -> Driver:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=self._environment,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # an end of its input is how it is told to end
        try:
            self._process.stdin.close()
            self._process.wait(_END_DEADLINE_S)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def dotnet(*arguments: str) -> Driver:
    """The .NET program."""
    return Driver("dotnet", DOTNET_DRIVER, *arguments)


def inside_peers(program: str, *arguments: str) -> Driver:
    """A Python program of ours in the peers' root, where pyarrow is."""
    return Driver(
        *inside_peers_command(program, *arguments),
        environment={"PYTHONPATH": str(ROOT / "bindings" / "python")},
    )


def inside_peers_command(program: str, *arguments: str) -> list[str]:
    return [*_RUN_INSIDE, "python3", str(PROGRAMS / program), *arguments]


def inside_peers_binary(program: str, *arguments: str) -> Driver:
    """A program that was compiled in the peers' root, against the libraries that are there."""
    return Driver(*_RUN_INSIDE, str(BINARIES / program), *arguments)
