"""The only door for foreign text onto the screen.

Run names, notes, tags, logs, data, labels and model output are content, never markup and never terminal control. A
plain `str` handed to a Textual widget is parsed as markup; so every foreign string becomes one of these first:

    words(text)    Content, one line        for Static, Label, notifications' bodies, titles
    page(text)     Content, many lines      for logs and samples
    cell(text)     rich Text, one line      for DataTable cells and Option prompts
    fit(text, n)   str, exactly n cells     for widgets that draw their own lines (a `Segment` is never parsed)
"""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.content import Content

from engine.plain import many_lines, one_line

__all__ = ["cell", "cut", "fit", "many_lines", "one_line", "page", "short_path", "words"]


def words(text: str, style: str = "") -> Content:
    """Foreign text on one line, as it stands."""
    return Content.styled(one_line(text), style) if style else Content(one_line(text))


def page(text: str, style: str = "") -> Content:
    """Foreign text with its line ends, as it stands."""
    return Content.styled(many_lines(text), style) if style else Content(many_lines(text))


def cell(text: str, style: str = "", *, right: bool = False) -> Text:
    """Foreign text as a table's cell: one line, cut by the table with an ellipsis."""
    return Text(one_line(text), style=style, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")


def cut(text: str, width: int) -> str:
    """Foreign text on one line and at most `width` cells wide; what is cut off shows as an ellipsis."""
    safe = one_line(text)
    if cell_len(safe) <= width:
        return safe
    return set_cell_size(safe, width - 1).rstrip() + "…" if width > 0 else ""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Foreign text made exactly `width` cells wide, padded or cut."""
    short = cut(text, width)
    gap = " " * (width - cell_len(short))
    return gap + short if right else short + gap


def short_path(path: Path) -> str:
    """A path with `~` for the user's folder, on one line."""
    try:
        return one_line(f"~/{path.relative_to(Path.home())}")
    except ValueError:
        return one_line(str(path))
