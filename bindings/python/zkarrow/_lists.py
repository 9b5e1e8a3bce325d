"""Lists of the library as Python objects: a reader of just the column types that lists have."""

from __future__ import annotations

import dataclasses
from ctypes import addressof, c_int32, c_int64, c_uint64, string_at
from datetime import datetime
from typing import Any, Callable, Generic, Iterator, Sequence, TypeVar, overload

from . import _arrow, _capsule
from ._bindings import ArrowArray, ArrowArrayStream, ArrowSchema
from ._stream import ArrowStream
from ._version import from_microseconds

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class DatasetInfo:
    """A dataset with its head."""

    name: str
    version: int
    epoch: int
    rows: int
    nbytes: int
    committed_at: datetime
    residency: str
    schema_id: str
    commit_number: int


@dataclasses.dataclass(frozen=True)
class VersionInfo:
    """A version in a dataset's history.

    ``author`` is "pid@host" of its publisher, ``code_tag`` what that program calls itself, "" = it did
    not say; ``parent_commit_id`` is that of the version it followed, "" = it was the first.
    """

    version: int
    epoch: int
    rows: int
    nbytes: int
    committed_at: datetime
    residency: str
    schema_id: str
    commit_number: int
    commit_id: str
    author: str
    parent_commit_id: str
    code_tag: str
    tags: list[str]
    metadata: dict[str, str]


@dataclasses.dataclass(frozen=True)
class CutInfo(DatasetInfo):
    """A dataset with its version in a snapshot; ``author`` is "pid@host" of the publisher."""

    commit_id: str
    author: str


class ListResult(Sequence[T], Generic[T]):
    """A list, read in one of two ways: as a sequence, or once as an Arrow stream.

    ``pa.table(result)`` and the like take the stream with no copy; everything else decodes it.
    """

    def __init__(self, stream: ArrowArrayStream, kind: Callable[..., T]) -> None:
        self._stream = ArrowStream(stream)
        self._native = stream
        self._kind = kind
        self._items: list[T] | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hands the list over as an Arrow stream. Raises ValueError when it was read before."""
        return self._stream.__arrow_c_stream__(requested_schema)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._decoded()[index]

    def __len__(self) -> int:
        return len(self._decoded())

    def __iter__(self) -> Iterator[T]:
        return iter(self._decoded())

    def __repr__(self) -> str:
        if self._items is None:
            return "<zkarrow.ListResult>"
        return f"<zkarrow.ListResult of {len(self._items)}>"

    def _decoded(self) -> list[T]:
        if self._items is None:
            try:
                self._items = [self._kind(**row) for row in rows(self._native)]
            finally:
                self._stream.close()
        return self._items


def rows(stream: ArrowArrayStream) -> Iterator[dict[str, Any]]:
    """The rows of a stream as dictionaries. Raises NotImplementedError for other column types."""
    schema = _arrow.get_schema(stream)
    try:
        fields = _arrow.children(schema)
        names = [field.name.decode() for field in fields]
        for batch in _arrow.batches(stream):
            columns = [
                column(field, array, batch.offset, batch.length)
                for field, array in zip(fields, _arrow.children(batch))
            ]
            for values in zip(*columns):
                yield dict(zip(names, values))
    finally:
        _capsule.release(schema)


def column(field: ArrowSchema, array: ArrowArray, offset: int, length: int) -> list[Any]:
    """The values of a column of a batch, from row ``offset`` of the array on."""
    decode = _DECODERS.get(field.format) or _nested(field)
    if decode is None:
        raise NotImplementedError(f"a column of the format {field.format!r} cannot be decoded")
    start = array.offset + offset
    values = decode(array, start, length) if length else []
    if array.null_count and array.buffers[0]:
        for i in range(length):
            byte = string_at(array.buffers[0] + (start + i) // 8, 1)[0]
            if not byte >> (start + i) % 8 & 1:
                values[i] = None
    return values


def _integers(kind: Any) -> Callable[[ArrowArray, int, int], list[Any]]:
    def decode(array: ArrowArray, start: int, length: int) -> list[Any]:
        return list((kind * length).from_address(array.buffers[1] + 8 * start))

    return decode


def _times(array: ArrowArray, start: int, length: int) -> list[Any]:
    return [from_microseconds(value) for value in _integers(c_int64)(array, start, length)]


def _texts(array: ArrowArray, start: int, length: int) -> list[Any]:
    ends = (c_int32 * (length + 1)).from_address(array.buffers[1] + 4 * start)
    data = array.buffers[2] or addressof(ends)  # no byte is read from it when it is not there
    return [
        string_at(data + begin, end - begin).decode() for begin, end in zip(ends, list(ends)[1:])
    ]


def _nested(field: ArrowSchema) -> Callable[[ArrowArray, int, int], list[Any]] | None:
    """A decoder of lists and maps, whose items have one of the types below."""
    if field.format not in (b"+l", b"+m"):
        return None

    def decode(array: ArrowArray, start: int, length: int) -> list[Any]:
        ends = list((c_int32 * (length + 1)).from_address(array.buffers[1] + 4 * start))
        (item,), (values,) = _arrow.children(field), _arrow.children(array)
        if field.format == b"+l":
            items = column(item, values, 0, ends[-1])
            return [items[begin:end] for begin, end in zip(ends, ends[1:])]
        parts = zip(_arrow.children(item), _arrow.children(values))
        keys, mapped = (column(part, inner, values.offset, ends[-1]) for part, inner in parts)
        return [dict(zip(keys[b:e], mapped[b:e])) for b, e in zip(ends, ends[1:])]

    return decode


_DECODERS: dict[bytes, Callable[[ArrowArray, int, int], list[Any]]] = {
    b"l": _integers(c_int64),
    b"L": _integers(c_uint64),
    b"u": _texts,
    b"tsu:UTC": _times,
}
