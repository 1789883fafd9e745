"""Fill in and launch a form in the terminal, by keys."""

from __future__ import annotations

import re

from tests.support.terminal import Terminal


def fill(terminal: Terminal, **values: str) -> None:
    """Go down a form to each field, by the first word of its label, and type over what stands there.

    A key waits for the one before it: a caret that is still to move would have the next field typed over.
    """
    for label, value in values.items():
        _go_to(terminal, label)
        terminal.press("end", "ctrl+u")
        terminal.catch_up()
        terminal.press(value)
        terminal.wait(lambda label=label, value=value: holds(terminal.caret, label, value))
    lines = terminal.lines
    for label, value in values.items():
        assert any(holds(line, label, value) for line in lines), (
            f"{label} is not {value!r}; on screen:\n{terminal.text}"
        )


def holds(line: str, label: str, value: str) -> bool:
    """Whether a line of the form has this value, all of it or, when it is long, at least its end, in this field."""
    start = r"\s" if len(value) <= 20 else ".*"
    return re.match(rf"\s*{label}\b.*{start}{re.escape(value[-20:])}(\s|$)", line) is not None


def _go_to(terminal: Terminal, label: str) -> None:
    terminal.catch_up()
    for _ in range(40):
        if re.match(rf"\s*{label}\b", terminal.caret):
            return
        terminal.press("down")
        terminal.catch_up()
    raise AssertionError(f"no field {label!r}; on screen:\n{terminal.text}")


def launch(terminal: Terminal) -> None:
    """Launch the open form; the app goes to the run's curves."""
    terminal.shows("nothing in the way")
    terminal.press("ctrl+s")
    terminal.shows("is queued")
