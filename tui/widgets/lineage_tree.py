"""The lineage tree: one line a node, with its state, losses, score, cost and age in aligned columns.

    Lineage + View  ->  Outline  ->  the lines in sight, drawn; a newer lineage redraws only what looks different

Draws its own lines, so that foreign text is never parsed and columns line up at any width. The node under the cursor is
kept by its id when the tree changes around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine.store.rows import Lineage, Node
from tui import keys, theme
from tui.lineage_rows import Line, Outline, View, every, path_to, title
from tui.text import fit
from tui.widgets.lineage_columns import Row, cells, columns, head

NO_MATCH = "   Nothing here matches; esc shows everything."
EMPTY = Lineage(roots=(), costs=())


class LineageTree(ScrollView, can_focus=True):
    """The tree. Its screen hears `Moved` when another node, or a newer state of it, is under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tree--cursor", "tree--head"}
    BINDINGS: ClassVar[list[BindingType]] = keys.TREE

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Moved(Message):
        line: Line | None

    @dataclass
    class Opened(Message):
        """A click on the line under the cursor."""

        line: Line

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.lineage = EMPTY
        self.view = View()
        self.outline = Outline(EMPTY)
        self.marked: frozenset[str] = frozenset()
        self.progress: Mapping[str, float] = {}
        self.now = 0.0
        self._fresh = True
        self._drawn: dict[int, Strip] = {}
        """What was last drawn, by line of the widget: what is still the same is not sent again."""
        self._made: dict[tuple[int, bool], Strip] = {}
        """Rows as drawn without and with the cursor, while nothing but cursor and scrolling changes."""
        self._made_for: tuple[int, object] = (0, None)

    # --- what it shows --------------------------------------------------------------------------

    def show(self, lineage: Lineage, *, now: float, progress: Mapping[str, float]) -> None:
        """Draw a newer lineage. `progress`: share done by run id, of those that run."""
        self.now, self.progress = now, progress
        if lineage is not self.lineage:
            self.lineage = lineage
            self._arrange()
        else:
            self.redraw()
        if self._fresh and len(self.outline):
            self._fresh = False
            nodes = (node for _, node in self.outline.hits())
            base = next((n for n, node in enumerate(nodes) if node.kind == "base"), 0)
            self.cursor = base  # a base says more about a workspace than the corpus above it

    def see(self, **changes: Any) -> None:
        """Change how the tree is looked at (fields of `View`). A new filter puts the cursor on its first match."""
        self.view = replace(self.view, **changes)
        self._arrange()
        if changes.get("hits") and self.line is not None and not self.line.hit:
            self.cursor = next((row for row, _ in self.outline.hits()), 0)

    def mark(self, marked: frozenset[str]) -> None:
        self.marked = marked
        self.redraw()

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.outline.line(self.cursor) if self.cursor < len(self.outline) else None

    @property
    def node(self) -> Node | None:
        """The node under the cursor; None on a line that stands for several."""
        line = self.line
        return line.node if line is not None and not line.more else None

    def go_to(self, node_id: str) -> bool:
        """Put the cursor on a node, opening what hides it. False when there is no such node."""
        if self.outline.row(node_id) is None:
            path = path_to(self.lineage, node_id)
            if path is None:
                return False
            above = {node.id for node in path}
            self.see(folded=self.view.folded - above, hits=None)
            if self.outline.row(node_id) is None:
                self.see(whole=self.view.whole | above)
        self.cursor = self.outline.row(node_id) or 0
        return True

    def _arrange(self) -> None:
        """Lay the lines out anew; the cursor stays with its node, or goes to what now hides it."""
        before = self.line
        self.outline = Outline(self.lineage, self.view)
        self.virtual_size = Size(0, len(self.outline) + 1)
        row = self.outline.row_of(before) if before else None
        last = max(0, len(self.outline) - 1)
        self.set_reactive(LineageTree.cursor, min(self.cursor if row is None else row, last))
        self._keep_in_sight()
        self.redraw()
        if not _same(before, self.line):
            self.post_message(self.Moved(self.line))

    # --- moving ---------------------------------------------------------------------------------

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self.outline) - 1))

    def watch_cursor(self) -> None:
        self._keep_in_sight()
        self._send_changes()
        self.post_message(self.Moved(self.line))

    def _keep_in_sight(self) -> None:
        """Scroll so that the cursor shows, below the heading that never scrolls away."""
        height = self.scrollable_content_region.height - 1
        if height < 1:
            return  # not laid out yet
        top = round(self.scroll_offset.y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def on_resize(self) -> None:
        self.call_after_refresh(self._keep_in_sight)

    def action_move(self, by: int) -> None:
        self.cursor += by

    def action_page(self, by: int) -> None:
        self.cursor += by * max(1, self.scrollable_content_region.height - 2)

    def action_edge(self, last: bool) -> None:
        self.cursor = len(self.outline) - 1 if last else 0

    def action_fold(self) -> None:
        """Fold the node, or go up to its parent when there is nothing to fold."""
        line = self.line
        if line is None:
            return
        if line.node.children and not line.folded and not line.more and self.view.hits is None:
            self.see(folded=self.view.folded | {line.node.id}, whole=self.view.whole - {line.node.id})
        elif line.path:
            self.cursor = self.outline.row(line.path[-1].id) or 0

    def action_unfold(self) -> None:
        """Unfold the node or the rest of a huge group, else go to the first child."""
        line = self.line
        if line is None:
            return
        if line.more:
            self.see(whole=self.view.whole | {line.node.id})
        elif line.folded:
            self.see(folded=self.view.folded - {line.node.id})
        elif line.node.children:
            self.cursor += 1

    def action_fold_all(self) -> None:
        """Only corpora and bases are left, and what stands beside them."""
        parents = {node.id for node in every(self.lineage) if node.children and node.kind != "corpus"}
        self.see(folded=frozenset(parents), whole=frozenset())

    def action_unfold_all(self) -> None:
        self.see(folded=frozenset())

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self)
        row = round(self.scroll_offset.y) + inside.y - 1 if inside is not None and inside.y > 0 else -1
        if not 0 <= row < len(self.outline):
            return
        line = self.outline.line(row)
        if row == self.cursor and (event.chain >= 2 or line.more):
            self.post_message(self.Opened(line))
        self.cursor = row

    # --- drawing --------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Make all lines anew, and send those in sight that look different now."""
        self._made.clear()
        self._send_changes()

    def _send_changes(self) -> None:
        width, height = self.scrollable_content_region.size
        self._drawn = {y: strip for y, strip in self._drawn.items() if y < height}
        changed = [y for y, strip in self._drawn.items() if self._strip(y) != strip]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def notify_style_update(self) -> None:
        self._made.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        self._drawn[y] = strip = self._strip(y)
        return strip

    def _strip(self, y: int) -> Strip:
        """A line of the widget: the headings, a row of the outline, or nothing."""
        width = self.scrollable_content_region.width
        if y == 0:
            style = self.get_component_rich_style("tree--head")
            return Strip(head(columns(width), style, self.view.sort, self.view.turned)).crop_extend(0, width, style)
        row = round(self.scroll_offset.y) + y - 1
        if row >= len(self.outline):
            nothing = NO_MATCH if row == 0 and self.view.hits is not None else ""
            return Strip([Segment(fit(nothing, width), self.rich_style + Style(color=theme.MUTED))], width)
        if self._made_for != (width, theme.PALETTE):
            self._made_for = (width, theme.PALETTE)
            self._made.clear()
        key = (row, row == self.cursor)
        if key not in self._made:
            self._made[key] = self._make(row, width)
        return self._made[key]

    def _make(self, row: int, width: int) -> Strip:
        base = self.rich_style
        under = self.get_component_rich_style("tree--cursor") if row == self.cursor else base
        ground = Style(bgcolor=under.bgcolor, bold=under.bold, reverse=under.reverse)
        drawn = cells(self._row(row), columns(width))
        segments = [Segment(s.text, base + s.style + ground if s.style else base + ground) for s in drawn]
        return Strip(segments).crop_extend(0, width, base + ground)

    def _row(self, row: int) -> Row:
        line = self.outline.line(row)
        id = "" if line.more else line.node.id
        progress = self.progress.get(line.node.run_id or "")
        return Row(line, row == self.cursor, id in self.marked, id in self.view.pinned, progress, self.now)


def _same(one: Line | None, other: Line | None) -> bool:
    """Whether two lines say the same of the same node; what is below it does not matter."""
    if one is None or other is None:
        return one is other
    if one.more != other.more or [title(node) for node in one.path] != [title(node) for node in other.path]:
        return False
    return one.node is other.node or one.node == other.node
