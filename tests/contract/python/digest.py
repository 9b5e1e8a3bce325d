"""The contract suite's digest of a stream: 64-bit FNV-1a over values from the Arrow buffers."""

from __future__ import annotations

from ctypes import addressof, c_int32, c_int64, string_at
from typing import Any

from zkarrow import UnsupportedError, _arrow, _capsule
from zkarrow._bindings import ArrowArray, ArrowArrayStream

_OFFSET_BASIS = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MASK = (1 << 64) - 1

# bytes of a value by format; what has a prefix has any unit and time zone
_WIDTHS = {
    b"c": 1, b"C": 1, b"s": 2, b"S": 2, b"i": 4, b"I": 4, b"l": 8, b"L": 8,
    b"e": 2, b"f": 4, b"g": 8, b"tdD": 4, b"tdm": 8,
    b"tts": 4, b"ttm": 4, b"ttu": 8, b"ttn": 8,
}  # fmt: skip
_OFFSETS = {b"u": c_int32, b"z": c_int32, b"U": c_int64, b"Z": c_int64}


def digest(table: Any) -> tuple[str, int]:
    """The digest of what ``table`` exports as 16 hex digits, and the number of its batches."""
    capsule = table.__arrow_c_stream__()
    stream = _capsule.unwrap(capsule, ArrowArrayStream)
    try:
        return _digest(stream)
    finally:
        _capsule.release(stream)


def addresses(table: Any) -> list[int | None]:
    """The addresses of all buffers of what ``table`` exports, in order."""
    capsule = table.__arrow_c_stream__()
    stream = _capsule.unwrap(capsule, ArrowArrayStream)
    found: list[int | None] = []

    def visit(array: ArrowArray) -> None:
        found.extend(array.buffers[i] for i in range(array.n_buffers))
        for child in _arrow.children(array):
            visit(child)

    try:
        for batch in _arrow.batches(stream):
            visit(batch)
    finally:
        _capsule.release(stream)
    return found


def _digest(stream: ArrowArrayStream) -> tuple[str, int]:
    schema = _arrow.get_schema(stream)
    formats = [field.format for field in _arrow.children(schema)]
    _capsule.release(schema)
    state = _OFFSET_BASIS
    count = 0
    for batch in _arrow.batches(stream):
        count += 1
        parts = [batch.length.to_bytes(8, "little")]
        for form, array in zip(formats, _arrow.children(batch)):
            parts += _column(form, array, batch.offset, batch.length)
        for byte in b"".join(parts):
            state = (state ^ byte) * _PRIME & _MASK
    return f"{state:016x}", count


def _column(form: bytes, array: ArrowArray, offset: int, length: int) -> list[bytes]:
    if not length:
        return []
    start = array.offset + offset
    values = _values(form, array, start, length)
    validity = array.buffers[0]
    if not validity:
        return [b"\1" + value for value in values]
    bits = string_at(validity, (start + length + 7) // 8)
    return [
        b"\1" + value if bits[i >> 3] >> (i & 7) & 1 else b"\0"
        for i, value in enumerate(values, start)
    ]


def _values(form: bytes, array: ArrowArray, start: int, length: int) -> list[bytes]:
    data = array.buffers[1]
    if form in _OFFSETS:
        kind = _OFFSETS[form]
        size = 4 if kind is c_int32 else 8
        ends = list((kind * (length + 1)).from_address(data + size * start))
        text = array.buffers[2] or addressof(c_int64())  # nothing is read from it
        return [
            (end - begin).to_bytes(8, "little") + string_at(text + begin, end - begin)
            for begin, end in zip(ends, ends[1:])
        ]
    if form == b"b":
        bits = string_at(data, (start + length + 7) // 8)
        return [bytes([bits[i >> 3] >> (i & 7) & 1]) for i in range(start, start + length)]
    width = _width(form)
    packed = string_at(data + width * start, width * length)
    return [packed[i : i + width] for i in range(0, len(packed), width)]


def _width(form: bytes) -> int:
    if form.startswith(b"w:"):
        return int(form[2:])
    if form.startswith((b"ts", b"tD")):
        return 8
    if form not in _WIDTHS:
        raise UnsupportedError(f"the digest does not know columns of the format {form.decode()!r}")
    return _WIDTHS[form]
