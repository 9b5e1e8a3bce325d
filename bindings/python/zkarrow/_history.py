"""What is decided about datasets and attached to versions."""

from __future__ import annotations

import dataclasses
from ctypes import byref, c_char_p, sizeof
from datetime import datetime
from typing import Any, Iterable, Literal, Mapping, Union

from . import _bindings, _ffi, _lists
from ._bindings import (
    ArrowArrayStream,
    zka_dataset_description,
    zka_dataset_options,
    zka_publish_options,
)
from ._errors import InvalidArgumentError
from ._stream import ArrowStream
from ._version import from_microseconds
from ._waiting import milliseconds, wait

SchemaPolicy = Literal["none", "backward", "forward", "full", "exact"]
# "persistent", "session" (as long as the publisher's session), or a time to live in seconds
Lifetime = Union[Literal["persistent", "session"], float]

_POLICIES: dict[int, SchemaPolicy] = {
    _bindings.ZKA_SCHEMA_POLICY_NONE: "none",
    _bindings.ZKA_SCHEMA_POLICY_BACKWARD: "backward",
    _bindings.ZKA_SCHEMA_POLICY_FORWARD: "forward",
    _bindings.ZKA_SCHEMA_POLICY_FULL: "full",
    _bindings.ZKA_SCHEMA_POLICY_EXACT: "exact",
}
_POLICY_CODES = {name: code for code, name in _POLICIES.items()}
_LIFETIME_CODES = {
    "persistent": _bindings.ZKA_LIFETIME_PERSISTENT,
    "session": _bindings.ZKA_LIFETIME_SESSION,
}


@dataclasses.dataclass(frozen=True)
class Retention:
    """Which versions of a dataset are kept: those within every limit that is not None, besides the
    head and what has a tag.

    ``versions`` is how many, ``age`` for how many seconds after it was published, ``nbytes`` how
    many bytes, each segment counted once. ``Retention()`` keeps all.
    """

    versions: int | None = None
    age: float | None = None
    nbytes: int | None = None


@dataclasses.dataclass(frozen=True)
class DatasetDescription:
    """All that is known of a dataset.

    ``head`` is the number of its newest version, None = it has none yet; ``versions`` is how many
    can still be read, ``nbytes`` their bytes, each segment counted once; ``lifetime`` is
    "persistent", "session" or its time to live in seconds; ``epoch`` is that of its last owner;
    ``tags`` maps each tag to the version it names.
    """

    name: str
    head: int | None
    versions: int
    nbytes: int
    created_at: datetime
    retention: Retention
    schema_policy: SchemaPolicy
    lifetime: Lifetime
    epoch: int
    owned: bool
    tags: Mapping[str, int]


def attach(
    options: zka_publish_options,
    tags: Iterable[str],
    metadata: Mapping[str, str] | None,
    lifetime: Lifetime | None,
) -> None:
    """Puts what is attached to a version, and the lifetime of its dataset, into publish options."""
    if isinstance(tags, str):
        raise InvalidArgumentError(f"tags must be a list of strings and was the string {tags!r}")
    texts = [_ffi.text(tag, "tag") for tag in tags]
    options.tags, options.n_tags = (c_char_p * len(texts))(*texts), len(texts)
    pairs = [_ffi.text(part, "metadata") for pair in (metadata or {}).items() for part in pair]
    options.metadata, options.n_metadata = (c_char_p * len(pairs))(*pairs), len(pairs) // 2
    if isinstance(lifetime, str):
        if lifetime not in _LIFETIME_CODES:
            raise InvalidArgumentError(
                f"lifetime must be 'persistent', 'session' or seconds and was {lifetime!r}"
            )
        options.lifetime = _LIFETIME_CODES[lifetime]
    elif lifetime is not None:
        options.lifetime = _bindings.ZKA_LIFETIME_TTL
        options.ttl_ms = _positive_ms(lifetime, "lifetime")


def configure(
    client: int,
    name: str,
    retention: Retention | int | None,
    schema_policy: SchemaPolicy | None,
    ttl: float | None,
    timeout: float | None,
) -> None:
    """See `Client.configure`."""
    if schema_policy is not None and schema_policy not in _POLICY_CODES:
        raise InvalidArgumentError(
            f"schema_policy must be one of {', '.join(_POLICY_CODES)} and was {schema_policy!r}"
        )
    policy = 0 if schema_policy is None else _POLICY_CODES[schema_policy]
    options = zka_dataset_options(sizeof(zka_dataset_options), policy, -1, -1, -1, -1)
    if isinstance(retention, int):
        retention = Retention(versions=retention)
    if retention is not None:
        options.keep_versions = _limit(retention.versions, "retention.versions")
        age = retention.age
        options.keep_age_ms = 0 if age is None else _positive_ms(age, "retention.age")
        options.keep_bytes = _limit(retention.nbytes, "retention.nbytes")
    if ttl is not None:
        options.ttl_ms = 0 if ttl == 0 else _positive_ms(ttl, "ttl")
    dataset = _ffi.text(name, "name")
    function = _ffi.library().zka_dataset_configure
    wait(
        lambda ms, cancel: _ffi.call(function, client, dataset, byref(options), ms, cancel),
        timeout,
    )


def describe(client: int, name: str, timeout: float | None) -> DatasetDescription:
    """See `Client.describe`."""
    dataset = _ffi.text(name, "name")
    function = _ffi.library().zka_dataset_describe

    def call(timeout_ms: int, cancel: Any) -> DatasetDescription:
        info = zka_dataset_description(sizeof(zka_dataset_description))
        stream = ArrowArrayStream()
        _ffi.call(function, client, dataset, timeout_ms, cancel, byref(info), byref(stream))
        tags = ArrowStream(stream)
        try:
            named = {row["tag"]: row["version"] for row in _lists.rows(stream)}
        finally:
            tags.close()
        return _described(name, info, named)

    return wait(call, timeout)


def tag(client: int, name: str, version: int, text: str, timeout: float | None) -> None:
    """See `Client.tag`."""
    dataset, what = _ffi.text(name, "name"), _ffi.text(text, "tag")
    function = _ffi.library().zka_dataset_tag
    wait(
        lambda ms, cancel: _ffi.call(function, client, dataset, version, what, ms, cancel),
        timeout,
    )


def untag(client: int, name: str, text: str, timeout: float | None) -> None:
    """See `Client.untag`."""
    dataset, what = _ffi.text(name, "name"), _ffi.text(text, "tag")
    function = _ffi.library().zka_dataset_untag
    wait(
        lambda ms, cancel: _ffi.call(function, client, dataset, what, ms, cancel),
        timeout,
    )


def _described(
    name: str, info: zka_dataset_description, tags: Mapping[str, int]
) -> DatasetDescription:
    lifetime: Lifetime = "persistent"
    if info.lifetime == _bindings.ZKA_LIFETIME_SESSION:
        lifetime = "session"
    elif info.lifetime == _bindings.ZKA_LIFETIME_TTL:
        lifetime = info.ttl_ms / 1000
    return DatasetDescription(
        name=name,
        head=info.head or None,
        versions=info.versions,
        nbytes=info.nbytes,
        created_at=from_microseconds(info.created_at_us),
        retention=Retention(
            info.keep_versions or None,
            info.keep_age_ms / 1000 if info.keep_age_ms else None,
            info.keep_bytes or None,
        ),
        schema_policy=_POLICIES.get(info.schema_policy, "exact"),
        lifetime=lifetime,
        epoch=info.epoch,
        owned=bool(info.owned),
        tags=tags,
    )


def _limit(number: int | None, what: str) -> int:
    if number is None:
        return 0
    if not 0 < number < 1 << 63:
        raise InvalidArgumentError(f"{what} must be positive and was {number!r}")
    return number


def _positive_ms(seconds: float, what: str) -> int:
    if seconds <= 0:
        raise InvalidArgumentError(f"{what} must be positive and was {seconds!r}")
    return max(1, milliseconds(seconds, what))
