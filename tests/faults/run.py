#!/usr/bin/env python3
"""Processes that race, processes that die, and an ensemble that breaks. Longer with FAULTS_SCALE=10, or with
PAIRS=100000 transactions.

Writes JUnit XML to artifacts/test-results/faults.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from xml.etree import ElementTree

from client import ROOT, build

sys.path.insert(0, str(ROOT / "tests/lab"))

import kills  # noqa: E402
import pairs  # noqa: E402
import race  # noqa: E402
import soak  # noqa: E402
import starts  # noqa: E402
import steps  # noqa: E402
import zookeeper_lab  # noqa: E402
from lab.run import scenario as lab  # noqa: E402

SCALE = int(os.environ.get("FAULTS_SCALE", "1"))
PAIRS = int(os.environ.get("PAIRS", "3000"))
# the folder of an embedded coordinator instead of the server
EMBEDDED = "embedded coordinator"
SCENARIOS: dict[str, Callable[[str, str], str]] = {
    "race of four languages, 1000 publishes": lambda url, data_dir: race.run(url, data_dir, 1000 * SCALE),
    "300 processes start and end": lambda url, data_dir: starts.run(url, data_dir, 300 * SCALE),
    "writer killed 200 times": lambda url, data_dir: kills.run(url, data_dir, 200 * SCALE),
    f"{PAIRS} two-dataset transactions": lambda url, data_dir: pairs.run(url, data_dir, PAIRS * SCALE),
    "a crash at every step": lambda url, data_dir: steps.run(url, data_dir, SCALE),
    "ensemble under faults for 2 minutes": lambda url, data_dir: lab(120 * SCALE),
    f"{EMBEDDED}: writer killed 60 times": lambda url, data_dir: kills.run(url, data_dir, 60 * SCALE),
    f"{EMBEDDED}: race of four languages, 200 publishes": lambda url, data_dir: race.run(url, data_dir, 200 * SCALE),
    "soak of 16 s": lambda url, data_dir: soak.run(url, data_dir, 16 * SCALE),
}


def main() -> int:
    results = ROOT / "artifacts/test-results/faults"
    results.mkdir(parents=True, exist_ok=True)
    suite = ElementTree.Element("testsuite", name="faults")
    failed = 0
    build()
    with zookeeper_lab.ZooKeeper() as zookeeper:
        for number, (name, scenario) in enumerate(SCENARIOS.items()):
            data_dir = tempfile.mkdtemp(prefix="zkarrow-faults-", dir="/dev/shm")
            os.chmod(data_dir, 0o750)
            tree = f"{data_dir}-tree"
            url = f"local:{tree}" if name.startswith(EMBEDDED) else zookeeper.url(f"/faults{number}")
            case = ElementTree.SubElement(suite, "testcase", classname="faults", name=name)
            start = time.monotonic()
            try:
                print(f"{name}: {scenario(url, data_dir)}", flush=True)
            except Exception:  # noqa: BLE001 - it becomes the result
                failed += 1
                text = traceback.format_exc()
                print(f"{name}: FAILED\n{text}", flush=True)
                ElementTree.SubElement(case, "failure", message=text.splitlines()[-1]).text = text
            finally:
                shutil.rmtree(data_dir, ignore_errors=True)
                shutil.rmtree(tree, ignore_errors=True)
                case.set("time", f"{time.monotonic() - start:.3f}")
    suite.set("tests", str(len(SCENARIOS)))
    suite.set("failures", str(failed))
    ElementTree.ElementTree(suite).write(results / "faults.xml", encoding="utf-8", xml_declaration=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
