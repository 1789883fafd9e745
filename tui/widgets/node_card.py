"""The card of one lineage node: what it is, where it came from, how it learned, what it scores, what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine import figures
from engine.store.rows import CheckpointRow, Cost, Node, ScoreRow
from tui import theme
from tui.gateway import Details
from tui.lineage_rows import Line, title
from tui.text import cut, fit, one_line, words

if TYPE_CHECKING:
    from tui.widgets.curve import Curve, Series

_KINDS = {"corpus": "corpus", "pretrain": "pretraining run", "base": "frozen base", "variant": "variant"}


class NodeCard(VerticalScroll, can_focus=False):
    """Shows one `Line`; what only the store knows comes later, through `show_details`."""

    def compose(self) -> ComposeResult:
        yield Static(id="card-head")
        yield Static(id="card-body")

    def on_mount(self) -> None:
        self._line: Line | None = None
        self._details: Details | None = None
        self._now = 0.0
        self._curve: Curve | None = None

    def show(self, line: Line | None, now: float) -> None:
        """Draw a node. Details of the same run are kept, those of another are forgotten."""
        self._now = now
        if self._details and (line is None or self._details.run_id != line.node.run_id):
            self._details = None
        moved = line is None or self._line is None or line.node.id != self._line.node.id
        self._line = line
        self._draw()
        if moved:
            self.scroll_home(animate=False)

    def show_details(self, details: Details) -> None:
        if self._line is not None and self._line.node.run_id == details.run_id:
            self._details = details
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        line, width = self._line, self.scrollable_content_region.width
        if line is None or width <= 0:
            self.query_one("#card-head", Static).update("")
            self.query_one("#card-body", Static).update("")
            return
        self.query_one("#card-head", Static).update(head(line, width, self._now))
        self.query_one("#card-body", Static).update(body(line.node, self._details, width))
        self._draw_curve()

    def _draw_curve(self) -> None:
        """The curve comes with the first details: it needs numpy, and the first frame does not wait for that."""
        if self._curve is None and self._details is not None:
            from tui.widgets.curve import Curve

            self._curve = Curve(id="card-curve")
            self.mount(self._curve, after="#card-head")
        if self._curve is not None:
            self._curve.set_series(_series(self._details))


def _series(details: Details | None) -> list[Series]:
    """Held-out loss, which decides, before the training loss, which is context."""
    if details is None:
        return []
    from tui.widgets.curve import Series

    wanted = (("heldout_loss", "held-out", theme.GREEN, False), ("train_loss", "train", theme.MUTED, True))
    return [
        Series(label=label, points=[(p.step, p.value) for p in details.curves[name]], color=colour, behind=behind)
        for name, label, colour, behind in wanted
        if len(details.curves.get(name, ())) > 1
    ]


def head(line: Line, width: int, now: float) -> Content:
    """Name, kind and state, and the way from the root."""
    node = line.node
    glyph, colour = theme.STATES.get(node.state, ("?", theme.MUTED))
    kind = " ".join(filter(None, (node.method, _KINDS.get(node.kind, node.kind))))
    scratch = " · from scratch" if node.scratch else ""
    when = f" · {figures.age(now - node.created)} ago" if node.created else ""
    lines = [
        Content.assemble((f"{glyph} ", colour), (cut(title(node), width - 2), f"bold {theme.BRIGHT}")),
        Content.assemble((f"{kind}{scratch} · ", theme.MUTED), (node.state, colour), (when, theme.MUTED)),
    ]
    if line.path:
        way = " → ".join(one_line(title(above)) for above in line.path)
        lines.append(Content.styled(cut(f"from {way}", width), theme.MUTED))
    return Content("\n").join(lines)


def body(node: Node, details: Details | None, width: int) -> Content:
    """All sections that have something to say."""
    sections = [
        ("scores", _scores(node.scores)),
        ("language model, bits per byte", _bits(node.bits_per_byte)),
        ("facts", _pairs(_facts(node), width)),
        ("cost", _pairs(_cost(node.cost), width)),
        ("checkpoints", _checkpoints(details.checkpoints if details else ())),
        ("note", [words(node.note)] if node.note else []),
        ("command", [words(details.command, theme.MUTED)] if details and details.command else []),
    ]
    blocks = [Content("\n").join([_rule(title, width), *lines]) for title, lines in sections if lines]
    return Content("\n").join(blocks)


def _scores(scores: Iterable[ScoreRow]) -> list[Content]:
    """A line for each metric that stands for a whole suite; a class's own stand in compare."""
    lines: list[Content] = []
    suite = ""
    for score in scores:
        if ":" in score.metric:
            continue
        if score.suite != suite:
            suite = score.suite
            lines.append(Content.styled(f"{one_line(suite)}  n={score.n}", theme.MUTED))
        figure = figures.interval(score.value, score.low, score.high)
        lines.append(
            Content.assemble(f"  {one_line(score.metric).replace('_', ' '):<14}", (f"{figure:>12}", theme.BRIGHT))
        )
    return lines


def _bits(scores: Iterable[ScoreRow]) -> list[Content]:
    lines = []
    for score in scores:
        known = score.low is not None and score.high is not None
        half = f" ±{(score.high - score.low) / 2:.3f}" if known and score.high and score.low else ""
        lines.append(Content.assemble(f"{one_line(score.suite):<16}", (f"{score.value:>8.3f}{half}", theme.BRIGHT)))
    return lines


def _facts(node: Node) -> list[tuple[str, str]]:
    facts = [("id", node.id)]
    for label, value in node.detail.items():
        if value not in (None, ""):
            facts.append((label, f"{value:,}" if isinstance(value, int) and label != "step" else str(value)))
    if node.frozen_as:
        facts.append(("frozen as", ", ".join(node.frozen_as)))
    if node.tags:
        facts.append(("tags", " ".join(f"#{tag}" for tag in node.tags)))
    return facts


def _cost(cost: Cost) -> list[tuple[str, str]]:
    known = [
        ("wall time", figures.duration(cost.seconds) if cost.seconds else ""),
        ("device time", figures.duration(cost.device_seconds) if cost.device_seconds else ""),
        ("tokens", figures.count(cost.tokens) if cost.tokens else ""),
        ("FLOPs", figures.flops(cost.flops) if cost.flops else ""),
        ("money", f"{cost.money:.2f}" if cost.money is not None else ""),
    ]
    return [(label, value) for label, value in known if value]


def _checkpoints(rows: Iterable[CheckpointRow]) -> list[Content]:
    return [
        Content.assemble(
            (f"step {row.step:>7,}  ", theme.MUTED),
            (f"{figures.loss(row.heldout_loss):>7}", theme.BRIGHT),
            ("  ★ best" if row.best else "", theme.GREEN),
        )
        for row in rows
    ]


def _pairs(pairs: list[tuple[str, str]], width: int) -> list[Content]:
    """Labels and values, in two columns where they fit; what is longer than its column has a line to itself."""
    across = 2 if width >= 64 else 1
    room = (width - 2) // across
    label_room = min(max((len(one_line(label)) for label, _ in pairs), default=0), 18)
    lines: list[Content] = []
    waiting: Content | None = None
    for label, value in pairs:
        item = Content.assemble((fit(label, label_room) + "  ", theme.MUTED), one_line(value))
        if item.cell_length > width:
            item = Content.assemble((f"{one_line(label)}  ", theme.MUTED), one_line(value))
        if across == 1 or item.cell_length > room - 2:
            lines += [waiting, item] if waiting else [item]
            waiting = None
        elif waiting is None:
            waiting = item
        else:
            lines.append(waiting + Content(" " * (room - waiting.cell_length)) + item)
            waiting = None
    return [*lines, waiting] if waiting else lines


def _rule(title: str, width: int) -> Content:
    return Content.assemble(
        ("── ", theme.FAINT), (title, theme.MUTED), (" " + "─" * max(0, width - len(title) - 4), theme.FAINT)
    )
