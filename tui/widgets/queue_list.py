"""What runs, what waits in which order, and what ended last: a list with one cursor through all of it.

running
▶ helper-long      instruct   ━━━━━━━━━━────────────  43 %   260/600   ≤ 1m10s
waiting, the next first
1 areas-last       classify   from tiny@1                              3m
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine import figures
from engine.store.rows import RunRow
from tui import keys, theme
from tui.text import fit

_WHAT = 10
_OVER = ("finished", "failed", "stopped", "cancelled")
ENDED_SHOWN = 8


@dataclass(frozen=True)
class Queue:
    """The present, sorted. `waiting` is in the order of starting, `ended` newest first."""

    running: tuple[RunRow, ...] = ()
    waiting: tuple[RunRow, ...] = ()
    ended: tuple[RunRow, ...] = ()
    expected: Mapping[str, float | None] = field(default_factory=dict)
    """Seconds that a waiting run will take at most, by id; None: nothing tells."""

    @classmethod
    def of(
        cls, runs: Sequence[RunRow], order: Sequence[str], expected: Mapping[str, float | None] | None = None
    ) -> Queue:
        """`order`: ids of waiting runs; what waits and is not in it (just queued) comes last, oldest first."""
        place = {run_id: number for number, run_id in enumerate(order)}
        waiting = [run for run in runs if run.state == "queued"]
        over = [run for run in runs if run.state in _OVER]
        return cls(
            tuple(run for run in runs if run.state in ("running", "stopping")),
            tuple(sorted(waiting, key=lambda run: (place.get(run.id, len(place)), run.created))),
            tuple(sorted(over, key=lambda run: -(run.ended or 0.0))[:ENDED_SHOWN]),
            expected or {},
        )


class QueueList(OptionList):
    """Option ids are run ids; headings cannot be chosen. The cursor stays with its run."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LIST
    DEFAULT_CSS = """
    QueueList { border: none; padding: 0 1; background: $background; }
    QueueList:focus { border: none; background-tint: $foreground 0%; }
    QueueList > .option-list--option-disabled { color: $muted; }
    """

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id, compact=True, markup=False)
        self._queue = Queue()
        self._now = 0.0

    def show(self, queue: Queue, now: float) -> None:
        """Draw. Rows whose text is the same are left as they are."""
        self._queue, self._now = queue, now
        self._arrange()

    @property
    def run_id(self) -> str | None:
        """The run under the cursor."""
        option = self.highlighted_option
        return option.id if option is not None else None

    def choose(self, run_id: str | None) -> None:
        """Put the cursor on a run; where it is not there any more, on the first there is."""
        ids = [option.id for option in self.options]
        if run_id in ids:
            self.highlighted = ids.index(run_id)
        elif self.highlighted is None or not self.run_id:
            self.highlighted = next((n for n, option in enumerate(self.options) if not option.disabled), None)

    def action_page_up(self) -> None:
        """A page up may end on a heading, which is no place for the cursor."""
        super().action_page_up()  # type: ignore[no-untyped-call]
        if self.highlighted is None:
            self.action_first()

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        options = self._options_for(width)
        if [option.id for option in options] != [option.id for option in self.options]:
            chosen = self.run_id
            self.set_options(options)
            self.choose(chosen)
            return
        for index, option in enumerate(options):
            if option.prompt != self.options[index].prompt:
                self.replace_option_prompt_at_index(index, option.prompt)

    def _options_for(self, width: int) -> list[Option]:
        queue, now = self._queue, self._now
        found: list[Option] = []
        if queue.running:
            found.append(_heading("running"))
            found += [Option(_running(run, width), id=run.id) for run in queue.running]
        if queue.waiting:
            found.append(_heading("waiting, the next first", bool(found)))
            takes = queue.expected
            found += [
                Option(_waiting(run, n, takes.get(run.id), width, now), id=run.id)
                for n, run in enumerate(queue.waiting, 1)
            ]
        if queue.ended:
            found.append(_heading("ended, the newest first", bool(found)))
            found += [Option(_ended(run, width, now), id=run.id) for run in queue.ended]
        return found


def _heading(text: str, below: bool = False) -> Option:
    """With an empty line above when it stands below other rows."""
    return Option(Content.styled("\n" * below + text, theme.MUTED), id=f"# {text}", disabled=True)


def _name_width(width: int) -> int:
    return max(10, min(40, width // 3 - 4))


def _start(run: RunRow, mark: str, width: int) -> Content:
    glyph, colour = theme.STATES[run.state]
    name = fit(run.name, _name_width(width))
    what = fit(run.method or run.kind, _WHAT) if width >= 56 else ""
    return Content.assemble((f"{mark}{glyph} ", colour), (f"{name} ", theme.BRIGHT), (f"{what} ", theme.MUTED))


def _line(start: Content, middle: str, end: str, width: int) -> Content:
    """`end` at the right edge, `middle` in what room is left."""
    room = width - start.cell_length - len(end) - 1
    return Content.assemble(start, (fit(middle, max(0, room)), theme.MUTED), f" {end}" if room >= 0 else "")


def _running(run: RunRow, width: int) -> Content:
    """The bar in what room is left; it is as long as the share of steps done."""
    start = _start(run, "   ", width)
    share = min(1.0, run.step / run.steps) if run.steps else 0.0
    left = run.seconds_left
    eta = "stopping" if run.state == "stopping" else f"≤ {figures.duration(left)}" if left is not None else "–"
    steps = f"{run.step:,}/{run.steps:,}" if run.steps else f"{figures.duration(run.cost.seconds)} so far"
    known = run.heldout_loss is not None
    loss = f"{f'held-out {figures.loss(run.heldout_loss)}' if known else '':>17}" if width >= 100 else ""
    end = f"{share:4.0%} {steps:>13}{loss} {eta:>9}" if width >= 70 else f"{share:4.0%} {eta:>9}"
    room = width - start.cell_length - len(end) - 1
    full = round(room * share)
    bar = (("━" * full, theme.STATES[run.state][1]), ("─" * max(0, room - full), theme.FAINT))
    return Content.assemble(start, *bar, f" {end}")


def _waiting(run: RunRow, number: int, takes: float | None, width: int, now: float) -> Content:
    from_ = ", ".join(parent.partition(":")[2].partition("/")[0] for parent in run.parents)
    tags = " ".join(f"#{tag}" for tag in run.tags)
    origin = "  ".join(part for part in (tags, f"from {from_}" if from_ else "") if part)
    told = f"≤ ~{figures.duration(takes)}" if takes is not None else ""
    asked = _ago("asked ", now - run.created, width)
    end = (f"{told:>10}  {asked}" if told else asked) if width >= 56 else told or asked
    return _line(_start(run, f"{number:>2} ", width), origin, end, width)


def _ended(run: RunRow, width: int, now: float) -> Content:
    took = figures.duration(run.cost.seconds) if run.started else ""
    middle = run.error or (f"{run.state}, took {took}" if took else run.state)
    return _line(_start(run, "   ", width), middle, _ago("", now - (run.ended or now), width), width)


def _ago(word: str, seconds: float, width: int) -> str:
    age = figures.age(seconds)
    return f"{age:>4}" if width < 56 or age == "now" else f"{word}{age:>4} ago"
