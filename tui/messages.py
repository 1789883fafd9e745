"""What screens and widgets ask of the app. Messages go up; state comes down through the app's reactives.

A screen never pushes another by itself: `self.post_message(OpenMonitor((run_id,)))`, and the app does the rest.
What the app then offers to every screen, to be watched with `self.watch(self.app, name, callback)`:

    app.snapshot   Snapshot | None   lineage and runs, replaced (never changed) at most once a second
    app.watched    tuple[str, ...]   run ids that the monitor shows      (set by OpenMonitor)
    app.compared   tuple[str, ...]   model ids that compare shows        (set by OpenCompare)
    app.asked      tuple[str, ...]   model ids that play asks            (set by OpenPlay)
    app.logged     str               the run whose log is shown          (set by OpenLogs)
    app.reported   str               the corpus `name/hash` on screen    (set by OpenCorpus)
    app.selection  frozenset[str]    node ids marked with space in the tree
    app.undo       UndoStack         what `u` takes back: add(what, back) after each change that can be reversed
    app.clock      () -> float       seconds since the epoch; frozen in tests. Never call time.time() to draw.
    app.gateway    Gateway           blocking; from thread workers only
    app.say(text, severity="information")   a notification; any text is safe
    app.ask(work, done=None)                run a gateway call on a worker; user errors become notifications
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.message import Message

from engine.store.rows import Lineage, RunRow


@dataclass(frozen=True)
class Snapshot:
    """The workspace as the store last answered. Equal snapshots are not sent twice."""

    lineage: Lineage
    runs: tuple[RunRow, ...]
    notices: tuple[str, ...] = ()
    """What the supervisor wants said, once: a database set aside, engines adopted."""
    remembered: bool = False
    """From an earlier day: the store has not answered yet."""


class _Message(Message):
    """A message that the app handles, wherever it was posted."""

    bubble = True


@dataclass
class SnapshotArrived(_Message):
    snapshot: Snapshot


@dataclass
class OpenLineage(_Message):
    node_id: str = ""
    """The node to put the cursor on; empty: where it was."""


@dataclass
class OpenMonitor(_Message):
    """Show these runs' curves, overlaid, the first one foremost."""

    run_ids: tuple[str, ...]


@dataclass
class OpenCompare(_Message):
    """Show these models side by side. Ids are `name@n` or run ids of variants."""

    model_ids: tuple[str, ...]


@dataclass
class OpenPlay(_Message):
    """Ask these models something. Ids are `name@n` or run ids of variants."""

    model_ids: tuple[str, ...]


@dataclass
class OpenLaunch(_Message):
    """Open the launch form: `kind` is a stage's, `base` what to branch from or to evaluate (may be empty)."""

    kind: str
    base: str = ""
    models: tuple[str, ...] = ()
    """evaluate: the models marked."""
    values: Mapping[str, str] | None = None
    """What the form's fields hold, as if it had been typed."""


@dataclass
class OpenLogs(_Message):
    run_id: str


@dataclass
class OpenCorpus(_Message):
    """`name/hash`; empty: the newest."""

    ref: str = ""


@dataclass
class Changed(_Message):
    """Something was submitted, stopped or named: look at the store now rather than at the next second."""


@dataclass
class OpenQueue(_Message):
    """See what waits."""
