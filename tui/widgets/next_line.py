"""One or two lines at the foot of the tree: what goes on in the first minutes, and what to do next."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from tui import theme
from tui.next_step import Step
from tui.text import cut, one_line


class NextLine(Static):
    """Hidden when there is nothing to say."""

    DEFAULT_CSS = """
    NextLine { height: auto; padding: 0 1; }
    """

    step: reactive[Step | None] = reactive(None, layout=True)
    demo: reactive[bool] = reactive(False, layout=True)
    """The demo takes the steps: there is nothing to do but watch."""

    def watch_step(self) -> None:
        self.display = self.step is not None

    def render(self) -> Content:
        if self.step is None:
            return Content("")
        width, lines = self.content_size.width, []
        if self.step.now:
            who = "demo  " if self.demo else "now   "
            lines.append(Content.assemble((who, theme.AMBER), (cut(self.step.now, width - 6), theme.MUTED)))
        if self.demo:
            lines.append(Content.assemble(("next  ", theme.GREEN), ("it goes on by itself; look around", theme.MUTED)))
        elif self.step.next:
            lines.append(Content.assemble(("next  ", theme.GREEN), one_line(self.step.next)))
        return Content("\n").join(lines)
