"""A line of words to search for, hidden until it is opened; what it finds follows every key."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from tui import keys


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


class SearchPane(Vertical):
    """A pane with a `SearchBox` over a list. Subclasses have both, and `fill` the list with what is searched for."""

    BINDINGS: ClassVar[list[BindingType]] = keys.SEARCH

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.query_text = ""

    @property
    @abstractmethod
    def list(self) -> Widget:
        """What has the keyboard when the search is left."""

    @abstractmethod
    def fill(self) -> None:
        """Show what `query_text` leaves."""

    def search(self) -> None:
        self.query_one(SearchBox).open()

    @on(SearchBox.Searched)
    def _searched(self, event: SearchBox.Searched) -> None:
        self.query_text = event.text
        self.fill()

    @on(SearchBox.Left)
    def _found(self) -> None:
        self.list.focus()

    def action_clear(self) -> None:
        self.query_one(SearchBox).leave()
