"""The lineage tree: one line a node, with its state, losses, score, cost and age in aligned columns.

Draws its own lines, so that foreign text is never parsed, columns line up at any width, and a change of one number
redraws one screenful. The node under the cursor is kept by its id when the tree changes around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from engine import figures
from engine.store.rows import Lineage, Node
from tui import keys, theme
from tui.lineage_rows import SHORT, Line, headline, lines, title
from tui.text import cut, fit

EMPTY = Lineage(roots=(), costs=())


@dataclass(frozen=True)
class Columns:
    """Widths in cells; 0: not shown. The name takes what is left."""

    name: int
    heldout: int = 0
    spark: int = 0
    score: int = 0
    metric: int = 0
    bits: int = 0
    cost: int = 0
    age: int = 0


def columns(width: int) -> Columns:
    """Which columns a line of `width` cells has room for, the most telling first."""
    room = width - 2  # the mark
    given: dict[str, int] = {}
    wishes = (
        ("heldout", 7, 34), ("score", 11, 46), ("cost", 7, 54), ("age", 5, 60), ("spark", 9, 68), ("metric", 5, 76),
        ("bits", 8, 98),
    )  # fmt: skip
    for name, wide, least in wishes:
        if width >= least:
            given[name] = wide
    if width >= 130:
        given["spark"] = 25
    return Columns(name=max(8, room - sum(given.values())), **given)


class LineageTree(ScrollView, can_focus=True):
    """The tree. Its screen hears `Moved` when another node, or a newer state of it, is under the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tree--cursor", "tree--head"}
    BINDINGS: ClassVar[list[BindingType]] = keys.TREE

    cursor: reactive[int] = reactive(0)

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
        self.lines: list[Line] = []
        self.query_text = ""
        self.folded: frozenset[str] = frozenset()
        self.marked: frozenset[str] = frozenset()
        self.progress: Mapping[str, float] = {}
        self.now = 0.0
        self._fresh = True

    # --- what it shows --------------------------------------------------------------------------

    def show(self, lineage: Lineage, *, now: float, progress: Mapping[str, float]) -> None:
        """Draw a newer lineage. `progress`: share done by run id, of those that run."""
        self.lineage, self.now, self.progress = lineage, now, progress
        self._arrange()
        if self._fresh and self.lines:
            self._fresh = False
            base = next((n for n, line in enumerate(self.lines) if line.node.kind == "base"), 0)
            self.cursor = base  # a base says more about a workspace than the corpus above it

    def filter(self, query: str) -> None:
        """Show what matches and what leads there, with the cursor on a match."""
        self.query_text = query
        self._arrange()
        if self.line is not None and not self.line.hit:
            self.cursor = next(n for n, line in enumerate(self.lines) if line.hit)

    def mark(self, marked: frozenset[str]) -> None:
        self.marked = marked
        self.refresh()

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.lines[self.cursor] if self.cursor < len(self.lines) else None

    def go_to(self, node_id: str) -> bool:
        """Put the cursor on a node, opening what hides it."""
        if not any(line.node.id == node_id for line in self.lines):
            self.folded = frozenset()
            self._arrange()
        for index, line in enumerate(self.lines):
            if line.node.id == node_id:
                self.cursor = index
                return True
        return False

    def _arrange(self) -> None:
        before = self.line
        self.lines = lines(self.lineage, query=self.query_text, folded=self.folded)
        self.virtual_size = Size(0, len(self.lines) + 1)
        ids = [line.node.id for line in self.lines]
        index = ids.index(before.node.id) if before and before.node.id in ids else self.cursor
        self.set_reactive(LineageTree.cursor, max(0, min(index, len(ids) - 1)))
        self._keep_in_sight()
        self.refresh()
        if self.line != before:
            self.post_message(self.Moved(self.line))

    # --- moving ---------------------------------------------------------------------------------

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self.lines) - 1))

    def watch_cursor(self) -> None:
        self._keep_in_sight()
        self.refresh()
        self.post_message(self.Moved(self.line))

    def _keep_in_sight(self) -> None:
        """Scroll so that the cursor shows, below the heading that never scrolls away."""
        height = max(1, self.scrollable_content_region.height - 1)
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
        self.cursor = len(self.lines) - 1 if last else 0

    def action_fold(self) -> None:
        """Fold the node, or go up to its parent when there is nothing to fold."""
        line = self.line
        if line is None:
            return
        if line.node.children and not line.folded:
            self.folded |= {line.node.id}
            self._arrange()
        elif line.path:
            self.go_to(line.path[-1].id)

    def action_unfold(self) -> None:
        line = self.line
        if line is not None and line.folded:
            self.folded -= {line.node.id}
            self._arrange()
        elif line is not None and line.node.children:
            self.cursor += 1

    def on_click(self, event: events.Click) -> None:
        inside = event.get_content_offset(self)
        row = round(self.scroll_offset.y) + inside.y - 1 if inside is not None and inside.y > 0 else -1
        if not 0 <= row < len(self.lines):
            return
        if row == self.cursor and event.chain >= 2:
            self.post_message(self.Opened(self.lines[row]))
        self.cursor = row

    # --- drawing --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        wide = columns(width)
        base = self.rich_style
        if y == 0:
            return Strip(_head(wide, self.get_component_rich_style("tree--head")), width).crop_extend(0, width, base)
        row = round(self.scroll_offset.y) + y - 1
        if row >= len(self.lines):
            return Strip.blank(width, base)
        under = self.get_component_rich_style("tree--cursor") if row == self.cursor else base
        ground = Style(bgcolor=under.bgcolor, bold=under.bold)
        segments = [
            Segment(s.text, base + s.style + ground if s.style else base + ground) for s in self._row(row, wide)
        ]
        return Strip(segments).crop_extend(0, width, base + ground)

    def _row(self, row: int, wide: Columns) -> list[Segment]:
        line = self.lines[row]
        node = line.node
        marked = node.id in self.marked
        cells = [Segment("● " if marked else "  ", Style(color=theme.AMBER))]
        cells += self._title(line, wide.name)
        cells.append(_number(figures.loss(node.heldout_loss), wide.heldout))
        if wide.spark:
            trend = figures.sparkline(node.loss_history, wide.spark - 2)
            cells.append(Segment(" " + trend + " ", Style(color=theme.BLUE)))
        score = headline(node)
        if score is not None:
            text = figures.interval(score.value, score.low, score.high)
            cells.append(Segment(fit(text, wide.score, right=True), Style(color=theme.BRIGHT, bold=True)))
            cells.append(Segment(fit(" " + SHORT.get(score.metric, ""), wide.metric), Style(color=theme.MUTED)))
        else:
            cells.append(_number("", wide.score + wide.metric))
        bits = node.bits_per_byte[0].value if node.bits_per_byte else None
        cells.append(_number(figures.loss(bits) if bits is not None else "", wide.bits))
        cells.append(_number(figures.duration(node.cost.seconds) if node.cost.seconds else "", wide.cost))
        age = figures.age(self.now - node.created) if node.created else ""
        cells.append(Segment(fit(age, wide.age, right=True), Style(color=theme.MUTED)))
        return cells

    def _title(self, line: Line, width: int) -> list[Segment]:
        """The guide, the state's glyph, the name, and in what room is left what kind of thing it is."""
        node = line.node
        glyph, colour = theme.STATES.get(node.state, ("?", theme.MUTED))
        guide = cut(line.guide, width - 3)
        room = width - len(guide) - 2
        name = cut(title(node), room)
        rest = cut(self._aside(line), max(0, room - cell_len(name) - 2))
        segments = [
            Segment(guide, Style(color=theme.FAINT)),
            Segment(glyph + " ", Style(color=colour)),
            Segment(name, Style(color=theme.MUTED if node.scratch else theme.BRIGHT, bold=node.kind == "base")),
            Segment("  " + rest if rest else "", Style(color=theme.MUTED)),
        ]
        used = sum(segment.cell_length for segment in segments)
        return [*segments, Segment(" " * (width - used))]

    def _aside(self, line: Line) -> str:
        node = line.node
        parts = [("scratch " if node.scratch else "") + (node.method or node.kind)]
        if (done := self.progress.get(node.run_id or "")) is not None:
            parts.insert(0, f"{done:.0%}")
        elif node.state not in ("finished", "frozen", "built"):
            parts.append(node.state)
        if line.folded:
            parts.append(f"+{_below(node)} folded")
        if node.tags:
            parts.append(" ".join(f"#{tag}" for tag in node.tags))
        return " · ".join(parts)


def _below(node: Node) -> int:
    return sum(1 + _below(child) for child in node.children)


def _number(text: str, width: int) -> Segment:
    return Segment(fit(text, width, right=True))


def _head(wide: Columns, style: Style) -> list[Segment]:
    cells = [
        fit("  lineage", wide.name + 2),
        fit("held-out", wide.heldout, right=True) if wide.heldout >= 8 else fit("loss", wide.heldout, right=True),
        fit(" trend" if wide.spark else "", wide.spark),
        fit("score ±95%" if wide.score else "", wide.score, right=True),
        fit("", wide.metric),
        fit("bits/B" if wide.bits else "", wide.bits, right=True),
        fit("cost" if wide.cost else "", wide.cost, right=True),
        fit("age" if wide.age else "", wide.age, right=True),
    ]
    return [Segment(cell, style) for cell in cells]
