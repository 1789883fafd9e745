"""A form whose every field says beside itself what is wrong with it.

    epochs         3,5                                  '3,5' is not a number
    what learns    ● full   ○ last-block   ○ head       'head' goes with classify, not instruct

Label, editor, and the problem or, in its absence, the hint: below the editor, or where
the screen's style sheet makes the body horizontal, at its right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from tui import keys, theme
from tui.text import words


class Options(Widget, can_focus=True):
    """A choice of a few, all in sight: left and right (or space) choose; plus takes one more, for a sweep.

    `value` is the chosen one, or several with bars between them.
    """

    DEFAULT_CSS = """
    Options { height: 1; width: 1fr; }
    Options:focus { background: $block-cursor-blurred-background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.OPTIONS

    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another option is chosen."""

    def __init__(self, options: Sequence[str], value: str, *, several: bool = False):
        super().__init__()
        self._several = several
        self.options = tuple(options)
        self.set_reactive(Options.value, value)

    def render(self) -> Content:
        parts: list[tuple[str, str]] = []
        for option in self._in_sight():
            chosen = option in self.chosen
            colour = theme.GREEN if chosen else theme.FAINT
            parts.append(("● " if chosen else "○ ", colour))
            parts.append((f"{_shown(option)}  ", f"bold {theme.BRIGHT}" if chosen else theme.MUTED))
        return Content.assemble(*parts)

    def _in_sight(self) -> tuple[str, ...]:
        """The options from the first one with which the chosen one still fits."""
        if self.chosen[-1] not in self.options:
            return self.options
        at, room = self.options.index(self.chosen[-1]), self.content_size.width
        width = [len(_shown(option)) + 4 for option in self.options]
        return self.options[next((n for n in range(at) if sum(width[n : at + 1]) - 2 <= room), at) :]

    def watch_value(self) -> None:
        self.post_message(self.Changed())

    def action_choose(self, by: int) -> None:
        at = self.options.index(self.chosen[-1]) if self.chosen[-1] in self.options else -1
        self.value = self.options[(at + by) % len(self.options)]

    def action_add(self) -> None:
        """Take the next option that is not taken yet, where several may be."""
        at = self.options.index(self.chosen[-1]) if self.chosen[-1] in self.options else -1
        ahead = [*self.options[at + 1 :], *self.options[: at + 1]]
        if self._several and (more := next((option for option in ahead if option not in self.chosen), None)):
            self.value = f"{self.value} | {more}"

    @property
    def chosen(self) -> list[str]:
        return self.value.split(" | ")

    def on_click(self, event: events.Click) -> None:
        at = event.x - self.styles.padding.left
        for option in self._in_sight():
            if 0 <= at < len(_shown(option)) + 2:
                self.value = option
                return
            at -= len(_shown(option)) + 4


def _shown(option: str) -> str:
    """An option that is nothing, as a dash."""
    return option or "–"


class Completions(Suggester):
    """Completes the last of comma-separated words from a list, or a path from the disk."""

    def __init__(self, known: Callable[[], Sequence[str]] | None = None):
        super().__init__(use_cache=False, case_sensitive=True)
        self._known = known

    async def get_suggestion(self, value: str) -> str | None:
        _, comma, typed = value.rpartition(",")
        typed = typed.lstrip() if comma else value
        if not typed:
            return None
        if self._known is None:
            return await asyncio.to_thread(complete_path, value)
        found = next((word for word in self._known() if word.startswith(typed) and word != typed), None)
        return None if found is None else value + found[len(typed) :]


def complete_path(typed: str) -> str | None:
    """The first file or folder, by name, whose path begins so; folders end in `/`."""
    head, slash, start = typed.rpartition("/")
    folder = Path(f"{head}{slash}").expanduser() if slash else Path()
    try:
        names = sorted(
            f"{entry.name}/" if entry.is_dir() else entry.name
            for entry in folder.iterdir()
            if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
        )
    except OSError:
        return None
    return f"{head}{slash}{names[0]}" if names else None


class FormField(Horizontal):
    """One line of a form. `problem` takes the hint's place while it lasts."""

    DEFAULT_CSS = """
    FormField { height: 2; width: 1fr; }
    FormField .label { width: 15; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
    FormField.-here .label { color: $foreground; text-style: bold; }
    FormField.-wrong .label { color: $error; }
    FormField .body { width: 1fr; height: 2; }
    FormField .aside { width: 1fr; padding-left: 1; color: $faint; text-wrap: nowrap; text-overflow: ellipsis; }
    FormField.-wrong .aside { color: $error; }
    FormField Input { width: 1fr; max-width: 60; height: 1; border: none; padding: 0 1; background: $panel; }
    FormField Input:focus { border: none; background: $block-cursor-background; background-tint: $foreground 0%; }
    FormField Options { width: 1fr; max-width: 60; padding: 0 1; }
    """

    problem: reactive[str] = reactive("")

    class Changed(Message):
        """The field holds another value."""

        def __init__(self, field: FormField):
            super().__init__()
            self.field = field

    def __init__(
        self,
        key: str,
        label: str,
        value: str = "",
        *,
        options: Sequence[str] = (),
        hint: str = "",
        default: str = "",
        several: bool = False,
        suggester: Suggester | None = None,
    ):
        super().__init__()
        self.key, self._label, self.hint = key, label, hint
        self.options, self.several = tuple(options), several
        self._typed = False
        self._expected = value
        self.editor: Options | Input = (
            Options(options, value, several=several)
            if options
            else Input(value, placeholder=default or hint, suggester=suggester, select_on_focus=False)
        )

    def compose(self) -> ComposeResult:
        yield Static(words(self._label), classes="label")
        with Vertical(classes="body"):
            yield self.editor
            yield Static(words(self.hint), classes="aside")

    @property
    def value(self) -> str:
        return self.editor.value

    @property
    def typed(self) -> bool:
        """The user gave this value, rather than the form; true from the keystroke on, before its message comes."""
        return self._typed or self.editor.value != self._expected

    def fill(self, value: str) -> None:
        """Set a value that the user did not type."""
        self._expected = value
        self.editor.value = value

    def take(self, value: str) -> None:
        """Set a value as if the user had typed it."""
        self.editor.value = value
        self._typed = True

    def watch_problem(self, problem: str) -> None:
        self.set_class(bool(problem), "-wrong")
        if self.is_mounted:
            self.query_one(".aside", Static).update(words(f"✗ {problem}") if problem else words(self.hint))

    def on_descendant_focus(self) -> None:
        self.add_class("-here")

    def on_descendant_blur(self) -> None:
        self.remove_class("-here")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._typed = self.typed
        self.post_message(self.Changed(self))

    def on_options_changed(self, event: Options.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self))
