"""A corpus's report: what each rule dropped, with samples of it, and what was kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from engine import figures
from engine.corpus.document import markdown
from engine.corpus.reasons import number
from engine.corpus.report import CorpusReport, RuleCount
from engine.corpus.thresholds import Answer
from engine.corpus.waterfall import Line, flow, lines, sources
from engine.errors import GraftlineError
from engine.paths import Workspace
from engine.store.rows import CorpusRow
from tui import keys, theme
from tui.messages import OpenLaunch, OpenLogs, Snapshot
from tui.screens.choose import ChooseScreen, Option
from tui.screens.corpus_tries import CorpusTries
from tui.screens.reader import ReaderScreen
from tui.screens.save import save_as
from tui.text import cut, one_line
from tui.widgets.build_strip import BuildStrip
from tui.widgets.facts_pane import FactsPane
from tui.widgets.histogram import Bins
from tui.widgets.pressable import Pressable, pressed
from tui.widgets.samples_pane import SamplesPane
from tui.widgets.tried_strip import TriedStrip
from tui.widgets.waterfall import Waterfall

if TYPE_CHECKING:
    from engine.corpus.tokenizer_report import TokenizerReport
    from tui.gateway import Gateway

_NONE = "No corpus here yet. b builds one; so does `graftline corpus build CONFIG`."
_FIRST = "No corpus here yet: the first one is being built."
_MANY = 8
"""Sources from which on they are chosen from a list."""


class CorpusScreen(CorpusTries):
    """One corpus at a time; , and . turn to the others."""

    PLACE = "corpus"
    CSS_PATH = "corpus.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.CORPUS

    def __init__(self) -> None:
        super().__init__()
        self._corpora: tuple[CorpusRow, ...] = ()
        self._report: CorpusReport | None = None
        self._shown = ""
        self._source = ""
        """The one that is looked at; empty: all."""
        self._every_rule = False
        """Rules that dropped nothing are shown too."""

    def body(self) -> ComposeResult:
        yield BuildStrip(id="building")
        yield Pressable(id="which")
        yield TriedStrip(id="tried")
        with Horizontal(id="report"):
            with Vertical(id="kept"):
                yield Waterfall(id="waterfall")
                yield FactsPane(id="facts")
            yield SamplesPane(id="beside")
        yield Static(_NONE, id="none")

    def on_mount(self) -> None:
        self.query_one("#none").display = False
        self.query_one("#report").display = False
        self.query_one(Waterfall).focus()
        super().on_mount()
        self.watch(self.app, "reported", self._choose, init=False)

    # --- which corpus ---------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        super().show_snapshot(snapshot)
        going = self._building is not None and self._building.going
        self.query_one("#none", Static).update(_FIRST if going else _NONE)
        known = {node.id for node in snapshot.lineage.roots if node.kind == "corpus"}
        if known != {corpus.id for corpus in self._corpora} or not known:
            self.graft.ask(self.graft.gateway.corpora, self._listed, group="corpora")

    def _listed(self, corpora: list[CorpusRow]) -> None:
        known, followed = {corpus.id for corpus in self._corpora}, self._followed
        self._corpora = tuple(corpora)
        self.query_one("#none").display = not corpora
        self.query_one("#report").display = bool(corpora)
        if made := [corpus.id for corpus in corpora if corpus.run_id == followed and corpus.id not in known]:
            self.graft.reported = made[0]  # what was watched is built
        ids = [corpus.id for corpus in corpora]
        if ids and self.graft.reported not in ids:
            self.graft.reported = max(corpora, key=lambda corpus: corpus.built).id
        self._choose(self.graft.reported)

    def _choose(self, ref: str) -> None:
        if ref and ref != self._shown and any(corpus.id == ref for corpus in self._corpora):
            gateway = self.graft.gateway
            self._shown, self._source = ref, ""
            self._report = None
            self.forget()
            self._head()
            self.graft.ask(lambda: gateway.report(ref), self._load, group="report")

    def _load(self, report: CorpusReport) -> None:
        self._report = report
        self.draw(afresh=True)
        if report.prepared and prepared_there(self.graft.gateway.workspace, report.prepared):
            self.ask_would()

    def action_corpus(self, by: int) -> None:
        ids = [corpus.id for corpus in self._corpora]
        if self._shown in ids:
            self.graft.reported = ids[(ids.index(self._shown) + by) % len(ids)]

    # --- drawing --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height < 30, "-short")

    def draw(self, *, afresh: bool = False) -> None:
        if self._left:
            return
        self._head()
        if self._report is not None:
            would = self.would if self.tried or self._every_rule else None
            found = lines(self._report, self._source, would)
            self.query_one(Waterfall).show([line for line in found if self._matters(line)], afresh=afresh)

    @property
    def _left(self) -> bool:
        """The app is being left: what was asked for is not to be shown any more."""
        return not self.query(Waterfall)

    def _matters(self, line: Line) -> bool:
        """A rule that drops nothing, and dropped nothing, is shown when it is tried or all are wanted."""
        return line.kind != "rule" or bool(line.documents or line.was) or self._every_rule or line.label in self.tried

    def _head(self) -> None:
        row, which = self.row, self.query_one("#which", Pressable)
        tried = self.tried if self.base is not None else {}
        before, now = (flow(one, self._source) if one is not None else None for one in (self.base, self.would))
        self.query_one(TriedStrip).tell(tried, before, now)
        if row is None:
            which.update("")
            return
        at = f"{[c.id for c in self._corpora].index(row.id) + 1} of {len(self._corpora)}"
        age = figures.age(self.graft.clock() - row.built)
        which.update(
            Content.assemble(
                ("▤ ", theme.BLUE),
                (one_line(row.name), f"bold {theme.BRIGHT}"),
                (f"  {at}   ", theme.MUTED),
                self._of_source(),
                (f"{row.train_tokens:,} tokens · built {age} ago · {one_line(row.hash)}", theme.MUTED),
            )
        )

    def _of_source(self) -> Content:
        """Which source is looked at, where there are several; a click turns to the next."""
        known = sources(self._report) if self._report is not None else ()
        if not known:
            return Content("")
        name = Content.styled(cut(self._source or f"all {len(known)}", 32), f"bold {theme.AMBER}")
        return pressed(Content.assemble(("source ", theme.MUTED), name, "   "), "screen.source(1)")

    @property
    def row(self) -> CorpusRow | None:
        return next((corpus for corpus in self._corpora if corpus.id == self._shown), None)

    @property
    def line(self) -> Line | None:
        return self.query_one(Waterfall).chosen

    @on(Waterfall.Chosen)
    def _chosen(self, message: Waterfall.Chosen) -> None:
        line, rule = message.line, message.line.rule
        if self._report is None:
            return
        bounded = rule is not None and (rule.low, rule.high, rule.stays) != (None, None, {})
        known = self.measure(rule.rule, self._source) if rule is not None and bounded else None
        moved, inside = self.would if self.tried else None, known.inside if known is not None else []
        self._samples.show(self._report, line, self._source, moved, inside)
        self._facts.show(self._report, line, _bins(rule, known) if rule is not None and known is not None else None)

    @on(FactsPane.TokenizerWanted)
    def _measure_tokenizer(self) -> None:
        row, report, gateway = self.row, self._report, self.graft.gateway
        if row is not None and report is not None:
            names = [source.name for source in report.sources]

            def told(found: TokenizerReport | str) -> None:
                if self._report is report and not self._left:
                    self._facts.know(found)

            self.graft.ask(lambda: _measured(gateway, row.id, names), told, group="tokenizer")

    @property
    def _facts(self) -> FactsPane:
        return self.query_one(FactsPane)

    @property
    def _samples(self) -> SamplesPane:
        return self.query_one(SamplesPane)

    # --- keys -----------------------------------------------------------------------------------

    def action_read(self) -> None:
        """The list of samples; where there is no room for it, the sample itself."""
        if self._samples.found and self.has_class("-narrow"):
            self.app.push_screen(ReaderScreen(self._samples.look, self._samples.move))
        elif self._samples.found:
            self._samples.list.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_list is self._samples.list:
            self.app.push_screen(ReaderScreen(self._samples.look, self._samples.move))
        else:
            self.action_read()

    def action_sample(self, by: int) -> None:
        self._samples.move(by)

    def action_search(self) -> None:
        if self._report is not None:
            self._samples.search()

    def action_source(self, by: int) -> None:
        """One source after the other, and all of them again; of many, a list to choose from."""
        names = ("", *sources(self._report)) if self._report is not None else ("",)
        if len(names) > _MANY:
            self._choose_source(names)
        else:
            self._look_at(names[(names.index(self._source) + by) % len(names)])

    @work(group="dialog")
    async def _choose_source(self, names: tuple[str, ...]) -> None:
        options = [Option(str(n), one_line(name) or "all sources") for n, name in enumerate(names)]
        chosen = await self.app.push_screen_wait(
            ChooseScreen("Only one source", options, str(names.index(self._source)))
        )
        if chosen is not None:
            self._look_at(names[int(chosen)])

    def _look_at(self, source: str) -> None:
        self._source = source
        self.draw()

    def action_every_rule(self) -> None:
        """Also those that dropped nothing, or only those that did."""
        if self.would is None:
            self.graft.say("This corpus's report names only rules that dropped something.", severity="warning")
            return
        self._every_rule = not self._every_rule
        self.draw()

    def action_turn(self, by: int) -> None:
        self._facts.turn(by)

    def action_view(self, name: str) -> None:
        self._facts.choose(name)

    def action_log_axis(self) -> None:
        self._facts.toggle_log()

    def action_pretrain(self) -> None:
        if self._shown:
            self.post_message(OpenLaunch("pretrain", base=self._shown))

    def action_logs(self) -> None:
        row = self.row
        if row is not None and row.run_id:
            self.post_message(OpenLogs(row.run_id))

    def action_copy(self) -> None:
        if self._report is not None:
            self.graft.copy(markdown(self._report), f"the report on {self._report.name} as Markdown")

    @work(group="dialog")
    async def action_export(self) -> None:
        if (report := self._report) is not None:
            name = f"corpus-{one_line(report.name)}.md"
            await save_as(self, "Save this report as Markdown", name, lambda _: markdown(report))


def _bins(rule: RuleCount, known: Answer) -> Bins | None:
    """How the measure of a rule is spread, with its bounds if they are one for all."""
    found = known.histogram
    if found is None or not found.counts:
        return None
    low, high = -math.inf if rule.low is None else rule.low, math.inf if rule.high is None else rule.high
    return Bins(found.edges, found.counts, low, high, number)


def _measured(gateway: Gateway, ref: str, sources: list[str]) -> TokenizerReport | str:
    """How well the vocabulary suits its text, or why that cannot be told."""
    try:
        return gateway.tokenizer(ref, sources)
    except GraftlineError as error:
        return str(error)


def prepared_there(workspace: Workspace, key: str) -> bool:
    """The text that a corpus was made of, and with it its measures, is still on disk."""
    return (workspace.home / "prepared" / key / "about.json").exists()
