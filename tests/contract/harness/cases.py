"""Cases: read from cases/*.json and multiplied by their parameters and by the languages."""

from __future__ import annotations

import dataclasses
import itertools
import json
import pathlib
from typing import Any, Iterator

from harness.drivers import ROOT

_CASES = ROOT / "tests" / "contract" / "cases"


@dataclasses.dataclass(frozen=True)
class Case:
    """One case for the languages that play its roles."""

    suite: str
    name: str
    roles: dict[str, str]
    parameters: dict[str, Any]
    body: dict[str, Any]

    @property
    def title(self) -> str:
        """What the report calls it."""
        values = [_text_of(value) for value in self.parameters.values()]
        return " ".join([self.name, *(value if len(value) < 70 else value[:67] + "..." for value in values)])

    @property
    def players(self) -> str:
        """The languages, producer first."""
        return "-".join(self.roles.values())


def _text_of(value: Any) -> str:
    """A parameter in a title; of an object, its first field."""
    return str(next(iter(value.values())) if isinstance(value, dict) else value)


def load(languages: list[str], only: str, coordinator: str, pairs: str) -> list[Case]:
    """All cases of a coordinator whose suite or name contains ``only``."""
    found = []
    for path in sorted(_CASES.glob("*.json")):
        for body in json.loads(path.read_text(encoding="utf-8")):
            if (only in path.stem or only in body["name"]) and body.get("only_on", coordinator) == coordinator:
                found += _multiply(path.stem, body, languages, pairs)
    return found


def repetitions(body: dict[str, Any], quirks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parameters of each time that a case takes its steps, but for files that one of its languages cannot hold."""
    choices = {name: _values(values) for name, values in body.get("repeat", {}).items()}
    lost = [name for quirk in quirks for name in quirk.get("cannot_hold", {})]
    return [
        dict(zip(choices, values))
        for values in itertools.product(*choices.values())
        if not any(pathlib.Path(str(value)).stem in lost for value in values)
    ]


def _multiply(suite: str, body: dict[str, Any], languages: list[str], pairs: str) -> Iterator[Case]:
    choices = {name: _values(values) for name, values in body.get("for", {}).items()}
    for values in itertools.product(*choices.values()):
        for roles in _roles(body["who"], languages, pairs):
            yield Case(suite, body["name"], roles, dict(zip(choices, values)), body)


def _values(values: Any) -> list[Any]:
    """A list as it is; {"files": "glob"} as the files of tests/data that match."""
    if isinstance(values, dict):
        matches = sorted((ROOT / "tests" / "data").glob(values["files"]))
        if not matches:
            raise SystemExit(f"no file of tests/data matched {values['files']}")
        return [str(path.relative_to(ROOT)) for path in matches]
    return list(values)


def _roles(who: str, languages: list[str], pairs: str) -> list[dict[str, str]]:
    if who == "each":
        return [{"driver": language} for language in languages]
    if who == "readers":
        return [{"producer": languages[0], "consumer": language} for language in languages]
    if who == "pairs" and pairs == "ring":
        return [{"producer": a, "consumer": b} for a, b in zip(languages, [*languages[1:], languages[0]])]
    if who == "pairs":
        return [{"producer": a, "consumer": b} for a in languages for b in languages]
    raise SystemExit(f"'who' was {who!r}; it must be each, readers or pairs")
