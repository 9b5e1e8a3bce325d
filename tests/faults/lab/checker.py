"""Whether what the workers were told can all be true at once.

Versions give the commits of a dataset an order, so that no search is needed: every promise becomes a comparison with
the line of versions as it stands at the end. Tokens tell whose bytes a version has; no two publishes share one.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
import json
import pathlib
from collections.abc import Iterable, Iterator
from typing import Any

Line = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Violation:
    """A promise that was broken, by its name on the page of guarantees, and how."""

    promise: str
    what: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.what}"


def load(files: Iterable[pathlib.Path]) -> list[Line]:
    """The operations of all workers by the time of their call, the last line of each: how it ended."""
    operations: dict[tuple[str, int], Line] = {}
    for file in files:
        for text in file.read_text().splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue  # the last words of one that was killed
            operations[line["worker"], line["id"]] = line
    return sorted(operations.values(), key=lambda line: line["called"])


def check(operations: list[Line], lasting: Iterable[str]) -> list[Violation]:
    """Everything that was promised of the ``lasting`` datasets, and of the others what holds over a drop."""
    each = [one for line in operations for one in _of_each(line)]
    return [*Datasets(each, set(lasting)).violations(), *_together(operations)]


def _of_each(line: Line) -> Iterator[Line]:
    """A transaction is a publish to each of its datasets, a cut a strict read of each; the rest is what it is."""
    if "datasets" not in line:
        yield line
        return
    kind = {"transact": "publish", "cut": "read"}[line["operation"]]
    for at, dataset in enumerate(line["datasets"]):
        one = {**line, "operation": kind, "dataset": dataset, "epoch": 0, "strict": True}
        if line["outcome"] == "ok":
            one["version"] = line["versions"][at]
            one["token"] = line.get("tokens", [line.get("token")] * (at + 1))[at]
        yield one


def _together(operations: list[Line]) -> Iterator[Violation]:
    """A cut never shows one half of a transaction, and no half is left at the end."""
    for line in operations:
        if _is(line, "cut") and len(set(line["tokens"])) != 1:
            yield Violation("all or nothing", f"{line['worker']} saw {line['tokens']} at versions {line['versions']}")
    parts = {line["token"]: line["datasets"] for line in operations if line["operation"] == "transact"}
    found: dict[int, set[str]] = collections.defaultdict(set)
    for line in operations:
        if _is(line, "read") and line["worker"].startswith("audit"):
            found[line["token"]].add(line["dataset"])
    for token, datasets in found.items():
        if token in parts and datasets != set(parts[token]):
            yield Violation("all or nothing", f"of the transaction with token {token} only {', '.join(sorted(datasets))} is there")


class Datasets:
    """The promises about one dataset at a time."""

    def __init__(self, operations: list[Line], lasting: set[str]) -> None:
        self._lasting = lasting
        self._of: dict[str, list[Line]] = collections.defaultdict(list)
        for line in operations:
            if "dataset" in line:
                self._of[line["dataset"]].append(line)

    def violations(self) -> Iterator[Violation]:
        for name, lines in self._of.items():
            yield from _bytes(name, lines)
            if name in self._lasting:
                line_of_versions = {line["version"]: line for line in lines if line["worker"].startswith("audit") and _is(line, "read")}
                yield from _history(name, lines, line_of_versions)
                yield from _publishes(name, lines, line_of_versions)
                yield from _terms(name, lines, line_of_versions)
                yield from _reads(name, lines, line_of_versions)
                yield from _deliveries(name, lines, line_of_versions)


def _is(line: Line, operation: str, outcome: str = "ok") -> bool:
    return line["operation"] == operation and line["outcome"] == outcome


def _bytes(name: str, lines: list[Line]) -> Iterator[Violation]:
    """What was read was published, whole, and not by one who was told that it failed."""
    outcomes = {line["token"]: line for line in lines if line["operation"] == "publish"}
    for line in lines:
        if not _is(line, "read"):
            continue
        origin = outcomes.get(line["token"])
        if line["token"] < 0:
            yield Violation("no torn read", f"{name} version {line['version']} had rows of several publishes")
        elif origin is None:
            yield Violation("no phantom", f"{name} version {line['version']} has token {line['token']}, which nobody published")
        elif origin["outcome"] == "failed":
            yield Violation("not done is never seen", f"{name} version {line['version']} has the bytes of a publish that {origin['worker']} was told had failed: {origin.get('status')}")
        elif origin["called"] > line["ended"]:
            yield Violation("no phantom", f"{name} version {line['version']} was read before it was published")


def _history(name: str, lines: list[Line], final: dict[int, Line]) -> Iterator[Violation]:
    """Versions are 1, 2, 3 …, each commit once."""
    for line in lines:
        if _is(line, "history"):
            numbers = line["versions"]
            if numbers != list(range(1, len(numbers) + 1)):
                yield Violation("gapless versions", f"{name} has {numbers[:5]} … {numbers[-5:]}, {len(numbers)} in all")
    for field in ("commit", "token"):
        seen: dict[Any, int] = {}
        for version, line in sorted(final.items()):
            if line[field] in seen:
                yield Violation("applied once", f"{name} has {field} {line[field]} as version {seen[line[field]]} and {version}")
            seen[line[field]] = version


def _publishes(name: str, lines: list[Line], final: dict[int, Line]) -> Iterator[Violation]:
    """An acknowledged publish is there for good, under its number; and later ones have greater numbers."""
    done = [line for line in lines if _is(line, "publish")]
    for line in done:
        there = final.get(line["version"])
        if there is None or there["token"] != line["token"] or there["commit"] != line["commit"]:
            yield Violation("acknowledged is never lost", f"{name} version {line['version']} of {line['worker']} became {there and there['token']}")
        if line.get("expected") is not None and line["version"] != line["expected"] + 1:
            yield Violation("compare-and-set", f"{name} version {line['version']} was published on {line['expected']}")
    newest_before = _Newest(done)
    for line in done:
        if (newest := newest_before(line["called"])) >= line["version"]:
            yield Violation("order of time", f"{name} version {line['version']} was called for after {newest} had been acknowledged")


def _terms(name: str, lines: list[Line], final: dict[int, Line]) -> Iterator[Violation]:
    """Epochs never go back, and each has one owner. What was published without owning has none."""
    ordered = [line for _, line in sorted(final.items()) if line["epoch"] > 0]
    for before, after in zip(ordered, ordered[1:]):
        if after["epoch"] < before["epoch"]:
            yield Violation("a stale owner never publishes", f"{name} version {after['version']} has epoch {after['epoch']} behind {before['epoch']}")
    granted: dict[int, str] = {}
    for line in lines:
        if _is(line, "acquire"):
            if line["epoch"] in granted:
                yield Violation("one owner", f"{name} epoch {line['epoch']} was given to {granted[line['epoch']]} and {line['worker']}")
            granted[line["epoch"]] = line["worker"]
    newest_before = _Newest([line for line in lines if _is(line, "acquire")], "epoch")
    for line in lines:
        if _is(line, "publish") and line.get("owned") and (newest := newest_before(line["called"])) > line["epoch"]:
            yield Violation("a stale owner never publishes", f"{name} version {line['version']} of {line['worker']} has epoch {line['epoch']}; {newest} had been granted before it was called for")
        if _is(line, "publish") and line.get("owned") and granted.get(line["epoch"], line["worker"]) != line["worker"]:
            yield Violation("one owner", f"{name} version {line['version']} of {line['worker']} has the epoch of {granted[line['epoch']]}")


def _reads(name: str, lines: list[Line], final: dict[int, Line]) -> Iterator[Violation]:
    """A version reads the same for ever, no reader goes back, and a strict read misses nothing that was acknowledged."""
    newest_before = _Newest([line for line in lines if _is(line, "publish")])
    last: dict[str, int] = {}
    for line in lines:
        if not _is(line, "read") or line["worker"].startswith("audit"):
            continue
        version, worker = line["version"], line["worker"]
        there = final.get(version)
        if there is None or there["token"] != line["token"] or there["commit"] != line["commit"]:
            yield Violation("versions never change", f"{name} version {version} read {line['token']}, and at the end {there and there['token']}")
        if version < last.get(worker, 0):
            yield Violation("no reader goes back", f"{worker} read {name} version {version} after {last[worker]}")
        last[worker] = version
        if line["strict"] and (newest := newest_before(line["called"])) > version:
            yield Violation("strict reads", f"{worker} read {name} version {version}; {newest} had been acknowledged")


def _deliveries(name: str, lines: list[Line], final: dict[int, Line]) -> Iterator[Violation]:
    """A subscriber has every version, in order, once."""
    last: dict[str, int] = collections.defaultdict(int)
    for line in lines:
        if _is(line, "deliver"):
            worker, version = line["worker"], line["version"]
            if version != last[worker] + 1:
                yield Violation("gapless subscription", f"{worker} was given {name} version {version} after {last[worker]}")
            if version in final and final[version]["commit"] != line["commit"]:
                yield Violation("versions never change", f"{worker} was given {name} version {version} with another commit")
            last[worker] = version


class _Newest:
    """The largest version, or epoch, that was acknowledged before a moment."""

    def __init__(self, done: list[Line], field: str = "version") -> None:
        self._ended: list[int] = []
        self._largest: list[int] = []
        for line in sorted(done, key=lambda line: line["ended"]):
            self._ended.append(line["ended"])
            self._largest.append(max(line[field], self._largest[-1] if self._largest else 0))

    def __call__(self, moment: int) -> int:
        at = bisect.bisect_left(self._ended, moment)
        return self._largest[at - 1] if at else 0
