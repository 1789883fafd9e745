"""What is sent to the terminal besides the picture, and how slow a line is found to be."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.support.screen import control_characters
from tui import terminal
from tui.frame import line_for
from tui.keymap import keymap, known, sections
from tui.line import STALLED, WINDOW, LineWatch

EVIL = "a\x1b]52;c;aGk=\x07;b\x9c\x1b\\\u202etxt.exe"


def test_the_clipboard_gets_the_text_as_it_stands() -> None:
    sent = terminal.clipboard(EVIL)
    assert sent.startswith("\x1b]52;c;") and sent.endswith("\a")
    assert base64.b64decode(sent[7:-1]).decode() == EVIL
    assert not control_characters(sent[7:-1])


@pytest.mark.parametrize("sent", [terminal.notification(EVIL, EVIL), terminal.title(EVIL)])
def test_no_control_of_a_foreign_name_reaches_the_terminal(sent: str) -> None:
    inside = sent.replace("\x1b]9;", "").replace("\x1b]777;", "").replace("\x1b]2;", "").replace("\x1b\\", "")
    assert not control_characters(inside)


def test_a_notification_keeps_the_fields_apart() -> None:
    fields = terminal.notification("a;b", "c;d").split("\x1b]777;")[1].removesuffix("\x1b\\")
    assert fields == "notify;a,b;c,d"


def test_tmux_is_asked_to_pass_it_on() -> None:
    inside = {"TMUX": "/tmp/tmux-0/default,1,0"}
    assert terminal.wrapped("\x1b]9;hi\x1b\\", inside) == "\x1bPtmux;\x1b\x1b]9;hi\x1b\x1b\\\x1b\\"
    assert terminal.wrapped("\x1b]9;hi\x1b\\", {}) == "\x1b]9;hi\x1b\\"
    assert terminal.wrapped(terminal.title("hi"), inside) == terminal.title("hi"), "tmux has titles of its own"


def test_a_line_is_slow_when_writing_to_it_waits() -> None:
    watch = LineWatch()
    assert not any(watch.stalls(0.02 * second) for second in range(60)), "a little waiting is every line's"
    watch = LineWatch()
    assert [watch.stalls(0.4 * second) for second in range(1, 5)] == [False, False, True, True]


def test_what_waited_long_ago_is_forgotten() -> None:
    watch = LineWatch()
    assert watch.stalls(STALLED + 1)
    assert [watch.stalls(STALLED + 1) for _ in range(WINDOW)][-1] is False


@pytest.mark.parametrize(
    ("wanted", "environment", "slow"),
    [
        ("auto", {}, False),
        ("auto", {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, True),
        ("fast", {"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, False),
        ("slow", {}, True),
    ],
)
def test_a_line_begins_as_slow_over_ssh_or_when_told(wanted: str, environment: dict[str, str], slow: bool) -> None:
    assert line_for(wanted, environment) is slow


def test_keys_of_one_s_own_are_checked_by_name() -> None:
    file = Path("settings.toml")
    wanted = {"app.quit": "ctrl+q, f10", "app.qit": "x", "app.help": "ctrl+frob", "place.runs": ",", "place.logs": ""}
    good, wrong = keymap(wanted, dict.fromkeys(wanted, file))
    assert good == {"app.quit": "ctrl+q,f10", "place.runs": "comma"}
    assert [str(problem) for problem in wrong] == [
        "settings.toml: keys.app.qit: there is no such key binding (did you mean app.quit?)",
        "settings.toml: keys.app.help: 'ctrl+frob' is not a key (for example q, ctrl+q, f5, shift+left or slash)",
        "settings.toml: keys.place.logs: '' is not a key (for example q, ctrl+q, f5, shift+left or slash)",
    ]


def test_a_binding_left_without_a_key_is_said() -> None:
    taken = {"place.runs": "q", "tree.first": "G", "log.down": "?"}
    good, wrong = keymap(taken, {})
    assert good == taken, "the user's word counts"
    assert [str(problem) for problem in wrong] == [
        "keys.place.runs: takes the only key of app.quit (give app.quit another key too)"
    ], "tree.last has end besides G, and ? is another list's"
    assert keymap(taken | {"app.quit": "ctrl+q"}, {})[1] == []


def test_every_binding_has_a_name_and_says_what_it_does() -> None:
    for section, bindings in sections().items():
        for binding in bindings:
            assert binding.id and "." in binding.id, (section, binding)
            assert binding.tooltip, binding.id


def test_a_shipped_key_can_be_given_as_one_s_own() -> None:
    """Whatever key we ship is one that the settings accept."""
    _, wrong = keymap({name: binding.key for name, binding in known().items()}, {})
    assert not wrong
