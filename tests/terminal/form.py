"""Fill in and launch a form in the terminal, by keys."""

from __future__ import annotations

from tests.support.terminal import Terminal


def fill(terminal: Terminal, **values: str) -> None:
    """Go down a form to each field, by the first word of its label, and type over what stands there."""
    for label, value in values.items():
        for _ in range(40):
            if terminal.caret.strip().startswith(label):
                break
            terminal.press("down")
            terminal.pump(0.15)
        else:
            raise AssertionError(f"no field {label!r}; on screen:\n{terminal.text}")
        terminal.press("end")
        terminal.pump(0.15)
        terminal.press("ctrl+u")
        terminal.pump(0.15)
        terminal.press(value)
        terminal.wait(lambda text=value: text[-20:] in terminal.caret)


def launch(terminal: Terminal) -> None:
    """Launch the open form; the app goes to the run's curves."""
    terminal.shows("nothing in the way")
    terminal.press("ctrl+s")
    terminal.shows("is queued")
