"""What can go wrong: one class per status, each also the builtin a Python user would expect."""

from __future__ import annotations

import builtins
import errno

from . import _bindings


class Error(Exception):
    """The base of everything zkarrow raises.

    ``status`` is the name of the status ("ZKA_NOT_FOUND"), ``keeper_code`` the ZooKeeper code
    behind it (such as -103) or 0. ``retryable``: the same call may succeed later with no change by
    the caller. ``outcome_unknown``: the operation may have been applied although it is reported as
    failed.
    """

    status: str = "ZKA_UNKNOWN"

    def __init__(
        self,
        message: str,
        *,
        keeper_code: int = 0,
        retryable: bool = False,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.keeper_code = keeper_code
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown

    def __str__(self) -> str:
        # KeyError would show the repr of its argument
        return str(self.args[0])


class InvalidArgumentError(Error, ValueError):
    """An argument was refused; nothing was done."""

    status = "ZKA_INVALID_ARGUMENT"


class InvalidHandleError(Error, ValueError):
    """The object was used after it was closed."""

    status = "ZKA_INVALID_HANDLE"


class NotFoundError(Error, KeyError):
    """The dataset or the version does not exist."""

    status = "ZKA_NOT_FOUND"


class AlreadyExistsError(Error, FileExistsError):
    """The dataset exists and was expected not to."""

    status = "ZKA_ALREADY_EXISTS"


class ConflictError(Error):
    """Another writer published first; the message names it."""

    status = "ZKA_CONFLICT"


class NotOwnerError(Error):
    """The dataset has an owner, and it is somebody else."""

    status = "ZKA_NOT_OWNER"


class FencedError(Error):
    """Ownership was taken over by a later epoch."""

    status = "ZKA_FENCED"


class SchemaMismatchError(Error, ValueError):
    """The schema is not the one required, or a batch does not fit its schema."""

    status = "ZKA_SCHEMA_MISMATCH"


class NotResidentError(Error):
    """The version exists, but its bytes are on another host."""

    status = "ZKA_NOT_RESIDENT"


class DataLostError(Error):
    """The version is recorded, but its bytes are gone."""

    status = "ZKA_DATA_LOST"


class CorruptError(Error):
    """Bytes were found that are not what was written."""

    status = "ZKA_CORRUPT"


class NoSpaceError(Error, OSError):
    """The data directory is full."""

    status = "ZKA_NO_SPACE"
    errno = errno.ENOSPC


class TooLargeError(Error, ValueError):
    """A limit was exceeded; the message names it."""

    status = "ZKA_TOO_LARGE"


class TimeoutError(Error, builtins.TimeoutError):
    """The deadline passed."""

    status = "ZKA_TIMEOUT"


class CancelledError(Error):
    """The call was cancelled."""

    status = "ZKA_CANCELLED"


class UnavailableError(Error, ConnectionError):
    """The coordinator could not be reached before the deadline."""

    status = "ZKA_UNAVAILABLE"


class SessionExpiredError(Error, ConnectionError):
    """The session ended before the operation was decided."""

    status = "ZKA_SESSION_EXPIRED"


class UnauthenticatedError(Error, PermissionError):
    """The credentials were refused."""

    status = "ZKA_UNAUTHENTICATED"


class PermissionDeniedError(Error, PermissionError):
    """The access rights do not allow it."""

    status = "ZKA_PERMISSION_DENIED"


class UnsupportedError(Error, NotImplementedError):
    """It is valid, but this version of ZkArrow cannot do it."""

    status = "ZKA_UNSUPPORTED"


class ForkedError(Error, RuntimeError):
    """The process was forked after the library was used."""

    status = "ZKA_FORKED"


class BusyError(Error):
    """The object is in use."""

    status = "ZKA_BUSY"


class InternalError(Error, RuntimeError):
    """A defect in ZkArrow."""

    status = "ZKA_INTERNAL"


_by_name = {kind.status: kind for kind in Error.__subclasses__()}
CLASSES: dict[int, type[Error]] = {
    code: _by_name[name] for code, name in _bindings.STATUS_NAMES.items() if code != _bindings.ZKA_OK
}

for _class in (Error, *_by_name.values()):
    _class.__module__ = "zkarrow"  # where users know it from, and so what tracebacks should say


def from_native(status: int, error: _bindings.zka_error) -> Error:
    """The exception for a status other than ZKA_OK. ``error`` stays the caller's."""
    message = (error.message or b"").decode("utf-8", "replace")
    return CLASSES.get(status, Error)(
        message or f"failed with status {status}",
        keeper_code=error.keeper_code,
        retryable=bool(error.flags & _bindings.ZKA_ERROR_RETRYABLE),
        outcome_unknown=bool(error.flags & _bindings.ZKA_ERROR_OUTCOME_UNKNOWN),
    )
