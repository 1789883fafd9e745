"""Where a prompt is written: enter asks, ctrl+j (or shift+enter, where the terminal tells) begins a new line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.message import Message
from textual.widgets import TextArea

from tui import keys
from tui.text import many_lines


class PromptBox(TextArea):
    """Up and down in an empty box, or in a prompt just fetched, go through what was asked before."""

    DEFAULT_CSS = """
    PromptBox {
        height: auto; min-height: 3; max-height: 8; border: none; border-left: thick $primary-muted; padding: 0 1;
        background: $surface; scrollbar-size-vertical: 1;
    }
    PromptBox:focus { border: none; border-left: thick $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.PROMPT

    class Asked(Message):
        """Enter: this text is to be asked."""

        def __init__(self, text: str):
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None):
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, compact=True, highlight_cursor_line=False,
            placeholder="Write a prompt. Enter asks every model, ctrl+j begins a new line.",
        )  # fmt: skip
        self.past: list[str] = []
        self._at = 0
        """Which of the past prompts is in the box; one beyond the last: none."""

    def action_ask(self) -> None:
        text = self.text
        if text.strip():
            if not self.past or self.past[-1] != text:
                self.past.append(text)
            self._at = len(self.past)
            self.clear()
            self.post_message(self.Asked(text))

    def action_newline(self) -> None:
        self.insert("\n")

    def edit(self, edit: Edit) -> EditResult:
        """Controls that were pasted become their pictures here: the box draws what it holds as it stands."""
        edit.text = many_lines(edit.text)
        return super().edit(edit)

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("up", "down") and self._is_past():
            event.stop()
            event.prevent_default()
            self._turn(-1 if event.key == "up" else 1)

    def _is_past(self) -> bool:
        return bool(self.past) and (not self.text or (self._at < len(self.past) and self.text == self.past[self._at]))

    def _turn(self, by: int) -> None:
        self._at = max(0, min(self._at + by, len(self.past)))
        self.text = self.past[self._at] if self._at < len(self.past) else ""
        self.move_cursor(self.document.end)
