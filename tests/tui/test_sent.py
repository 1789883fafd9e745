"""Sending only what differs leaves the terminal showing what sending everything would have."""

from __future__ import annotations

import io

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.sent import NARROW, Sent

WIDTH, HEIGHT = 14, 3
CONSOLE = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
STYLES = [Style(), Style(color="#aa3322"), Style(bgcolor="#112233", bold=True), Style(underline=True)]

pieces = st.lists(st.tuples(st.sampled_from(["a", "bc", " ", "⠋⢄", "漢", "·"]), st.sampled_from(STYLES)), max_size=14)
pictures = st.lists(st.lists(pieces, min_size=HEIGHT, max_size=HEIGHT), min_size=1, max_size=5)


def strip(row: list[tuple[str, Style]]) -> Strip:
    return Strip([Segment(text, style) for text, style in row]).adjust_cell_length(WIDTH)


def layout(rows: list[list[tuple[str, Style]]]) -> LayoutUpdate:
    return LayoutUpdate([[strip(row)] for row in rows], Region(0, 0, WIDTH, HEIGHT))


def sent(update: object) -> str:
    return update.render_segments(CONSOLE) if isinstance(update, CompositorUpdate) else ""


def shown(*parts: str) -> list[list[tuple[object, ...]]]:
    """What a terminal shows after all that: characters, colours and weights."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for part in parts:
        stream.feed(part)
    cells = [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]
    return [[(c.data, c.fg, c.bg, c.bold, c.underscore) for c in row] for row in cells]


@given(pictures)
@settings(deadline=None)
def test_the_terminal_shows_the_newest_picture(rows: list[list[list[tuple[str, Style]]]]) -> None:
    memory = Sent()
    parts = [sent(memory.narrow(layout(picture))) for picture in rows]
    assert shown(*parts) == shown(sent(Sent().narrow(layout(rows[-1]))))


def test_the_same_again_is_nothing_and_one_figure_is_one_figure() -> None:
    memory = Sent()
    row = [("held-out ", STYLES[1]), ("2.377", STYLES[2])]
    assert "held-out" in sent(memory.narrow(layout([row] * HEIGHT)))
    assert memory.narrow(layout([row] * HEIGHT)) is None
    update = memory.narrow(layout([row, row, [row[0], ("2.378", STYLES[2])]]))
    assert sent(update) == "\x1b[3;14H\x1b[0;1;48;2;17;34;51m8\x1b[0m"


def test_what_was_never_sent_is_not_taken_for_sent() -> None:
    memory = Sent()
    memory.narrow(layout([[("a", STYLES[0])]] * HEIGHT))
    assert memory.narrow(layout([[("a", STYLES[0])]] * HEIGHT)) is not None


def test_pieces_of_rows_stand_where_they_belong() -> None:
    memory = Sent()
    sent(memory.narrow(layout([[("aaaaaa", STYLES[0])]] * HEIGHT)))
    chops = [{0: Strip([Segment("aaaa", STYLES[0])]), 4: Strip([Segment("aX", STYLES[0]), Segment(" " * 8)])}] * HEIGHT
    update = memory.narrow(ChopsUpdate(chops, [(1, 4, 6)], [[4, WIDTH]] * HEIGHT))
    assert sent(update) == "\x1b[2;6HX"


def test_after_a_resize_everything_is_sent_again() -> None:
    memory = Sent()
    first = sent(memory.narrow(layout([[("a", STYLES[0])]] * HEIGHT)))
    memory.forget()
    assert sent(memory.narrow(layout([[("a", STYLES[0])]] * HEIGHT))) == first


def test_styles_that_look_the_same_are_the_same() -> None:
    memory = Sent()
    sent(memory.narrow(layout([[("loss", STYLES[1])]] * HEIGHT)))
    elsewhere = STYLES[1] + Style.from_meta({"offset": (3, 1)})  # as the framework notes where a text stands
    assert memory.narrow(layout([[("loss", elsewhere)]] * HEIGHT)) is None
    assert memory.narrow(layout([[("loss", STYLES[2])]] * HEIGHT)) is not None


def test_characters_taken_for_one_cell_are_one_cell() -> None:
    assert {cell_len(chr(code)) for code in range(0x10000) if NARROW.fullmatch(chr(code))} == {1}
