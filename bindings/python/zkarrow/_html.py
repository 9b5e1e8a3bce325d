"""What notebooks show."""

from __future__ import annotations

from typing import Iterable


def table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in HTML, of plain texts."""
    from html import escape  # here, because only notebooks need it

    def line(tag: str, values: Iterable[object]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in values) + "</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><caption>{escape(caption)}</caption>{line('th', heads)}{body}</table>"
