"""What a table made to order must be: MAKE and DIGEST of the README, computed without Arrow."""

from __future__ import annotations

import struct
from typing import Any, Callable, Iterator, Optional

_OFFSET = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MASK = 0xFFFFFFFFFFFFFFFF


def rows_of(make: dict[str, Any]) -> int:
    """Rows in all batches of a table made to order."""
    return int(make["rows"]) * int(make.get("batches", 1))


def digest_of(make: dict[str, Any]) -> str:
    """The digest of a table made to order."""
    digest = _OFFSET
    for piece in _pieces(make):
        for byte in piece:
            digest = ((digest ^ byte) * _PRIME) & _MASK
    return f"{digest:016x}"


def _pieces(make: dict[str, Any]) -> Iterator[bytes]:
    rows, seed = int(make["rows"]), int(make.get("seed", 0))
    for batch in range(int(make.get("batches", 1))):
        yield struct.pack("<q", rows)
        for value_of in _COLUMNS[make["kind"]]:
            for i in range(batch * rows, (batch + 1) * rows):
                value = value_of(i, seed)
                yield b"\0" if value is None else b"\1" + value


def _int64(i: int, seed: int) -> bytes:
    return struct.pack("<q", seed + i)


def _price(i: int, seed: int) -> Optional[bytes]:
    return None if i % 7 == 3 else struct.pack("<d", (seed + i) * 0.5)


def _symbol(i: int, seed: int) -> Optional[bytes]:
    text = f"s{(seed + i) % 10}".encode()
    return None if i % 5 == 4 else struct.pack("<q", len(text)) + text


def _up(i: int, seed: int) -> bytes:
    return b"\1" if (seed + i) % 3 == 0 else b"\0"


_COLUMNS: dict[str, list[Callable[[int, int], Optional[bytes]]]] = {
    "int64": [_int64],
    "mixed": [_int64, _price, _symbol, _up],
}
