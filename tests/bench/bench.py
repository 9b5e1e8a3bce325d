"""Runs the goals, prints their table, and writes it with everything measured to artifacts/bench."""

from __future__ import annotations

import argparse
import sys
import traceback

from goals import g1, g1p, g2, g3, g4, g5, g6, g7, g8, g9, g10, g12, g13
from harness import report
from harness.result import Result
from harness.setting import Setting

GOALS = {
    **{"G1": g1, "G1p": g1p, "G2": g2, "G3": g3, "G4": g4, "G5": g5, "G6": g6, "G7": g7},
    **{"G8": g8, "G9": g9, "G10": g10, "G12": g12, "G13": g13},
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="tests/bench/run.sh",
        description="Measures ZkArrow against its peers in interleaved rounds of one run.",
        epilog="\n".join(f"  {name:4} {(module.__doc__ or '').splitlines()[0]}" for name, module in GOALS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # no choices=: argparse would refuse an empty list
    parser.add_argument("goals", nargs="*", metavar="GOAL", help="which goals; all when none is named")
    parser.add_argument("--quick", action="store_true", help="a smoke run: few rounds, figures that mean nothing")
    options = parser.parse_args(arguments)
    unknown = [goal for goal in options.goals if goal not in GOALS]
    if unknown:
        parser.error(f"{unknown[0]} is not a goal; the goals are {', '.join(GOALS)}")

    setting = Setting(quick=options.quick)
    results: list[Result] = []
    failed: list[str] = []
    for name in options.goals or GOALS:
        print(f"measuring {name}: {(GOALS[name].__doc__ or '').splitlines()[0]}", file=sys.stderr, flush=True)
        try:
            results += GOALS[name].measure(setting)
        except Exception:
            # the other goals are still worth their time
            traceback.print_exc()
            failed.append(name)
    print(report.table(results))
    if results:
        print(f"\nwritten: {report.write(results, setting, arguments)}")
    if failed:
        print(f"could not be measured: {', '.join(failed)}; the reasons are above", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
