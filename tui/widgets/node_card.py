"""The card of one lineage node: what it is, where it came from, how it learned, what it scores, what it cost.

Line (at once)  +  Details (when the cursor rests)  ->  head, curve, and sections of `tui.widgets.card_words`
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui import keys, theme
from tui.lineage_rows import Line
from tui.node_details import Details
from tui.widgets.card_words import body, head

if TYPE_CHECKING:
    from tui.widgets.curve import Curve, Series


class NodeCard(VerticalScroll, can_focus=True):
    """Shows one `Line`; what only the store and the disk know comes later, through `show_details`."""

    BINDINGS: ClassVar[list[BindingType]] = keys.CARD

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._above, self._below = Static(id="card-head"), Static(id="card-body")
        self._words: dict[Static, Content] = {}
        self._line: Line | None = None
        self._details: Details | None = None
        self._progress: float | None = None
        self._now = 0.0
        self._curve: Curve | None = None

    def compose(self) -> ComposeResult:
        yield self._above
        yield self._below

    @property
    def empty(self) -> bool:
        """Whether it shows no node."""
        return self._line is None

    def show(self, line: Line | None, now: float, progress: float | None = None) -> None:
        """Draw a node, of whose run `progress` is done. Details of the same node are kept, others forgotten."""
        self._now, self._progress = now, progress
        if self._details and (line is None or self._details.node_id != line.node.id):
            self._details = None
        moved = line is None or self._line is None or line.node.id != self._line.node.id
        self._line = line
        self._draw()
        if moved:
            self.scroll_home(animate=False)

    def show_details(self, details: Details) -> None:
        """Draw them, unless another node is shown by now or the screen is being taken down."""
        if self.is_attached and self._line is not None and self._line.node.id == details.node_id:
            self._details = details
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        line, width = self._line, self.scrollable_content_region.width
        if line is None or width <= 0:
            self._put(self._above, Content(""))
            self._put(self._below, Content(""))
            if line is None and self._curve is not None:
                self._curve.set_series(())
            return
        self._put(self._above, head(line, width, self._now, self._progress))
        self._put(self._below, body(line.node, self._details, width))
        self._draw_curve()

    def _put(self, where: Static, new: Content) -> None:
        """Draw what is new only, and lay the screen out anew only where the lines are others."""
        old = self._words.get(where, Content(""))
        if not new.is_same(old):
            self._words[where] = new
            same = [len(line) for line in new.plain.split("\n")] == [len(line) for line in old.plain.split("\n")]
            where.update(new, layout=not same)

    def _draw_curve(self) -> None:
        """The curve comes with the first details: it needs numpy, and the first frame does not wait for that."""
        if self._curve is None and self._details is not None and self._above.is_attached:
            from tui.widgets.curve import Curve

            self._curve = Curve(id="card-curve")
            self.mount(self._curve, after=self._above)
        if self._curve is not None:
            self._curve.set_series(_series(self._details))


def _series(details: Details | None) -> list[Series]:
    """Held-out loss, which decides, before the training loss, which is context."""
    if details is None or not details.curves:
        return []
    import numpy as np

    from tui.widgets.curve import Series

    curves = {row.name: np.frombuffer(row.points, "<f8").reshape(-1, 4)[:, [0, 3]] for row in details.curves}
    wanted = (("heldout_loss", "held-out", theme.GREEN, False), ("train_loss", "train", theme.MUTED, True))
    return [
        Series(label=label, points=curves[name], color=colour, behind=behind)
        for name, label, colour, behind in wanted
        if name in curves and len(curves[name]) > 1
    ]
