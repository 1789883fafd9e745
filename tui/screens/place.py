"""What every place of the app has: the bar at the top, its own body, the keys at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType

from tui import keys
from tui.messages import Snapshot
from tui.pace import Paced
from tui.widgets.key_bar import KeyBar
from tui.widgets.place_bar import PlaceBar

if TYPE_CHECKING:
    from tui.app import GraftlineApp


AGE_SECONDS = 20.0
"""Ages are drawn anew this often when nothing else changes."""


class Place(Paced[None]):
    """A screen that is a mode. Subclasses say `PLACE`, compose `body()`, and may override `show_snapshot`.

    A place that is not on screen is not redrawn: `show_snapshot` runs when it is current, and again when it comes
    back.
    """

    PLACE: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = keys.PLACE

    @property
    def graft(self) -> GraftlineApp:
        """The app, by its own type."""
        return cast("GraftlineApp", self.app)

    def compose(self) -> ComposeResult:
        yield PlaceBar(self.PLACE, self.graft.gateway.home)
        yield from self.body()
        yield KeyBar()

    def body(self) -> ComposeResult:
        yield from ()

    def on_mount(self) -> None:
        self.watch(self.app, "snapshot", self._snapshot_changed)
        self.set_interval(AGE_SECONDS, lambda: self._snapshot_changed(self.graft.snapshot))

    def on_screen_resume(self) -> None:
        self._snapshot_changed(self.graft.snapshot)

    def _snapshot_changed(self, snapshot: Snapshot | None) -> None:
        if not self.is_current and self.app.screen_stack[0] is not self:
            return
        bar = self.query_one(PlaceBar)
        bar.waiting = snapshot is None or snapshot.remembered
        if snapshot is not None:
            bar.runs = snapshot.runs
            self.show_snapshot(snapshot)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw what is new. Called on the app's own thread, with the screen mounted."""
