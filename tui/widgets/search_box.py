"""A line of words to search for, hidden until it is opened; what it finds follows every key."""

from __future__ import annotations

from textual import on
from textual.message import Message
from textual.widgets import Input


class SearchBox(Input):
    """Enter goes back to what was searched and keeps the words; `leave` drops them."""

    DEFAULT_CSS = """
    SearchBox, SearchBox:focus { height: 1; border: none; padding: 0; background: $panel; display: none; }
    SearchBox.-open { display: block; }
    """

    class Searched(Message):
        """Other words are searched for; none: everything is shown."""

        def __init__(self, text: str):
            super().__init__()
            self.text = text

    class Left(Message):
        """The keyboard is wanted elsewhere again."""

    def __init__(self, placeholder: str, *, id: str | None = None):
        super().__init__(placeholder=placeholder, id=id, select_on_focus=False)

    def open(self) -> None:
        self.add_class("-open")
        self.focus()

    def leave(self) -> None:
        """Search for nothing, and go."""
        self.value = ""
        self.remove_class("-open")
        self.post_message(self.Left())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Searched(event.value.strip()))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self.set_class(bool(event.value.strip()), "-open")
        self.post_message(self.Left())
