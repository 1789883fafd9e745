"""Foreign text in Markdown documents: it shows as itself and opens nothing."""

from __future__ import annotations

import re

from engine.plain import many_lines, one_line

_SPECIAL = "\\`*_{}[]<>#|~&"


def inline(text: str, longest: int = 0) -> str:
    """Foreign text in a line or a table's cell, cut to `longest` characters when that is given."""
    line = one_line(text)
    if longest and len(line) > longest:
        line = line[: longest - 1] + "…"
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in line)


def fenced(text: str) -> str:
    """Foreign text as a code block, whose fence no line of it can close."""
    safe = many_lines(text)
    longest = max(map(len, re.findall("`+", safe)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{safe}\n{fence}"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Lines of a table whose cells are Markdown already: the first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in [head, rule, *rows]]
