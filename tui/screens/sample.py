"""One sample of a corpus, full screen; n and N go to the next and the one before."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from tui import theme
from tui.text import one_line
from tui.widgets.samples_pane import SamplesPane, sample_words


class SampleScreen(ModalScreen[None]):
    """Reads on in the pane that it was opened from, and moves that pane's cursor along."""

    CSS = """
    SampleScreen { background: $background; }
    SampleScreen #head { height: 1; background: $surface; padding: 0 1; text-wrap: nowrap; }
    SampleScreen VerticalScroll { height: 1fr; padding: 1 2; }
    SampleScreen #text { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "back", id="sample.back", key_display="esc"),
        Binding("n,full_stop", "turn(1)", "next", id="sample.next", key_display="n"),
        Binding("N,comma", "turn(-1)", "before", id="sample.before", key_display="N"),
        Binding("j,s", "scroll(1)", "down", show=False, id="sample.down"),
        Binding("k,w", "scroll(-1)", "up", show=False, id="sample.up"),
    ]

    def __init__(self, pane: SamplesPane):
        super().__init__()
        self._pane = pane

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with VerticalScroll():
            yield Static(id="text")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self._draw()

    def _draw(self) -> None:
        found = self._pane.chosen
        if found is None:
            return
        place = f"sample {(self._pane.list.highlighted or 0) + 1} of {len(self._pane.found)}   "
        why = f"dropped by {one_line(found.rule.rule)}" if found.rule else "kept"
        reason = f": {one_line(found.rule.reason)}" if found.rule else ""
        colour = theme.AMBER if found.rule else theme.GREEN
        head = Content.assemble((place, theme.MUTED), (why, f"bold {colour}"), (reason, theme.MUTED))
        self.query_one("#head", Static).update(head)
        self.query_one("#text", Static).update(sample_words(found))

    def action_turn(self, by: int) -> None:
        self._pane.move(by)
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._draw()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
