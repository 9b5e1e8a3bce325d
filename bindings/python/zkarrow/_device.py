"""Tables that say which device their memory is on; those in the memory of the CPU can be taken."""

from __future__ import annotations

from ctypes import Structure, addressof, c_int32, c_int64, c_void_p
from typing import Iterator

from . import _arrow, _capsule
from ._bindings import ArrowArray, ArrowSchema
from ._errors import UnsupportedError

_CPU = 1
_DEVICES = {
    2: "CUDA", 3: "CUDA_HOST", 4: "OPENCL", 7: "VULKAN", 8: "METAL", 9: "VPI", 10: "ROCM",
    11: "ROCM_HOST", 12: "EXT_DEV", 13: "CUDA_MANAGED", 14: "ONEAPI", 15: "WEBGPU", 16: "HEXAGON",
}  # fmt: skip


class ArrowDeviceArray(Structure):
    """As Arrow declares it."""

    _fields_ = [
        ("array", ArrowArray),
        ("device_id", c_int64),
        ("device_type", c_int32),
        ("sync_event", c_void_p),
        ("reserved", c_int64 * 3),
    ]


class ArrowDeviceArrayStream(Structure):
    """As Arrow declares it."""

    _fields_ = [
        ("device_type", c_int32),
        ("get_schema", c_void_p),
        ("get_next", c_void_p),
        ("get_last_error", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


_capsule.NAMES[ArrowDeviceArray] = b"arrow_device_array"
_capsule.NAMES[ArrowDeviceArrayStream] = b"arrow_device_array_stream"


def array_of(capsules: tuple[object, object]) -> tuple[ArrowSchema, ArrowArray]:
    """The schema and the array inside what ``__arrow_c_device_array__`` gave, which owns them.

    Raises UnsupportedError when they are on another device.
    """
    schema, capsule = capsules
    device = _capsule.unwrap(capsule, ArrowDeviceArray)
    _check(device.device_type)
    # part of the struct in the capsule, not a copy of it
    return _capsule.unwrap(schema, ArrowSchema), ArrowArray.from_address(addressof(device))


def stream_of(capsule: object) -> ArrowDeviceArrayStream:
    """The stream inside what ``__arrow_c_device_stream__`` gave, which owns it.

    Raises UnsupportedError when it is on another device.
    """
    stream = _capsule.unwrap(capsule, ArrowDeviceArrayStream)
    _check(stream.device_type)
    return stream


def batches(stream: ArrowDeviceArrayStream) -> Iterator[ArrowArray]:
    """The batches of a stream; each is valid until the next is asked for."""
    device = ArrowDeviceArray()
    while True:
        _arrow.fill(stream, device)
        if not device.array.release:
            return
        try:
            _check(device.device_type)
            yield device.array
        finally:
            _capsule.release(device.array)


def _check(device_type: int) -> None:
    if device_type != _CPU:
        name = _DEVICES.get(device_type, "unknown")
        raise UnsupportedError(
            f"the table is on device {device_type} ({name}); copy it to the memory of the CPU first"
        )
