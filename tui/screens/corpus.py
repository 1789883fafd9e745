"""A corpus's report: what each rule dropped, with samples of it, and what was kept."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from engine import figures
from engine.corpus.document import markdown
from engine.corpus.report import CorpusReport
from engine.store.rows import CorpusRow
from tui import keys, theme
from tui.messages import OpenLaunch, OpenLogs, Snapshot
from tui.screens.place import Place
from tui.screens.reader import ReaderScreen
from tui.screens.save import save_as
from tui.text import fit, one_line
from tui.widgets.samples_pane import SamplesPane
from tui.widgets.sized import Sized
from tui.widgets.waterfall import Waterfall


class CorpusScreen(Place):
    """One corpus at a time; , and . turn to the others."""

    PLACE = "corpus"
    CSS_PATH = "corpus.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.CORPUS

    def __init__(self) -> None:
        super().__init__()
        self._corpora: tuple[CorpusRow, ...] = ()
        self._report: CorpusReport | None = None
        self._shown = ""

    def body(self) -> ComposeResult:
        yield Static(id="which")
        with Horizontal(id="report"):
            with Vertical(id="kept"):
                yield Waterfall(id="waterfall")
                yield Sized(id="made")
            yield SamplesPane(id="beside")
        yield Static("No corpus here yet. b builds one; so does `graftline corpus build CONFIG`.", id="none")

    def on_mount(self) -> None:
        self.query_one("#none").display = False
        self.query_one("#report").display = False
        self.query_one(Waterfall).focus()
        super().on_mount()
        self.watch(self.app, "reported", self._choose, init=False)

    # --- which corpus ---------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        known = {node.id for node in snapshot.lineage.roots if node.kind == "corpus"}
        if known != {corpus.id for corpus in self._corpora} or not known:
            self.graft.ask(self.graft.gateway.corpora, self._listed, group="corpora")

    def _listed(self, corpora: list[CorpusRow]) -> None:
        self._corpora = tuple(corpora)
        self.query_one("#none").display = not corpora
        self.query_one("#report").display = bool(corpora)
        ids = [corpus.id for corpus in corpora]
        if ids and self.graft.reported not in ids:
            self.graft.reported = max(corpora, key=lambda corpus: corpus.built).id
        self._choose(self.graft.reported)

    def _choose(self, ref: str) -> None:
        if ref and ref != self._shown and any(corpus.id == ref for corpus in self._corpora):
            gateway = self.graft.gateway
            self._shown = ref
            self._report = None
            self._head()
            self.graft.ask(lambda: gateway.report(ref), self._load, group="report")

    def _load(self, report: CorpusReport) -> None:
        self._report = report
        self.query_one(Waterfall).show(report)
        self.call_after_refresh(self._head)

    def action_corpus(self, by: int) -> None:
        ids = [corpus.id for corpus in self._corpora]
        if self._shown in ids:
            self.graft.reported = ids[(ids.index(self._shown) + by) % len(ids)]

    # --- drawing --------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.call_after_refresh(self._head)

    def _head(self) -> None:
        row = next((corpus for corpus in self._corpora if corpus.id == self._shown), None)
        which = self.query_one("#which", Static)
        if row is None:
            which.update("")
            return
        at = f"  {[c.id for c in self._corpora].index(row.id) + 1} of {len(self._corpora)}"
        age = figures.age(self.graft.clock() - row.built)
        which.update(
            Content.assemble(
                ("▤ ", theme.BLUE),
                (one_line(row.name), f"bold {theme.BRIGHT}"),
                (f"  {one_line(row.hash)} · {row.train_tokens:,} tokens · built {age} ago{at}", theme.MUTED),
            )
        )
        report, tall = self._report, self.size.height >= 30
        made = self.query_one("#made", Sized)
        made.show(lambda width, _: _made(report, width, tall) if report else Content(""))

    @on(Waterfall.Chosen)
    def _rule(self, message: Waterfall.Chosen) -> None:
        if self._report is not None:
            self._samples.show(self._report, message.fall)

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

    def action_build(self) -> None:
        self.post_message(OpenLaunch("corpus"))

    def action_pretrain(self) -> None:
        if self._shown:
            self.post_message(OpenLaunch("pretrain", base=self._shown))

    def action_logs(self) -> None:
        row = next((corpus for corpus in self._corpora if corpus.id == self._shown), None)
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


def _made(report: CorpusReport, width: int, tall: bool) -> Content:
    """What came out: figures, and where there is room how long the documents are."""
    facts = (
        ("training", f"{report.train_tokens:,} tokens"),
        ("held out", f"{report.heldout_tokens:,} tokens in {report.heldout_documents:,} documents"),
        ("vocabulary", f"{report.vocab_size:,} tokens, {report.bytes_per_token:.2f} bytes each on average"),
        ("took", ", ".join(f"{one_line(stage)} {seconds:.1f} s" for stage, seconds in report.seconds.items())),
    )
    lines = [Content.assemble((f"{label:<12}", theme.MUTED), text) for label, text in facts]
    if tall and report.lengths:
        most = max(bucket.documents for bucket in report.lengths)
        lines += [Content(""), Content.styled("documents by length in tokens", theme.MUTED)]
        for bucket in report.lengths:
            span = fit(f"{bucket.low:,}–{bucket.high - 1:,}", 14, right=True)
            bar = figures.bar(bucket.documents, most, width - 26)
            lines.append(Content.assemble((span, theme.MUTED), f" {bucket.documents:>8,} ", (bar, theme.BLUE)))
    return Content("\n").join(lines)
