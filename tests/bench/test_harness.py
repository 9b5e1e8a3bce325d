"""Tests of the arithmetic behind the table: python3 -m pytest tests/bench."""

import math
from xml.etree import ElementTree

import pytest

from goals import g6
from harness import plot, report
from harness.result import Result, time_text
from harness.rounds import Rounds, interleave, ratio


def result(value, sense="≤", limit=2.0, what="x"):
    return Result("G0", what, "m", "p", value, sense=sense, limit=limit)


def test_sides_take_turns_and_the_warmup_is_thrown_away():
    calls = []
    a, b = interleave(
        2,
        lambda: calls.append("a") or [len(calls)],
        lambda: calls.append("b") or [len(calls)],
        warmup=1,
    )
    assert calls == ["a", "b"] * 3
    assert (a.turns, b.turns) == ([[3], [5]], [[4], [6]])


def test_a_round_that_was_disturbed_does_not_move_the_median():
    quiet = [100.0] * 1000
    assert Rounds([quiet, [x * 50 for x in quiet], quiet]).p50 == 100


def test_quantiles_are_those_of_each_round():
    rounds = Rounds([list(range(1000)), list(range(1000, 2000))])
    assert rounds.each(0.5) == [500, 1500]
    assert rounds.each(0.999) == [999, 1999]


def test_a_ratio_pairs_the_rounds():
    # a machine half as fast in the second round changes nothing
    assert ratio([10, 20, 10], [2, 4, 2]) == 5


def test_rates_count_operations_and_not_rounds():
    assert Rounds([[0.5, 0.5], [0.25, 0.25]]).rates() == [2, 4]


def test_with_many_in_flight_a_rate_is_of_the_whole_turn():
    # 4 requests of 400 ms each, all in the same half second
    side = g6._Side(Rounds([[500_000_000] + [400_000_000] * 4]))
    assert side.rates == [8]
    assert side.text() == "8 / s (p50 400 ms, p99 400 ms)"


@pytest.mark.parametrize(
    ("value", "sense", "holds", "share"),
    [(1, "≤", True, 0.5), (2, "≤", True, 1), (3, "≤", False, 1.5), (4, "≥", True, 0.5), (1, "≥", False, 2)],
)
def test_a_limit_holds_in_its_own_sense(value, sense, holds, share):
    one = result(value, sense)
    assert one.holds is holds
    assert one.share == share


def test_a_limit_of_nothing_is_kept_by_nothing_only():
    assert result(0, limit=0).share == 0
    assert result(1, limit=0).share == math.inf
    assert result(1, limit=0).holds is False


def test_a_figure_without_a_limit_only_informs():
    assert result(1, "", None).holds is None
    assert "NO" not in report.table([result(1, "", None)])


def test_the_table_says_what_does_not_hold():
    lines = report.table([result(1), result(3, what="y")]).splitlines()
    assert [line.split("|")[-2].strip() for line in lines[2:]] == ["yes", "NO"]
    assert len({len(line) for line in lines}) == 1


def test_the_plot_is_xml_with_a_bar_for_each_limit():
    svg = ElementTree.fromstring(plot.bars([result(1), result(1, limit=0), result(1, "", None)], "<a & b>"))
    assert len(svg.findall("{http://www.w3.org/2000/svg}rect")) == 1 + 2


def test_times_are_written_in_the_unit_they_have():
    assert [time_text(x) for x in (12.3, 1234, 5.6e6, 2e9)] == ["12.3 ns", "1.23 µs", "5.6 ms", "2 s"]
