"""The items of a suite to browse: which kind of them, a search, the list, and the answers to the one chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.compare.items import KINDS, Item, chosen
from tui import theme
from tui.text import one_line
from tui.widgets.item_list import ItemList
from tui.widgets.item_words import item_words
from tui.widgets.pressable import Pressable, pressed
from tui.widgets.search_box import SearchBox, SearchPane


class ItemsPane(SearchPane):
    """`f` goes through the kinds of items, `/` searches in text and answers."""

    DEFAULT_CSS = """
    ItemsPane #kinds { height: 1; text-wrap: nowrap; }
    ItemsPane ItemList { height: 3fr; min-height: 3; }
    ItemsPane #answers {
        height: 2fr; min-height: 3; border-top: solid $border; scrollbar-size-vertical: 1; padding: 0 1;
    }
    ItemsPane #answers Static { height: auto; }
    """

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.kind = "differ"
        self.suite_task = ""
        self.names: dict[str, str] = {}
        self._items: Sequence[Item] = ()

    def compose(self) -> ComposeResult:
        yield Pressable(id="kinds")
        yield SearchBox("words in an item or an answer", id="search")
        yield ItemList(id="list")
        with VerticalScroll(id="answers", can_focus=False):
            yield Static(id="answer")

    @property
    def list(self) -> ItemList:
        return self.query_one(ItemList)

    def show(self, items: Sequence[Item], names: Mapping[str, str], task: str) -> None:
        """All items of a suite; `names` by model, in the order of the table."""
        self._items, self.names, self.suite_task = items, dict(names), task
        if self.kind not in self._kinds():
            self.kind = "differ"
        if self.kind == "differ" and len(names) < 2:
            self.kind = "all"
        self.fill()

    def _kinds(self) -> tuple[str, ...]:
        """Those that there can be: documents are neither right nor wrong, and mostly nothing was learned by heart."""
        kinds = KINDS if not self._items or self._items[0].is_marked else ("all", "differ", "known")
        return kinds if any(item.flag for item in self._items) else tuple(k for k in kinds if k != "known")

    def fill(self) -> None:
        self.list.show(chosen(self._items, self.kind, self.query_text), list(self.names))
        line, kinds = Content(), self._kinds()
        gap = " " if len(kinds) == len(KINDS) else "  "  # all of them have just room in half a screen
        for kind in kinds:
            count, here = sum(item.is_a(kind) for item in self._items), kind == self.kind
            name = (f"{'▸' if here else ' '}{kind} ", f"bold {theme.BRIGHT}" if here else theme.MUTED)
            total = (f"{count:,}{gap}", theme.MUTED if here else theme.FAINT)
            line += pressed(Content.assemble(name, total), f"screen.kind_of({kind!r})")
        if self.query_text:
            line += Content.styled(f"/{one_line(self.query_text)} {len(self.list.items):,}", theme.AMBER)
        self.query_one("#kinds", Static).update(line)

    @on(ItemList.Moved)
    def _moved(self, message: ItemList.Moved) -> None:
        answer = self.query_one("#answer", Static)
        if message.item is None:
            what = "no item holds these words" if self.query_text else f"no item here: {self.kind}"
            answer.update(Content.styled(what if self._items else "", theme.MUTED))
        else:
            answer.update(item_words(message.item, self.names, self.suite_task))
        self.query_one("#answers").scroll_home(animate=False)

    def look(self) -> tuple[Content, Content]:
        """The chosen item, to be read full screen."""
        item, at = self.list.item, self.list.cursor
        if item is None:
            return Content(""), Content("")
        place = f"item {at + 1:,} of {len(self.list.items):,}   "
        head = Content.assemble((place, theme.MUTED), (one_line(item.example_id), f"bold {theme.BRIGHT}"))
        return head, item_words(item, self.names, self.suite_task)

    def show_kind(self, kind: str) -> None:
        self.kind = kind
        self.fill()

    def next_kind(self) -> None:
        kinds = self._kinds()
        self.show_kind(kinds[(kinds.index(self.kind) + 1) % len(kinds)])
