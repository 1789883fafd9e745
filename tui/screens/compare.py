"""Models side by side on one suite: scores with intervals, differences to a baseline, errors, disagreements.

suites      tasks: areas questions │ language model (bits per byte, not a task score): email-text
table       a row per model on the chosen suite
verdict     the difference under the cursor in words
details     confusion matrix or scores of the model under the cursor │ items that the models answer differently
"""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.compare.items import Item
from engine.compare.table import Comparison, ComparisonRow, in_words
from engine.store.rows import EvalRow
from tui import keys, theme
from tui.lineage_rows import every
from tui.messages import Snapshot
from tui.screens.pick import Choice, PickScreen
from tui.screens.place import Place
from tui.text import cut, fit, one_line, words
from tui.widgets.confusion import Confusion
from tui.widgets.score_table import ScoreTable, figure, with_interval

LANGUAGE = "language-model"
_ROWS = 10
"""Most rows of the table on a screen of medium height."""


class CompareScreen(Place):
    """`app.compared` on one suite; all models that were evaluated on it when nothing was chosen."""

    PLACE = "compare"
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.COMPARE

    def __init__(self) -> None:
        super().__init__()
        self._evals: list[EvalRow] = []
        self._suite = ""
        self._baseline: str | None = None
        self._comparison: Comparison | None = None
        self._known = False

    def body(self) -> ComposeResult:
        yield Static(id="suites")
        yield Static(id="none")
        with Vertical(id="compared"):
            yield ScoreTable(id="scores")
            yield Static(id="verdict")
            with Horizontal(id="details"):
                with VerticalScroll(id="left", can_focus=False):
                    yield Static(id="left-title", classes="title")
                    yield Confusion(id="confusion")
                    yield Static(id="per-class")
                with Vertical(id="right"):
                    yield Static(id="right-title", classes="title")
                    yield OptionList(id="disagreements", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#compared").display = False
        self.watch(self.app, "compared", self._asked, init=False)
        self.query_one(ScoreTable).focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.width >= 160, "-wide")
        self.call_after_refresh(self._draw)

    # --- what is compared -----------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self.graft.ask(self.graft.gateway.evals, self._evaluated, group="evals")

    def _asked(self, models: tuple[str, ...]) -> None:
        """Other models were chosen: a suite that has the most of them, and no baseline yet."""
        self._baseline = None
        self._choose_suite()
        self._compare()

    def _evaluated(self, evals: list[EvalRow]) -> None:
        if evals == self._evals and self._known:
            return
        self._evals, self._known = evals, True
        self._choose_suite()
        self._compare()

    def _suites(self) -> list[tuple[str, str]]:
        """(suite, task): tasks first, language models after them; by name."""
        found = {(row.suite, row.task) for row in self._evals}
        return sorted(found, key=lambda pair: (pair[1] == LANGUAGE, pair[0]))

    def _models(self, suite: str) -> list[str]:
        """The models on a suite in the order they were asked for, else as the store has them."""
        here = [row.model_id for row in self._evals if row.suite == suite]
        asked = [model for model in self.graft.compared if model in here]
        return asked or here

    def _choose_suite(self) -> None:
        suites = [suite for suite, _ in self._suites()]
        asked = set(self.graft.compared)
        fits = {s: len(asked & {row.model_id for row in self._evals if row.suite == s}) for s in suites}
        if self._suite not in suites or (asked and not fits[self._suite]):
            self._suite = max(suites, key=lambda s: fits[s], default="")

    def _compare(self) -> None:
        models = self._models(self._suite)
        if not models:
            self._comparison = None
            self._draw()
            return
        suite, gateway = self._suite, self.graft.gateway
        baseline = self._baseline if self._baseline in models else None
        self.graft.ask(lambda: gateway.compare(models, suite, baseline), self._compared, group="compare")

    def _compared(self, comparison: Comparison) -> None:
        if comparison.suite == self._suite:
            self._comparison = comparison
            self._draw()

    # --- drawing --------------------------------------------------------------------------------

    def _draw(self) -> None:
        comparison = self._comparison
        self.query_one("#suites", Static).update(self._suite_words())
        self.query_one("#suites").display = bool(self._evals)
        self.query_one("#none").display = comparison is None
        self.query_one("#compared").display = comparison is not None
        if comparison is None:
            nothing = _NOTHING if self._known and not self._evals else Content("…")
            self.query_one("#none", Static).update(nothing)
            return
        table = self.query_one(ScoreTable)
        most = 5 if self.size.height < 30 else _ROWS if self.size.height < 50 else 2 * _ROWS
        table.styles.height = min(len(comparison.rows), most) + 1
        if self.focused is None:
            table.focus()
        self.call_after_refresh(self._fill, comparison)  # once the widgets know their width

    def _fill(self, comparison: Comparison) -> None:
        if comparison is self._comparison:
            self.query_one(ScoreTable).show(comparison, self._costs())
            self._show_disagreements(comparison)

    def _costs(self) -> dict[str, float]:
        """Seconds by model id, from the lineage."""
        lineage = self.graft.snapshot.lineage if self.graft.snapshot else None
        return {node.id: node.cost.seconds for node in every(lineage) if node.cost.seconds} if lineage else {}

    def _suite_words(self) -> Content:
        parts: list[tuple[str, str]] = []
        section = ""
        for suite, task in self._suites():
            heading = "bits per byte (no task score)" if task == LANGUAGE else "tasks"
            if heading != section:
                parts.append((f"{'│ ' if section else ''}{heading} ", theme.MUTED))
                section = heading
            count = len(self._models(suite))
            here = suite == self._suite
            text = f"▸{cut(suite, 24)}" if here else f" {cut(suite, 24)}"
            parts += [(text, f"bold {theme.BRIGHT}" if here else theme.MUTED), (f" {count} ", theme.FAINT)]
        return Content.assemble(*parts)

    @on(ScoreTable.Moved)
    def _moved(self, message: ScoreTable.Moved) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        row = message.row
        table = self.query_one(ScoreTable)
        self.query_one("#verdict", Static).update(_verdict(comparison, row, table.metric))
        title = f"who was taken for whom: {row.name}" if row.confusion else "all scores"
        width = self.query_one("#left").content_size.width
        self.query_one("#left-title", Static).update(_title(title, width))
        confusion = self.query_one(Confusion)
        confusion.display = bool(row.confusion)
        confusion.show(row.confusion)
        scores = _scores(row) if row.confusion else _all_scores(comparison, row)
        self.query_one("#per-class", Static).update(scores)

    def _show_disagreements(self, comparison: Comparison) -> None:
        total, shown = comparison.disagreements_total, len(comparison.disagreements)
        width = self.query_one("#right").content_size.width
        first = f", the {shown} widest apart" if shown < total else ", widest apart first"
        said = f"they differ on {total:,} of {comparison.items:,} items{first if total else ''}"
        if comparison.task == LANGUAGE:
            said = f"bits by document{first}"
        self.query_one("#right-title", Static).update(_title(said, width))
        names = {row.model: row.name for row in comparison.rows}
        items = self.query_one(OptionList)
        at = items.highlighted
        items.clear_options()
        items.add_options([Option(_item(d, names, comparison.task, width)) for d in comparison.disagreements])
        if shown:
            items.highlighted = min(at or 0, shown - 1)

    # --- keys -----------------------------------------------------------------------------------

    def action_suite(self, by: int) -> None:
        suites = [suite for suite, _ in self._suites()]
        if suites:
            self._suite = suites[(suites.index(self._suite) + by) % len(suites)]
            self._compare()

    def action_baseline(self) -> None:
        if row := self.query_one(ScoreTable).row:
            self._baseline = row.model
            self._compare()

    def action_metric(self) -> None:
        table = self.query_one(ScoreTable)
        table.next_metric()
        if table.row:
            table.post_message(ScoreTable.Moved(table.row))

    def action_turn(self) -> None:
        self.toggle_class("-turned")
        self.call_after_refresh(self._draw)

    def action_pick(self) -> None:
        names = {node.id: node.name for node in every(self.graft.snapshot.lineage)} if self.graft.snapshot else {}
        suites: dict[str, list[str]] = {}
        for row in self._evals:
            suites.setdefault(row.model_id, []).append(row.suite)
        choices = [Choice(model, names.get(model, model), "on " + ", ".join(on)) for model, on in suites.items()]

        def chosen(models: tuple[str, ...] | None) -> None:
            if models is not None:
                self.graft.compared = models

        picker = PickScreen("Models to compare (none: all)", choices, self._models(self._suite))
        self.app.push_screen(picker, chosen)


_NOTHING = Content.assemble(
    ("Nothing is evaluated yet.\n\n", f"bold {theme.BRIGHT}"),
    ("Put the cursor on a model in the lineage (1) and press e, or:\n", theme.MUTED),
    ("graftline evaluate MODEL... --suite SUITE", theme.GREEN),
)


def _title(text: str, width: int) -> Content:
    return Content.styled(f"── {cut(text, max(1, width - 4))} ".ljust(width, "─"), theme.FAINT)


def _verdict(comparison: Comparison, row: ComparisonRow, metric: str) -> Content:
    """The difference under the cursor in words, and what to keep in mind."""
    baseline = next((r.name for r in comparison.rows if r.baseline), comparison.baseline)
    difference = next((d for d in row.differences if d.metric == metric), None)
    told = f"{in_words(difference, comparison.task, baseline)}." if difference else f"{row.verdict}."
    if row.baseline:
        told = "is the baseline: the others are measured against it."
    asides = list(comparison.notes)
    if comparison.majority_class is not None and comparison.majority_accuracy is not None:
        always = (
            f"always answering {one_line(comparison.majority_class)!r} gives {100 * comparison.majority_accuracy:.1f}"
        )
        asides.append(f"{comparison.items:,} items; {always}")
    lines = [Content.assemble((one_line(row.name), f"bold {theme.BRIGHT}"), " ", one_line(told))]
    if asides:
        lines.append(words("; ".join(asides), theme.MUTED))
    return Content("\n").join(lines)


def _all_scores(comparison: Comparison, here: ComparisonRow) -> Content:
    """Every model's scores, that of the model under the cursor first."""
    rows = [here, *(row for row in comparison.rows if row is not here)]
    blocks = [Content("\n").join([words(row.name, f"bold {theme.BRIGHT}"), _scores(row)]) for row in rows]
    return Content("\n\n").join(blocks)


def _scores(row: ComparisonRow) -> Content:
    """Every score; a class's three in one line."""
    lines: list[Content] = []
    by_class: dict[str, dict[str, float]] = {}
    for score in row.scores:
        metric, colon, name = score.metric.partition(":")
        if colon:
            by_class.setdefault(name, {})[metric] = score.value
        else:
            label = one_line(metric).replace("_", " ")
            unit = " bits" if metric == "bits_per_byte" else ""
            figures = (f"{with_interval(score):>13}{unit}", theme.BRIGHT)
            lines.append(Content.assemble((f"{label:<15}", theme.MUTED), figures, (f"   n {score.n:,}", theme.FAINT)))
    if by_class:
        kinds = ("precision", "recall", "f1")
        lines.append(Content.styled(f"\n{'':<15}" + "".join(f"{kind:>11}" for kind in kinds), theme.MUTED))
        for name, values in by_class.items():
            shown = "".join(f"{figure(values[k], k) if k in values else '–':>11}" for k in kinds)
            lines.append(Content.assemble((f"{cut(name, 14):<15}", theme.BRIGHT), shown))
    return Content("\n").join(lines)


def _item(item: Item, names: dict[str, str], task: str, width: int) -> Content:
    """The item's text, what was right, and each model's answer with its sign."""
    text = cut(item.input, max(20, 3 * (width - 4)))
    lines = [Content.styled(text, theme.BRIGHT)]
    if item.target:
        lines.append(Content.assemble(("  right   ", theme.MUTED), (cut(item.target, width * 2), theme.GREEN)))
    longest = min(20, max(len(name) for name in names.values()))
    for model, output in item.outputs.items():
        right = item.correct[model]
        sign, colour = ("·", theme.MUTED) if right is None else ("✓", theme.GREEN) if right else ("✗", theme.RED)
        score = "" if task == "classification" else f" {item.scores[model]:.2f}"
        name = fit(names.get(model, model), longest)
        said = (cut(output, max(10, width * 2)) or "(nothing)") if task != LANGUAGE else ""
        lines.append(Content.assemble((f"  {sign} ", colour), (f"{name}{score}  ", theme.MUTED), said))
    return Content("\n").join(lines)
