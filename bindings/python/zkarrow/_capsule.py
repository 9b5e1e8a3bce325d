"""PyCapsules around Arrow C structs, in ctypes alone.

A capsule owns its struct until a consumer moves the content out. Its destructor would be the place
to release what nobody took, but a destructor written in Python must not exist: capsules also die
while an exception is on its way, Python code run then loses that exception, and the interpreter
crashes. So capsules have no destructor. The structs are kept here together with one reference to
their capsule, and `sweep` releases and forgets those whose capsule nobody else holds any more. It
runs with every export, every close and every look at the counters.
"""

from __future__ import annotations

import sys
from ctypes import CFUNCTYPE, PYFUNCTYPE, Structure, addressof, c_char_p, c_void_p
from ctypes import memmove, py_object, pythonapi, sizeof
from typing import NamedTuple, TypeVar

from ._bindings import ArrowArray, ArrowArrayStream, ArrowSchema

S = TypeVar("S", ArrowSchema, ArrowArray, ArrowArrayStream)

# prototypes of our own: argtypes set on pythonapi's attributes would be everybody's
_increase_count = PYFUNCTYPE(None, py_object)(("Py_IncRef", pythonapi))
_new = PYFUNCTYPE(py_object, c_void_p, c_char_p, c_void_p)(("PyCapsule_New", pythonapi))
_pointer = PYFUNCTYPE(c_void_p, py_object, c_char_p)(("PyCapsule_GetPointer", pythonapi))
_RELEASE = CFUNCTYPE(None, c_void_p)

_NAMES: dict[type[Structure], bytes] = {
    ArrowSchema: b"arrow_schema",
    ArrowArray: b"arrow_array",
    ArrowArrayStream: b"arrow_array_stream",
}


class _Export(NamedTuple):
    capsule: object
    struct: Structure


_exports: dict[int, _Export] = {}
_nobodys = _Export(_new(1, b"", None), ArrowSchema())

# capsules may be alive when the globals of this module are gone: what they point to never goes
for _forever in (_exports, *_NAMES.values()):
    _increase_count(_forever)


def wrap(struct: S) -> object:
    """Moves a struct into a new capsule; ``struct`` is left released. Any thread."""
    sweep()
    inside = type(struct)()
    move(struct, inside)
    capsule = _new(addressof(inside), _NAMES[type(struct)], None)
    _exports[id(capsule)] = _Export(capsule, inside)
    return capsule


def unwrap(capsule: object, kind: type[S]) -> S:
    """The struct inside a capsule, which goes on owning it: keep the capsule while using it.

    Raises ValueError when it is a capsule of another name, TypeError when it is no capsule.
    """
    name = _NAMES[kind]
    if type(capsule).__name__ != "PyCapsule":
        raise TypeError(f"expected a PyCapsule {name.decode()!r} and got {type(capsule).__name__}")
    return kind.from_address(_pointer(capsule, name))


def sweep() -> None:
    """Releases the structs whose capsule is gone. Any thread."""
    if not _exports:
        return
    alone = _holders(_nobodys)
    for key, export in list(_exports.items()):
        # nobody else holds it, so nobody else can begin to: this does not race with other threads
        if _holders(export) <= alone and _exports.pop(key, None) is not None:
            release(export.struct)


def move(source: S, target: S) -> None:
    """Moves the content of one struct to another that has none; ``source`` is left released."""
    memmove(addressof(target), addressof(source), sizeof(source))
    source.release = None


def release(struct: Structure) -> None:
    """Releases a struct; does nothing when it is released already."""
    if struct.release:
        _RELEASE(struct.release)(addressof(struct))


def _holders(export: _Export) -> int:
    # compared with a capsule of known holders, as what getrefcount adds differs between versions
    return sys.getrefcount(export.capsule)
