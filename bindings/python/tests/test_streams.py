"""Tables on their way into the library and back, without a coordinator; capsules and owners."""

from __future__ import annotations

import gc
import threading
from ctypes import CDLL, byref, c_void_p
from ctypes import CDLL, PYFUNCTYPE, byref, c_char_p, c_int, c_void_p, py_object, pythonapi
from typing import Any, Callable, Iterator

import maker
import pytest
import zkarrow
from digest import addresses, digest
from maker import Made, ReleasedStream, make
from zkarrow import _arrow, _capsule, _stream, columns, exchange
from zkarrow._bindings import ArrowArray, ArrowArrayStream, ArrowSchema

is_valid = PYFUNCTYPE(c_int, py_object, c_char_p)(("PyCapsule_IsValid", pythonapi))
Count = Callable[[], "dict[str, int]"]


class Batch:
    """A record batch that has only the dunder."""

    def __init__(self, table: columns.ColumnTable) -> None:
        self._table = table

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        schema, array = self._table._export()
        return _capsule.wrap(schema), _capsule.wrap(array)


@pytest.fixture(autouse=True)
def nothing_left(balanced: Count) -> Iterator[None]:
    yield
    gc.collect()
    assert (columns._kept, _stream._live, maker.live()) == ({}, {}, 0)


@pytest.mark.parametrize("kind", ["int64", "mixed"])
@pytest.mark.parametrize("rows, batches", [(0, 1), (1, 1), (1000, 1), (7, 5)])
def test_an_echo_is_the_same_buffers(kind: str, rows: int, batches: int) -> None:
    table = make(kind, rows, 3, batches)
    assert digest(exchange.echo(table)) == digest(table)
    if rows:
        assert addresses(exchange.echo(table)) == addresses(table)


def test_the_exchange_gives_the_same_buffers_any_number_of_times() -> None:
    table = make("mixed", 100)
    exchange.put("t", table)
    try:
        assert addresses(exchange.get("t")) == addresses(exchange.get("t")) == addresses(table)
        kept = exchange.get("t")
    finally:
        exchange.remove("t")
    assert digest(kept) == digest(table)
    with pytest.raises(zkarrow.NotFoundError):
        exchange.get("t")
    with pytest.raises(zkarrow.NotFoundError):
        exchange.remove("t")


def test_capsules_have_the_names_of_the_protocol() -> None:
    schema, array = Batch(zkarrow.table({"x": [1]})).__arrow_c_array__()
    assert is_valid(schema, b"arrow_schema") and is_valid(array, b"arrow_array")
    assert is_valid(exchange.echo(make("int64", 1)).__arrow_c_stream__(), b"arrow_array_stream")


def test_capsules_of_another_name_or_none_are_refused() -> None:
    schema, array = Batch(zkarrow.table({"x": [1]})).__arrow_c_array__()

    class Swapped:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return schema

    class NoCapsule:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return 5

    with pytest.raises(ValueError):
        exchange.echo(Swapped())
    with pytest.raises(TypeError, match="PyCapsule"):
        exchange.echo(NoCapsule())


def test_a_capsule_nobody_took_is_released_at_once(balanced: Count) -> None:
    before = balanced(), maker.live()
    capsule = exchange.echo(make("int64", 1)).__arrow_c_stream__()
    assert (balanced(), maker.live()) != before
    del capsule
    assert (balanced(), maker.live()) == before


def test_a_capsule_that_was_consumed_is_not_released_again() -> None:
    capsule = exchange.echo(make("int64", 0, 0, 0)).__arrow_c_stream__()
    inside = _capsule.unwrap(capsule, ArrowArrayStream)
    taken = ArrowArrayStream()
    _capsule.move(inside, taken)
    del inside, capsule
    assert _arrow.get_next(taken) is None
    _capsule.release(taken)


def test_a_capsule_may_die_while_an_exception_is_on_its_way() -> None:
    # a destructor written in Python would crash here
    stream = exchange.echo(make("int64", 1))
    with pytest.raises(ValueError, match="not a number"):
        print(stream.__arrow_c_stream__(), int("not a number"))
    with pytest.raises(ValueError, match="in list"):
        [].index(exchange.echo(make("int64", 1)).__arrow_c_stream__())  # type: ignore[arg-type]


def test_a_release_written_in_python_does_not_lose_the_exception_on_its_way() -> None:
    batch = Batch(zkarrow.table({"x": [1]}))
    with pytest.raises(ValueError, match="not a number"):
        print(batch.__arrow_c_array__(), int("not a number"))
    with pytest.raises(ValueError, match="in list"):
        [].index(batch.__arrow_c_array__()[1])  # type: ignore[arg-type]


def test_a_stream_is_taken_once() -> None:
    stream = exchange.echo(make("int64", 1))
    digest(stream)
    with pytest.raises(ValueError, match="taken"):
        stream.__arrow_c_stream__()


def test_a_requested_schema_must_have_as_many_columns() -> None:
    two = Batch(zkarrow.table({"a": [1], "b": [2]})).__arrow_c_array__()[0]
    one = Batch(zkarrow.table({"other": ["text"]})).__arrow_c_array__()[0]
    stream = exchange.echo(make("int64", 1))
    with pytest.raises(ValueError, match="2 columns"):
        stream.__arrow_c_stream__(two)
    assert is_valid(stream.__arrow_c_stream__(one), b"arrow_array_stream")


def test_a_failing_stream_is_refused_and_stays_the_callers() -> None:
    with pytest.raises(zkarrow.InvalidArgumentError, match="disk on fire"):
        exchange.put("t", make("half", 3))


def test_a_batch_that_does_not_fit_its_schema_is_refused() -> None:
    with pytest.raises(zkarrow.SchemaMismatchError):
        exchange.put("t", make("mismatched"))


def test_released_structs_are_refused() -> None:
    with pytest.raises(zkarrow.InvalidArgumentError):
        exchange.put("t", ReleasedStream())
    with pytest.raises((zkarrow.InvalidArgumentError, zkarrow.SchemaMismatchError)):
        exchange.put("t", maker.released_array())


def test_a_batch_and_iterables_of_batches_are_tables() -> None:
    one, two = zkarrow.table({"x": [1, 2]}), zkarrow.table({"x": [3]})
    assert digest(exchange.echo(Batch(one)))[1] == 1
    assert digest(exchange.echo([Batch(one), Batch(two)]))[1] == 2
    assert digest(exchange.echo(Batch(one) for _ in range(3)))[1] == 3
    assert digest(exchange.echo([make("int64", 2, 0, 2), make("int64", 2)]))[1] == 3


def test_batches_of_different_schemas_are_refused() -> None:
    parts = [Batch(zkarrow.table({"x": [1]})), Batch(zkarrow.table({"y": [1]}))]
    with pytest.raises(zkarrow.SchemaMismatchError, match="different schemas"):
        exchange.put("t", parts)


@pytest.mark.parametrize("wrong", [None, 5, "text", b"bytes", {"x": [1]}, [5], []])
def test_what_is_no_table_is_refused_with_a_sentence(wrong: Any) -> None:
    with pytest.raises(zkarrow.InvalidArgumentError, match="must have|no batch"):
        exchange.put("t", wrong)


def test_what_an_iterable_raises_is_raised() -> None:
    def parts() -> Iterator[Batch]:
        yield Batch(zkarrow.table({"x": [1]}))
        raise ZeroDivisionError("in the middle")

    with pytest.raises(ZeroDivisionError, match="in the middle"):
        exchange.put("t", parts())


def test_a_plain_table_is_not_kept_by_the_exchange() -> None:
    with pytest.raises(zkarrow.InvalidArgumentError, match="only be published"):
        exchange.put("t", zkarrow.table({"x": [1]}))


def test_batches_are_released_on_any_thread() -> None:
    exchange.put("t", make("mixed", 10))
    streams = [exchange.get("t") for _ in range(8)]
    exchange.remove("t")
    threads = [threading.Thread(target=digest, args=(stream,)) for stream in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_thread_that_python_does_not_know_releases(balanced: Count) -> None:
    before = balanced()
    exchange.put("t", make("mixed", 10))
    capsule = exchange.get("t").__arrow_c_stream__()
    exchange.remove("t")
    stream = _capsule.unwrap(capsule, ArrowArrayStream)
    batch = _arrow.get_next(stream)
    assert batch is not None
    libc = CDLL(None)
    for struct in (batch, stream):
        # a release takes one pointer, as a thread's function does
        thread = c_void_p()
        assert libc.pthread_create(byref(thread), None, c_void_p(struct.release), byref(struct)) == 0
        assert libc.pthread_join(thread, None) == 0
    assert balanced() == before


def test_a_column_moved_out_of_its_batch_lives_on() -> None:
    exchange.put("t", make("int64", 4, 40))
    capsule = exchange.get("t").__arrow_c_stream__()
    exchange.remove("t")
    stream = _capsule.unwrap(capsule, ArrowArrayStream)
    batch = zkarrow._arrow.get_next(stream)
    assert batch is not None
    column = ArrowArray()
    _capsule.move(batch.children[0].contents, column)
    _capsule.release(batch)
    _capsule.release(stream)
    field = ArrowSchema(format=b"l")
    assert zkarrow._lists.column(field, column, 0, 4) == [40, 41, 42, 43]
    _capsule.release(column)


def test_names_are_checked() -> None:
    for wrong in ("with\0nul", "\ud800", 5, None, b"bytes"):
        with pytest.raises(zkarrow.InvalidArgumentError, match="name"):
            exchange.get(wrong)  # type: ignore[arg-type]


def test_made_tables_are_released(balanced: Count) -> None:
    before = balanced()
    stream = exchange.echo(Made(*_int64_parts()))
    del stream
    assert balanced() == before


def _int64_parts() -> Any:
    made = make("int64", 2)
    return made._schema, made._batches
