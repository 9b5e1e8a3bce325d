"""Whether an answer is the expected one."""

from __future__ import annotations

import re
from typing import Any, Mapping

from harness import reference

_HEX32 = re.compile(r"[0-9a-f]{32}")


class Unexpected(Exception):
    """An answer was not the one expected."""


def substitute(value: Any, known: Mapping[str, Any]) -> Any:
    """Replaces each string "$a.b.c" by what is known under that path, and computes {"digest_of": MAKE}."""
    if isinstance(value, str) and value.startswith("$"):
        first, *rest = value[1:].split(".")
        found = known[first]
        for part in rest:
            found = found[part]
        return found
    if isinstance(value, list):
        return [substitute(item, known) for item in value]
    if isinstance(value, dict):
        made = {key: substitute(item, known) for key, item in value.items()}
        if made.keys() == {"digest_of"}:
            return reference.digest_of(made["digest_of"])
        if made.keys() == {"rows_of"}:
            return reference.rows_of(made["rows_of"])
        return made
    return value


def check(answer: dict[str, Any], step: Mapping[str, Any], quirks: Mapping[str, Any]) -> None:
    """Raises Unexpected unless the answer is what the step expects; ``quirks`` are the language's own."""
    wanted = step.get("fails")
    if wanted is None:
        if not answer.get("ok"):
            raise Unexpected(f"failed with {answer.get('status')}: {answer.get('message')}")
        _check_success(answer)
        _check_part(step.get("answer", {}), answer, "answer")
        return
    statuses = [wanted] if isinstance(wanted, str) else list(wanted)
    subject = step.get("what") or step.get("make", {}).get("kind")
    statuses += quirks.get(step["op"], {}).get(subject, [])
    if answer.get("ok") or answer.get("status") not in statuses:
        raise Unexpected(f"expected {' or '.join(statuses)}, got {answer}")
    if answer["status"].startswith("ZKA_"):
        _check_sentence(str(answer.get("message", "")), step.get("says"))


def _check_sentence(message: str, pattern: Any) -> None:
    if len(message) < 10 or "\n" in message:
        raise Unexpected(f"the message was no sentence of one line: {message!r}")
    if pattern is not None and re.search(pattern, message) is None:
        raise Unexpected(f"the message did not say /{pattern}/: {message!r}")


def _check_success(answer: Mapping[str, Any]) -> None:
    """What holds for every answer of a kind."""
    version = answer.get("version")
    if isinstance(version, dict):
        for field in ("commit_id", "schema_id"):
            if _HEX32.fullmatch(version[field]) is None:
                raise Unexpected(f"{field} was no 32 hex digits: {version[field]!r}")
        if version["number"] < 1 or version["nbytes"] < 1:
            raise Unexpected(f"a version had number {version['number']} and {version['nbytes']} bytes")
    if "zero_copy" in answer and answer["zero_copy"] != (answer["copy_reason"] is None):
        raise Unexpected(f"zero_copy and copy_reason contradict each other: {answer}")


def _check_part(wanted: Any, found: Any, where: str) -> None:
    """A wanted object may lack fields of the found one; everything else must be equal."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            if key not in found:
                raise Unexpected(f"{where}.{key} was missing in {found}")
            _check_part(value, found[key], f"{where}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found)):
            _check_part(one, other, f"{where}[{index}]")
    elif wanted != found:
        raise Unexpected(f"{where} was {found!r}, expected {wanted!r}")
