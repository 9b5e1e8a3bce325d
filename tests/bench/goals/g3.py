"""Publish with one copy, in the steady state, against the limits of copying and the peers' ways to hand over a table.

Each publish is followed by the drop of the version before it, so the publisher writes into files that it wrote before.
The commit, a round trip to a standalone server with its log on a disk, is in the time; a line that only informs takes
off what the publish of a few rows costs. The limits copy between shared memory whose pages are there. pyarrow writes a
new file, and its removal is not in its time; iceoryx copies into a chunk of its pool; Flight and the unix socket hand the
table to a process that reads it and says so.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile

from harness.driver import Driver, inside_peers, inside_peers_binary
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio
from harness.server import production_server
from harness.setting import BINARIES, Setting

_MIB = 1 << 20
# of a size in MiB: how many operations a turn has
_SIZES = {64: 20, 256: 6, 1024: 2}
_FEW_BYTES = 4096
_OURS = ("publish", "turn", "memcpy", "nontemporal")
_NON_TEMPORAL_LIMIT = 0.9
# how many times faster than each peer we should be
_PEERS = {"a pyarrow file in /dev/shm": 8, "iceoryx": 1.3, "Arrow Flight on loopback": 12, "IPC through a unix socket": None}


def measure(setting: Setting) -> list[Result]:
    results = []
    ours, theirs = (tempfile.mkdtemp(prefix="zkarrow-bench-", dir="/dev/shm") for _ in range(2))
    rounds = 3 if setting.quick else 7
    try:
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(production_server())
            driver = stack.enter_context(Driver(BINARIES / "publish_large", server.url("/bench"), ours))
            peers = [stack.enter_context(peer) for peer in _peers(theirs, max(_SIZES) * _MIB)]
            for size, full in _SIZES.items():
                if setting.quick and size > 64:
                    continue
                request = f"{size * _MIB} {full}"
                publish, turn, memcpy, limit_copy, commit, *written = interleave(
                    rounds,
                    *[lambda what=what: driver.ask(f"{what} {request}") for what in _OURS],
                    lambda: driver.ask(f"publish {_FEW_BYTES} 20"),
                    *[lambda peer=peer: peer.ask(f"write {request}") for peer in peers],
                    warmup=2,
                )
                about = f"{size} MiB"
                results.append(
                    _limit(f"{about}, rate of a non-temporal copy", publish, limit_copy, size, _NON_TEMPORAL_LIMIT)
                )
                copy = Rounds([[max(1, t - few) for t in times] for times, few in zip(publish.turns, commit.each(0.5))])
                results.append(_limit(f"{about}, without the commit, rate of a non-temporal copy", copy, limit_copy, size))
                results.append(_limit(f"{about}, rate of memcpy", publish, memcpy, size))
                results.append(_limit(f"{about}, publish and drop, rate of a non-temporal copy", turn, limit_copy, size))
                for (name, limit), peer in zip(_PEERS.items(), written):
                    results.append(_limit(f"{about}, faster than {name}", publish, peer, size, limit))
    finally:
        for directory in (ours, theirs):
            shutil.rmtree(directory, ignore_errors=True)
    return results


def _peers(directory: str, largest: int) -> list[Driver]:
    """Programs that answer "write BYTES COUNT", in the order of their names."""
    return [
        inside_peers("write_file.py", directory),
        inside_peers_binary("publish_iceoryx", str(largest)),
        inside_peers("write_flight.py"),
        inside_peers("write_socket.py"),
    ]


def _limit(what: str, side: Rounds, peer: Rounds, size: int, limit: float | None = None) -> Result:
    times = ratio(peer.each(0.5), side.each(0.5))
    return Result(
        "G3",
        what,
        f"{time_text(side.p50)} ({_rate(side, size)}), {times:.2f} ×",
        f"{time_text(peer.p50)} ({_rate(peer, size)})",
        times,
        sense="≥" if limit else "",
        limit=limit,
        details={"p50_ns": side.each(0.5), "peer_p50_ns": peer.each(0.5)},
    )


def _rate(side: Rounds, size: int) -> str:
    return f"{size * _MIB / side.p50:.1f} GB/s"
