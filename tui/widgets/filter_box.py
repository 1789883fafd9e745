"""A line for a query, answered while one types: how many it finds, what may come next, or where it goes wrong.

    typing -> 60 ms of rest -> a worker asks the store (a newer query takes its place) -> Found(ids)
    f lr>=1e-3 kind:br                                                       12 runs
      kind:branch                                  (or: ✗ column 9: what is wrong, and what to write)

A query that is wrong changes nothing: what the last right one found stays. tab and right take up the completion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from engine.errors import GraftlineError
from tui import theme
from tui.completion import Keys, completed, completions
from tui.text import cut, one_line, words

if TYPE_CHECKING:
    from tui.app import GraftlineApp

REST_SECONDS = 0.06
"""A pause in typing after which the store is asked."""
_GRAMMAR = "key:value  key<1e-3  -not  a or b  (a b)  state:running|failed  name:foo*"


class _Completing(Suggester):
    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.keys: Keys = {}

    async def get_suggestion(self, value: str) -> str | None:
        return completed(value, self.keys)


class _Line(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", show=False, id="filter.complete", tooltip="Take up the completion")
    ]

    def action_complete(self) -> None:
        """The completion if there is one; else on to the next pane."""
        if self._suggestion and self.cursor_at_end:
            self.action_cursor_right()
        else:
            self.screen.focus_next()


class FilterBox(Vertical):
    """Hidden until `open`; closes itself on enter when empty, and on escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "clear", show=False, id="filter.leave", tooltip="Show everything again")
    ]
    DEFAULT_CSS = """
    FilterBox { height: auto; background: $panel; padding: 0 1; display: none; }
    FilterBox Horizontal { height: 1; }
    FilterBox Input, FilterBox Input:focus { width: 1fr; height: 1; border: none; padding: 0; background: $panel; }
    FilterBox .sign { width: 2; color: $accent; }
    FilterBox .count { width: auto; color: $muted; padding-left: 1; }
    FilterBox .hint { height: 1; padding-left: 2; color: $muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    @dataclass
    class Found(Message):
        """What the query finds now; posted each time that it is answered."""

        box: FilterBox
        query: str
        ids: frozenset[str] | None
        """Run ids; None: the query is empty, everything is shown."""

    @dataclass
    class Left(Message):
        """The keyboard is wanted elsewhere again."""

        box: FilterBox

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self.ids: frozenset[str] | None = None
        """What the last query that could be answered found; None: no filter."""
        self.answered = ""
        """The query that was answered last, be it with what is wrong with it."""
        self.problem = ""
        """What is wrong with the query as it stands."""
        self._completing = _Completing()
        self._rest: Timer | None = None
        self._leaving = False
        """Enter was pressed; the keyboard goes back as soon as the query is answered."""

    @property
    def value(self) -> str:
        """The query as it stands."""
        return self.query_one(_Line).value

    @property
    def keys(self) -> Keys:
        """What can be asked for; empty until the store has told."""
        return self._completing.keys

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static("f", classes="sign", markup=False)
            yield _Line(
                placeholder="lr>=1e-3 kind:branch -tag:old loss<2.1",
                select_on_focus=False,
                suggester=self._completing,
            )
            yield Static(classes="count")
        yield Static(classes="hint")

    # --- opening and leaving ----------------------------------------------------------------------

    def open(self) -> None:
        """Show it, with the keyboard in it."""
        self.display = True
        self.query_one(_Line).focus()
        self._graft.ask(self._graft.gateway.search_keys, self._learn, group="filter-keys")
        self._show()

    def set(self, query: str) -> None:
        """Put a query in, as if it had been typed; empty: no filter, and the box goes."""
        line = self.query_one(_Line)
        self.display = bool(query)
        line.value = query
        line.cursor_position = len(query)

    def refresh_found(self) -> None:
        """Ask again: runs have changed."""
        if self.value.strip():
            self._ask()

    def action_leave(self) -> None:
        self.set("")
        self.post_message(self.Left(self))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        query = event.value.strip()
        self._leaving = bool(query) and query != self.answered.strip()
        if self._leaving:  # a key that came next would be done to what was shown before: to mark all, all runs
            self._stop_resting()
            self._ask()
        else:
            self._leave()

    def _leave(self) -> None:
        self._leaving = False
        self.display = bool(self.value.strip())
        self._show()
        self.post_message(self.Left(self))

    def _stop_resting(self) -> None:
        if self._rest is not None:
            self._rest.stop()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._show()

    def _learn(self, keys: Keys) -> None:
        self._completing.keys = keys
        self._show()

    # --- asking -----------------------------------------------------------------------------------

    @property
    def _graft(self) -> GraftlineApp:
        return cast("GraftlineApp", self.app)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._leaving = False
        self._show()
        self._stop_resting()
        self._rest = self.set_timer(REST_SECONDS, self._ask) if event.value.strip() else None
        if not event.value.strip():
            self.workers.cancel_group(self, "filter")
            self._answer("", None, "")

    def _ask(self) -> None:
        """The newest query takes the place of any that is still being answered."""
        query, now = self.value, self._graft.clock()
        self.run_worker(partial(self._search, query, now), thread=True, group="filter", exclusive=True)

    def _search(self, query: str, now: float) -> None:
        ids, problem = None, ""
        try:
            ids = frozenset(self._graft.gateway.search(query, now))
        except (GraftlineError, OSError) as error:
            problem = str(error)
        if not get_current_worker().is_cancelled:
            self._graft.call_from_thread(self._answer, query, ids, problem)

    def _answer(self, query: str, ids: frozenset[str] | None, problem: str) -> None:
        if query.strip() != self.value.strip():
            return
        self.answered, self.problem = query, problem
        if not problem:
            self.ids = ids
            self.post_message(self.Found(self, query, ids))
        self._show()
        if self._leaving:
            self._leave()

    # --- drawing ----------------------------------------------------------------------------------

    def _show(self) -> None:
        """The line below: what is wrong, else what may come next, while one types."""
        typing = self.query_one(_Line).has_focus
        self.query_one(".hint").display = typing or bool(self.problem)
        for part, new in ((".hint", self._hint()), (".count", self._count())):
            static = self.query_one(part, Static)
            if static.content != new:
                static.update(new)

    def _count(self) -> Content:
        if not self.value.strip() or self.ids is None or self.problem:
            return Content("")
        return Content(f"{len(self.ids):,} run{'' if len(self.ids) == 1 else 's'}")

    def _hint(self) -> Content:
        width = max(20, self.size.width - 4)
        if self.problem:
            return words("✗ " + cut(self.problem.removeprefix("filter: "), width - 2), theme.RED)
        found = completions(self.value, self.keys)
        if not found:
            return words(cut(_GRAMMAR, width), theme.MUTED)
        return _row(found, width)


def _row(found: list[str], width: int) -> Content:
    """As many as there is room for; the first is what tab takes up."""
    shown: list[Content] = []
    for number, word in enumerate(map(one_line, found)):
        width -= cell_len(word) + 2
        if width < 0 and shown:
            break
        shown.append(words(word, theme.BRIGHT if number == 0 else theme.MUTED))
    return Content("  ").join(shown)
