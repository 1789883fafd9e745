"""The log of one run: its newest lines as they are written, search in all of it, and the way to its neighbours' logs.

    LogFile (any size)  ->  a window of a few parts, moved at both its ends  ->  LogView

The window follows the end while the reader stands there. A search that finds nothing further on in the window goes on
in the file, and the window moves to where it finds something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input

from engine import figures
from engine.store.rows import RunRow
from tui import keys, theme
from tui.log_file import LogFile, Part
from tui.messages import Snapshot
from tui.screens.place import Place
from tui.text import words
from tui.widgets.log_view import LogView
from tui.widgets.sized import Sized

T = TypeVar("T")
POLL_SECONDS = 0.5
WINDOW_BYTES = 4 << 20
"""Of the log that are held at once."""


@dataclass
class _Held:
    """A part of the window: its byte offsets, and how many lines it has on screen."""

    start: int
    end: int
    count: int


class LogsScreen(Place):
    """One run's engine.log."""

    PLACE = "logs"
    CSS_PATH = "logs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.LOGS

    def __init__(self) -> None:
        super().__init__()
        self._file: LogFile | None = None
        self._parts: list[_Held] = []
        self._run_id = ""
        self._bytes = 0
        self._busy = False
        self._turn = 0
        """Counts what was asked, so that an answer that comes too late is known."""

    def body(self) -> ComposeResult:
        yield Sized(id="which")
        yield LogView(id="log")
        yield Input(placeholder="search in all of the log", id="search", select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one("#search").display = False
        self.view.focus()
        super().on_mount()
        self.watch(self.app, "logged", self._choose)
        self.watch(self.view, "follow", self._head)
        self.set_interval(POLL_SECONDS, self._poll)

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)

    # --- which run ------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if not self.graft.logged and snapshot.runs:
            active = [run for run in snapshot.runs if run.state == "running"] or list(snapshot.runs)
            self.graft.logged = active[-1].id
        self._head()

    def _runs(self) -> tuple[RunRow, ...]:
        return self.graft.snapshot.runs if self.graft.snapshot else ()

    def _choose(self, run_id: str) -> None:
        if run_id and run_id != self._run_id:
            self._run_id = run_id
            self._file = LogFile(self.graft.gateway.log(run_id))
            self._replace(Part(0, 0, ()))
            self.view.follow = True
            self._ask(self._file.last, self._replace, wished=True)
        self._head()

    def action_run(self, by: int) -> None:
        ids = [run.id for run in self._runs()]
        if self._run_id in ids:
            self.graft.logged = ids[max(0, min(ids.index(self._run_id) + by, len(ids) - 1))]

    # --- the window -----------------------------------------------------------------------------

    def _ask(self, read: Callable[[], T], done: Callable[[T], None], *, wished: bool = False) -> None:
        """Read on a worker, one at a time. What the reader wished for takes the place of what is being read."""
        if self._file is None or (self._busy and not wished):
            return
        self._busy, self._turn, file = True, self._turn + 1, self._file
        turn = self._turn

        def arrived(answer: tuple[T, int]) -> None:
            if turn == self._turn:
                self._busy = False
                found, self._bytes = answer
                done(found)
                self._head()

        self.graft.ask(lambda: (read(), file.size()), arrived, group="log")

    def _poll(self) -> None:
        """Read on at the end, where the window is there."""
        if self._file is not None and self.is_current and self._parts and not self._busy:
            self._ask(partial(self._next, self._file, self._parts[-1].end), self._append)

    def _next(self, file: LogFile, end: int) -> Part:
        """What comes next; the whole end anew when the file has become shorter."""
        return file.last() if file.size() < end else file.after(end)

    def _replace(self, part: Part) -> None:
        """The window is this part and nothing else."""
        self._parts = [_Held(part.start, part.end, len(part.lines))]
        self.view.replace(part.lines)

    def _append(self, part: Part) -> None:
        if part.start != self._parts[-1].end:
            self._replace(part)
        elif part.lines:
            last = self._parts[-1]
            if last.end - last.start < WINDOW_BYTES // 8:
                last.end, last.count = part.end, last.count + len(part.lines)
            else:
                self._parts.append(_Held(part.start, part.end, len(part.lines)))
            self.view.add(part.lines)
            while self._parts[-1].end - self._parts[0].start > WINDOW_BYTES and len(self._parts) > 1:
                self.view.drop(first=self._parts.pop(0).count)

    def _prepend(self, part: Part) -> None:
        if part.end == self._parts[0].start and part.lines:
            self._parts.insert(0, _Held(part.start, part.end, len(part.lines)))
            self.view.prepend(part.lines)
            while self._parts[-1].end - self._parts[0].start > WINDOW_BYTES and len(self._parts) > 1:
                self.view.drop(last=self._parts.pop().count)

    @on(LogView.AtEdge)
    def _at_edge(self, event: LogView.AtEdge) -> None:
        """Move the window on, or to where the reader asked to go."""
        if self._file is None or not self._parts:
            return
        if event.top and self._parts[0].start > 0:
            if event.asked:
                self._ask(self._file.first, self._to_first, wished=True)
            else:
                self._ask(partial(self._file.before, self._parts[0].start), self._prepend)
        elif not event.top and self._parts[-1].end < self._bytes:
            read = self._file.last if event.asked else partial(self._file.after, self._parts[-1].end)
            self._ask(read, self._append, wished=event.asked)

    def _to_first(self, part: Part) -> None:
        self.view.follow = False
        self._replace(part)
        self.view.scroll_home(animate=False)

    # --- search ---------------------------------------------------------------------------------

    def action_search(self) -> None:
        box = self.query_one("#search", Input)
        box.display = True
        box.focus()

    @on(Input.Submitted, "#search")
    def _search(self, event: Input.Submitted) -> None:
        event.input.display = False
        self.view.focus()
        self.view.query_text = event.value
        self.action_next(1)

    def action_next(self, by: int) -> None:
        """The next match in the window, else in the file beyond it, else round the ends."""
        view = self.view
        if not view.query_text or self._file is None or not self._parts:
            return
        if not view.to_match(by, round_ends=not self._is_part()) and self._is_part():
            beyond = self._parts[-1].end if by > 0 else self._parts[0].start
            self._ask(partial(_found, self._file, view.query_text, beyond, by > 0), self._show_found, wished=True)
        elif not view.matches:
            self._show_found(None)
        self._head()

    def _show_found(self, found: tuple[Part, int] | None) -> None:
        """The window moves to the match; None: there is none in all of the log."""
        if found is None:
            self.graft.say(f"{self.view.query_text} is nowhere in this log.", severity="warning")
            return
        part, number = found
        self.view.follow = False
        self._replace(part)
        self.view.call_after_refresh(self._to_line, number)

    def _to_line(self, number: int) -> None:
        self.view.to_line(number)
        self._head()

    # --- words and keys -------------------------------------------------------------------------

    def _head(self) -> None:
        view = self.view
        run = next((run for run in self._runs() if run.id == self._run_id), None)
        glyph, colour = theme.STATES.get(run.state if run else "", (" ", theme.MUTED))
        parts: list[Content] = [
            Content.styled(f"{glyph} ", colour),
            words(run.name if run else "no run chosen", "bold"),
        ]
        parts.append(Content.styled("  following" if view.follow else "  paused (F to follow)", theme.AMBER))
        if view.query_text:
            at = f"{view.match + 1} of " if view.match >= 0 else ""
            here = " here" if self._is_part() else ""
            parts.append(words(f"  {at}{len(view.matches)} matches{here} for {view.query_text}", theme.BLUE))
        if run:
            parts.append(words(f"  {run.state} · {len(view.lines):,} lines{self._where()} · {run.id}", theme.MUTED))
        self.query_one("#which", Sized).show(lambda width, height: Content("").join(parts))

    def _is_part(self) -> bool:
        return bool(self._parts) and (self._parts[0].start > 0 or self._parts[-1].end < self._bytes)

    def _where(self) -> str:
        """Which part of a long log this is."""
        if not self._is_part():
            return ""
        share = 100 * self._parts[0].start // max(1, self._bytes), 100 * self._parts[-1].end // max(1, self._bytes)
        return f" ({share[0]} to {share[1]} % of {figures.size(self._bytes)})"

    def action_follow(self) -> None:
        if self.view.follow:
            self.view.follow = False
        else:
            self.view.action_newest()

    def action_wrap(self) -> None:
        self.view.wrap = not self.view.wrap

    def action_copy(self) -> None:
        self.graft.copy("\n".join(self.view.on_screen()), "the lines on screen")

    def action_clear(self) -> None:
        box = self.query_one("#search", Input)
        box.display = False
        box.value = ""
        self.view.query_text = ""
        self.view.focus()
        self._head()


def _found(file: LogFile, text: str, offset: int, forward: bool) -> tuple[Part, int] | None:
    """The lines about the next match and its number among them, round the ends; None: the text is nowhere."""
    hit = file.find(text, offset, forward=forward)
    if hit is None:
        hit = file.find(text, 0 if forward else file.size(), forward=forward)
    return None if hit is None else file.around(hit)
