"""Finding, loading and calling libzkarrow."""

from __future__ import annotations

import ctypes
import os
import threading
from ctypes import CDLL, CFUNCTYPE, byref, c_void_p, sizeof
from typing import Any

from . import _bindings
from ._bindings import zka_error
from ._errors import Error, ForkedError, InvalidArgumentError, from_native

_ERROR_SIZE = sizeof(zka_error)
_RELEASE = CFUNCTYPE(None, c_void_p)

_loading = threading.Lock()
_library: CDLL | None = None
_library_pid = 0
_library_path = ""


def library() -> CDLL:
    """The loaded library. Any thread.

    Raises OSError when there is none, ImportError when its ABI is another one, ForkedError in the
    child of a process that had used it. It is loaded on first use, so that a process may import
    zkarrow and then fork.
    """
    if _library is not None and _library_pid == os.getpid():
        return _library
    return _load()


def library_path() -> str:
    """Where the loaded library was found."""
    library()
    return _library_path


def forked() -> bool:
    """Whether this is the child of a process that had used the library."""
    return _library is not None and _library_pid != os.getpid()


def call(function: Any, *arguments: Any) -> None:
    """Calls a function whose last argument is a zka_error, and raises what it reports."""
    error = zka_error(_ERROR_SIZE)
    status = function(*arguments, byref(error))
    if status:
        raise _taken(status, error)


def _taken(status: int, error: zka_error) -> Error:
    raised = from_native(status, error)
    if error.release:
        _RELEASE(error.release)(ctypes.addressof(error))
    return raised


def text(value: str, what: str) -> bytes:
    """A string as the library takes it. Raises InvalidArgumentError for what it could not carry."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{what} must be a str and was {type(value).__name__}")
    if "\0" in value:
        raise InvalidArgumentError(f"{what} must not contain a NUL and was {value!r}")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(f"{what} must be valid Unicode and was {value!r}") from None


def _load() -> CDLL:
    global _library, _library_pid, _library_path
    if forked():
        raise ForkedError(
            "the process was forked after zkarrow was used; start children with 'spawn' or "
            "'forkserver', or fork before the first use"
        )
    with _loading:
        if _library is None:
            loaded, path = _open()
            for name, (result, arguments) in _bindings.FUNCTIONS.items():
                function = getattr(loaded, name)
                function.restype = result
                function.argtypes = arguments
            _library_pid, _library_path, _library = os.getpid(), path, loaded
        return _library


def _open() -> tuple[CDLL, str]:
    tried = []
    for path in _candidates():
        try:
            loaded = CDLL(path)
        except OSError as problem:
            tried.append(f"{path} ({problem})")
            continue
        loaded.zka_abi_version.restype = ctypes.c_uint32
        version = loaded.zka_abi_version()
        if version != _bindings.ZKA_ABI_VERSION:
            raise ImportError(
                f"{path} has ABI version {version}, and this zkarrow needs "
                f"{_bindings.ZKA_ABI_VERSION}; install matching versions of both"
            )
        return loaded, path
    raise OSError(
        "libzkarrow could not be loaded; set ZKARROW_LIBRARY to its path. Tried: "
        + ("; ".join(tried) or "the package and the system's library path, which have none")
    )


def _candidates() -> list[str]:
    # a library that was named is the only one wanted: falling back would hide a wrong path
    named = os.environ.get("ZKARROW_LIBRARY")
    if named:
        return [named]
    packaged = os.path.join(os.path.dirname(__file__), "_lib", "libzkarrow.so")
    if os.path.exists(packaged):
        return [packaged]

    # imported here, because it brings half of the standard library with it
    from ctypes.util import find_library

    system = find_library("zkarrow")
    return [system] if system else []
