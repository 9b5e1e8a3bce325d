"""PyCapsules around Arrow C structs, in ctypes alone.

A capsule owns its struct until a consumer moves the content out; what nobody took is released when
the capsule dies. Capsules also die while an exception is on its way, which a destructor written in
Python would lose, and crash the interpreter. So the destructor is the library's, in C.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, PYFUNCTYPE, Structure, addressof, byref, c_char_p, c_size_t, c_void_p
from ctypes import cast, memmove, py_object, pythonapi, sizeof
from typing import TypeVar

from . import _ffi
from ._bindings import ArrowArray, ArrowArrayStream, ArrowSchema

S = TypeVar("S", bound=Structure)

# prototypes of our own: argtypes set on pythonapi's attributes would be everybody's
_increase_count = PYFUNCTYPE(None, py_object)(("Py_IncRef", pythonapi))
_new = PYFUNCTYPE(py_object, c_void_p, c_char_p, c_void_p)(("PyCapsule_New", pythonapi))
_pointer = PYFUNCTYPE(c_void_p, py_object, c_char_p)(("PyCapsule_GetPointer", pythonapi))
_allocate = CFUNCTYPE(c_void_p, c_size_t)(("PyMem_RawMalloc", pythonapi))
_RELEASE = CFUNCTYPE(None, c_void_p)

# what the protocol calls the capsules of a struct
NAMES: dict[type[Structure], bytes] = {
    ArrowSchema: b"arrow_schema",
    ArrowArray: b"arrow_array",
    ArrowArrayStream: b"arrow_array_stream",
}
# capsules may be alive when the globals of this module are gone
for _name in NAMES.values():
    _increase_count(_name)

_destructor: int | None = None


def wrap(struct: S) -> object:
    """Moves a struct into a new capsule; ``struct`` is left released. Any thread."""
    destructor = _destructor or _get_destructor()
    address = _allocate(sizeof(struct))
    if address is None:
        raise MemoryError
    move(struct, type(struct).from_address(address))
    return _new(address, NAMES[type(struct)], destructor)


def unwrap(capsule: object, kind: type[S]) -> S:
    """The struct inside a capsule, which goes on owning it: keep the capsule while using it.

    Raises ValueError when it is a capsule of another name, TypeError when it is no capsule.
    """
    name = NAMES[kind]
    if type(capsule).__name__ != "PyCapsule":
        raise TypeError(f"expected a PyCapsule {name.decode()!r} and got {type(capsule).__name__}")
    return kind.from_address(_pointer(capsule, name))


def move(source: S, target: S) -> None:
    """Moves the content of one struct to another that has none; ``source`` is left released."""
    memmove(addressof(target), addressof(source), sizeof(source))
    source.release = None


def release(struct: Structure) -> None:
    """Releases a struct; does nothing when it is released already."""
    if struct.release:
        _RELEASE(struct.release)(addressof(struct))


def _get_destructor() -> int:
    global _destructor
    names = "PyCapsule_GetName PyCapsule_GetPointer PyErr_Fetch PyErr_Restore PyMem_RawFree".split()
    functions = (c_void_p * len(names))(*[cast(getattr(pythonapi, n), c_void_p) for n in names])
    out = c_void_p()
    _ffi.call(_ffi.library().zka__capsule_destructor, functions, byref(out))
    assert out.value is not None
    _destructor = out.value
    return _destructor
