"""The checker sees what it is there to see: a history without a fault passes, and each planted fault is named."""

from __future__ import annotations

import pathlib
import sys
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.checker import Line, check  # noqa: E402


def _line(operation: str, called: int, worker: str = "write-1", outcome: str = "ok", **about: Any) -> Line:
    return {"operation": operation, "worker": worker, "called": called, "ended": called + 5, "outcome": outcome, "dataset": "a", **about}


def _publish(version: int, called: int, **about: Any) -> Line:
    return _line("publish", called, **{"version": version, "token": version, "commit": f"c{version}", "epoch": 0, **about})


def _read(version: int, called: int, worker: str = "read-2", **about: Any) -> Line:
    line = {"version": version, "token": version, "commit": f"c{version}", "epoch": 0, "strict": False, **about}
    return _line("read", called, worker, **line)


def _sound() -> list[Line]:
    """Three versions, read and delivered as they were published."""
    return [
        *(_publish(version, version * 10) for version in (1, 2, 3)),
        *(_read(version, version * 10 + 6) for version in (1, 2, 3)),
        _read(3, 37, strict=True),
        *(_line("deliver", version * 10 + 7, "follow-3", version=version, commit=f"c{version}") for version in (1, 2, 3)),
        *(_read(version, 100 + version, "audit-4") for version in (1, 2, 3)),
        _line("history", 100, "audit-4", versions=[1, 2, 3]),
    ]


def _pair(operation: str, called: int, worker: str, versions: list[int], **about: Any) -> Line:
    line = _line(operation, called, worker, datasets=["l", "r"], versions=versions, commit=f"t{versions[0]}", **about)
    del line["dataset"]
    return line


def _paired() -> list[Line]:
    """Two transactions over two datasets, and a cut after each."""
    return [
        *(_pair("transact", n * 10, "transact-1", [n, n], token=n) for n in (1, 2)),
        *(_pair("cut", n * 10 + 6, "cut-2", [n, n], tokens=[n, n]) for n in (1, 2)),
        *({**_read(n, 100 + n, "audit-4", commit=f"t{n}"), "dataset": dataset} for dataset in ("l", "r") for n in (1, 2)),
    ]


def test_transactions_without_a_fault_pass() -> None:
    assert check(_paired(), ["l", "r"]) == []


@pytest.mark.parametrize(
    "planted",
    [
        _pair("cut", 30, "cut-9", [2, 1], tokens=[2, 1]),
        _pair("transact", 30, "transact-1", [3, 3], token=3, outcome="unknown"),
    ],
)
def test_half_of_a_transaction_is_seen(planted: Line) -> None:
    half = {**_read(3, 103, "audit-4", commit="t3"), "dataset": "l"}
    history = sorted([*_paired(), planted, half], key=lambda line: line["called"])
    assert "all or nothing" in {violation.promise for violation in check(history, ["l", "r"])}


def test_a_sound_history_passes() -> None:
    assert check(_sound(), ["a"]) == []


@pytest.mark.parametrize(
    ("promise", "planted"),
    [
        ("no torn read", [_read(3, 50, token=-1)]),
        ("no phantom", [_read(3, 50, token=99)]),
        ("not done is never seen", [_publish(0, 5, token=77, outcome="failed", status="Conflict"), _read(3, 50, token=77)]),
        ("gapless versions", [_line("history", 110, "audit-4", versions=[1, 3])]),
        ("applied once", [_read(4, 104, "audit-4", token=3, commit="c3")]),
        ("acknowledged is never lost", [_publish(4, 40)]),
        ("compare-and-set", [_publish(3, 30, expected=1)]),
        ("order of time", [_publish(1, 40)]),
        ("a stale owner never publishes", [_read(2, 110, "audit-4", epoch=5), _read(3, 111, "audit-4", epoch=4)]),
        ("a stale owner never publishes", [_line("acquire", 1, "own-5", epoch=7), _publish(3, 30, worker="own-6", epoch=6, owned=True)]),
        ("one owner", [_line("acquire", 1, "own-5", epoch=7), _line("acquire", 2, "own-6", epoch=7)]),
        ("one owner", [_line("acquire", 1, "own-5", epoch=7), _publish(3, 30, worker="own-6", epoch=7, owned=True)]),
        ("no reader goes back", [_read(2, 60)]),
        ("strict reads", [_read(2, 60, "read-9", strict=True)]),
        ("versions never change", [_read(2, 22, "read-9", token=1)]),
        ("gapless subscription", [_line("deliver", 60, "follow-3", version=5, commit="c5")]),
        ("versions never change", [_line("deliver", 60, "follow-9", version=1, commit="other")]),
    ],
)
def test_a_planted_fault_is_named(promise: str, planted: list[Line]) -> None:
    history = sorted(_sound() + planted, key=lambda line: line["called"])
    assert promise in {violation.promise for violation in check(history, ["a"])}
