"""The terminal's and the user's ways, as bytes: colours that may be sent, titles, clipboard, mouse, own settings."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from engine.config.schema import CorpusConfig, SourceConfig
from engine.launch.client import Client
from tests.terminal.conftest import Open

_SGR = re.compile(rb"\x1b\[([0-9;]*)m")


def _colours(sent: bytes) -> set[bytes]:
    """The colour parameters of every SGR sequence: `38;2;...` and `48;5;...` whole, `31`, `97`, `49` by themselves."""
    found = set()
    for match in _SGR.finditer(sent):
        for one in re.findall(rb"[34]8;2;\d+;\d+;\d+|[34]8;5;\d+|\d+", match[1]):
            if b";" in one or 30 <= int(one) <= 49 or 90 <= int(one) <= 107:
                found.add(one)
    return found


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The user's settings file, as `open_app` finds it."""
    file = tmp_path / "config" / "graftline" / "settings.toml"
    file.parent.mkdir(parents=True)
    return file


def test_no_color_sends_none(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home, NO_COLOR="1")
    terminal.shows("tiny@1", "areas-scratch")
    terminal.press("3", "question_mark", "escape", "2")
    terminal.rest()
    assert _colours(terminal.raw()) <= {b"39", b"49"}, "the terminal's own two"
    assert b"\x1b[7m" in terminal.raw() or b";7" in terminal.raw(), "the cursor is reversed"


def test_a_terminal_of_sixteen_colours_gets_its_own(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home, TERM="xterm", COLORTERM="")
    terminal.shows("tiny@1", "areas-scratch")
    terminal.rest()
    colours = _colours(terminal.raw())
    assert not any(b";" in colour for colour in colours)
    assert {b"32", b"39", b"49"} <= colours


def test_the_title_counts_what_runs_and_is_given_back(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home)
    terminal.shows("tiny@1")
    terminal.wait(lambda: b"\x1b]2;" in terminal.raw())
    assert re.search(
        rb"\x1b\[22;0t\x1b\]2;\xe2\x96\xb6 1 \xc2\xb7 [^\x1b]*/runs \xc2\xb7 graftline\x1b\\", terminal.raw()
    )
    terminal.press("q")
    terminal.wait(lambda: terminal.process.poll() is not None)
    terminal.pump(0.2)
    assert b"\x1b[23;0t" in terminal.raw()
    assert b"\a" not in re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", terminal.raw()), "and no bell rang"


def test_over_ssh_the_line_is_spared(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home, SSH_CONNECTION="10.0.0.1 5 10.0.0.2 22")
    terminal.shows("tiny@1", "≈")


def test_copying_reaches_the_clipboard_through_tmux_too(demo: Client, open_app: Open) -> None:
    terminal = open_app(demo.workspace.home, TMUX="/tmp/tmux-0/default,1,0")
    terminal.shows("tiny@1", "areas-scratch")
    terminal.rest()
    terminal.press("Y")
    terminal.shows("Copied")
    copied = re.search(rb"(?<!\x1b)\x1b\]52;c;([^\x07]+)\x07", terminal.raw())
    assert copied and base64.b64decode(copied[1]) == b"tiny@1"
    assert b"\x1bPtmux;\x1b\x1b]52;c;" + copied[1] in terminal.raw()


def test_settings_are_the_user_s(demo: Client, open_app: Open, settings: Path) -> None:
    settings.write_text('theme = "light"\nplace = "runs"\nmouse = false\n[keys]\napp.quit = "f10"\nrun.frob = "x"\n')
    terminal = open_app(demo.workspace.home)
    terminal.shows("f10 quit", "evaluate", "no such key binding")
    assert b"\x1b[?1000h" not in terminal.raw()
    assert b"48;2;252;252;250" in terminal.raw()
    terminal.press("q")
    terminal.rest()
    assert terminal.process.poll() is None
    terminal.press("\x1b[21~")
    terminal.wait(lambda: terminal.process.poll() is not None)


def test_who_looks_elsewhere_is_told_by_the_terminal_and_by_a_program(
    workspace: Client, open_app: Open, settings: Path, tmp_path: Path
) -> None:
    """A real run that fails."""
    heard = tmp_path / "heard"
    settings.write_text(f'[notify]\ncommand = ["sh", "-c", \'cat > "$0"\', "{heard}"]\n')
    terminal = open_app(workspace.workspace.home)
    terminal.rest()
    terminal.press("\x1b[O")  # the window lost the keyboard
    text = tmp_path / "texts"
    text.mkdir()
    (text / "short.txt").write_text("x")  # too little to train a vocabulary on
    run_id = workspace.submit(CorpusConfig(name="short", sources=(SourceConfig(path=str(text)),))).run_id
    terminal.wait(lambda: b"\x1b]777;notify;" in terminal.raw() and heard.exists(), every=0.1)
    assert re.search(rb"\x1b\]777;notify;Graftline;short failed: [^\x1b]+\x1b\\", terminal.raw())
    assert re.search(rb"\x1b\]9;Graftline: short failed: [^\x1b]+\x1b\\", terminal.raw())
    terminal.wait(lambda: heard.read_text().endswith("}"))
    news = json.loads(heard.read_text())
    assert (news["run_id"], news["what"]) == (run_id, "failed")
    terminal.shows("short failed: ")
