"""Builds the wheel of zkarrow: the package with libzkarrow.so inside, and nothing compiled here.

    python3 bindings/python/build_wheel.py [DIRECTORY]

writes to artifacts/wheels unless told otherwise, and takes the library from artifacts/lib. The same
input gives the same bytes. It is also the build backend of pyproject.toml, so that
``pip install bindings/python`` and ``pip install -e bindings/python`` work without an index.
"""

from __future__ import annotations

import base64
import hashlib
import pathlib
import re
import sys
import zipfile
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIBRARY = ROOT / "artifacts" / "lib" / "libzkarrow.so"
TAG = "py3-none-linux_x86_64"
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time a zip file can say


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Writes the wheel and returns its file name (PEP 517)."""
    if not LIBRARY.exists():
        sys.exit(f"{LIBRARY} was not found; build it first with ./build.sh --target=Publish-Native")
    files = {f"zkarrow/{path.name}": path.read_bytes() for path in _sources()}
    files["zkarrow/_lib/libzkarrow.so"] = LIBRARY.read_bytes()
    return _write(wheel_directory, files)


def build_editable(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Writes a wheel that points to this folder (PEP 660); ZKARROW_LIBRARY names the library."""
    return _write(wheel_directory, {"zkarrow.pth": f"{HERE}\n".encode()})


def build_sdist(sdist_directory: str, config_settings: dict[str, Any] | None = None) -> str:
    """There is none: the library is built from the whole project."""
    raise NotImplementedError("zkarrow has no source distribution; build the wheel in its project")


def _sources() -> list[pathlib.Path]:
    package = HERE / "zkarrow"
    return sorted([*package.glob("*.py"), package / "py.typed"])


def version() -> str:
    """The version of the package, as pyproject.toml says it."""
    found = re.search(r'^version = "(.+)"$', (HERE / "pyproject.toml").read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def _write(directory: str, files: dict[str, bytes]) -> str:
    name = f"zkarrow-{version()}"
    info = f"{name}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": _metadata().encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: zkarrow\nRoot-Is-Purelib: false\n"
        f"Tag: {TAG}\n".encode(),
        f"{info}/LICENSE": (ROOT / "LICENSE").read_bytes(),
    }
    record = f"{info}/RECORD"
    files[record] = "".join([*map(_recorded, files.items()), f"{record},,\n"]).encode()
    target = pathlib.Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    wheel = f"{name}-{TAG}.whl"
    with zipfile.ZipFile(target / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.endswith(".so") else 0o644) << 16
            archive.writestr(entry, content)
    return wheel


def _recorded(file: tuple[str, bytes]) -> str:
    path, content = file
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(content)}\n"


def _metadata() -> str:
    return f"""Metadata-Version: 2.1
Name: zkarrow
Version: {version()}
Summary: Named, versioned Apache Arrow tables, shared between processes with no copy
License: Apache-2.0
Requires-Python: >=3.10
Classifier: Operating System :: POSIX :: Linux
Classifier: Programming Language :: Python :: 3
Classifier: Typing :: Typed
"""


if __name__ == "__main__":
    directory = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "artifacts" / "wheels")
    print(f"{directory}/{build_wheel(directory)}")
