"""A reader's hold on one version."""

from __future__ import annotations

from ctypes import byref, c_char_p

from . import _arrow, _capsule, _ffi, _html
from ._bindings import ArrowArrayStream, ArrowSchema
from ._handle import Handle
from ._stream import check_requested
from ._version import Version, from_info, new_info

TYPE_NAMES = {
    "n": "null", "b": "bool", "c": "int8", "C": "uint8", "s": "int16", "S": "uint16",
    "i": "int32", "I": "uint32", "l": "int64", "L": "uint64", "e": "float16", "f": "float32",
    "g": "float64", "z": "binary", "Z": "large_binary", "vz": "binary_view", "u": "utf8",
    "U": "large_utf8", "vu": "utf8_view", "tdD": "date32", "tdm": "date64", "+l": "list",
    "+L": "large_list", "+vl": "list_view", "+vL": "large_list_view", "+s": "struct", "+m": "map",
    "+r": "run_end_encoded",
}  # fmt: skip


class Schema:
    """The schema of a table, for any consumer of schemas; usable until the table is closed."""

    def __init__(self, table: Table) -> None:
        self._table = table
        schema = table._native_schema()
        try:
            self._fields = [
                ((field.name or b"").decode("utf-8", "replace"), field.format.decode())
                for field in _arrow.children(schema)
            ]
        finally:
            _capsule.release(schema)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [name for name, _ in self._fields]

    def __arrow_c_schema__(self) -> object:
        """The schema as a capsule. Raises ValueError when the table is closed."""
        return _capsule.wrap(self._table._native_schema())

    def __len__(self) -> int:
        return len(self._fields)

    def __str__(self) -> str:
        return ", ".join(f"{name}: {kind}" for name, kind in self._named())

    def __repr__(self) -> str:
        return f"<zkarrow.Schema {self}>"

    def _repr_html_(self) -> str:
        return _html.table(f"{len(self)} columns", ["column", "type"], self._named())

    def _named(self) -> list[tuple[str, str]]:
        return [(name, TYPE_NAMES.get(form, form)) for name, form in self._fields]


class Table(Handle):
    """A reader's hold on one version of a dataset, from `Client.read`.

    Its bytes stay valid until it is closed and the last buffer got from it is released, whatever
    happens to the dataset or its publisher. Any thread. Everything but ``close`` and ``closed``
    raises ValueError once it is closed.
    """

    _noun = "table"
    _close_function = "zka_table_close"

    def __init__(self, pointer: int | None, name: str) -> None:
        super().__init__(pointer)
        self._name = name
        self._version: Version | None = None
        self._schema: Schema | None = None

    @property
    def name(self) -> str:
        """The dataset it was read from."""
        return self._name

    @property
    def version(self) -> Version:
        """Which version it is."""
        pointer = self._open_pointer()
        if self._version is None:
            info = new_info()
            _ffi.call(_ffi.library().zka_table_version, pointer, byref(info))
            self._version = from_info(info)
        return self._version

    @property
    def schema(self) -> Schema:
        """Its schema."""
        self._open_pointer()
        if self._schema is None:
            self._schema = Schema(self)
        return self._schema

    @property
    def num_rows(self) -> int:
        """Rows in all batches."""
        return self.version.rows

    @property
    def nbytes(self) -> int:
        """The size of its Arrow IPC bytes."""
        return self.version.nbytes

    @property
    def zero_copy(self) -> bool:
        """Whether the bytes are shared with every other reader of the host."""
        return self.copy_reason is None

    @property
    def copy_reason(self) -> str | None:
        """Why the bytes had to be copied to this process; None when they were not."""
        reason = c_char_p()
        _ffi.call(_ffi.library().zka_table_copy_reason, self._open_pointer(), byref(reason))
        return None if reason.value is None else reason.value.decode()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The batches as a new capsule each time, over the shared bytes: nothing is copied.

        What is got from it stays valid after ``close``. A requested schema of another number of
        columns raises ValueError; any other is ignored, which the protocol allows.
        """
        if requested_schema is not None:
            check_requested(requested_schema, len(self.schema))
        stream = ArrowArrayStream()
        _ffi.call(_ffi.library().zka_table_stream, self._open_pointer(), byref(stream))
        return _capsule.wrap(stream)

    def __arrow_c_schema__(self) -> object:
        """The schema as a new capsule each time."""
        return _capsule.wrap(self._native_schema())

    def __repr__(self) -> str:
        if self.closed:
            return f"<zkarrow.Table {self._name!r} closed>"
        version = self.version
        return (
            f"<zkarrow.Table {self._name!r} version {version.number}, {version.rows} rows, "
            f"{self.schema}>"
        )

    def _repr_html_(self) -> str:
        if self.closed:
            return _html.table(f"{self._name} closed", ["column", "type"], [])
        version = self.version
        caption = f"{self._name} version {version.number}: {version.rows} rows, {version.nbytes} bytes"
        return _html.table(f"{caption}, {version.residency}", ["column", "type"], self.schema._named())

    def _native_schema(self) -> ArrowSchema:
        schema = ArrowSchema()
        _ffi.call(_ffi.library().zka_table_schema, self._open_pointer(), byref(schema))
        return schema
