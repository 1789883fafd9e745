"""What only a terminal shows: silence at rest, the mouse, other sizes of the window, and a clean leave."""

from __future__ import annotations

from engine.launch.client import Client
from tests.terminal.conftest import Open
from tui.widgets.place_bar import PLACES

SIZES = [(45, 20), (80, 24), (300, 100), (120, 40)]


def test_nothing_is_sent_at_rest(demo: Client, open_app: Open) -> None:
    """In every place: once it is drawn and nothing happens, the line stays silent (ages move every 20 s)."""
    terminal = open_app(demo.workspace.home)
    terminal.shows("tiny@1")
    loud = {}
    for number, place in enumerate(PLACES, 1):
        terminal.press(str(number))
        terminal.rest(0.6)
        before = len(terminal.chunks)
        terminal.pump(1.2)
        if terminal.raw(before):
            loud[place] = terminal.raw(before)
    loud.pop("machine", None)  # it shows what moves
    assert loud == {}


def test_the_mouse_works(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home)
    terminal.shows("tiny@1", "areas-scratch")
    terminal.rest()
    terminal.click(*terminal.find("runs"))
    terminal.shows("evaluate", "corpus")
    terminal.rest()
    terminal.click(*terminal.find("lineage"))
    terminal.shows("areas-scratch")
    terminal.rest()
    terminal.click(*terminal.find("areas-scratch"))
    terminal.shows("branch-areas-scratch-h0")


def test_what_another_program_wrote_on_the_screen_is_drawn_over(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home)
    terminal.shows("tiny@1", "1 lineage")
    terminal.rest()
    terminal.scribble("Broadcast message from root: the machine goes down")
    terminal.press("down", "up")
    terminal.rest()
    assert "Broadcast" in terminal.text  # only what differs is sent, so only being asked helps
    terminal.press("ctrl+l")
    terminal.shows("1 lineage")
    assert "Broadcast" not in terminal.text


def test_every_place_takes_every_size(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home)
    terminal.shows("tiny@1")
    for number in range(1, len(PLACES) + 1):
        terminal.press(str(number))
        terminal.rest()
        for size in SIZES:
            terminal.resize(*size)
            terminal.rest(0.2)
            assert terminal.process.poll() is None and "Traceback" not in terminal.text, terminal.text
    terminal.press("1")
    terminal.shows("tiny@1")


def test_leaving_gives_the_terminal_back(demo: Client, open_app: Open) -> None:
    """The other screen, the mouse, the cursor and bracketed paste are as they were, and nothing was said."""
    terminal = open_app(demo.workspace.home)
    terminal.shows("tiny@1")
    terminal.rest()
    terminal.press("q")
    terminal.wait(lambda: terminal.process.poll() is not None)
    terminal.pump(0.2)
    assert terminal.process.returncode == 0
    sent = terminal.raw()
    for mode in (b"1049", b"1000", b"1006", b"2004"):
        assert sent.rfind(b"\x1b[?%sl" % mode) > sent.rfind(b"\x1b[?%sh" % mode), mode
    assert sent.rfind(b"\x1b[?25h") > sent.rfind(b"\x1b[?25l")
    assert terminal.text.strip() == ""
