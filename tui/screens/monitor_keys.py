"""What the keys of the monitor do to its charts: which ones, along which axes, how near, and into which file.

`MonitorScreen` gives the runs on screen and draws; this only changes what is to be drawn.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widgets import Input

from engine.errors import InputError
from engine.paths import slug
from engine.store.rows import ModelRow
from tui import keys
from tui.export_chart import KINDS, Exported, export
from tui.limits import Ends, parse, written
from tui.monitor_curves import AXES, LOSSES, spoken
from tui.run_view import RunView
from tui.screens.ask import AskScreen
from tui.screens.monitor_runs import MonitorRuns
from tui.seeds import KINDS as SPREADS
from tui.text import one_line
from tui.widgets.curve import SMOOTHING
from tui.widgets.filter_box import FilterBox
from tui.widgets.log_view import LogView
from tui.widgets.scale import Scale
from tui.widgets.watch_list import WatchList

PAN = 0.25
_SPREADS = ("", *SPREADS)


class MonitorKeys(MonitorRuns):
    """Keys of `keys.MONITOR`. Subclasses draw."""

    BINDINGS: ClassVar[list[BindingType]] = keys.MONITOR

    def __init__(self) -> None:
        super().__init__()
        self.axis = AXES[0]
        self.spread = ""
        self.projected = False
        self.metric_filter = ""
        self._asked = ""
        """What the box at the bottom is open for: metrics or log; empty: it is not."""
        self._bases: dict[str, tuple[str, int]] = {}
        """Which run made a frozen model, and at which step."""

    # --- given by the screen --------------------------------------------------------------------

    def views(self) -> list[RunView]:
        raise NotImplementedError

    def say_how(self) -> None:
        raise NotImplementedError

    # --- reading values -------------------------------------------------------------------------

    def action_cursor(self, by: int) -> None:
        self.grid.current.move_cursor(by)

    def action_edge(self, last: bool) -> None:
        self.grid.current.move_cursor(10**9 if last else -(10**9))

    def action_back(self) -> None:
        """One step back: out of a pane, the cursor, the zoom, the enlarged chart, the filters."""
        curve = self.grid.current
        if self._asked:
            self._close_box()
        elif self.focused is not self.grid:
            self.query_one("#log", LogView).query_text = ""
            self.grid.focus()
        elif curve.cursor is not None:
            self.grid.each(cursor=None)
        elif curve.window is not None or curve.heights is not None:
            self.action_reset()
        elif self.metric_filter or self.query_one(FilterBox).value:
            self.metric_filter = ""
            self.query_one(FilterBox).set("")
            self._draw()
        elif self._enlarged:
            self.action_enlarge()

    # --- which charts ---------------------------------------------------------------------------

    _enlarged = False

    def measured(self, metric: str) -> tuple[str, ...]:
        """The names in the journal behind a chart's name."""
        return LOSSES if metric == "loss" else (metric,)

    def matching(self, metrics: list[str]) -> list[str]:
        """The metrics that the filter lets through; all when it lets none."""
        words = self.metric_filter.lower().split()
        return [m for m in metrics if any(w in spoken(m).lower() or w in m.lower() for w in words)] or metrics

    def action_grid(self) -> None:
        self._enlarged = False
        self.grid.many = not self.grid.many
        self._draw()

    def action_enlarge(self) -> None:
        if self.grid.many or self._enlarged:
            self._enlarged = self.grid.many
            self.grid.many = not self.grid.many
            self._draw()

    def action_chart(self, across: int, down: int) -> None:
        self.grid.move(across, down)

    def action_page(self, by: int) -> None:
        """The next charts; in the log, the next match."""
        log = self.query_one("#log", LogView)
        if log.has_focus:
            log.to_match(by)
        else:
            self.grid.turn(by)

    def action_metric(self, by: int) -> None:
        names = self.grid.names
        if names:
            self.grid.each(cursor=None)
            self.grid.choose(names[(self.grid.chosen + by) % len(names)])

    def action_filter_metrics(self) -> None:
        """Which metrics; in the log, a search."""
        log = self.query_one("#log", LogView)
        if log.has_focus:
            self._ask_in_box("log", "search the log's tail", log.query_text)
            return
        self._ask_in_box("metrics", "metrics that hold any of these words", self.metric_filter)

    # --- axes -----------------------------------------------------------------------------------

    def _begin_as_set(self) -> None:
        """As the user's settings have it."""
        wanted = self.graft.settings
        smoothing = min(SMOOTHING, key=lambda step: abs(step - wanted.smoothing))
        self.grid.each(smoothing=smoothing, log_y=wanted.log_y)
        self._take_axis(wanted.x)

    def action_x_axis(self) -> None:
        self._take_axis(AXES[(AXES.index(self.axis) + 1) % len(AXES)])

    def _take_axis(self, axis: str) -> None:
        self.axis = axis
        self.grid.each(x_kind=self.axis)
        if self.axis == "branch":
            self.graft.ask(self.graft.gateway.models, self._know_bases, group="bases")
        self._draw()

    def _know_bases(self, models: list[ModelRow]) -> None:
        self._bases = {m.id: (m.run_id, m.step) for m in models if m.run_id and m.step is not None}
        self._draw()

    def branch_steps(self, views: list[RunView]) -> dict[str, int]:
        """Of runs that other runs on screen grew from: the step they grew from. Only where x counts from there."""
        if self.axis != "branch":
            return {}
        shown = {view.run_id for view in views}
        grown = [self._bases.get(parent.removeprefix("model:")) for view in views for parent in view.parents]
        return {run_id: step for run_id, step in filter(None, grown) if run_id in shown}

    def action_log_axis(self) -> None:
        self.grid.each(log_y=not self.grid.current.log_y)
        self.say_how()

    def action_log_x(self) -> None:
        self.grid.each(log_x=not self.grid.current.log_x)
        self.say_how()

    def action_guides(self) -> None:
        self.grid.each(guides=not self.grid.current.guides)

    def action_smooth(self, by: int) -> None:
        at = SMOOTHING.index(self.grid.current.smoothing)
        self.grid.each(smoothing=SMOOTHING[max(0, min(at + by, len(SMOOTHING) - 1))])
        self.say_how()

    def action_zoom(self, by: int) -> None:
        self.grid.current.zoom(by)
        self.say_how()

    def action_pan(self, by: int) -> None:
        if self.grid.current.window is None:
            self.grid.current.move_cursor(10 * by)
        else:
            self.grid.current.pan(by * PAN)

    def action_reset(self) -> None:
        self.grid.each(window=None, heights=None, cursor=None)
        self.say_how()

    def action_spread(self) -> None:
        self.spread = _SPREADS[(_SPREADS.index(self.spread) + 1) % len(_SPREADS)]
        self._draw()

    def action_projection(self) -> None:
        self.projected = not self.projected
        self._draw()

    @work(group="dialog")
    async def action_limits(self) -> None:
        curve = self.grid.current
        hint = "x 100..2000 y 1..3; either alone, an end left out for as far as it goes. Empty: everything."
        value = written(curve.window, curve.heights)
        text = await self.app.push_screen_wait(AskScreen("Limits of the axes", hint=hint, value=value, check=parse))
        if text is None:
            return
        limits = parse(text)
        self.grid.each(window=_filled(limits.x, curve.whole))
        curve.heights = _filled(limits.y, curve.y)
        self.say_how()

    @work(group="dialog")
    async def action_export(self) -> None:
        """Ask for a file's name, whose ending says what kind, and write the chosen chart to it."""
        curve, name = self.grid.current, self.grid.name_chosen or "loss"
        runs = self.views()
        title = f"{spoken(name)} · {runs[0].name if len(runs) == 1 else f'{len(runs)} runs'}" if runs else spoken(name)
        chart = Exported(title, curve.series, curve.marks, curve.view)
        hint = "The ending chooses: .svg, .png or .csv. What is on screen is written, limits and smoothing included."
        asked = AskScreen("Export this chart", hint=hint, value=f"{slug(name)}.svg", check=_kind)
        text = await self.app.push_screen_wait(asked)
        if text is not None:
            path = Path(text.strip()).expanduser()
            self.graft.ask(lambda: export(path, chart), lambda _: self.graft.say(f"Saved {one_line(str(path))}."))

    # --- panes and the box ----------------------------------------------------------------------

    def action_pane(self, by: int) -> None:
        panes = [self.grid, self.query_one(WatchList), self.query_one("#log", LogView)]
        panes = [pane for pane in panes if pane.display and pane.region.area]
        at = panes.index(self.focused) if self.focused in panes else 0
        panes[(at + by) % len(panes)].focus()

    def _ask_in_box(self, what: str, placeholder: str, value: str) -> None:
        self._asked = what
        box = self.query_one("#box", Input)
        box.placeholder, box.value = placeholder, value
        box.cursor_position = len(value)
        box.add_class("-asking")
        box.focus()

    @on(Input.Changed, "#box")
    def _typed(self, event: Input.Changed) -> None:
        """Filters act as one types."""
        if self._asked == "metrics":
            self.metric_filter = event.value.strip()
            self._draw()
        elif self._asked == "log":
            self.query_one("#log", LogView).query_text = event.value

    @on(Input.Submitted, "#box")
    def _close_box(self) -> None:
        self.query_one("#box", Input).remove_class("-asking")
        if self._asked == "log":
            log = self.query_one("#log", LogView)
            log.focus()
            log.to_match(-1)
        else:
            self.grid.focus()
        self._asked = ""


def _filled(wanted: Ends | None, axis: Scale) -> tuple[float, float] | None:
    """Typed limits with the ends that were left out; None: everything."""
    if wanted is None:
        return None
    low, high = wanted
    return (axis.low if low is None else low, axis.high if high is None else high)


def _kind(text: str) -> None:
    if Path(text.strip()).suffix.lower() not in KINDS:
        raise InputError(f"no kind of file: {text.strip()!r}", fix=f"end the name with {', '.join(KINDS)}")
