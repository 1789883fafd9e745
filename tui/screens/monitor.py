"""Live curves: one run, or many overlaid, one metric a chart or a page of charts. It never waits for the store.

    worker (thread, every 0.5 s): RunFeeds.poll(the runs drawn)  ->  RunViews  ->  head, charts, decisions, log, facts
    zoomed in: the store is asked for finer points of that part of the axis

With no run chosen it shows the running one, else the newest that trained, and goes along when another starts.
What keys do stands in `monitor_keys` and `monitor_runs`.
"""

from __future__ import annotations

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input
from textual.worker import get_current_worker

from engine import figures
from engine.store.rows import MachineRow, RunRow
from tui import theme
from tui.messages import Snapshot
from tui.monitor_curves import Curves, Look, colour, heading, marker, marks, metrics_of, spoken, store_range
from tui.monitor_words import facts, head, how, story
from tui.run_feed import LOG_LINES
from tui.run_feeds import Polled, RunFeeds, Wanted, finer
from tui.run_view import RunView
from tui.screens.monitor_keys import MonitorKeys
from tui.screens.monitor_runs import MOST_RUNS, TRAINS
from tui.screens.naming import Target, target_of
from tui.widgets.chart_grid import Chart, ChartGrid
from tui.widgets.curve import Curve
from tui.widgets.decimate import Floats
from tui.widgets.filter_box import FilterBox
from tui.widgets.log_view import LogView
from tui.widgets.sized import Sized
from tui.widgets.watch_list import Watchable, WatchList

MACHINE_SECONDS = 10.0
"""Between two looks at the machine, as far apart as the supervisor's."""
ZOOM_PAUSE = 0.12
"""Seconds that a zoom must rest before finer points are asked for."""
_OVER = ("stopped", "finished", "failed", "cancelled")


class MonitorScreen(MonitorKeys):
    """The curves of `app.watched`, the first run foremost."""

    PLACE = "monitor"
    CSS_PATH = "monitor.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._feeds: RunFeeds | None = None
        self._views: dict[str, RunView] = {}
        self._curves = Curves()
        self._auto = ""
        self._polling = False
        self._behind = False
        """The snapshot is newer than what is drawn."""
        self._told: tuple[object, ...] = (None,) * 6
        """What the words on screen were made of."""
        self._logged = ("", 0)
        """Whose log is shown, and how many of its lines."""
        self._zoom_timer: Timer | None = None
        self._machine: MachineRow | None = None
        self._clock: Timer | None = None

    def body(self) -> ComposeResult:
        yield Sized(id="head")
        with Horizontal(id="middle"):
            yield WatchList(id="runs")
            with Vertical(id="plot"):
                yield Sized(id="how")
                yield ChartGrid(id="charts")
                yield Input(id="box", select_on_focus=False)
                yield FilterBox(id="filter")
            with VerticalScroll(id="side", can_focus=False):
                yield Sized(id="facts")
        with Horizontal(id="below"):
            yield LogView(id="log")
            yield Sized(id="story")

    def on_mount(self) -> None:
        super().on_mount()
        self._feeds = RunFeeds(self.graft.gateway)
        self.grid.focus()
        self._begin_as_set()
        self.watch(self.app, "watched", self._chosen)
        self.watch(self.app, "slow", self._pace)
        self.set_interval(MACHINE_SECONDS, self._look_at_machine)
        self._look_at_machine()

    def _pace(self) -> None:
        """As often as the user wants, and seldom on a slow line."""
        if self._clock is not None:
            self._clock.stop()
        self._clock = self.set_interval(self.graft.repaint_seconds, self.poll)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.width < 60, "-phone")
        self.set_class(event.size.height >= 50, "-tall")
        self._bars(event.size.width)
        self.call_after_refresh(self._draw)

    def _bars(self, width: int) -> None:
        """The side bars, where nobody has said otherwise: facts beside wide charts, runs when there are several."""
        self.set_class(self.runs_bar if self.runs_bar is not None else self._several(width), "-runs")
        self.set_class(self.facts_bar if self.facts_bar is not None else width >= 150, "-facts")

    def _several(self, width: int) -> bool:
        return width >= 110 and len(self.run_ids) > 1

    # --- which runs -----------------------------------------------------------------------------

    @property
    def run_ids(self) -> tuple[str, ...]:
        return self.graft.watched[:MOST_RUNS] or ((self._auto,) if self._auto else ())

    def _row(self, run_id: str) -> RunRow | None:
        return next((row for row in self.rows() if row.id == run_id), None)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        newest = running_or_newest(snapshot.runs)
        if not self.graft.watched and newest != self._auto:
            self._auto = newest
            self._chosen()
        elif self._at_work():
            self._behind = True
        else:
            self._draw()

    def _at_work(self) -> bool:
        """Some run on screen is: then a poll is never far, and one drawing serves for both."""
        rows = [self._row(run_id) for run_id in self._views]
        return any(row is not None and row.state in ("running", "stopping") for row in rows)

    def on_screen_resume(self) -> None:
        self.poll()

    def _chosen(self) -> None:
        """Other runs are to be shown."""
        self._views = {run_id: view for run_id, view in self._views.items() if run_id in self.run_ids}
        self._curves.set_fine({})
        self.grid.each(cursor=None, window=None)
        self.grid.forget_limits()
        self._bars(self.size.width)
        self._draw()
        self.poll()

    def follow_newest(self) -> None:
        self._auto = running_or_newest(self.rows())

    def target(self) -> Target | None:
        if not self.run_ids:
            return None
        run_id = self.focused_run() or self.run_ids[0]
        row, view = self._row(run_id), self._views.get(run_id)
        if row is not None:
            return target_of(row)
        return Target(run_id, view.name if view else run_id, run_id, view.state if view else "")

    # --- what is new ----------------------------------------------------------------------------

    def poll(self) -> None:
        """Read what is new, unless it is being read already or nobody looks."""
        if self.is_current and self.run_ids and self._feeds is not None and not self._polling:
            self._polling = True
            ended = frozenset(row.id for row in self.rows() if row.state in _OVER)
            self._read(self._feeds, Wanted(self.run_ids, ended))

    @work(thread=True, group="monitor")
    def _read(self, feeds: RunFeeds, wanted: Wanted) -> None:
        polled = feeds.poll(wanted)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._arrived, wanted, polled)

    def _arrived(self, wanted: Wanted, polled: Polled) -> None:
        self._polling = False
        self._views |= {view.run_id: view for view in polled.views if view.run_id in self.run_ids}
        if polled.views or self._behind:
            self._draw()
        if polled.more or wanted.run_ids != self.run_ids:
            self.poll()

    def _look_at_machine(self) -> None:
        """What the supervisor last saw of processors, memory and GPUs, for the facts of a run at work."""
        if self.is_current and self.has_class("-facts"):
            since = self.graft.clock() - 3 * MACHINE_SECONDS
            self.graft.ask(lambda: self.graft.gateway.machine(since), self._take_machine, group="machine")

    def _take_machine(self, samples: list[MachineRow]) -> None:
        self._machine = samples[-1] if samples else None
        self._draw()

    @on(Curve.Zoomed)
    def _zoomed(self) -> None:
        if self._zoom_timer is not None:
            self._zoom_timer.stop()
        self._zoom_timer = self.set_timer(ZOOM_PAUSE, self._look_closer)

    def _look_closer(self) -> None:
        """Ask for finer points of the part that is seen, or put those aside when all of it is seen."""
        window = self.grid.current.window
        if window is None:
            self._take_fine({})
            return
        look = self._look()
        asked: dict[tuple[str, float, float], list[str]] = {}
        for run_id, view in self._views.items():
            asked.setdefault(store_range(view, look.axis, look.branch_steps.get(run_id, 0), *window), []).append(run_id)
        names = {name for metric in self.grid.on_page() for name in self.measured(metric)}
        gateway = self.graft.gateway
        self.graft.ask(lambda: finer(gateway, asked, tuple(names)), self._take_fine, group="zoom")

    def _take_fine(self, fine: dict[tuple[str, str], Floats]) -> None:
        self._curves.set_fine(fine)
        self._draw()

    # --- drawing --------------------------------------------------------------------------------

    def views(self) -> list[RunView]:
        """Those on screen, the foremost first."""
        return [self._views[run_id] for run_id in self.run_ids if run_id in self._views]

    def _look(self) -> Look:
        views = self.views()
        places = {run_id: place for place, run_id in enumerate(self.run_ids)}
        names = {view.run_id: self.called(view) for view in views}
        return Look(self.axis, names, places, self.branch_steps(views), self.spread, self.projected)

    @on(ChartGrid.Turned)
    def _draw(self) -> None:
        views, self._behind = self.views(), False
        self._list_runs()
        if not views:
            waiting = "No run to show yet." if self.graft.snapshot else "…"
            self.query_one("#head", Sized).show(lambda width, height: Content("" if self.run_ids else waiting))
            return
        self.grid.set_names(self.matching(metrics_of(views)))
        look = self._look()
        self.grid.each(live=any(self._state(view) in ("running", "stopping", "queued") for view in views))
        found = tuple(marks(views[0], look))
        metrics = self.grid.on_page()
        self.grid.show([Chart(m, spoken(m), tuple(self._curves.series(views, m, look)), found) for m in metrics])
        self._draw_words(views[0])
        self._show_log(views[0])
        self.say_how()

    def _draw_words(self, first: RunView) -> None:
        row, state = self._row(first.run_id), self._state(first)
        name, machine = self.called(first), self._machine if state in ("running", "stopping") else None
        told = (first, row, state, name, machine, theme.THEME.name)
        if all(new is old for new, old in zip(told, self._told, strict=True)):
            return  # other curves of the same
        self._told = told
        end = heading(first) if state == "running" else None
        self.query_one("#head", Sized).show(lambda width, height: head(first, row, width, name, state, end))
        self.query_one("#story", Sized).show(lambda width, height: story(first, height))
        self.query_one("#facts", Sized).show(lambda width, height: facts(first, row, width, machine))

    def _show_log(self, first: RunView) -> None:
        log, (run_id, lines) = self.query_one("#log", LogView), self._logged
        if run_id != first.run_id:
            log.clear()
            lines = 0
        new = min(first.lines - lines, len(first.log))
        if new > 0:
            log.add(first.log[-new:], most=LOG_LINES)
        self._logged = (first.run_id, first.lines)

    def _list_runs(self) -> None:
        """The runs beside the charts, newest first, the drawn ones with their markers."""
        places = {run_id: place for place, run_id in enumerate(self.run_ids)}
        items = []
        for row in self.listed():
            place, view = places.get(row.id), self._views.get(row.id)
            value = view.newest(self.measured(self.grid.name_chosen or "loss")[-1]) if view else row.heldout_loss
            sign = ("", "") if place is None else (marker(place), colour(place))
            items.append(Watchable(row.id, row.name, row.state, figures.loss(value), *sign, row.id in self.pinned))
        self.query_one(WatchList).show(items)

    def say_how(self) -> None:
        curve, page = self.grid.current, self.grid.page() if self.grid.many else (1, 1)
        metric = self.grid.name_chosen or "loss"
        said = how(metric, curve, len(self.run_ids), bool(self.graft.watched), self.spread, page, self.metric_filter)
        self.query_one("#how", Sized).show(lambda width, height: said)

    @on(Curve.Moved)
    def _cursor_moved(self) -> None:
        self.say_how()

    def called(self, view: RunView) -> str:
        """A run's name; the user's own before the configuration's."""
        row = self._row(view.run_id)
        return row.name if row else view.name or view.run_id

    def _state(self, view: RunView) -> str:
        """The journal's word, but for what only the supervisor knows, or the journal was not read for."""
        row = self._row(view.run_id)
        if row and (view.run_id != self.run_ids[0] or (row.state == "stopping" and view.state == "running")):
            return row.state
        return view.state


def running_or_newest(rows: tuple[RunRow, ...]) -> str:
    """The run at work now, else the newest that trained, else the newest."""
    running = [row for row in rows if row.state in ("running", "stopping")]
    trained = [row for row in rows if row.kind in TRAINS and row.state != "queued"]
    chosen = running or trained or list(rows)
    return max(chosen, key=lambda row: row.created).id if chosen else ""
