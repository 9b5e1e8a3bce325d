"""What is loaded, for bug reports and tests."""

from __future__ import annotations

import platform
from ctypes import byref, sizeof

from . import _bindings, _ffi
from ._bindings import zka_counters

VERSION = (
    f"{_bindings.ZKA_VERSION_MAJOR}.{_bindings.ZKA_VERSION_MINOR}.{_bindings.ZKA_VERSION_PATCH}"
)


def abi_version() -> int:
    """The ABI version of the loaded library. Any thread."""
    version: int = _ffi.library().zka_abi_version()
    return version


def show_info() -> None:
    """Prints what a bug report should say."""
    library = _ffi.library()
    print(f"zkarrow  {VERSION}")
    print(f"library  {library.zka_version_string().decode()}, ABI {abi_version()}")
    print(f"path     {_ffi.library_path()}")
    print(f"python   {platform.python_implementation()} {platform.python_version()}")
    print(f"system   {platform.platform()}")


def counters() -> dict[str, int]:
    """What the library holds in this process; for tests, and may change in any version."""
    counts = zka_counters(sizeof(zka_counters))
    _ffi.call(_ffi.library().zka__counters, byref(counts))
    hidden = ("struct_size", "reserved")
    return {name: getattr(counts, name) for name, _ in counts._fields_ if name not in hidden}
