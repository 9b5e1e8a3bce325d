"""The stage: a coordinator, drivers that outlive a case, and a namespace of its own for each case."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any

from harness import expectations
from harness.cases import Case, repetitions
from harness.coordinators import Embedded, zookeeper_lab
from harness.drivers import ROOT, Driver, DriverFailed, Programs

SKIP_MOUNTS = "ZKARROW_SKIP_TMPFS"


class Skipped(Exception):
    """The case was skipped because its named environment variable says so."""


class Stage:
    """Plays cases one after another."""

    def __init__(self, programs: Programs, quirks: dict[str, Any], coordinator: zookeeper_lab.ZooKeeper | Embedded) -> None:
        self._programs = programs
        self._quirks = quirks
        self._drivers: dict[tuple[str, str], Driver] = {}
        self._coordinator = coordinator
        shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self._directory = pathlib.Path(tempfile.mkdtemp(prefix="zkarrow-contract-", dir=shared))
        self._played = 0

    def __enter__(self) -> Stage:
        self._coordinator.start()
        return self

    def __exit__(self, *_: object) -> None:
        for driver in self._drivers.values():
            driver.kill()
        self._coordinator.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def play(self, case: Case) -> None:
        """Plays a case; raises Unexpected, DriverFailed or Skipped."""
        self._played += 1
        data_dir = self._directory / f"case-{self._played}"
        data_dir.mkdir(mode=0o750)
        mounted = self._mount(data_dir, case.body.get("disk_mb"))
        try:
            _Play(self, case, f"/case-{self._played}", data_dir).run()
        except (expectations.Unexpected, DriverFailed):
            # whatever state they are in, the next case shall not inherit it
            for role, language in case.roles.items():
                self._discard(role, language)
            raise
        finally:
            self.start_server()
            if mounted:
                subprocess.run(["umount", "--lazy", str(data_dir)], check=True)
            shutil.rmtree(data_dir, ignore_errors=True)
            shutil.rmtree(f"{data_dir}-disk", ignore_errors=True)

    def driver(self, role: str, language: str) -> Driver:
        """The driver that plays a role."""
        if (role, language) not in self._drivers:
            self._drivers[role, language] = self._programs.start(language)
        return self._drivers[role, language]

    def end_drivers(self) -> None:
        """Ends all drivers in order: each has to exit with 0."""
        for (role, language), driver in list(self._drivers.items()):
            del self._drivers[role, language]
            code = driver.end()
            if code != 0:
                raise DriverFailed(f"the {language} driver exited with {code}")

    def quirks(self, language: str) -> dict[str, Any]:
        """What is the language's own way."""
        quirks: dict[str, Any] = self._quirks.get(language, {})
        return quirks

    def url(self, chroot: str) -> str:
        """The url of a namespace."""
        return self._coordinator.url(chroot)

    def stop_server(self) -> None:
        """Stops ZooKeeper: a case that does so is for ZooKeeper only."""
        assert isinstance(self._coordinator, zookeeper_lab.ZooKeeper), "this case needs \"only_on\": \"zk\""
        self._coordinator.stop()

    def start_server(self) -> None:
        """Starts ZooKeeper with its data unless it runs."""
        if not self._coordinator.serves():
            self.stop_server()
            self._coordinator.start()

    def _discard(self, role: str, language: str) -> None:
        driver = self._drivers.pop((role, language), None)
        if driver is not None:
            driver.kill()

    @staticmethod
    def _mount(directory: pathlib.Path, megabytes: Any) -> bool:
        if megabytes is None:
            return False
        if os.environ.get(SKIP_MOUNTS) == "1":
            raise Skipped(f"{SKIP_MOUNTS}=1")
        size = f"size={megabytes}m,mode=0750"
        command = ["mount", "-t", "tmpfs", "-o", size, "zkarrow-contract", str(directory)]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            raise expectations.Unexpected(
                f"a small tmpfs could not be mounted ({mounted.stderr.strip()}); run as root or set {SKIP_MOUNTS}=1"
            )
        return True


class _Play:
    """One case being played."""

    def __init__(self, stage: Stage, case: Case, chroot: str, data_dir: pathlib.Path) -> None:
        self._stage = stage
        self._case = case
        self._data_dir = data_dir
        self._known: dict[str, Any] = dict(case.parameters)
        self._known.update(url=stage.url(chroot), data_dir=str(data_dir), disk_dir=f"{data_dir}-disk", chroot=chroot)

    def run(self) -> None:
        """Opens the clients, takes the steps, closes, and counts what is left."""
        if self._case.body.get("open", True):
            for role in self._case.roles:
                opening = {"op": "open", "url": "$url", "data_dir": "$data_dir"}
                self._take({"by": role, **opening, **self._case.body.get("open_with", {})})
        quirks = [self._stage.quirks(language) for language in self._case.roles.values()]
        for parameters in repetitions(self._case.body, quirks):
            self._known.update(parameters)
            for number, step in enumerate(self._case.body["steps"], 1):
                try:
                    self._take(step)
                except expectations.Unexpected as error:
                    where = "".join(f", {value}" for value in parameters.values())
                    raise expectations.Unexpected(f"step {number}{where}, {step}: {error}") from None
        for role in self._case.roles:
            if self._case.body.get("open", True):
                self._take({"by": role, "op": "close"})
            self._check_counters(role)

    def _take(self, step: dict[str, Any]) -> None:
        if step["by"] == "lab":
            self._work(step)
            return
        language = self._case.roles[step["by"]]
        driver = self._stage.driver(step["by"], language)
        quirks = self._stage.quirks(language)
        step = expectations.substitute(step, self._known)
        if step.get("op") in quirks.get("lacks", []):
            step = {**step, "fails": "ZKA_UNSUPPORTED"}
        began = time.monotonic()
        if not step.get("goes_on"):
            driver.send({key: value for key, value in step.items() if key not in _OURS})
        if step.get("later"):
            return
        answer = driver.answer()
        elapsed_ms = (time.monotonic() - began) * 1000
        expectations.check(answer, step, quirks)
        if "keep" in step:
            self._known[step["keep"]] = answer
        at_least, at_most = step.get("within_ms", (0, float("inf")))
        if not at_least <= elapsed_ms <= at_most:
            raise expectations.Unexpected(f"it took {elapsed_ms:.0f} ms, expected {at_least} to {at_most}")

    def _work(self, step: dict[str, Any]) -> None:
        """What a test does behind the library's back."""
        step = expectations.substitute(step, self._known)
        if step["op"] == "stop_server":
            self._stage.stop_server()
        elif step["op"] == "start_server":
            self._stage.start_server()
        elif step["op"] == "truncate_segments":
            for segment in self._segments():
                os.truncate(segment, segment.stat().st_size * step["keep_percent"] // 100)
        elif step["op"] == "replace_segments":
            content = (ROOT / step["with"]).read_bytes()
            for segment in self._segments():
                segment.write_bytes(content)
        elif step["op"] == "overwrite_segments":
            for segment in self._segments():
                _overwrite(segment, step["at"], step["bytes"])
        elif step["op"] == "count_segments":
            if len(self._segments()) != step["are"]:
                raise expectations.Unexpected(f"there were {len(self._segments())} segments")
        elif step["op"] == "remove_segments":
            for segment in self._segments():
                segment.unlink()
        elif step["op"] in ("pause", "resume"):
            stop = signal.SIGSTOP if step["op"] == "pause" else signal.SIGCONT
            os.kill(self._stage.driver(step["who"], self._case.roles[step["who"]]).pid, stop)
        elif step["op"] == "publish_file":
            self._publish_file(step["name"], step["file"])
        elif step["op"] == "compare_tables":
            self._compare_tables(step["version"], step["commits"])
        else:
            raise SystemExit(f"the lab cannot {step['op']}")

    def _publish_file(self, name: str, file: str) -> None:
        """The library's own reader puts the file under a name; no language takes part."""
        driver = self._stage.driver("lab", "dotnet")
        requests = [
            {"op": "open", "url": self._known["url"], "data_dir": self._known["data_dir"]},
            {"op": "publish_file", "name": name, "file": str(ROOT / file)},
            {"op": "close"},
        ]
        for request in requests:
            answer = driver.ask(request)
            if not answer["ok"]:
                raise expectations.Unexpected(f"{request['op']} failed: {answer}")

    def _compare_tables(self, version: int, commits: list[str]) -> None:
        """Every segment of a version's number holds the same bytes, but for the commit id in its footer."""
        contents = {segment: segment.read_bytes() for segment in self._segments() if f"-{version}-" in segment.name}
        if len(contents) != len(commits):
            raise expectations.Unexpected(f"there were {len(contents)} segments of the {len(commits)} tables")
        for commit in commits:
            contents = {segment: content.replace(commit.encode(), b"-" * 32) for segment, content in contents.items()}
        (first, content), *others = contents.items()
        for other, bytes_of_other in others:
            if bytes_of_other != content:
                at = next((i for i, (a, b) in enumerate(zip(content, bytes_of_other)) if a != b), len(content))
                raise expectations.Unexpected(f"{first} and {other} differ at byte {at}")

    def _segments(self) -> list[pathlib.Path]:
        segments = sorted(self._data_dir.glob("*/*.arrow"))
        if not segments:
            raise expectations.Unexpected(f"there was no segment in {self._data_dir}")
        for segment in segments:
            segment.chmod(0o640)
        return segments

    def _check_counters(self, role: str) -> None:
        language = self._case.roles[role]
        answer = self._stage.driver(role, language).ask({"op": "counters"})
        left = {name: count for name, count in answer.items() if name != "ok" and count != 0}
        if left or not answer["ok"]:
            raise expectations.Unexpected(f"the {role} ({language}) did not let go of everything: {answer}")


def _overwrite(segment: pathlib.Path, at: int, text: str) -> None:
    """Overwrites bytes; a negative position counts from the end."""
    with segment.open("r+b") as file:
        file.seek(at, os.SEEK_SET if at >= 0 else os.SEEK_END)
        file.write(bytes.fromhex(text))


_OURS = {"by", "fails", "says", "answer", "keep", "later", "goes_on", "within_ms"}
