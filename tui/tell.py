"""Tell people what happened to their runs: in the app, through the terminal, and by a program of their own.

    snapshots  ->  watcher  ->  news  ->  a toast here
                                          OSC 9 and 777, when nobody seems to look at this window
                                          notify.command, with the news in its environment and as JSON on stdin

Each piece of news is told once, as the settings allow; what happened before the app opened is none.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from textual.notifications import SeverityLevel

from engine.errors import InputError
from engine.store.rows import EventRow, RunRow
from tui import terminal
from tui.messages import Snapshot
from tui.watcher import News, endings, flattened

if TYPE_CHECKING:
    from tui.app import GraftlineApp

LOOK_SECONDS = 10.0
"""Between two looks at whether something has flattened."""
AWAY_SECONDS = 120.0
"""Without a key or the mouse, somebody has gone, though the window still has the keyboard's focus."""
_PROGRAM_SECONDS = 30
_SEVERITY: dict[str, SeverityLevel] = {"failed": "error", "stopped": "warning"}


class Teller:
    """Watches the app's snapshots for news, and tells them once each."""

    def __init__(self, app: GraftlineApp):
        self._app = app
        self._since = app.clock()
        self._told: set[tuple[str, str]] = set()
        self._looked = 0.0

    def arrived(self, before: Snapshot | None, after: Snapshot) -> None:
        """A newer snapshot is there: tell what ended, and see now and then what has flattened."""
        for news in endings(before, after, self._since):
            self.tell(news)
        learning = [run for run in after.runs if run.state == "running" and run.kind in ("pretrain", "branch")]
        if learning and "flattened" in self._app.settings.notify.on and self._due():
            gateway = self._app.gateway
            self._app.ask(lambda: [(run, gateway.events(run.id)) for run in learning], self._events, group="flattened")

    def _due(self) -> bool:
        now = time.monotonic()
        due = now - self._looked >= LOOK_SECONDS
        self._looked = now if due else self._looked
        return due

    def _events(self, found: list[tuple[RunRow, list[EventRow]]]) -> None:
        for run, events in found:
            if news := flattened(run, events, self._since):
                self.tell(news)

    def tell(self, news: News) -> None:
        """By every way that the settings allow, once."""
        notify = self._app.settings.notify
        if (news.run_id, news.what) in self._told or news.what not in notify.on:
            return
        self._told.add((news.run_id, news.what))
        self._app.say(news.sentence, severity=_SEVERITY.get(news.what, "information"))
        if notify.terminal == "always" or (notify.terminal == "auto" and self._app.seconds_away >= AWAY_SECONDS):
            self._app.to_terminal(terminal.notification("Graftline", news.sentence))
        if notify.command:
            home = self._app.gateway.home
            self._app.ask(lambda: run_program(notify.command, news, home))


def run_program(command: Sequence[str], news: News, home: Path) -> None:
    """Run the user's program with the news, and wait for it. Raises `InputError` when it cannot be run or fails."""
    environment = {
        "GRAFTLINE_RUN": news.run_id,
        "GRAFTLINE_NAME": news.name,
        "GRAFTLINE_KIND": news.kind,
        "GRAFTLINE_STATE": news.what,
        "GRAFTLINE_WHY": news.why,
        "GRAFTLINE_HOME": str(home),
    }
    # An environment cannot hold a NUL; JSON can, so the whole truth is on stdin.
    environment = {name: value.replace("\0", "") for name, value in environment.items()}
    try:
        done = subprocess.run(
            [str(Path(command[0]).expanduser()), *command[1:]],
            env={**os.environ, **environment},
            input=msgspec.json.encode(asdict(news) | {"home": str(home)}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PROGRAM_SECONDS,
            check=False,
        )
    except OSError as error:
        raise _wrong(f"{command[0]} cannot be run: {error.strerror}", "check its path, or take it out") from None
    except subprocess.TimeoutExpired:
        raise _wrong(f"{command[0]} did not end in {_PROGRAM_SECONDS} s", "let it work in the background") from None
    if done.returncode:
        said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
        raise _wrong(f"{command[0]} ended with {done.returncode}: {said}", "try it in a shell")


def _wrong(problem: str, fix: str) -> InputError:
    return InputError(problem, where="settings.toml", key="notify.command", fix=fix)
