"""What is known of a version."""

from __future__ import annotations

import dataclasses
from ctypes import sizeof
from datetime import datetime, timedelta, timezone

from . import _bindings
from ._bindings import zka_version_info
from ._errors import InvalidArgumentError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SIZE = sizeof(zka_version_info)

RESIDENCIES = {
    _bindings.ZKA_RESIDENCY_INLINE: "inline",
    _bindings.ZKA_RESIDENCY_HOST: "host",
    _bindings.ZKA_RESIDENCY_DISK: "disk",
    _bindings.ZKA_RESIDENCY_PROCESS: "process",
}


@dataclasses.dataclass(frozen=True)
class Version:
    """A version of a dataset.

    ``number`` is 1, 2, 3 ... per dataset, never reused; ``rows`` counts over all batches;
    ``nbytes`` is the size of its Arrow IPC bytes; ``epoch`` is the fencing token of the owner that
    published it, 0 = published without owning; ``commit_id`` and ``schema_id`` are 32 hex digits;
    ``residency`` is "inline" (in the coordinator), "host" (in shared memory), "disk" or "process";
    ``committed_at`` is the publisher's clock, in UTC; ``commit_number`` is the commit that made it,
    in the one order of all commits of the coordinator, the same for the versions of one transaction,
    0 = not known.
    """

    number: int
    rows: int
    nbytes: int
    epoch: int
    commit_id: str
    schema_id: str
    residency: str
    committed_at: datetime
    commit_number: int


def new_info() -> zka_version_info:
    """An info for the library to fill in."""
    return zka_version_info(_SIZE)


def from_info(info: zka_version_info) -> Version:
    """What the library filled in."""
    return Version(
        number=info.number,
        rows=info.rows,
        nbytes=info.nbytes,
        epoch=info.epoch,
        commit_id=info.commit_id.decode(),
        schema_id=info.schema_id.decode(),
        residency=RESIDENCIES.get(info.residency, f"residency {info.residency}"),
        committed_at=from_microseconds(info.committed_at_us),
        commit_number=info.commit_number,
    )


def from_microseconds(value: int) -> datetime:
    """Microseconds since 1970-01-01 UTC as a time."""
    return _EPOCH + timedelta(microseconds=value)


def to_microseconds(time: datetime) -> int:
    """A time as microseconds since 1970-01-01 UTC; one without a zone is local, as everywhere in Python."""
    return (time.astimezone(timezone.utc) - _EPOCH) // timedelta(microseconds=1)


def version_number(version: int | None) -> int:
    """A version's number as the library takes it."""
    # the library's 0 means the head, or all of a dataset; here only None does, so that a number
    # gone wrong drops nothing
    if version is None:
        return 0
    if version == 0:
        raise InvalidArgumentError("versions are numbered from 1; leave version out for the head")
    return not_negative(version, "version")


def not_negative(number: int, what: str) -> int:
    """A number that the library takes as uint64."""
    if not 0 <= number < 1 << 64:
        raise InvalidArgumentError(f"{what} must not be negative and was {number!r}")
    return number
