"""Named, versioned Apache Arrow tables, shared between the processes of a host with no copy.

    import zkarrow

    with zkarrow.connect("zk://localhost:2181/app") as client:
        client.publish("prices/eod", table)  # anything with __arrow_c_stream__ or __arrow_c_array__
        with client.read("prices/eod") as t:
            df = polars.DataFrame(t)  # or pyarrow.table(t), or any other consumer

Importing it loads nothing: the library is loaded on first use, after which the process must not
fork.
"""

from . import columns, exchange
from ._about import VERSION as __version__
from ._about import abi_version, counters, show_info
from ._client import Client, connect
from ._history import DatasetDescription, Retention
from ._lists import CutInfo, DatasetInfo, ListResult, VersionInfo
from ._loan import Loan
from ._errors import (
    AlreadyExistsError,
    BusyError,
    CancelledError,
    ConflictError,
    CorruptError,
    DataLostError,
    Error,
    FencedError,
    ForkedError,
    InternalError,
    InvalidArgumentError,
    InvalidHandleError,
    NoSpaceError,
    NotFoundError,
    NotOwnerError,
    NotResidentError,
    PermissionDeniedError,
    SchemaMismatchError,
    SessionExpiredError,
    TimeoutError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedError,
)
from ._owner import Owner
from ._protocols import (
    ArrowArrayExportable,
    ArrowDeviceArrayExportable,
    ArrowDeviceStreamExportable,
    ArrowSchemaExportable,
    ArrowStreamExportable,
    TableLike,
)
from ._stream import ArrowStream
from ._snapshot import Snapshot
from ._subscription import Subscription
from ._table import Schema, Table
from ._transaction import Transaction
from ._version import Version
from .columns import ColumnTable, table

__all__ = [
    "AlreadyExistsError",
    "ArrowArrayExportable",
    "ArrowDeviceArrayExportable",
    "ArrowDeviceStreamExportable",
    "ArrowSchemaExportable",
    "ArrowStream",
    "ArrowStreamExportable",
    "BusyError",
    "CancelledError",
    "Client",
    "ColumnTable",
    "ConflictError",
    "CorruptError",
    "CutInfo",
    "DataLostError",
    "DatasetDescription",
    "DatasetInfo",
    "Error",
    "FencedError",
    "ForkedError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidHandleError",
    "ListResult",
    "Loan",
    "NoSpaceError",
    "NotFoundError",
    "NotOwnerError",
    "NotResidentError",
    "Owner",
    "PermissionDeniedError",
    "Retention",
    "Schema",
    "SchemaMismatchError",
    "SessionExpiredError",
    "Snapshot",
    "Subscription",
    "Table",
    "TableLike",
    "TimeoutError",
    "TooLargeError",
    "Transaction",
    "UnauthenticatedError",
    "UnavailableError",
    "UnsupportedError",
    "Version",
    "VersionInfo",
    "__version__",
    "abi_version",
    "columns",
    "connect",
    "counters",
    "exchange",
    "show_info",
    "table",
]
