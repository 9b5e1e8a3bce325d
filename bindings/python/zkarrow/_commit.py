"""What publishing into a dataset, and into a transaction, have in common."""

from __future__ import annotations

from ctypes import sizeof
from typing import Literal

from . import _bindings
from ._bindings import zka_publish_options
from ._errors import InvalidArgumentError
from ._version import RESIDENCIES

Residency = Literal["inline", "host"]

_RESIDENCY_CODES: dict[str | None, int] = {None: 0, **{v: k for k, v in RESIDENCIES.items()}}
_PUBLISH_SIZE = sizeof(zka_publish_options)


def publish_options(
    expected_version: int | None, residency: Residency | None, flags: int
) -> zka_publish_options:
    """The options as the library takes them."""
    if residency not in _RESIDENCY_CODES:
        raise InvalidArgumentError(f"residency must be 'inline' or 'host' and was {residency!r}")
    return zka_publish_options(
        _PUBLISH_SIZE,
        flags,
        _bindings.ZKA_ANY_VERSION if expected_version is None else expected_version,
        _RESIDENCY_CODES[residency],
    )
