import pytest

import summarise

TRX = """<?xml version="1.0" encoding="utf-8"?>
<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
  <UnitTestResult testName="A" outcome="Passed" duration="00:00:01.5000000" />
  <UnitTestResult testName="B" outcome="Failed" duration="00:00:00.5000000"><Output><ErrorInfo>
    <Message>Expected: 1
      But was: 2</Message><StackTrace>at B</StackTrace></ErrorInfo></Output></UnitTestResult>
  <UnitTestResult testName="C" outcome="NotExecuted" />
  <UnitTestResult testName="D" outcome="Aborted" />
</Results></TestRun>"""

JUNIT = """<testsuites><testsuite name="s">
  <testcase classname="m" name="one" time="0.25" />
  <testcase classname="m" name="two"><failure message="1 is not 2">a trace</failure><error /></testcase>
  <testcase classname="m" name="three"><error>only text</error></testcase>
  <testcase classname="m" name="four"><skipped /></testcase>
</testsuite></testsuites>"""

ONE_PASSED = '<testsuite><testcase name="one" /></testsuite>'
ONE_FAILED = '<testsuite><testcase name="one"><failure /></testcase></testsuite>'


@pytest.fixture
def summary(tmp_path, capsys):
    """Writes result files, sums them, and gives the exit code, the last line and everything printed."""

    def run(files, expected=("s",)):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        code = summarise.main(tmp_path, list(expected))
        printed = capsys.readouterr().out
        return code, printed.splitlines()[-1], printed

    return run


def test_trx_outcomes_are_counted_and_an_unknown_one_is_a_failure(summary):
    code, line, printed = summary({"s/a.trx": TRX})
    assert (code, line) == (1, "1 passed, 2 failed, 1 skipped")
    assert "s: failed B: Expected: 1 But was: 2\n" in printed and "s: skipped C" in printed


def test_a_junit_case_with_failure_and_error_is_one_failure(summary):
    code, line, printed = summary({"s/a.xml": JUNIT})
    assert (code, line) == (1, "1 passed, 2 failed, 1 skipped")
    assert "s: failed m.two: 1 is not 2\n" in printed and "s: failed m.three: only text\n" in printed


def test_a_long_message_is_cut(summary):
    failure = f'<testsuite><testcase name="one"><failure message="{"x" * 5000}" /></testcase></testsuite>'
    _, _, printed = summary({"s/a.xml": failure})
    assert len(printed) < 1000 and "x…\n" in printed


def test_both_formats_and_all_folders_add_up(summary):
    _, line, _ = summary({"s/a.trx": TRX, "s/deep/b.xml": JUNIT, "t/c.xml": ONE_PASSED}, ["s", "t"])
    assert line == "3 passed, 4 failed, 2 skipped"


def test_all_passed_is_success(summary):
    code, line, _ = summary({"s/a.xml": ONE_PASSED})
    assert (code, line) == (0, "1 passed, 0 failed, 0 skipped")


@pytest.mark.parametrize("files", [{}, {"s/a.xml": "<testsuite />"}, {"other/a.xml": ONE_PASSED}])
def test_a_suite_that_ran_nothing_is_a_failure(summary, files):
    code, line, printed = summary(files)
    assert code == 1 and ", 1 failed, " in line and "s: ran nothing" in printed


def test_a_broken_runner_is_one_failure(summary):
    code, line, printed = summary({"s/a.xml": ONE_PASSED, "s/broken.xml": "<broken>it crashed</broken>"})
    assert (code, line) == (1, "1 passed, 1 failed, 0 skipped") and "s: it crashed" in printed


def test_a_broken_runner_that_reported_its_failures_is_not_counted_again(summary):
    _, line, _ = summary({"s/a.xml": ONE_FAILED, "s/broken.xml": "<broken>ended with exit code 1</broken>"})
    assert line == "0 passed, 1 failed, 0 skipped"


def test_a_build_step_that_broke_is_a_failure_though_no_suite(summary):
    code, line, _ = summary({"s/a.xml": ONE_PASSED, "publish-native/broken.xml": "<broken>no clang</broken>"})
    assert (code, line) == (1, "1 passed, 1 failed, 0 skipped")


def test_a_torn_file_is_a_failure(summary):
    code, line, printed = summary({"s/a.xml": ONE_PASSED, "s/b.trx": "<TestRun><Res"})
    assert (code, line) == (1, "1 passed, 1 failed, 0 skipped") and "could not read b.trx" in printed


def test_the_closing_line_is_printed_once(summary):
    _, line, printed = summary({"s/a.trx": TRX})
    assert printed.count(line) == 1 and printed.count(" passed, ") == 1
