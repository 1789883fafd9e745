"""Models side by side on one suite: scores with intervals, differences to a baseline, and why they differ.

suites      tasks: areas questions │ language model (bits per byte, not a task score): email-text
table       a row per model on the chosen suite
verdict     the difference under the cursor in words
panes       errors of one model │ the items and every answer │ what differs between the recipes │ all suites

Two panes stand side by side where there is room, else one; tab goes through table and panes.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.compare.export import export
from engine.errors import InputError
from engine.store.rows import Evaluation
from tui import keys, theme
from tui.evaluated import LANGUAGE, Evaluated
from tui.gateway import Compared
from tui.lineage_rows import every, title
from tui.messages import OpenLaunch, OpenPlay, Snapshot
from tui.screens.pick import Choice, PickScreen
from tui.screens.place import Place
from tui.screens.reader import ReaderScreen
from tui.screens.save import save_as
from tui.text import cut, one_line, words
from tui.widgets import compare_words, errors_pane
from tui.widgets.errors_pane import ErrorsPane
from tui.widgets.item_list import ItemList
from tui.widgets.items_pane import ItemsPane
from tui.widgets.pressable import Pressable, pressed
from tui.widgets.recipe_words import recipe_words
from tui.widgets.score_table import ScoreTable
from tui.widgets.sized import Sized
from tui.widgets.suite_matrix import matrix_words

_ROWS = 10
"""Most rows of the table on a screen of medium height."""
_PANES = ("errors", "items", "recipes", "suites")
_ENDINGS = {".md": "md", ".tex": "latex", ".csv": "csv"}


class CompareScreen(Place):
    """`app.compared` on one suite; all models that were evaluated on it when nothing was chosen."""

    PLACE = "compare"
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.COMPARE

    def __init__(self) -> None:
        super().__init__()
        self._evals: list[Evaluation] = []
        self._suite = ""
        self._baseline: str | None = None
        self._compared: Compared | None = None
        self._known = False
        self._seen: tuple[tuple[str, str, int], ...] | None = None
        """The evaluations that there were when scores were last asked for."""
        self._pane = 0

    def body(self) -> ComposeResult:
        yield Pressable(id="which")
        yield Static(id="none")
        with Vertical(id="compared"):
            yield ScoreTable(id="scores")
            yield Static(id="verdict")
            yield Pressable(id="tabs")
            with Horizontal(id="panes"):
                yield ErrorsPane(id="errors")
                yield ItemsPane(id="items")
                with VerticalScroll(id="recipes", can_focus=True):
                    yield Sized(id="recipe-words")
                with VerticalScroll(id="suites", can_focus=True):
                    yield Sized(id="suite-words")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#compared").display = False
        self.watch(self.app, "compared", self._asked, init=False)
        self.query_one(ScoreTable).focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height < 30, "-short")
        self._arrange()
        self.call_after_refresh(self._draw)

    # --- what is compared -----------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Scores are asked for again when an evaluation has moved, and not with every step of some training run."""
        moved = tuple((run.id, run.state, run.step) for run in snapshot.runs if run.kind == "evaluate")
        if moved != self._seen or any(state == "running" for _, state, _ in moved):
            self._seen = moved
            self.graft.ask(self.graft.gateway.evaluations, self._evaluated, group="evals")

    def _asked(self, models: tuple[str, ...]) -> None:
        """Other models were chosen: a suite that has the most of them, and no baseline yet."""
        self._baseline = None
        self._suite = self._field.suite(self._suite)
        self._compare()

    def _evaluated(self, evals: list[Evaluation]) -> None:
        if evals == self._evals and self._known:
            return
        self._evals, self._known = evals, True
        self._suite = self._field.suite(self._suite)
        self._compare()

    @property
    def _field(self) -> Evaluated:
        """Who was evaluated on what, and who was asked for."""
        return Evaluated(self._evals, self.graft.compared)

    def _compare(self) -> None:
        models = self._field.models(self._suite)
        if not models:
            self._compared = None
            self._draw()
            return
        suite, glance, gateway = self._suite, self._field.at_a_glance(), self.graft.gateway
        baseline = self._baseline if self._baseline in models else None
        self.graft.ask(lambda: gateway.compare(models, suite, baseline, glance), self._arrived, group="compare")

    def _arrived(self, compared: Compared) -> None:
        if compared.comparison.suite == self._suite:
            self._compared = compared
            self._draw()

    # --- drawing --------------------------------------------------------------------------------

    def _draw(self) -> None:
        compared = self._compared
        self.query_one("#which", Static).update(self._suite_words())
        self.query_one("#which").display = bool(self._evals)
        self.query_one("#none").display = compared is None
        self.query_one("#compared").display = compared is not None
        if compared is None:
            self.query_one("#none", Static).update(self._nothing())
            return
        table = self.query_one(ScoreTable)
        most = 5 if self.size.height < 30 else _ROWS if self.size.height < 50 else 2 * _ROWS
        table.styles.height = min(len(compared.comparison.rows), most) + 1
        if self.focused is None:
            table.focus()
        self._arrange()
        self.call_after_refresh(self._fill, compared)  # once the widgets know their width

    def _fill(self, compared: Compared) -> None:
        if compared is not self._compared:
            return
        comparison = compared.comparison
        self.query_one(ScoreTable).show(comparison, self._costs())
        names = {row.model: row.name for row in comparison.rows}
        self.query_one(ItemsPane).show(compared.items, names, comparison.task)
        recipes = compared.recipes
        self.query_one("#recipe-words", Sized).show(lambda width, _: recipe_words(recipes, names, width))
        table, called, here = compared.overview, self._names() | names, self._suite
        self.query_one("#suite-words", Sized).show(lambda width, _: matrix_words(table, called, here, width))

    def _names(self) -> dict[str, str]:
        """What people call each model, from the lineage."""
        lineage = self.graft.snapshot.lineage if self.graft.snapshot else None
        return {node.id: title(node) for node in every(lineage)} if lineage else {}

    def _costs(self) -> dict[str, float]:
        """Seconds by model id, from the lineage."""
        lineage = self.graft.snapshot.lineage if self.graft.snapshot else None
        return {node.id: node.cost.seconds for node in every(lineage) if node.cost.seconds} if lineage else {}

    def _nothing(self) -> Content:
        if not self._known:
            return Content("…")
        names = self._names()
        return compare_words.nothing([names.get(model, model) for model in self.graft.compared])

    def _suite_words(self) -> Content:
        line, section = Content(), ""
        for place, (suite, task) in enumerate(self._field.suites()):
            heading = "bits per byte (no task score)" if task == LANGUAGE else "tasks"
            if heading != section:
                line += Content.styled(f"{'│ ' if section else ''}{heading} ", theme.MUTED)
                section = heading
            count = len(self._field.wanted(suite))
            here = suite == self._suite
            name = words(f"{'▸' if here else ' '}{cut(suite, 24)}", f"bold {theme.BRIGHT}" if here else theme.MUTED)
            line += pressed(name + Content.styled(f" {count} ", theme.FAINT), f"screen.suite_at({place})")
        return line

    @on(ScoreTable.Moved)
    def _moved(self, message: ScoreTable.Moved) -> None:
        if self._compared is None:
            return
        comparison, metric = self._compared.comparison, self.query_one(ScoreTable).metric
        names = self._names()
        missing = [names.get(model, model) for model in self._field.missing(self._suite)]
        left_out = self._field.left_out(self._suite)
        told = compare_words.verdict(comparison, message.row, metric, missing, left_out)
        self.query_one("#verdict", Static).update(told)
        self.query_one(ErrorsPane).show(comparison, message.row)
        self._tabs()

    # --- panes ----------------------------------------------------------------------------------

    def _stops(self) -> list[Widget]:
        """Where tab stops: the table, then what reads in each pane."""
        panes = [self.query_one(f"#{name}") for name in _PANES]
        return [self.query_one(ScoreTable), *(p.list if isinstance(p, ItemsPane) else p for p in panes)]

    def _shown(self) -> list[int]:
        """The pane chosen, and its neighbour where there is room for both."""
        first = self._pane - self._pane % 2
        return [self._pane] if self.has_class("-narrow") else [first, first + 1]

    def _arrange(self) -> None:
        for place, name in enumerate(_PANES):
            self.query_one(f"#{name}").display = place in self._shown()
        self._tabs()

    def _tabs(self) -> None:
        row = self.query_one(ScoreTable).row
        titles = (errors_pane.title(row) if row else _PANES[0], *_PANES[1:])
        focused = next((place - 1 for place, stop in enumerate(self._stops()) if stop.has_focus), -1)
        words = compare_words.tabs(titles, self._shown(), focused, self.size.width)
        self.query_one("#tabs", Static).update(words)

    def on_descendant_focus(self) -> None:
        self._tabs()

    def action_pane(self, by: int) -> None:
        if self._compared is not None:
            stops = self._stops()
            at = next((place for place, stop in enumerate(stops) if stop.has_focus), 0)
            self.action_go_to((at + by) % len(stops) - 1)

    def action_go_to(self, pane: int) -> None:
        """Give the focus to a pane, and show it; -1: to the table."""
        if pane >= 0:
            self._pane = pane
            self._arrange()
        self._stops()[pane + 1].focus()

    def action_kind(self) -> None:
        self.action_go_to(1)
        self.query_one(ItemsPane).next_kind()

    def action_kind_of(self, kind: str) -> None:
        self.action_go_to(1)
        self.query_one(ItemsPane).show_kind(kind)

    def action_search(self) -> None:
        if self._compared is not None:
            self.action_go_to(1)
            self.query_one(ItemsPane).search()

    @on(ItemList.Opened)
    def _opened(self) -> None:
        pane = self.query_one(ItemsPane)
        self.app.push_screen(ReaderScreen(pane.look, pane.list.action_move))

    # --- keys -----------------------------------------------------------------------------------

    def action_suite(self, by: int) -> None:
        suites = [suite for suite, _ in self._field.suites()]
        if suites:
            self.action_suite_at((suites.index(self._suite) + by) % len(suites))

    def action_suite_at(self, place: int) -> None:
        suites = self._field.suites()
        if place < len(suites):
            self._suite, _ = suites[place]
            self._compare()

    def action_baseline(self) -> None:
        if row := self.query_one(ScoreTable).row:
            self._baseline = row.model
            self._compare()

    def action_metric(self, by: int) -> None:
        table = self.query_one(ScoreTable)
        table.next_metric(by)
        if table.row:
            table.post_message(ScoreTable.Moved(table.row))

    def action_pick(self) -> None:
        names = self._names()
        suites: dict[str, list[str]] = {model: [] for model in self.graft.compared}
        for row in self._evals:
            suites.setdefault(row.model_id, []).append(row.suite)
        choices = [
            Choice(model, names.get(model, model), "on " + ", ".join(on) if on else "not evaluated yet")
            for model, on in suites.items()
        ]

        def chosen(models: tuple[str, ...] | None) -> None:
            if models is not None:
                self.graft.compared = models

        picker = PickScreen("Models to compare (none: all)", choices, self._field.models(self._suite))
        self.app.push_screen(picker, chosen)

    def action_drop(self) -> None:
        """Leave the model under the cursor out."""
        row = self.query_one(ScoreTable).row
        here = self._field.models(self._suite)
        if row is not None and len(here) > 1:
            self.graft.compared = tuple(model for model in self.graft.compared or here if model != row.model)

    def action_everyone(self) -> None:
        self.graft.compared = ()

    def action_evaluate(self) -> None:
        """What is missing here, else all that are shown (on another suite)."""
        self.post_message(
            OpenLaunch("evaluate", models=tuple(self._field.missing(self._suite) or self._field.models(self._suite)))
        )

    def action_play(self) -> None:
        self.post_message(OpenPlay(tuple(self._field.models(self._suite))))

    def _document(self, form: str) -> str | None:
        if self._compared is None:
            self.graft.say("Nothing is compared yet.", severity="warning")
            return None
        return export(self._compared.comparison, form, self._costs())

    def action_copy(self) -> None:
        if (text := self._document("md")) is not None:
            self.graft.copy(text, f"{self._suite} as Markdown")

    @work(group="dialog")
    async def action_export(self) -> None:
        if self._document("md") is None:
            return
        hint = "The ending chooses: .md, .tex (booktabs) or .csv."
        name = f"compare-{one_line(self._suite)}.md"
        make = lambda path: self._document(_form(path)) or ""  # noqa: E731
        await save_as(self, "Save this comparison", name, make, hint=hint, check=_form)


def _form(path: str) -> str:
    """The format that a file's ending asks for."""
    form = _ENDINGS.get(Path(path.strip()).suffix)
    if form is None:
        raise InputError("a name that ends in .md, .tex or .csv")
    return form
