"""The app's frame: its places, its theme, its keys, and the one worker that asks the store what is new.

    what was last seen (a file)                  ->  app.snapshot  ->  the first frame
    worker (thread, 1 Hz): gateway.snapshot()    ->  SnapshotArrived  ->  app.snapshot  ->  the place on screen draws

The first frame is drawn before anything is asked. Nothing here trains, computes or touches a file but that one: closing
the app at any moment changes nothing for a running engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual import on, work
from textual.binding import BindingType
from textual.reactive import reactive
from textual.screen import Screen
from textual.worker import get_current_worker

from engine.config.settings import Found
from engine.errors import GraftlineError, machine_error
from tui import keys, messages
from tui.frame import Frame
from tui.gateway import Gateway
from tui.messages import Snapshot
from tui.tell import Teller
from tui.text import short_path
from tui.undo import UndoStack
from tui.widgets.place_bar import PLACES

T = TypeVar("T")
AHEAD_SECONDS = 0.3
"""From the first frame to the loading of what is not on screen."""
SOON = 1 << 20
"""Bytes of what was last seen that are read in no time, and so before the first frame: about 500 runs."""


def _place(name: str) -> Callable[[], Screen[Any]]:
    """A place, imported when it is first opened."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(import_module(f"tui.screens.{name}"), f"{name.capitalize()}Screen")()
        return screen

    return make


def _title(home: Path, snapshot: Snapshot) -> str:
    """For the terminal's own title: seen in a tab while one works elsewhere."""
    running = sum(run.state in ("running", "stopping") for run in snapshot.runs)
    where = f"{short_path(home)} · graftline"
    return f"▶ {running} · {where}" if running else where


class GraftlineApp(Frame):
    """Graftline on one workspace."""

    TITLE = "graftline"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {name: _place(name) for name in PLACES}
    DEFAULT_MODE = "lineage"
    BINDINGS: ClassVar[list[BindingType]] = keys.APP
    ENABLE_COMMAND_PALETTE = False
    """The framework's; ours is `tui.screens.find`."""

    snapshot: reactive[Snapshot | None] = reactive(None, always_update=False, repaint=False)
    watched: reactive[tuple[str, ...]] = reactive((), repaint=False)
    compared: reactive[tuple[str, ...]] = reactive((), repaint=False)
    asked: reactive[tuple[str, ...]] = reactive((), repaint=False)
    logged: reactive[str] = reactive("", repaint=False)
    reported: reactive[str] = reactive("", repaint=False)
    selection: reactive[frozenset[str]] = reactive(frozenset(), repaint=False)

    def __init__(
        self,
        home: Path,
        *,
        found: Found | None = None,
        clock: Callable[[], float] = time.time,
        poll: float | None = None,
    ):
        """`found`: the settings in force. `clock` and `poll` (seconds between two looks at the store) are for tests."""
        if found is not None:
            vars(self)["DEFAULT_MODE"] = found.settings.place  # read once, by the framework's own constructor
        super().__init__(found)
        self.gateway = Gateway(home)
        self.clock, self._poll = clock, poll or self.poll_seconds
        self._said: set[str] = set()
        self.undo = UndoStack()
        self._teller = Teller(self)

    def on_load(self) -> None:
        """Before there is a screen."""
        self.set_reactive(GraftlineApp.snapshot, self.gateway.remembered(most=SOON))

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.look()
        self.set_interval(self._poll, self.look)
        self.set_timer(AHEAD_SECONDS, self._load_ahead)

    @work(thread=True, group="ahead")
    def _load_ahead(self) -> None:
        """Load the other places while nobody waits: going to one then takes no longer than drawing it."""
        for name in PLACES:
            if get_current_worker().is_cancelled:
                return
            import_module(f"tui.screens.{name}")
            time.sleep(0)  # a key comes first

    def on_unmount(self) -> None:
        self.gateway.close()

    # --- the snapshot ---------------------------------------------------------------------------

    @work(thread=True, group="snapshot", exit_on_error=True)
    def _look(self) -> None:
        try:
            if (remembered := self.gateway.remembered()) is not None:
                self.post_message(messages.SnapshotArrived(remembered))
            snapshot = self.gateway.snapshot()
        except (GraftlineError, OSError) as error:
            if not get_current_worker().is_cancelled:
                self.call_from_thread(self._cannot_look, error)
            return
        self.post_message(messages.SnapshotArrived(snapshot))

    def look(self) -> None:
        """Ask the store what is new, unless it is being asked already."""
        if not any(worker.group == "snapshot" and not worker.is_finished for worker in self.workers):
            self._look()

    def _cannot_look(self, error: GraftlineError | OSError) -> None:
        """Say once what keeps the store from answering, and go on asking."""
        text = str(machine_error(error) or error) if isinstance(error, OSError) else str(error)
        if text not in self._said:
            self._said.add(text)
            self.say(text, severity="error")

    @on(messages.SnapshotArrived)
    def _arrived(self, message: messages.SnapshotArrived) -> None:
        for notice in message.snapshot.notices:
            if notice not in self._said:
                self._said.add(notice)
                self.say(notice, severity="warning")
        before, self.snapshot = self.snapshot, message.snapshot
        self._teller.arrived(before, message.snapshot)
        self.show_title(_title(self.gateway.home, message.snapshot))

    @on(messages.Changed)
    def _changed(self) -> None:
        self.look()

    # --- for every screen -----------------------------------------------------------------------

    def ask(self, call: Callable[[], T], done: Callable[[T], object] | None = None, *, group: str = "ask") -> None:
        """Run a gateway call on a worker, then `done` with its answer on the app's thread.

        What is the user's or the machine's doing becomes a notification; a bug ends the app with its traceback.
        A newer call in the same group (other than "ask") takes the place of an older one.
        """
        self.run_worker(partial(self._ask, call, done), thread=True, group=group, exclusive=group != "ask")

    def _ask(self, call: Callable[[], T], done: Callable[[T], object] | None) -> None:
        try:
            answer = call()
        except GraftlineError as error:
            problem = str(error)
        except OSError as error:
            known = machine_error(error)
            if known is None:
                raise
            problem = str(known)
        else:
            if done is not None and not get_current_worker().is_cancelled:
                self.call_from_thread(done, answer)
            return
        self.call_from_thread(self.say, problem, severity="error")

    # --- places ---------------------------------------------------------------------------------

    def action_place(self, name: str) -> None:
        """Go to a place, leaving any dialog."""
        if len(self.screen_stack) == 1:
            self.switch_mode(name)

    @work(group="dialog")
    async def action_find(self) -> None:
        from tui.screens.find import FindScreen, find

        if not isinstance(self.screen, FindScreen):
            await find(self)

    async def action_quit(self) -> None:
        """End the app, after a question when something was typed and not sent. Pressed again, it ends."""
        from tui.screens.ask import ConfirmScreen

        typed = any(getattr(screen, "unsaved", False) for screen in self.screen_stack)
        if typed and not isinstance(self.screen, ConfirmScreen):
            self.push_screen(ConfirmScreen("Quit?", "What was typed here is not sent yet."), self._quit)
        else:
            self.exit()

    def _quit(self, wanted: bool | None) -> None:
        if wanted:
            self.exit()

    def action_help(self) -> None:
        from tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    @on(messages.OpenLineage)
    async def _open_lineage(self, message: messages.OpenLineage) -> None:
        from tui.screens.lineage import LineageScreen

        await self.switch_mode("lineage")
        if isinstance(self.screen, LineageScreen):
            self.screen.go_to(message.node_id)

    @on(messages.OpenMonitor)
    def _open_monitor(self, message: messages.OpenMonitor) -> None:
        self.watched = message.run_ids
        self.switch_mode("monitor")

    @on(messages.OpenCompare)
    def _open_compare(self, message: messages.OpenCompare) -> None:
        self.compared = message.model_ids
        self.switch_mode("compare")

    @on(messages.OpenPlay)
    def _open_play(self, message: messages.OpenPlay) -> None:
        self.asked = message.model_ids
        self.switch_mode("play")

    @on(messages.OpenLogs)
    def _open_logs(self, message: messages.OpenLogs) -> None:
        self.logged = message.run_id
        self.switch_mode("logs")

    @on(messages.OpenCorpus)
    def _open_corpus(self, message: messages.OpenCorpus) -> None:
        self.reported = message.ref
        self.switch_mode("corpus")

    @on(messages.OpenQueue)
    def _open_queue(self) -> None:
        self.switch_mode("queue")

    @on(messages.OpenLaunch)
    def _open_launch(self, message: messages.OpenLaunch) -> None:
        from tui.screens.launch import LaunchScreen

        self.push_screen(LaunchScreen(message.kind, message.base, message.models, message.values))
