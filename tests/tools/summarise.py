"""Sums trx and JUnit XML over suites, prints a table and one closing line, and exits 1 unless all is well.

usage: summarise.py RESULTS SUITE…

Every folder of RESULTS is a suite. The named suites must have run something. A `broken.xml` in a
folder says that its runner ended badly, and is one failure unless the runner reported failures itself.
What a failed test said is printed beside its name: often the end of the output is all that is left of a run.
"""

import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path

SKIPPED_OUTCOMES = {"NotExecuted", "Inconclusive", "NotRunnable"}
SAID_LIMIT = 600  # characters of a failure's message


@dataclass
class Suite:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    remarks: list = field(default_factory=list)

    @property
    def total(self):
        return self.passed + self.failed + self.skipped

    def fail(self, remark, said=""):
        self.failed += 1
        said = " ".join(said.split())
        if len(said) > SAID_LIMIT:
            said = said[:SAID_LIMIT] + "…"
        self.remarks.append(f"{remark}: {said}" if said else remark)


def local_name(element):
    return element.tag.rpartition("}")[2]


def children(element, name):
    return [child for child in element if local_name(child) == name]


def add_trx(suite, root):
    for results in children(root, "Results"):
        for result in results:
            outcome = result.get("outcome", "Failed")
            suite.seconds += clock_seconds(result.get("duration", "0:0:0"))
            if outcome == "Passed":
                suite.passed += 1
            elif outcome in SKIPPED_OUTCOMES:
                suite.skipped += 1
                suite.remarks.append(f"skipped {result.get('testName')}")
            else:
                suite.fail(f"failed {result.get('testName')}", trx_message(result))


def trx_message(result):
    return next((element.text or "" for element in result.iter() if local_name(element) == "Message"), "")


def clock_seconds(text):
    hours, minutes, seconds = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def add_junit(suite, root):
    for case in root.iter():
        if local_name(case) != "testcase":
            continue
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        kinds = {local_name(child): child for child in case}
        suite.seconds += float(case.get("time") or 0)
        failure = kinds.get("failure", kinds.get("error"))
        if failure is not None:
            suite.fail(f"failed {name}", failure.get("message") or failure.text or "")
        elif "skipped" in kinds:
            suite.skipped += 1
            suite.remarks.append(f"skipped {name}")
        else:
            suite.passed += 1


def read_suite(folder):
    suite = Suite(folder.name)
    broken = None
    for path in sorted([*folder.rglob("*.trx"), *folder.rglob("*.xml")]):
        try:
            root = xml.parse(path).getroot()
        except xml.ParseError as error:
            suite.fail(f"could not read {path.name}: {error}")
            continue
        kind = local_name(root)
        if kind == "TestRun":
            add_trx(suite, root)
        elif kind in ("testsuites", "testsuite"):
            add_junit(suite, root)
        elif kind == "broken":
            broken = root.text
    if broken and not suite.failed:
        suite.fail(broken)
    elif broken:
        suite.remarks.append(broken)
    return suite


def read_all(results, expected):
    folders = [path for path in results.iterdir() if path.is_dir()] if results.is_dir() else []
    suites = {folder.name: read_suite(folder) for folder in sorted(folders)}
    for name in expected:
        suite = suites.setdefault(name, Suite(name))
        if suite.total == 0:
            suite.fail("ran nothing")
    order = {name: position for position, name in enumerate(expected)}
    return sorted(suites.values(), key=lambda suite: order.get(suite.name, -1))


def main(results, expected):
    suites = read_all(Path(results), expected)
    for suite in suites:
        for remark in suite.remarks:
            print(f"{suite.name}: {remark}")
    width = max(len("suite"), *(len(suite.name) for suite in suites))
    print(f"\n{'suite':<{width}}  {'passed':>7} {'failed':>7} {'skipped':>7} {'seconds':>8}")
    for suite in suites:
        print(f"{suite.name:<{width}}  {suite.passed:>7} {suite.failed:>7} {suite.skipped:>7} {suite.seconds:>8.1f}")
    passed, failed, skipped = (
        sum(getattr(suite, column) for suite in suites) for column in ("passed", "failed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
