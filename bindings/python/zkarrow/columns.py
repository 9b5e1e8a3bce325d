"""Tables from plain Python columns, for those who have no Arrow library at hand."""

from __future__ import annotations

import itertools
import struct
from ctypes import CFUNCTYPE, POINTER, addressof, c_char, c_char_p, c_void_p, cast, pointer
from typing import Any, Iterable, Mapping, Sequence, Union

from . import _capsule
from ._bindings import ArrowArray, ArrowSchema
from ._errors import InvalidArgumentError

__all__ = ["ColumnTable", "table"]

Column = Union[Sequence[Any], memoryview]

_NULLABLE = 2
# the buffer protocol's items, by kind
_ITEMS = {"i": "bhilqn", "u": "BHILQN", "f": "efd"}
# Arrow formats by kind and bytes of an item
_FORMATS = {
    ("i", 1): b"c", ("i", 2): b"s", ("i", 4): b"i", ("i", 8): b"l",
    ("u", 1): b"C", ("u", 2): b"S", ("u", 4): b"I", ("u", 8): b"L",
    ("f", 2): b"e", ("f", 4): b"f", ("f", 8): b"g",
}  # fmt: skip
_KINDS = {item: kind for kind, items in _ITEMS.items() for item in items}


class ColumnTable:
    """A table of plain columns, to be published, alone or in an iterable; see `table`.

    It is no Arrow exporter: whoever takes an Arrow array may release it while a Python exception is
    on its way, which a release written in Python does not survive. Publishing releases in time.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = [_ArrowColumn(name, values) for name, values in columns.items()]
        lengths = {column.length for column in self._columns}
        if len(lengths) > 1:
            raise InvalidArgumentError(
                "the columns of a table must have one length and had "
                + ", ".join(f"{column.name!r} {column.length}" for column in self._columns)
            )
        self.num_rows = lengths.pop() if lengths else 0

    def __repr__(self) -> str:
        names = ", ".join(column.name for column in self._columns)
        return f"<zkarrow.ColumnTable {names}, {self.num_rows} rows>"

    def _export(self) -> tuple[ArrowSchema, ArrowArray]:
        """New structs over the columns, which the caller releases."""
        schema = _schema(b"+s", b"", 0, [column.schema() for column in self._columns])
        children = [column.array() for column in self._columns]
        return schema, _array(self.num_rows, 0, [None], children, self)


def table(columns: Mapping[str, Column]) -> ColumnTable:
    """Makes a table of columns by name, to be published.

    A column is either an object with the buffer protocol and one dimension of numbers, such as
    ``array.array`` or a numpy array, which is not copied here unless it is read-only, and cannot be
    resized while the table lives; or a sequence of one of int, float, bool, str, bytes, in which
    None is null: int64, float64, bool, utf8, binary. Raises InvalidArgumentError for anything else.
    """
    return ColumnTable(columns)


class _ArrowColumn:
    def __init__(self, name: str, values: Column) -> None:
        if not isinstance(name, str) or "\0" in name:
            raise InvalidArgumentError(f"a column's name must be a str without NUL: {name!r}")
        self.name = name
        self.length = len(values)
        self.null_count = 0
        self.buffers: list[Any]  # objects with the buffer protocol, or None
        try:
            view = memoryview(values)  # type: ignore[arg-type]
        except TypeError:
            self._from_objects(values)
        else:
            self._from_buffer(view)

    def schema(self) -> ArrowSchema:
        return _schema(self.format, self.name.encode(), _NULLABLE, [])

    def array(self) -> ArrowArray:
        return _array(self.length, self.null_count, self.buffers, [], self.buffers)

    def _from_buffer(self, view: memoryview) -> None:
        kind = _KINDS.get(view.format.lstrip("@=<"))
        self.format = _FORMATS.get((kind or "", view.itemsize), b"")
        if not self.format or view.ndim != 1 or not view.contiguous:
            raise InvalidArgumentError(
                f"the column {self.name!r} must be one contiguous row of numbers and had the "
                f"buffer format {view.format!r} and {view.ndim} dimensions"
            )
        # the address of what is read-only cannot be had from Python
        self.buffers = [None, bytes(view) if view.readonly else view.cast("B")]

    def _from_objects(self, values: Sequence[Any]) -> None:
        kinds = {type(value) for value in values if value is not None}
        validity = None
        if None in values:
            self.null_count = sum(value is None for value in values)
            validity = _bits(value is not None for value in values)
        if kinds == {int, float}:
            kinds = {float}
        kind = next(iter(kinds)) if len(kinds) == 1 else None
        if kind is int:
            self.format, data = b"l", [self._packed("q", values)]
        elif kind is float:
            self.format, data = b"g", [self._packed("d", values)]
        elif kind is bool:
            self.format, data = b"b", [_bits(bool(value) for value in values)]
        elif kind is str:
            self.format, data = b"u", _variable([(value or "").encode() for value in values])
        elif kind is bytes:
            self.format, data = b"z", _variable([value or b"" for value in values])
        else:
            raise InvalidArgumentError(
                f"the column {self.name!r} must hold one of int, float, bool, str, bytes and held "
                + (" and ".join(sorted(kind.__name__ for kind in kinds)) or "no value")
            )
        self.buffers = [validity, *data]

    def _packed(self, item: str, values: Sequence[Any]) -> bytes:
        try:
            return struct.pack(f"={len(values)}{item}", *[value or 0 for value in values])
        except struct.error as problem:
            raise InvalidArgumentError(f"the column {self.name!r} was refused: {problem}") from None


def _bits(flags: Iterable[bool]) -> bytes:
    number = sum(flag << i for i, flag in enumerate(flags))
    return number.to_bytes(number.bit_length() // 64 * 8 + 8, "little")


def _variable(values: list[bytes]) -> list[bytes]:
    ends = itertools.accumulate(map(len, values), initial=0)
    try:
        return [struct.pack(f"={len(values) + 1}i", *ends), b"".join(values)]
    except struct.error:
        raise InvalidArgumentError("a column of text exceeded 2 GiB; publish parts") from None


# What the structs point to, by their private_data.
_kept: dict[int, Any] = {}
_keys = itertools.count(1)


def _keep(owner: Any) -> int:
    key = next(_keys)
    _kept[key] = owner
    return key


def _schema(form: bytes, name: bytes, flags: int, children: list[ArrowSchema]) -> ArrowSchema:
    pointers = (POINTER(ArrowSchema) * len(children))(*[pointer(child) for child in children])
    own = _keep((form, name, pointers, children))
    return ArrowSchema(
        form, name, None, flags, len(children), pointers, None, _RELEASE_SCHEMA, own
    )


def _array(
    length: int, null_count: int, buffers: list[Any], children: list[ArrowArray], owner: Any
) -> ArrowArray:
    pointers = (POINTER(ArrowArray) * len(children))(*[pointer(child) for child in children])
    addresses = (c_void_p * len(buffers))(*map(_address, buffers))
    own = _keep((addresses, pointers, children, owner))
    return ArrowArray(
        length, null_count, 0, len(buffers), len(children), addresses, pointers, None,
        _RELEASE_ARRAY, own,
    )  # fmt: skip


def _address(buffer: Any) -> int | None:
    if buffer is None or not len(buffer):
        return None
    if isinstance(buffer, bytes):
        return cast(c_char_p(buffer), c_void_p).value
    return addressof(c_char.from_buffer(buffer))


def _release_schema(address: int) -> None:
    _release(ArrowSchema.from_address(address))


def _release_array(address: int) -> None:
    _release(ArrowArray.from_address(address))


def _release(native: Any) -> None:
    for i in range(native.n_children):
        _capsule.release(native.children[i].contents)
    native.release = None
    del _kept[native.private_data]


_THUNKS = [CFUNCTYPE(None, c_void_p)(function) for function in (_release_schema, _release_array)]
_RELEASE_SCHEMA, _RELEASE_ARRAY = (cast(thunk, c_void_p).value for thunk in _THUNKS)
