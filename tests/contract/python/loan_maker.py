"""Loans, written in place: op "loan" of the contract."""

from __future__ import annotations

from typing import Any

import zkarrow

_SCHEMAS = {
    "int64": {"x": "int64"},
    "mixed": {"id": "int64", "px": "float64", "sym": "utf8", "up": "bool"},
    "views": {"v": "utf8_view"},
}


def loan_of(client: zkarrow.Client, make: dict[str, Any], room: int, var_bytes: int) -> zkarrow.Loan:
    """A loan with room for ``room`` rows, with a table made to order in its first rows."""
    kind, rows, seed = make["kind"], make.get("rows", 0), make.get("seed", 0)
    loan = client.loan(_SCHEMAS[kind], room, var_bytes=var_bytes)
    try:
        numbers = loan["id" if kind == "mixed" else "x"]
        for i in range(rows):
            numbers[i] = seed + i
        if kind == "mixed":
            _write_mixed(loan, rows, seed)
    except BaseException:
        loan.close()
        raise
    return loan


def _write_mixed(loan: zkarrow.Loan, rows: int, seed: int) -> None:
    prices, priced = loan["px"], loan.validity("px")
    for i in range(rows):
        prices[i] = (seed + i) * 0.5
        priced[i] = i % 7 != 3
    loan["up"][:rows] = [(seed + i) % 3 == 0 for i in range(rows)]
    loan["sym"].extend(None if i % 5 == 4 else f"s{(seed + i) % 10}" for i in range(rows))
