"""The items of a suite, a line each: a sign for every model, and the item's text.

      123  item
    ▸ ✓✗✓  Return the data object number 0.
      ✗✗✗  Return the files object number 1.

An item that some model may know by heart has a `≡` before its text, where there is any.
Only the lines on screen are made, so that a test set of any size opens at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.compare.items import Item
from tui import keys, theme
from tui.text import fit

SIGNS = {True: "✓", False: "✗", None: "·"}


def sign(mark: bool | None) -> tuple[str, str]:
    """A model's mark on an item, and its colour."""
    return SIGNS[mark], {True: theme.GREEN, False: theme.RED, None: theme.MUTED}[mark]


class ItemList(ScrollView, can_focus=True):
    """The cursor chooses the item whose answers are shown."""

    DEFAULT_CSS = """
    ItemList { overflow-x: hidden; scrollbar-size: 0 1; background: $background; }
    ItemList > .items--cursor { background: $block-cursor-background; text-style: bold; }
    ItemList:blur > .items--cursor { background: $block-cursor-blurred-background; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"items--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = keys.ITEMS

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """Another item is under the cursor; None: there is none."""

        def __init__(self, item: Item | None):
            super().__init__()
            self.item = item

    class Opened(Message):
        """Enter, or a click on the item under the cursor."""

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.items: Sequence[Item] = ()
        self._models: tuple[str, ...] = ()
        self._any_flag = False

    def show(self, items: Sequence[Item], models: Sequence[str]) -> None:
        """These items, with signs in the order of `models`. The cursor stays with its item, else goes to the first."""
        before = (self.item.example_id, self.item.input) if self.item else None  # suites number their items alike
        self.items, self._models = items, tuple(models)
        self._any_flag = any(item.flag for item in items)
        self.virtual_size = Size(0, len(items) + 1)
        self.cursor = next((at for at, item in enumerate(items) if (item.example_id, item.input) == before), 0)
        self.refresh()
        self._moved()

    @property
    def item(self) -> Item | None:
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(self.items) - 1))

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 2))

    def action_edge(self, last: bool) -> None:
        self.cursor = max(0, len(self.items) - 1) if last else 0

    def action_open(self) -> None:
        if self.item:
            self.post_message(self.Opened())

    def watch_cursor(self) -> None:
        self._moved()

    def _moved(self) -> None:
        top, height = round(self.scroll_offset.y), max(1, self.size.height - 1)
        if not top <= self.cursor < top + height:
            self.scroll_to(y=max(0, self.cursor - height // 2), animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved(self.item))

    def on_click(self, event: events.Click) -> None:
        at = event.y - 1 + round(self.scroll_offset.y)
        if event.y >= 1 and 0 <= at < len(self.items):
            if at == self.cursor:
                self.action_open()
            self.cursor = at

    def render_line(self, y: int) -> Strip:
        width, base = self.scrollable_content_region.width, self.rich_style
        number = round(self.scroll_offset.y) + y - 1
        if y == 0:
            return Strip([Segment(fit(self._head(), width), base + Style(color=theme.MUTED))])
        if number >= len(self.items):
            return Strip.blank(width, base)
        here = number == self.cursor
        under = self.get_component_rich_style("items--cursor") if here else base
        ground = Style(bgcolor=under.bgcolor, bold=True if here else None)
        segments = self._line(self.items[number], width)
        return Strip([Segment(s.text, base + (s.style or Style()) + ground) for s in segments])

    def _head(self) -> str:
        """The models' numbers over their signs; over documents, what the figure is."""
        if self.item is not None and not self.item.is_marked:
            return " apart  " + "  " * self._any_flag + "item"
        numbers = "".join(str((at + 1) % 10) for at in range(len(self._models)))
        return f" {numbers}{'  ' * (1 + self._any_flag)}item"

    def _line(self, item: Item, width: int) -> list[Segment]:
        if item.is_marked:
            marks = [sign(item.correct.get(model)) for model in self._models]
            lead = [Segment(" "), *(Segment(mark, Style(color=colour)) for mark, colour in marks), Segment("  ")]
        else:  # documents are never right, just better predicted
            lead = [Segment(f" {item.spread:5.2f}  ", Style(color=theme.MUTED))]
        if self._any_flag:
            lead.append(Segment("≡ " if item.flag else "  ", Style(color=theme.AMBER)))
        used = sum(segment.cell_length for segment in lead)
        return [*lead, Segment(fit(item.input, max(0, width - used)), Style(color=theme.TEXT))]
