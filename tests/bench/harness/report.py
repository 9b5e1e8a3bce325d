"""The table, the JSON and the plot of a run."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import platform
import subprocess
from dataclasses import asdict

from . import plot
from .result import Result
from .setting import RESULTS, ROOT, Setting

_HEADS = ("goal", "measured", "peer", "limit", "holds")


def table(results: list[Result]) -> str:
    """goal | measured | peer | limit | holds, in columns, which is a Markdown table too."""
    rows = [_HEADS, tuple("-" * len(head) for head in _HEADS), *map(_row, results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines[1] = lines[1].replace(" ", "-")
    return "\n".join(lines)


def write(results: list[Result], setting: Setting, arguments: list[str]) -> pathlib.Path:
    """Writes <date>.json and <date>.svg, and gives the path of the first."""
    now = datetime.datetime.now().astimezone()
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{now:%Y-%m-%dT%H%M%S}.json"
    content = {
        "date": now.isoformat(timespec="seconds"),
        "command": " ".join(["tests/bench/run.sh", *arguments]),
        "commit": _commit(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Linux {platform.release().split('-')[0]}",
        "load": os.getloadavg()[2],
        "rounds": setting.rounds,
        "results": [{**asdict(result), "holds": result.holds} for result in results],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".svg").write_text(plot.bars(results, f"ZkArrow, {now:%Y-%m-%d}"), encoding="utf-8")
    return path.relative_to(ROOT)


def _row(result: Result) -> tuple[str, ...]:
    limit = "" if result.limit is None else f"{result.sense} {result.limit:g} {result.unit}"
    holds = {None: "", True: "yes", False: "NO"}[result.holds]
    return f"{result.goal} {result.what}", result.measured, result.peer, limit, holds


def _commit() -> str:
    run = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else "unknown"
