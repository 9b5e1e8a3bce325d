"""What zkarrow takes as a table: anything that speaks the Arrow PyCapsule interface."""

from __future__ import annotations

from typing import Any, Iterable, Protocol, Union, runtime_checkable

from .columns import ColumnTable


@runtime_checkable
class ArrowSchemaExportable(Protocol):
    """An object with a schema."""

    def __arrow_c_schema__(self) -> object: ...


@runtime_checkable
class ArrowArrayExportable(Protocol):
    """An object that is one record batch."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> tuple[object, object]: ...


@runtime_checkable
class ArrowStreamExportable(Protocol):
    """An object that is any number of record batches."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> object: ...


@runtime_checkable
class ArrowDeviceArrayExportable(Protocol):
    """An object that is one record batch, and says on which device."""

    def __arrow_c_device_array__(
        self, requested_schema: Any = None, **kwargs: Any
    ) -> tuple[object, object]: ...


@runtime_checkable
class ArrowDeviceStreamExportable(Protocol):
    """An object that is any number of record batches, and says on which device."""

    def __arrow_c_device_stream__(self, requested_schema: Any = None, **kwargs: Any) -> object: ...


Batches = Union[
    ArrowStreamExportable,
    ArrowArrayExportable,
    ArrowDeviceStreamExportable,
    ArrowDeviceArrayExportable,
    ColumnTable,
]
TableLike = Union[Batches, Iterable[Batches]]
