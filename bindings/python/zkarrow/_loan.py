"""A batch built in place, inside the segment that it becomes."""

from __future__ import annotations

from ctypes import byref, c_int64, c_void_p, sizeof
from typing import Any, Iterable, Mapping, Union

from . import _arrow, _bindings, _capsule, _ffi, columns
from ._bindings import ArrowArray, ArrowSchema, zka_loan_options
from ._commit import Residency, publish_options
from ._errors import InvalidArgumentError, NotFoundError
from ._handle import Handle
from ._history import Lifetime
from ._loan_columns import Bits, Buffers, Column, column_of
from ._owner import Owner
from ._protocols import ArrowSchemaExportable
from ._table import TYPE_NAMES
from ._version import Version, from_info, new_info
from ._waiting import wait

SchemaLike = Union[ArrowSchemaExportable, Mapping[str, str]]

_FORMATS = {name: form.encode() for form, name in TYPE_NAMES.items() if not form.startswith("+")}


def open_loan(
    client: int, schema: SchemaLike, rows: int, var_bytes: int | Mapping[str, int] | None
) -> Loan:
    """Opens a loan on an open client; see `Client.loan`."""
    made = None
    if isinstance(schema, Mapping):
        native = made = _schema_of(schema)
    elif hasattr(schema, "__arrow_c_schema__"):
        capsule = schema.__arrow_c_schema__()
        native = _capsule.unwrap(capsule, ArrowSchema)
    else:
        raise InvalidArgumentError(
            "a schema must have __arrow_c_schema__ or map names to types, and was "
            + type(schema).__name__
        )
    try:
        options, budgets = _options(native, var_bytes)
        array, pointer = ArrowArray(), c_void_p()
        _ffi.call(
            _ffi.library().zka_loan_open,
            client,
            byref(native),
            rows,
            byref(options),
            byref(array),
            byref(pointer),
        )
        return Loan(pointer.value, Buffers(array), native, budgets)
    finally:
        if made is not None:
            _capsule.release(made)


class Loan(Handle):
    """A batch under construction inside a segment, from `Client.loan`: what is written into its
    columns is in shared memory already, so that publishing copies nothing.

    ``loan["px"]`` is a writable view of the values of a column of fixed width: a numpy array when
    numpy is installed, else a memoryview. Of bool it is a `Bits`, of text and bytes a `Text`, of a
    list a `List`, and of a struct a `Struct` with columns of its own. Leaving the ``with`` without
    `publish` gives the loan up, and leaves nothing.

    One thread at a time; the columns may be filled by any number. Views stay usable for ever, but
    what is written into them after `publish` is seen by this process alone. A publish that fails
    leaves the loan to be published again, unless ``outcome_unknown`` is true; do not write during
    it.
    """

    _noun = "loan"
    _close_function = "zka_loan_close"

    def __init__(
        self, pointer: int | None, buffers: Buffers, schema: ArrowSchema, budgets: list[int]
    ) -> None:
        super().__init__(pointer)
        self._buffers: Buffers | None = buffers
        self._rows: int = buffers.array.length
        self._columns = {
            (field.name or b"").decode("utf-8", "replace"): column_of(buffers, field, array, budget)
            for field, array, budget in zip(
                _arrow.children(schema), _arrow.children(buffers.array), budgets
            )
        }

    @property
    def rows(self) -> int:
        """Rows it has room for."""
        return self._rows

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def __getitem__(self, name: str) -> Any:
        """A column by its name. Raises NotFoundError, and ValueError when the loan is closed."""
        self._open_pointer()
        return self._column(name)._view()

    def validity(self, name: str) -> Bits:
        """Which rows of a column have a value; ``loan.validity("px")[3] = False`` makes a null.

        All have one when it is first asked for, and from then on the nulls are counted by
        `publish`, unless `set_null_count` tells. A column whose validity nobody asked for has no
        nulls. Raises NotFoundError, SchemaMismatchError (not nullable).
        """
        self._open_pointer()
        return self._column(name)._validity()

    def set_null_count(self, name: str, nulls: int) -> None:
        """Says how many of the rows to be published are null. It is believed."""
        self._open_pointer()
        self._column(name)._array.null_count = nulls

    def publish(
        self,
        name: str,
        *,
        rows: int | None = None,
        expected_version: int | None = None,
        residency: Residency | None = None,
        same_schema: bool = False,
        owner: Owner | None = None,
        tags: Iterable[str] = (),
        metadata: Mapping[str, str] | None = None,
        lifetime: Lifetime | None = None,
        timeout: float | None = 30.0,
    ) -> Version:
        """Makes the loan the next version of a dataset, atomically; makes the dataset if need be.

        ``rows`` is how many to publish, from the first on, None = all. ``residency`` None = "host";
        "disk" and "process" copy the loan there once. ``expected_version``, ``same_schema``,
        ``owner``, ``tags``, ``metadata`` and ``lifetime`` are as in `Client.publish`.

        Raises InvalidArgumentError (published already), TooLargeError (a column used more than the
        loan has for it), AlreadyExistsError, NotFoundError, ConflictError, NotOwnerError,
        FencedError, SchemaMismatchError. Where ``outcome_unknown`` is true it may have been published.
        """
        library = _ffi.library()
        pointer = self._open_pointer()
        dataset = _ffi.text(name, "name")
        count = self._rows if rows is None else rows
        if not 0 <= count <= self._rows:
            raise InvalidArgumentError(f"rows must be 0 to {self._rows} and was {rows!r}")
        flags = _bindings.ZKA_PUBLISH_SAME_SCHEMA if same_schema else 0
        attached = (tags, metadata, lifetime)
        options = publish_options(expected_version, residency, flags, owner, attached)
        assert self._buffers is not None
        batch = self._buffers.array
        batch.length = count

        def publish(timeout_ms: int, cancel: Any) -> Version:
            info = new_info()
            _ffi.call(
                library.zka_loan_publish,
                pointer,
                dataset,
                byref(batch),
                byref(options),
                timeout_ms,
                cancel,
                byref(info),
            )
            return from_info(info)

        return wait(publish, timeout)

    def close(self) -> None:
        """Closes the loan, and gives it up when it was not published. Views of it stay usable."""
        super().close()
        self._buffers, self._columns = None, {}

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{self._rows} rows, {', '.join(self._columns)}"
        return f"<zkarrow.Loan {state}>"

    def _column(self, name: str) -> Column:
        column = self._columns.get(name)
        if column is None:
            raise NotFoundError(f"the loan had no column {name!r}, only {', '.join(self._columns)}")
        return column


def _schema_of(types: Mapping[str, str]) -> ArrowSchema:
    """A schema of nullable columns, which the caller releases."""
    fields = []
    for name, kind in types.items():
        form = _FORMATS.get(kind) or _ffi.text(kind, f"the type of column {name!r}")
        fields.append(columns._schema(form, _ffi.text(name, "a column's name"), 2, []))
    return columns._schema(b"+s", b"", 0, fields)


def _options(
    schema: ArrowSchema, var_bytes: int | Mapping[str, int] | None
) -> tuple[zka_loan_options, list[int]]:
    """The options of the library, and the budget of each column."""
    names = [(field.name or b"").decode("utf-8", "replace") for field in _arrow.children(schema)]
    if isinstance(var_bytes, Mapping):
        unknown = [name for name in var_bytes if name not in names]
        if unknown:
            raise NotFoundError(f"var_bytes names a column {unknown[0]!r}, which the schema has not")
        budgets = [var_bytes.get(name, -1) for name in names]
    else:
        budgets = [-1 if var_bytes is None else var_bytes] * len(names)
        if var_bytes is not None and var_bytes < 0:
            raise InvalidArgumentError(f"var_bytes must not be negative and was {var_bytes!r}")
    options = zka_loan_options(
        sizeof(zka_loan_options), 0, -1, (c_int64 * len(names))(*budgets), len(names), 0
    )
    return options, budgets
