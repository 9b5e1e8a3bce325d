"""A bar for each goal that has a limit: how much of the limit is used up. Shorter is better, the line is the limit."""

from __future__ import annotations

from html import escape

from .result import Result

_LINE, _LABELS, _UNIT, _MOST = 24, 380, 260, 2.0
_GOOD, _BAD = "#3a7d44", "#b3392f"


def bars(results: list[Result], title: str) -> str:
    """The plot as SVG."""
    limited = [result for result in results if result.limit is not None]
    width, height = _LABELS + int(_UNIT * _MOST) + 90, _LINE * (len(limited) + 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="10" y="18" font-size="14">{escape(title)}: share of the limit, less is better</text>',
    ]
    for number, result in enumerate(limited):
        share = result.share or 0.0
        top = _LINE * (number + 1) + 8
        length = max(1, round(_UNIT * min(share, _MOST)))
        colour = _GOOD if result.holds else _BAD
        text = f"{share:.2f}" if share <= _MOST else f"{share:.1f} ▸"
        parts += [
            f'<text x="{_LABELS - 8}" y="{top + 13}" text-anchor="end">{escape(f"{result.goal} {result.what}")}</text>',
            f'<rect x="{_LABELS}" y="{top + 2}" width="{length}" height="{_LINE - 8}" fill="{colour}"/>',
            f'<text x="{_LABELS + length + 6}" y="{top + 13}">{text}</text>',
        ]
    x, bottom = _LABELS + _UNIT, _LINE * (len(limited) + 1) + 8
    parts += [
        f'<line x1="{x}" y1="{_LINE + 4}" x2="{x}" y2="{bottom}" stroke="black" stroke-dasharray="4 3"/>',
        f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">limit</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
