"""The results as JUnit XML and on the terminal."""

from __future__ import annotations

import dataclasses
import pathlib
import time
import xml.etree.ElementTree as ET

from harness.cases import Case


@dataclasses.dataclass
class Result:
    """How a case ended."""

    case: Case
    seconds: float
    failure: str = ""
    skipped: str = ""


class Report:
    """Collects results."""

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._began = time.monotonic()

    @property
    def failed(self) -> bool:
        """Whether anything failed."""
        return any(result.failure for result in self._results)

    def add(self, result: Result) -> None:
        """Adds a result; what is not a pass is printed at once."""
        self._results.append(result)
        name = f"{result.case.suite}: {result.case.title} [{result.case.players}]"
        if result.failure:
            print(f"FAILED {name}\n       {result.failure}", flush=True)
        elif result.skipped:
            print(f"SKIPPED {name}: {result.skipped}", flush=True)

    def summary(self) -> str:
        """One line."""
        failed = sum(1 for result in self._results if result.failure)
        skipped = sum(1 for result in self._results if result.skipped)
        passed = len(self._results) - failed - skipped
        took = time.monotonic() - self._began
        return f"{passed} passed, {failed} failed, {skipped} skipped in {took:.1f} s"

    def write(self, path: pathlib.Path) -> None:
        """Writes JUnit XML."""
        root = ET.Element("testsuites")
        for name in dict.fromkeys(result.case.suite for result in self._results):
            results = [result for result in self._results if result.case.suite == name]
            suite = ET.SubElement(
                root,
                "testsuite",
                name=f"contract.{name}",
                tests=str(len(results)),
                failures=str(sum(1 for result in results if result.failure)),
                skipped=str(sum(1 for result in results if result.skipped)),
                errors="0",
                time=f"{sum(result.seconds for result in results):.3f}",
            )
            for result in results:
                self._write_case(suite, result)
        path.parent.mkdir(parents=True, exist_ok=True)
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)

    @staticmethod
    def _write_case(suite: ET.Element, result: Result) -> None:
        printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in result.case.title)
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"contract.{result.case.suite}.{result.case.players}",
            name=printable,
            time=f"{result.seconds:.3f}",
        )
        if result.failure:
            ET.SubElement(case, "failure", message=ascii(result.failure)[:1000])
        if result.skipped:
            ET.SubElement(case, "skipped", message=result.skipped)
