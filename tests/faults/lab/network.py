"""Hosts of their own on one machine: a network namespace each, on a bridge in another. Needs root, `ip` and `nft`.

The machine's own network is not touched. Faults are packets that are dropped where they leave or arrive.
"""

from __future__ import annotations

import os
import subprocess
from types import TracebackType

_SUBNET = "10.213.7"
_TABLE = "zkarrow"


def _run(*command: str, given: str | None = None) -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()}")


class Host:
    """A namespace with one address; commands run in it as on a machine of its own."""

    def __init__(self, network: Network, name: str, number: int) -> None:
        self.name = name
        self.address = f"{_SUBNET}.{number}"
        self._namespace = f"{network.prefix}-{name}"
        bridge, port = f"{network.prefix}-bridge", f"v{os.getpid()}-{number}"
        _run("ip", "netns", "add", self._namespace)
        _run("ip", "link", "add", port, "netns", bridge, "type", "veth", "peer", "name", "eth0", "netns", self._namespace)
        _run("ip", "-n", bridge, "link", "set", port, "master", "br0", "up")
        _run("ip", "-n", self._namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _run("ip", "-n", self._namespace, "link", "set", link, "up")
        self.heal()

    def command(self, *command: str) -> list[str]:
        """The command as it is run on this host."""
        return ["ip", "netns", "exec", self._namespace, *command]

    def heal(self) -> None:
        """Takes all faults of this host's network away."""
        self._rules()

    def cut(self, *others: Host) -> None:
        """Nothing from or to these hosts gets through; from and to nobody when there are none."""
        if not others:
            self._rules("drop")
            return
        addresses = ", ".join(other.address for other in others)
        self._rules(f"ip saddr {{ {addresses} }} drop", f"ip daddr {{ {addresses} }} drop")

    def deafen(self, *others: Host) -> None:
        """What these hosts send does not arrive; what is sent to them does."""
        addresses = ", ".join(other.address for other in others)
        self._rules(f"ip saddr {{ {addresses} }} drop")

    def lose(self, percent: int) -> None:
        """A share of the packets in each direction is lost."""
        self._rules(f"numgen random mod 100 < {percent} drop")

    def reset(self) -> None:
        """Ends every connection of this host, with no word to the other side."""
        _run(*self.command("ss", "-K", "state", "connected"))

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self._namespace], capture_output=True, check=False)

    def _rules(self, *rules: str) -> None:
        """Replaces the rules in one step; they hold in both directions, except on the loopback."""
        body = "\n".join(f"    {rule}" for rule in rules)
        chains = "\n".join(
            f"  chain {way} {{\n    type filter hook {way} priority 0;\n    {side} lo accept\n{body}\n  }}"
            for way, side in (("input", "iif"), ("output", "oif"))
        )
        script = f"table inet {_TABLE}\ndelete table inet {_TABLE}\ntable inet {_TABLE} {{\n{chains}\n}}\n"
        _run(*self.command("nft", "-f", "-"), given=script)


class Network:
    """A bridge and its hosts, as a context."""

    def __init__(self) -> None:
        self.prefix = f"zka{os.getpid()}"
        self.hosts: list[Host] = []

    def add(self, name: str) -> Host:
        host = Host(self, name, len(self.hosts) + 1)
        self.hosts.append(host)
        return host

    def heal(self) -> None:
        for host in self.hosts:
            host.heal()

    def __enter__(self) -> Network:
        bridge = f"{self.prefix}-bridge"
        _run("ip", "netns", "add", bridge)
        _run("ip", "-n", bridge, "link", "add", "br0", "type", "bridge")
        _run("ip", "-n", bridge, "link", "set", "br0", "up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for host in self.hosts:
            host.remove()
        subprocess.run(["ip", "netns", "del", f"{self.prefix}-bridge"], capture_output=True, check=False)
