"""Processes that start, work and end, again and again: what the first call does must never depend on luck."""

from __future__ import annotations

from client import Client


def run(url: str, data_dir: str, starts: int) -> str:
    """Every process opens a client, publishes, reads and exits with 0."""
    for number in range(1, starts + 1):
        with Client("c", url, data_dir) as client:
            client.ask(op="publish", name="started", make={"kind": "int64", "rows": 1, "seed": number})
            assert client.ask(op="read", name="started")["version"]["number"] == number
    return f"{starts} processes started, none failed"
