"""Producers that say which device their memory is on: the CPU's is taken, any other is refused."""

from __future__ import annotations

from ctypes import CFUNCTYPE, addressof, c_char_p, c_int, c_void_p, cast, memset, sizeof
from typing import Any, Callable

import pytest
import zkarrow
from digest import digest
from maker import make
from zkarrow import _arrow, _capsule, _device, exchange
from zkarrow._bindings import ArrowArray, ArrowArrayStream, ArrowSchema

CPU, CUDA = 1, 2
GET = CFUNCTYPE(c_int, c_void_p, c_void_p)
RELEASE = CFUNCTYPE(None, c_void_p)


class OnDevice:
    """A table on a device: a stream, whose arrays may be on another, or one array."""

    def __init__(self, table: Any, stream: int = CPU, array: int = CPU) -> None:
        self._capsule = table.__arrow_c_stream__()
        self._inner = _capsule.unwrap(self._capsule, ArrowArrayStream)
        self._array_device = array
        self.released = 0
        functions: list[Any] = [
            GET(lambda _, out: self._move(_arrow.get_schema(self._inner), ArrowSchema, out)),
            GET(lambda _, out: self._next(out)),
            CFUNCTYPE(c_char_p, c_void_p)(lambda _: None),
            RELEASE(self._release),
        ]
        self._functions = functions
        addresses = [cast(function, c_void_p).value for function in functions]
        self.stream = _device.ArrowDeviceArrayStream(stream, *addresses, None)

    def _move(self, source: Any, kind: Any, out: int) -> int:
        _capsule.move(source, kind.from_address(out))
        return 0

    def _next(self, out: int) -> int:
        memset(out, 0, sizeof(_device.ArrowDeviceArray))
        array = _arrow.get_next(self._inner)
        if array is not None:
            self._move(array, ArrowArray, out)
            device = _device.ArrowDeviceArray.from_address(out)
            device.device_type, device.device_id = self._array_device, -1
        return 0

    def _release(self, address: int) -> None:
        _device.ArrowDeviceArrayStream.from_address(address).release = None
        _capsule.release(self._inner)
        self.released += 1

    def __arrow_c_device_stream__(self, requested_schema: Any = None, **_: Any) -> object:
        return _capsule._new(addressof(self.stream), b"arrow_device_array_stream", None)


class OneArray:
    """One array on a device, and nothing else."""

    def __init__(self, table: Any, device: int = CPU) -> None:
        whole = OnDevice(table, array=device)
        self._schema = _arrow.get_schema(whole.stream)
        self.array = _device.ArrowDeviceArray()
        _arrow.fill(whole.stream, self.array)
        _capsule.release(whole.stream)

    def __arrow_c_device_array__(
        self, requested_schema: Any = None, **_: Any
    ) -> tuple[object, object]:
        array = _capsule._new(addressof(self.array), b"arrow_device_array", None)
        return _capsule.wrap(self._schema), array


def test_protocols_say_what_is_on_a_device() -> None:
    whole = OnDevice(make("int64", 1))
    assert isinstance(whole, zkarrow.ArrowDeviceStreamExportable)
    assert not isinstance(whole, zkarrow.ArrowStreamExportable)
    _capsule.release(whole.stream)


@pytest.mark.parametrize("put", [lambda table: table, lambda table: [table]], ids=["one", "list"])
def test_a_stream_in_the_memory_of_the_cpu_is_a_table(put: Callable[[Any], Any]) -> None:
    table = OnDevice(make("mixed", 5, 0, 3))
    assert digest(exchange.echo(put(table))) == digest(make("mixed", 5, 0, 3))
    assert table.released == 1


def test_an_array_in_the_memory_of_the_cpu_is_a_table(client: zkarrow.Client) -> None:
    assert client.publish("a", OneArray(make("int64", 4))).rows == 4
    with client.read("a") as read:
        assert digest(read) == digest(make("int64", 4))


def test_what_is_on_another_device_is_refused() -> None:
    streams = OnDevice(make("int64", 1), stream=CUDA), OnDevice(make("int64", 1), array=CUDA)
    for stream in streams:
        with pytest.raises(zkarrow.UnsupportedError, match=r"device 2 \(CUDA\); copy it"):
            exchange.put("t", stream)
        _capsule.release(stream.stream)
        assert stream.released == 1
    array = OneArray(make("int64", 1), 99)
    with pytest.raises(zkarrow.UnsupportedError, match=r"device 99 \(unknown\)"):
        exchange.put("t", array)
    _capsule.release(array.array.array)


def test_tables_export_no_device_capsules() -> None:
    # as the protocol has it, a producer that knows the CPU only may leave them out
    for kind in (zkarrow.Table, zkarrow.ArrowStream):
        assert not hasattr(kind, "__arrow_c_device_stream__")
