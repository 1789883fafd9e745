"""A corpus's report: what each rule dropped, with samples of it, and what was kept."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine import figures
from engine.corpus.report import CorpusReport, RuleCount
from engine.store.rows import CorpusRow
from tui import keys, theme
from tui.messages import OpenLaunch, Snapshot
from tui.screens.place import Place
from tui.text import fit, one_line, page, words
from tui.widgets.waterfall import Waterfall


class CorpusScreen(Place):
    """One corpus at a time; brackets turn to the others."""

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
                yield Static(id="made")
            with VerticalScroll(id="samples", can_focus=False):
                yield Static(id="dropped")
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
        made = self.query_one("#made", Static)
        made.update(_made(self._report, made.content_size.width, self.size.height) if self._report else "")

    @on(Waterfall.Chosen)
    def _rule(self, message: Waterfall.Chosen) -> None:
        self.query_one("#dropped", Static).update(
            _samples(message.rule) if message.rule else _sources(self._report) if self._report else ""
        )
        self.query_one("#samples").scroll_home(animate=False)

    def action_build(self) -> None:
        self.post_message(OpenLaunch("corpus"))

    def action_pretrain(self) -> None:
        if self._shown:
            self.post_message(OpenLaunch("pretrain", base=self._shown))


def _made(report: CorpusReport, width: int, height: int) -> Content:
    """What came out: figures, and where there is room how long the documents are."""
    facts = (
        ("training", f"{report.train_tokens:,} tokens"),
        ("held out", f"{report.heldout_tokens:,} tokens in {report.heldout_documents:,} documents"),
        ("vocabulary", f"{report.vocab_size:,} tokens, {report.bytes_per_token:.2f} bytes each on average"),
        ("took", ", ".join(f"{one_line(stage)} {seconds:.1f} s" for stage, seconds in report.seconds.items())),
    )
    lines = [Content.assemble((f"{label:<12}", theme.MUTED), text) for label, text in facts]
    if height >= 30 and report.lengths:
        most = max(bucket.documents for bucket in report.lengths)
        lines += [Content(""), Content.styled("documents by length in tokens", theme.MUTED)]
        for bucket in report.lengths:
            span = fit(f"{bucket.low:,}–{bucket.high - 1:,}", 14, right=True)
            bar = figures.bar(bucket.documents, most, width - 26)
            lines.append(Content.assemble((span, theme.MUTED), f" {bucket.documents:>8,} ", (bar, theme.BLUE)))
    return Content("\n").join(lines)


def _samples(rule: RuleCount) -> Content:
    parts = [
        Content.styled(f"dropped by {one_line(rule.rule)}", f"bold {theme.AMBER}"),
        words(rule.reason, theme.MUTED),
    ]
    for sample in rule.samples:
        parts.append(Content(""))
        parts.append(words(f"{sample.id}  ({sample.source})", theme.BLUE))
        if sample.kept:
            parts.append(words(f"the same as {sample.kept}", theme.MUTED))
        parts.append(page(sample.text))
    return Content("\n").join(parts)


def _sources(report: CorpusReport) -> Content:
    parts = [Content.styled("sources", f"bold {theme.GREEN}")]
    for source in report.sources:
        parts.append(Content(""))
        parts.append(words(source.name, theme.BLUE))
        kept = f"{source.kept:,} of {source.documents:,} documents kept, {figures.size(source.bytes)} read"
        parts.append(words(kept, theme.MUTED))
    return Content("\n").join(parts)
