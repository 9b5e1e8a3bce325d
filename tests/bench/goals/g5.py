"""The metadata of a record batch: decoded with every check, and encoded, against pyarrow and Apache.Arrow.

The message alone, of a schema that every side knows already, and then a file from its footer on, whose schema the peers
decode again and ours compares with the ones it has met.
"""

from __future__ import annotations

from harness.driver import dotnet, inside_peers
from harness.result import Result, time_text
from harness.rounds import interleave, ratio
from harness.setting import Setting

_COLUMNS = 64
_LIMITS_US = {"decode": 0.5, "encode": 1.0, "file": None}
_NAMES = {"decode": "decode and check", "encode": "encode", "file": "a file with one batch, opened and read"}
# everything in the .NET program is compiled in tiers
_WARMUP = 6


def measure(setting: Setting) -> list[Result]:
    results = []
    count = setting.count(2_000)
    with dotnet("metadata") as net, inside_peers("metadata.py") as pyarrow:
        for what, limit in _LIMITS_US.items():
            ours, apache, arrow = interleave(
                setting.rounds,
                lambda: net.ask(f"{what} {_COLUMNS} {count * 10}"),
                lambda: net.ask(f"apache-{what} {_COLUMNS} {count}"),
                lambda: pyarrow.ask(f"{what} {_COLUMNS} {count}"),
                warmup=_WARMUP,
            )
            times = [ratio(peer.each(0.5), ours.each(0.5)) for peer in (arrow, apache)]
            results.append(
                Result(
                    "G5",
                    f"{_COLUMNS} columns, {_NAMES[what]}",
                    f"{time_text(ours.p50)}, {times[0]:.1f} × and {times[1]:.1f} × cheaper",
                    f"pyarrow {time_text(arrow.p50)}, Apache.Arrow {time_text(apache.p50)}",
                    ours.p50 / 1e3,
                    "µs",
                    "≤" if limit else "",
                    limit,
                    details={
                        "p50_ns": ours.each(0.5),
                        "pyarrow_p50_ns": arrow.each(0.5),
                        "apache_p50_ns": apache.each(0.5),
                    },
                )
            )
    return results
