"""Live curves: one run, or several overlaid. What it draws comes from journals, so it never waits for the store.

    worker (thread, every 0.5 s): RunFeed.poll() of each run on screen  ->  RunViews  ->  head, curve, decisions, log

With no run chosen it shows the running one, else the newest that trained, and goes along when another starts.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static
from textual.worker import get_current_worker

from engine import figures
from engine.store.rows import RunRow
from tui import keys
from tui.log_tail import LogTail
from tui.messages import Snapshot
from tui.monitor_words import METRICS, facts, head, how, log_lines, marks, metrics_of, series, story
from tui.run_feed import AXES, RunFeed, RunView
from tui.screens.actions import RunActions, Target, target_of
from tui.screens.pick import Choice, PickScreen
from tui.widgets.curve import SMOOTHING, Curve
from tui.widgets.sized import Sized

POLL_SECONDS = 0.5
MOST_RUNS = 8
"""Lines that can be told apart."""
_TRAINS = ("pretrain", "branch")


class MonitorScreen(RunActions):
    """The curves of `app.watched`, the first run foremost."""

    PLACE = "monitor"
    CSS_PATH = "monitor.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.MONITOR

    def __init__(self) -> None:
        super().__init__()
        self._feeds: dict[str, RunFeed] = {}
        self._views: dict[str, RunView] = {}
        self._auto = ""
        self._metric = METRICS[0]
        self._polling = False

    def body(self) -> ComposeResult:
        yield Static(id="head")
        with Horizontal(id="middle"):
            with Vertical(id="plot"):
                yield Static(id="how")
                yield Curve(id="curve")
            with VerticalScroll(id="side", can_focus=False):
                yield Sized(id="facts")
        with Horizontal(id="below"):
            yield Sized(id="log")
            yield Sized(id="story")

    def on_mount(self) -> None:
        super().on_mount()
        self.watch(self.app, "watched", self._chosen)
        self.set_interval(POLL_SECONDS, self.poll)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= 150, "-wide")
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height >= 50, "-tall")
        self.call_after_refresh(self._draw)

    # --- which runs -----------------------------------------------------------------------------

    @property
    def run_ids(self) -> tuple[str, ...]:
        return self.graft.watched[:MOST_RUNS] or ((self._auto,) if self._auto else ())

    def _rows(self) -> tuple[RunRow, ...]:
        return self.graft.snapshot.runs if self.graft.snapshot else ()

    def _row(self, run_id: str) -> RunRow | None:
        return next((row for row in self._rows() if row.id == run_id), None)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        newest = _running_or_newest(snapshot.runs)
        if not self.graft.watched and newest != self._auto:
            self._auto = newest
            self._chosen()
        else:
            self._draw()

    def _chosen(self) -> None:
        """Other runs are to be shown."""
        self._feeds = {run_id: self._feeds.get(run_id) or self._feed(run_id) for run_id in self.run_ids}
        self._views = {run_id: view for run_id, view in self._views.items() if run_id in self._feeds}
        curve = self.query_one(Curve)
        curve.cursor = None
        curve.forget_limits()
        self._draw()
        self.poll()

    def _feed(self, run_id: str) -> RunFeed:
        gateway = self.graft.gateway
        return RunFeed(run_id, gateway.tail(run_id), LogTail(gateway.log(run_id), look_back=1 << 16))

    def target(self) -> Target | None:
        if not self.run_ids:
            return None
        run_id = self.run_ids[0]
        row, view = self._row(run_id), self._views.get(run_id)
        if row is not None:
            return target_of(row)
        return Target(run_id, view.name if view else run_id, run_id, view.state if view else "")

    # --- what is new ----------------------------------------------------------------------------

    def poll(self) -> None:
        """Read what is new, unless it is being read already or nobody looks."""
        if self.is_current and self._feeds and not self._polling:
            self._polling = True
            self._read(self._feeds)

    @work(thread=True, group="monitor")
    def _read(self, feeds: dict[str, RunFeed]) -> None:
        views = [view for feed in feeds.values() if (view := feed.poll()) is not None]
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._arrived, feeds, views)

    def _arrived(self, feeds: dict[str, RunFeed], views: list[RunView]) -> None:
        self._polling = False
        self._views |= {view.run_id: view for view in views if view.run_id in self._feeds}
        if views:
            self._draw()
        if feeds is not self._feeds:
            self.poll()

    def _draw(self) -> None:
        views = [self._views[run_id] for run_id in self.run_ids if run_id in self._views]
        width = self.size.width - 2
        if not views:
            waiting = "No run to show yet." if self.graft.snapshot else "…"
            self.query_one("#head", Static).update(waiting if not self.run_ids else "")
            return
        first, row = views[0], self._row(self.run_ids[0])
        known = metrics_of(views)
        self._metric = self._metric if self._metric in known else known[0]
        curve = self.query_one(Curve)
        curve.live = any(self._state(view) in ("running", "stopping", "queued") for view in views)
        names = {view.run_id: self._called(view) for view in views}
        curve.set_series(series(views, names, self._metric, curve.x_kind), marks(first, curve.x_kind))
        self.query_one("#head", Static).update(head(first, row, width, self._called(first), self._state(first)))
        self.query_one("#log", Sized).show(lambda width, height: log_lines(first, height))
        self.query_one("#story", Sized).show(lambda width, height: story(first, height))
        self.query_one("#facts", Sized).show(lambda width, height: facts(first, row, width))
        self._say_how()

    def _say_how(self) -> None:
        curve = self.query_one(Curve)
        self.query_one("#how", Static).update(how(self._metric, curve, len(self.run_ids), bool(self.graft.watched)))

    @on(Curve.Moved)
    def _cursor_moved(self) -> None:
        self._say_how()

    def _called(self, view: RunView) -> str:
        row = self._row(view.run_id)
        return row.name if row else view.name or view.run_id

    def _state(self, view: RunView) -> str:
        """The journal's word, but for what only the supervisor knows: that it was asked to stop."""
        row = self._row(view.run_id)
        return "stopping" if row and row.state == "stopping" and view.state == "running" else view.state

    # --- keys -----------------------------------------------------------------------------------

    def action_log_axis(self) -> None:
        curve = self.query_one(Curve)
        curve.log_y = not curve.log_y
        self._say_how()

    def action_smooth(self, by: int) -> None:
        curve = self.query_one(Curve)
        at = SMOOTHING.index(curve.smoothing)
        curve.smoothing = SMOOTHING[max(0, min(at + by, len(SMOOTHING) - 1))]
        self._say_how()

    def action_x_axis(self) -> None:
        curve = self.query_one(Curve)
        curve.x_kind = AXES[(AXES.index(curve.x_kind) + 1) % len(AXES)]
        self._draw()

    def action_metric(self, by: int) -> None:
        known = metrics_of(list(self._views.values()))
        at = known.index(self._metric) if self._metric in known else 0
        self._metric = known[(at + by) % len(known)]
        curve = self.query_one(Curve)
        curve.cursor = None
        self._draw()

    def action_cursor(self, by: int) -> None:
        self.query_one(Curve).action_cursor(by)

    def action_no_cursor(self) -> None:
        self.query_one(Curve).action_no_cursor()

    def action_run(self, by: int) -> None:
        ids = [row.id for row in self._rows() if row.kind in _TRAINS]
        if self.run_ids and self.run_ids[0] in ids:
            self.graft.watched = (ids[max(0, min(ids.index(self.run_ids[0]) + by, len(ids) - 1))],)

    def action_follow(self) -> None:
        self._auto = _running_or_newest(self._rows())
        self.graft.watched = ()
        self.graft.say("Showing whatever run is running.")

    def action_pick(self) -> None:
        rows = [row for row in reversed(self._rows()) if row.kind in _TRAINS]
        choices = [Choice(row.id, row.name, _about(row), row.state) for row in rows]
        self.app.push_screen(PickScreen("Runs to overlay", choices, self.run_ids), self._picked)

    def _picked(self, picked: tuple[str, ...] | None) -> None:
        """Those that were on screen keep their order, and with it their colours."""
        if not picked:
            return
        kept = [run_id for run_id in self.run_ids if run_id in picked]
        self.graft.watched = tuple(dict.fromkeys([*kept, *picked]))[:MOST_RUNS]
        if len(picked) > MOST_RUNS:
            self.graft.say(f"The first {MOST_RUNS} are shown: more lines could not be told apart.")


def _running_or_newest(rows: tuple[RunRow, ...]) -> str:
    """The run at work now, else the newest that trained, else the newest."""
    running = [row for row in rows if row.state in ("running", "stopping")]
    trained = [row for row in rows if row.kind in _TRAINS and row.state != "queued"]
    chosen = running or trained or list(rows)
    return max(chosen, key=lambda row: row.created).id if chosen else ""


def _about(row: RunRow) -> str:
    what = " ".join(filter(None, (row.method or row.kind, "from scratch" if row.scratch else "")))
    steps = f"step {row.step:,}" if row.step else "not started"
    return f"{what} · {steps} · held-out {figures.loss(row.best_heldout_loss)}"
