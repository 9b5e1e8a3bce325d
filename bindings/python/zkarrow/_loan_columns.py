"""The columns of a loan: views of its buffers, through which they are written."""

from __future__ import annotations

import functools
import importlib
from ctypes import c_char
from typing import Any, Iterable, Union

from . import _arrow, _capsule
from ._bindings import ArrowArray, ArrowSchema
from ._errors import InvalidArgumentError, NotFoundError, SchemaMismatchError, TooLargeError

Values = Any  # numpy.ndarray, or memoryview without numpy

_NULLABLE = 2
# what numpy and memoryview call the values of a format, and the bytes of one; numpy's days have 8
_NUMBERS = {
    "c": ("i1", "b", 1), "C": ("u1", "B", 1), "s": ("i2", "h", 2), "S": ("u2", "H", 2),
    "i": ("i4", "i", 4), "I": ("u4", "I", 4), "l": ("i8", "q", 8), "L": ("u8", "Q", 8),
    "e": ("f2", "H", 2), "f": ("f4", "f", 4), "g": ("f8", "d", 8), "tdD": ("i4", "i", 4),
    "tdm": ("M8[ms]", "q", 8), "tts": ("i4", "i", 4), "ttm": ("i4", "i", 4),
    "ttu": ("i8", "q", 8), "ttn": ("i8", "q", 8), "tiM": ("i4", "i", 4), "tiD": ("V8", "B", 8),
    "tin": ("V16", "B", 16),
}  # fmt: skip
_UNITS = {"s": "s", "m": "ms", "u": "us", "n": "ns"}


class Buffers:
    """The writable batch of a loan. Every view holds it, so that its memory stays mapped."""

    def __init__(self, array: ArrowArray) -> None:
        self.array = array

    def at(self, address: int | None, size: int) -> Any:
        """The bytes at an address, as an object that holds this one."""
        if address is None or size == 0:
            return (c_char * 0)()
        bytes_: Any = (c_char * size).from_address(address)
        bytes_._buffers = self
        return bytes_

    def __del__(self, release: Any = _capsule.release) -> None:
        release(self.array)


class Bits:
    """A row of booleans, a bit each: ``bits[3] = True``, ``bits[:] = flags``, ``bits[2:5] = False``."""

    def __init__(self, memory: Any, length: int) -> None:
        self._bytes = memoryview(memory).cast("B")
        self._length = length

    @property
    def bytes(self) -> Values:
        """The bytes, the first row in the lowest bit of the first."""
        return _values(self._bytes, "u1", "B")

    def fill(self, value: bool) -> None:
        """Sets all."""
        self._bytes[:] = (b"\xff" if value else b"\0") * len(self._bytes)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, row: int) -> bool:
        row = self._row(row)
        return bool(self._bytes[row >> 3] >> (row & 7) & 1)

    def __setitem__(self, row: Union[int, slice], value: Any) -> None:
        if not isinstance(row, slice):
            self._set(self._row(row), bool(value))
            return
        rows = range(*row.indices(self._length))
        if isinstance(value, (bool, int)):
            if len(rows) == self._length:
                self.fill(bool(value))
                return
            value = [value] * len(rows)
        if len(value) != len(rows):
            raise InvalidArgumentError(f"{len(value)} values were given for {len(rows)} rows")
        numpy = _numpy()
        if numpy is not None and rows == range(self._length):
            packed = numpy.packbits(numpy.asarray(value, bool), bitorder="little")
            self._bytes[:] = packed.tobytes()
            return
        for at, flag in zip(rows, value):
            self._set(at, bool(flag))

    def _row(self, row: int) -> int:
        found = row + self._length if row < 0 else row
        if not 0 <= found < self._length:
            raise IndexError(f"row {row} of {self._length}")
        return found

    def _set(self, row: int, value: bool) -> None:
        bit = 1 << (row & 7)
        before = self._bytes[row >> 3]
        self._bytes[row >> 3] = before | bit if value else before & ~bit


class Column:
    """What all kinds of columns share. A column holds no view that holds the column, so that the
    memory of a closed loan goes with the last view and waits for no garbage collection."""

    def __init__(self, buffers: Buffers, field: ArrowSchema, array: ArrowArray, budget: int) -> None:
        self._buffers = buffers
        self._form: str = field.format.decode()
        self._name: str = (field.name or b"").decode("utf-8", "replace")
        self._nullable = bool(field.flags & _NULLABLE)
        self._array = array
        self._budget = budget
        self._children = [
            column_of(buffers, inner, child, budget)
            for inner, child in zip(_arrow.children(field), _arrow.children(array))
        ]

    def _view(self) -> Any:
        """What users get."""
        return self

    def _buffer(self, index: int, size: int) -> Any:
        return self._buffers.at(self._array.buffers[index], size)

    def _validity(self) -> Bits:
        if not self._nullable or self._array.n_buffers == 0:
            raise SchemaMismatchError(f"the column {self._name!r} is not nullable")
        size = (self._array.length + 7) // 8
        bits = Bits(self._buffer(0, size), self._array.length)
        if self._array.null_count == 0 and size:
            bits.fill(True)
            self._array.null_count = -1
        return bits

    def _offsets(self) -> Values:
        wide = self._form in ("U", "Z", "+L")
        memory = self._buffer(1, (self._array.length + 1) * (8 if wide else 4))
        return _values(memory, "i8", "q") if wide else _values(memory, "i4", "i")


class _Fixed(Column):
    def _view(self) -> Values:
        if self._form == "n":
            return None
        numpy_name, letter, width = _numbers(self._form)
        return _values(self._buffer(1, self._array.length * width), numpy_name, letter)


class _Bools(Column):
    def _view(self) -> Bits:
        return Bits(self._buffer(1, (self._array.length + 7) // 8), self._array.length)


class Text(Column):
    """A column of text or bytes: append its values from the first row on, or fill ``offsets`` and
    ``data``."""

    _count = 0
    _used = 0

    @property
    def offsets(self) -> Values:
        """Where each value begins, and behind them where the last one ends."""
        return self._offsets()

    @property
    def data(self) -> Values:
        """The bytes that the values are put into, up to the column's budget."""
        return _values(self._memory(), "u1", "B")

    def append(self, value: str | bytes | None) -> None:
        """Appends a value; None is null. Raises TooLargeError when no row or no byte is left."""
        self.extend((value,))

    def extend(self, values: Iterable[str | bytes | None]) -> None:
        """Appends each of some values."""
        memory, offsets = memoryview(self._memory()).cast("B"), self._offsets()
        validity = None
        for value in values:
            if self._count == self._array.length:
                raise TooLargeError(
                    f"the loan had room for {self._count} values in column {self._name!r} and one "
                    "more was appended; open it with more rows"
                )
            if value is None:
                validity = validity or self._validity()
                validity[self._count] = False
                value = b""
            content = value.encode() if isinstance(value, str) else value
            end = self._used + len(content)
            if end > len(memory):
                raise TooLargeError(
                    f"the loan had {len(memory)} bytes for the values of column {self._name!r} and "
                    f"{end} were appended; open it with more (var_bytes)"
                )
            memory[self._used : end] = content
            self._used = end
            self._count += 1
            offsets[self._count] = end

    def __len__(self) -> int:
        """How many values were appended."""
        return self._count

    def _memory(self) -> Any:
        return self._buffer(2, max(self._budget, 0))


class List(Column):
    """A column of lists: ``values`` is the column of all their values, one list behind the other,
    and ``offsets`` where each begins and, behind them, where the last one ends. Lists of a fixed
    size have no offsets."""

    @property
    def offsets(self) -> Values:
        """Where each list begins; None of a list of a fixed size."""
        return None if self._form.startswith("+w:") else self._offsets()

    @property
    def values(self) -> Any:
        """The column of the values."""
        return self._children[0]._view()

    @property
    def values_validity(self) -> Bits:
        """Which values have one; as `Loan.validity`."""
        return self._children[0]._validity()


class Struct(Column):
    """A column of structs: its fields are columns by name."""

    def __getitem__(self, name: str) -> Any:
        return self._field(name)._view()

    def validity(self, name: str) -> Bits:
        """Which rows of a field have a value; as `Loan.validity`."""
        return self._field(name)._validity()

    def _field(self, name: str) -> Column:
        for child in self._children:
            if child._name == name:
                return child
        raise NotFoundError(f"the struct {self._name!r} had no field {name!r}")


def column_of(buffers: Buffers, field: ArrowSchema, array: ArrowArray, budget: int) -> Column:
    """The column of a field; ``budget`` is the bytes for values of any length."""
    form: str = field.format.decode()
    kinds: dict[str, type[Column]] = {
        "b": _Bools, "u": Text, "U": Text, "z": Text, "Z": Text, "+l": List, "+L": List, "+s": Struct,
    }  # fmt: skip
    shape = "+L" if form.startswith("+w:") else form
    kind: type[Column] = kinds[shape] if shape in kinds else _Fixed
    return kind(buffers, field, array, budget)


def _numbers(form: str) -> tuple[str, str, int]:
    if form in _NUMBERS:
        return _NUMBERS[form]
    if form.startswith("ts"):
        return f"M8[{_UNITS[form[2]]}]", "q", 8
    if form.startswith("tD"):
        return f"m8[{_UNITS[form[2]]}]", "q", 8
    if form.startswith("w:"):
        width = int(form[2:])
    else:  # a decimal
        parameters = form[2:].split(",")
        width = int(parameters[2]) // 8 if len(parameters) > 2 else 16
    return f"V{width}", "B", width


def _values(memory: Any, numpy_name: str, letter: str) -> Values:
    numpy = _numpy()
    if numpy is None:
        return memoryview(memory).cast("B").cast(letter)
    return numpy.frombuffer(memory, numpy_name) if len(memory) else numpy.empty(0, numpy_name)


@functools.lru_cache(maxsize=None)
def _numpy() -> Any:
    # by name, because it is no dependency: nothing of ours needs it
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None
