#!/usr/bin/python3
"""Plays the contract suite: the same cases for every language, each pair of languages with each other.

Needs nothing but Python, a C and a C++ compiler, the .NET SDK, cJSON, nlohmann-json and ZooKeeper.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import cases, drivers, expectations  # noqa: E402
from harness.coordinators import COORDINATORS  # noqa: E402
from harness.report import Report, Result  # noqa: E402
from harness.stage import Skipped, Stage  # noqa: E402


def main() -> int:
    artifacts = drivers.ROOT / "artifacts"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lib-dir", type=pathlib.Path, default=artifacts / "lib", help="where libzkarrow.so is")
    parser.add_argument("--languages", default=",".join(drivers.LANGUAGES), help="those to play, comma-separated")
    parser.add_argument("--only", default="", help="cases whose suite or name contains this")
    parser.add_argument("--coordinator", choices=COORDINATORS, default="zk", help="a ZooKeeper server, or the embedded one")
    parser.add_argument("--pairs", choices=("all", "ring"), default="all", help="every producer with every consumer, or with the next one")
    arguments = parser.parse_args()
    languages = arguments.languages.split(",")

    programs = drivers.Programs(arguments.lib_dir, artifacts / "contract")
    programs.build(languages)
    quirks = json.loads((pathlib.Path(__file__).parent / "quirks.json").read_text(encoding="utf-8"))
    todo = cases.load(languages, arguments.only, arguments.coordinator, arguments.pairs)
    if not todo:
        parser.error(f"no case contains {arguments.only!r}")
    report = Report()
    with Stage(programs, quirks, COORDINATORS[arguments.coordinator]()) as stage:
        for case in todo:
            report.add(_play(stage, case))
        stage.end_drivers()
    suite = "contract" if arguments.coordinator == "zk" else f"contract-{arguments.coordinator}"
    report.write(artifacts / "test-results" / suite / "contract.xml")
    print(f"{suite}: {report.summary()}")
    return 1 if report.failed else 0


def _play(stage: Stage, case: cases.Case) -> Result:
    began = time.monotonic()
    result = Result(case, 0)
    try:
        stage.play(case)
    except Skipped as error:
        result.skipped = str(error)
    except (expectations.Unexpected, drivers.DriverFailed) as error:
        result.failure = str(error)
    result.seconds = time.monotonic() - began
    return result


if __name__ == "__main__":
    sys.exit(main())
