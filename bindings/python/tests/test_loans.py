"""Loans with the machine's bare Python: no numpy, so views are memoryviews."""

from __future__ import annotations

import gc
import pathlib
from typing import Any, Callable

import pytest
import zkarrow
from digest import digest
from loan_maker import loan_of
from maker import make

Count = Callable[[], "dict[str, int]"]


def segments(place: dict[str, Any]) -> list[pathlib.Path]:
    return sorted(pathlib.Path(place["data_dir"]).rglob("*.arrow"))


def test_a_loan_is_published_and_read(client: zkarrow.Client, balanced: Count) -> None:
    with loan_of(client, {"kind": "mixed", "rows": 50, "seed": 3}, 60, 200) as loan:
        assert loan.rows == 60 and loan.names == ["id", "px", "sym", "up"]
        assert repr(loan) == "<zkarrow.Loan 60 rows, id, px, sym, up>"
        version = loan.publish("prices/eod", rows=50, expected_version=0)
    assert (version.number, version.rows, version.residency) == (1, 50, "host")
    assert repr(loan) == "<zkarrow.Loan closed>"
    with client.read("prices/eod", validate="full") as read:
        assert read.zero_copy and digest(read) == digest(make("mixed", 50, 3))


def test_views_are_memoryviews_of_the_values(client: zkarrow.Client) -> None:
    schema = {"x": "int32", "d": "date32", "t": "tsu:UTC", "n": "null", "dec": "d:38,2", "b": "w:3"}
    with client.loan(schema, 4) as loan:
        sizes = [(loan[name].format, len(loan[name])) for name in ("x", "d", "t", "dec", "b")]
        assert sizes == [("i", 4), ("i", 4), ("q", 4), ("B", 64), ("B", 12)]
        assert loan["n"] is None
        loan["x"][:] = memoryview(b"\1\0\0\0" * 4).cast("i")
        assert loan["x"].tolist() == [1, 1, 1, 1]


def test_bits_are_set_by_row_and_by_slice(client: zkarrow.Client) -> None:
    with client.loan({"up": "bool"}, 11) as loan:
        bits = loan["up"]
        bits[:] = True
        bits[-1] = False
        bits[2:4] = [False, True]
        bits[4:6] = False
        assert [bits[i] for i in range(len(bits))] == [
            True, True, False, True, False, False, True, True, True, True, False
        ]  # fmt: skip
        assert len(bits.bytes) == 2
        with pytest.raises(IndexError):
            bits[11] = True
        with pytest.raises(zkarrow.InvalidArgumentError, match="2 values were given for 11 rows"):
            bits[:] = [True, False]


def test_leaving_without_publish_gives_it_up(
    client: zkarrow.Client, place: dict[str, Any], balanced: Count
) -> None:
    with pytest.raises(KeyError, match="by the test"):
        with client.loan({"x": "int64"}, 1000) as loan:
            loan["x"][0] = 1
            raise KeyError("by the test")
    assert loan.closed and segments(place) == []


def test_what_is_written_late_stays_here(client: zkarrow.Client, place: dict[str, Any]) -> None:
    with client.loan({"x": "int64"}, 100_000) as loan:
        view = loan["x"]
        view[5] = 5
        loan.publish("a")
        (file,) = segments(place)
        published = file.read_bytes()
        view[5] = -1
        with pytest.raises(zkarrow.InvalidArgumentError, match="published as version 1 of 'a'"):
            loan.publish("a")
    # the view keeps its memory
    assert view[5] == -1 and zkarrow.counters()["exported_arrays"] == 1
    view[6] = -1
    assert file.read_bytes() == published
    del view
    gc.collect()
    assert zkarrow.counters()["exported_arrays"] == 0
    with pytest.raises(ValueError, match="the loan is closed"):
        loan["x"]


def test_validity_and_null_counts(client: zkarrow.Client) -> None:
    with client.loan({"x": "int64", "y": "int64", "z": "int64"}, 10) as loan:
        loan.validity("x")[3] = False
        loan.validity("y")[4] = False
        loan.set_null_count("y", 1)
        loan.publish("a")
    with client.read("a", validate="full") as read:
        from zkarrow import _arrow, _capsule
        from zkarrow._bindings import ArrowArrayStream

        stream = _capsule.unwrap(capsule := read.__arrow_c_stream__(), ArrowArrayStream)
        (nulls,) = [[c.null_count for c in _arrow.children(b)] for b in _arrow.batches(stream)]
        _capsule.release(stream)
        del capsule
    assert nulls == [1, 1, 0]


@pytest.mark.parametrize(
    "schema, options, raised, says",
    [
        ({"s": "utf8"}, {}, zkarrow.InvalidArgumentError, "column 's'.*var_bytes"),
        ({"s": "utf8"}, {"var_bytes": -1}, zkarrow.InvalidArgumentError, "negative"),
        ({"s": "utf8"}, {"var_bytes": {"t": 1}}, zkarrow.NotFoundError, "'t'"),
        ({"s": "utf8_view"}, {}, zkarrow.UnsupportedError, "utf8_view.*'s'"),
        ({"s": "nonsense"}, {}, zkarrow.InvalidArgumentError, "nonsense"),
        ({"s": 5}, {}, zkarrow.InvalidArgumentError, "must be a str"),
        (5, {}, zkarrow.InvalidArgumentError, "and was int"),
    ],
)
def test_bad_schemas_are_refused(
    client: zkarrow.Client, balanced: Count, schema: Any, options: Any, raised: Any, says: str
) -> None:
    with pytest.raises(raised, match=says):
        client.loan(schema, 3, **options)


def test_text_is_appended_up_to_its_budget(client: zkarrow.Client) -> None:
    with client.loan({"s": "utf8", "b": "large_binary"}, 3, var_bytes={"s": 6, "b": 2}) as loan:
        text = loan["s"]
        text.extend(["ü", None])
        with pytest.raises(zkarrow.TooLargeError, match="6 bytes.*'s'"):
            loan["s"].append("12345")
        text.append("1234")
        assert len(text) == 3
        with pytest.raises(zkarrow.TooLargeError, match="room for 3 values"):
            text.append("")
        loan["b"].offsets[3] = 3
        with pytest.raises(zkarrow.TooLargeError, match="column 'b' used 3 bytes.*2"):
            loan.publish("a")
        loan["b"].offsets[3] = 2
        loan["b"].data[0:2] = b"xy"
        assert loan.publish("a").number == 1


def test_a_published_loan_has_the_schema_of_a_read_table(client: zkarrow.Client) -> None:
    client.publish("a", make("mixed", 5))
    with client.read("a") as read, client.loan(read.schema, 2, var_bytes=10) as loan:
        loan["sym"].extend(["a", "b"])
        assert loan.publish("a", same_schema=True).number == 2


def test_rows_are_checked(client: zkarrow.Client) -> None:
    with client.loan({"x": "int64"}, 3) as loan:
        for rows in (-1, 4):
            with pytest.raises(zkarrow.InvalidArgumentError, match="0 to 3"):
                loan.publish("a", rows=rows)
        with pytest.raises(zkarrow.NotFoundError, match="'y'"):
            loan["y"]
    with pytest.raises(zkarrow.InvalidArgumentError):
        client.loan({"x": "int64"}, -1)


def test_a_forked_child_has_no_loan(run_python: Any, place: dict[str, Any]) -> None:
    program = """
import os, signal, sys, zkarrow
with zkarrow.connect(sys.argv[1], data_dir=sys.argv[2]) as client:
    with client.loan({"x": "int64"}, 1000) as loan:
        view = loan["x"]
        child = os.fork()
        if child == 0:
            try:
                loan.publish("a")
            except zkarrow.ForkedError:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert loan.publish("a").number == 1
"""
    done = run_python(program, place["url"], place["data_dir"])
    assert done.returncode == 0, done.stderr
