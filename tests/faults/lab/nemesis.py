"""What goes wrong, drawn from a seed: one fault at a time, each with its end."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable

from lab.ensemble import Ensemble
from lab.network import Host, Network

_MEMBERS = 3


class Nemesis:
    """Breaks things and mends them; says what it did, with the times of the monotonic clock."""

    def __init__(self, seed: int, network: Network, ensemble: Ensemble, clients: dict[Host, list[subprocess.Popen[bytes]]]) -> None:
        self._random = random.Random(seed)
        self._network = network
        self._ensemble = ensemble
        self._clients = clients
        self.done: list[tuple[float, str]] = []
        self._faults: list[Callable[[], None]] = [
            self.kill_leader,
            self.kill_any,
            self.pause_leader,
            self.pause_client,
            self.cut_off_leader,
            self.cut_off_client,
            self.cut_off_a_server_from_the_others,
            self.lose_answers,
            self.lose_packets,
            self.restart_each,
        ]

    def run(self, seconds: float) -> None:
        """One fault after another, every kind before one comes again, with quiet between."""
        end = time.monotonic() + seconds
        deck: list[Callable[[], None]] = []
        while time.monotonic() < end:
            if not deck:
                deck = self._random.sample(self._faults, len(self._faults))
            fault = deck.pop()
            self.done.append((time.monotonic(), fault.__name__))
            try:
                fault()
            finally:
                self._network.heal()
                self._ensemble.revive()
            self._wait(0.5, 2.0)

    def kill_leader(self) -> None:
        server = self._ensemble.leader()
        if server:
            server.kill()
        self._wait(0.5, 4.0)

    def kill_any(self) -> None:
        self._random.choice(self._ensemble.servers).kill()
        self._wait(0.5, 4.0)

    def pause_leader(self) -> None:
        server = self._ensemble.leader()
        if server:
            server.pause()
        self._wait(1.0, 6.0)

    def pause_client(self) -> None:
        """Up to twice its session's time: it wakes up as one who has been replaced."""
        processes = self._random.choice([running for running in self._clients.values() if running])
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        try:
            self._wait(2.0, 8.0)
        finally:
            for process in processes:
                process.send_signal(signal.SIGCONT)

    def cut_off_leader(self) -> None:
        server = self._ensemble.leader()
        if server:
            server.host.cut()
        self._wait(2.0, 6.0)

    def cut_off_client(self) -> None:
        self._random.choice(list(self._clients)).cut()
        self._wait(2.0, 8.0)

    def cut_off_a_server_from_the_others(self) -> None:
        """It still has its clients, but no majority."""
        server = self._random.choice(self._ensemble.servers)
        server.host.cut(*(other.host for other in self._ensemble.servers if other is not server))
        self._wait(2.0, 6.0)

    def lose_answers(self) -> None:
        """What a client asks arrives and is done; the answers do not, and then the connection breaks."""
        client = self._random.choice(list(self._clients))
        client.deafen(*(server.host for server in self._ensemble.servers))
        self._wait(0.05, 0.5)
        client.reset()

    def lose_packets(self) -> None:
        for host in self._clients:
            host.lose(20)
        self._wait(2.0, 5.0)

    def restart_each(self) -> None:
        for server in self._ensemble.servers:
            server.kill()
            self._ensemble.revive()

    def _wait(self, least: float, most: float) -> None:
        """A fault lasts a while: this is its length, not a wait for anything."""
        time.sleep(self._random.uniform(least, most))
