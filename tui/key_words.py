"""How keys are written for people: `?` for question_mark, `pgdn` for pagedown, `esc`, `^a`, `f /` for two."""

from __future__ import annotations

from textual.binding import Binding
from textual.keys import key_to_character

_WORDS = {
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "delete": "del",
    "backspace": "bksp",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "space": "space",
    "tab": "tab",
    "enter": "enter",
    "slash": "/",
    "backslash": "\\",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
    "at": "@",
}


def spoken(key: str) -> str:
    """One key."""
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    name = _WORDS.get(last) or (key_to_character(last) if len(last) > 1 else last) or last
    if modifiers == ["ctrl"]:
        return f"^{name}"
    return f"⇧{name}" if modifiers == ["shift"] else "+".join([*modifiers, name])


def first(binding: Binding) -> str:
    """The key to show where there is room for one. A user's own key is never hidden behind what was shipped."""
    return binding.key_display or spoken(binding.key.split(",")[0])


def all_of(bindings: list[Binding]) -> str:
    """Every key that does the same, the first first."""
    keys = [key for binding in bindings for key in binding.key.split(",")]
    return " ".join(dict.fromkeys(spoken(key.strip()) for key in keys))
