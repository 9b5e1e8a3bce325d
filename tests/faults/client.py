"""A client in a process of its own: a driver of the contract suite that has opened one."""

from __future__ import annotations

import pathlib
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/contract"))

from harness.drivers import LANGUAGES, Driver, Programs  # noqa: E402

__all__ = ["LANGUAGES", "ROOT", "Client", "Refused", "build"]

_PROGRAMS = Programs(ROOT / "artifacts/lib", ROOT / "artifacts/contract")


def build() -> None:
    """Builds the drivers."""
    _PROGRAMS.build(list(LANGUAGES))


class Refused(Exception):
    """An answer that was not ok."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['status']}: {answer['message']}")
        self.status: str = answer["status"]
        self.message: str = answer["message"]


class Client:
    """An open client of some language, as a context that ends its process."""

    def __init__(self, language: str, url: str, data_dir: str) -> None:
        self._driver: Driver = _PROGRAMS.start(language)
        self.ask(op="open", url=url, data_dir=data_dir, timeout_ms=60_000)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._driver.pid

    def send(self, **request: Any) -> None:
        """Sends without waiting for the answer."""
        self._driver.send(request)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Sends, and returns the answer or raises Refused."""
        answer = self._driver.ask(request)
        if not answer["ok"]:
            raise Refused(answer)
        return answer

    def kill(self) -> int:
        """Ends the process with SIGKILL; how many requests it had answered and nobody had asked for the answers."""
        return self._driver.kill()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._driver.end()
        else:
            self._driver.kill()
