"""The log of one run: its newest lines as they are written, search, and the way to its neighbours' logs."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from engine.store.rows import RunRow
from tui import keys, theme
from tui.log_tail import LogTail
from tui.messages import Snapshot
from tui.screens.place import Place
from tui.text import words
from tui.widgets.log_view import LogView

POLL_SECONDS = 0.5


class LogsScreen(Place):
    """One run's engine.log."""

    PLACE = "logs"
    CSS_PATH = "logs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.LOGS

    def __init__(self) -> None:
        super().__init__()
        self._tail: LogTail | None = None
        self._run_id = ""

    def body(self) -> ComposeResult:
        yield Static(id="which")
        yield LogView(id="log")
        yield Input(placeholder="search", id="search", select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one("#search").display = False
        self.query_one(LogView).focus()
        super().on_mount()
        self.watch(self.app, "logged", self._choose)
        self.watch(self.query_one(LogView), "follow", self._head)
        self.set_interval(POLL_SECONDS, self._poll)

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
            self._tail = LogTail(self.graft.gateway.log(run_id))
            view = self.query_one(LogView)
            view.clear()
            view.follow = True
            self._poll()
        self._head()

    def action_run(self, by: int) -> None:
        ids = [run.id for run in self._runs()]
        if self._run_id in ids:
            self.graft.logged = ids[max(0, min(ids.index(self._run_id) + by, len(ids) - 1))]

    # --- what is new ----------------------------------------------------------------------------

    def _poll(self) -> None:
        busy = any(worker.group == "log" and not worker.is_finished for worker in self.workers)
        if self._tail is not None and self.is_current and not busy:
            self._read(self._tail)

    @work(thread=True, group="log")
    def _read(self, tail: LogTail) -> None:
        lines = tail.poll()
        if lines and not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._show, tail, lines)

    def _show(self, tail: LogTail, lines: list[str]) -> None:
        if tail is self._tail:
            self.query_one(LogView).add(lines)
            self._head()

    def _head(self) -> None:
        view = self.query_one(LogView)
        run = next((run for run in self._runs() if run.id == self._run_id), None)
        glyph, colour = theme.STATES.get(run.state if run else "", (" ", theme.MUTED))
        parts: list[Content] = [
            Content.styled(f"{glyph} ", colour),
            words(run.name if run else "no run chosen", "bold"),
        ]
        parts.append(Content.styled("  following" if view.follow else "  paused (F to follow)", theme.AMBER))
        if view.query_text:
            at = f"{view.match + 1} of " if view.match >= 0 else ""
            parts.append(words(f"  {at}{len(view.matches)} matches for {view.query_text}", theme.BLUE))
        if run:
            parts.append(words(f"  {run.state} · {len(view.lines):,} lines · {run.id}", theme.MUTED))
        self.query_one("#which", Static).update(Content("").join(parts))

    # --- keys -----------------------------------------------------------------------------------

    def action_follow(self) -> None:
        view = self.query_one(LogView)
        view.follow = not view.follow

    def action_search(self) -> None:
        box = self.query_one("#search", Input)
        box.display = True
        box.focus()

    @on(Input.Submitted, "#search")
    def _search(self, event: Input.Submitted) -> None:
        event.input.display = False
        view = self.query_one(LogView)
        view.focus()
        view.query_text = event.value
        self.action_next(1)

    def action_next(self, by: int) -> None:
        self.query_one(LogView).to_match(by)
        self._head()

    def action_clear(self) -> None:
        box = self.query_one("#search", Input)
        box.display = False
        box.value = ""
        view = self.query_one(LogView)
        view.query_text = ""
        view.focus()
        self._head()
