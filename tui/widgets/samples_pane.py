"""Samples of what a rule dropped, or of what was kept: a list to choose from, and the chosen one to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Group
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.corpus.report import CorpusReport, RuleCount, Sample
from engine.corpus.waterfall import Line
from tui import keys, theme
from tui.corpus_samples import Entry, as_built, entries, inside, moving, search
from tui.screens.reader import Body, Look
from tui.text import cut, one_line, page, words
from tui.widgets.search_box import SearchBox, SearchPane


class SampleList(OptionList):
    """A line a sample."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LINES


class SamplesPane(SearchPane):
    """Of the waterfall's line under the cursor; a search goes through all samples of the report."""

    DEFAULT_CSS = """
    SamplesPane #rule { height: auto; max-height: 3; margin-bottom: 1; }
    SamplesPane SampleList {
        height: auto; max-height: 40%; border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1;
    }
    SamplesPane SampleList.-empty { display: none; }
    SamplesPane SampleList:focus { border: none; background-tint: $foreground 0%; }
    SamplesPane SampleList > .option-list--option { padding: 0; }
    SamplesPane #text { height: 1fr; margin-top: 1; scrollbar-size-vertical: 1; }
    SamplesPane #sample { height: auto; }
    """

    def __init__(self, *, id: str | None = None):
        super().__init__(id=id)
        self._report: CorpusReport | None = None
        self._line: Line | None = None
        self._source = ""
        self._would: CorpusReport | None = None
        self._inside: Sequence[Sample] = ()
        self.found: list[Entry] = []

    def compose(self) -> ComposeResult:
        yield Static(id="rule")
        yield SearchBox("words in any sample", id="search")
        yield SampleList(id="samples", markup=False)
        with VerticalScroll(id="text", can_focus=False):
            yield Static(id="sample")

    @property
    def list(self) -> SampleList:
        return self.query_one(SampleList)

    @property
    def chosen(self) -> Entry | None:
        at = self.list.highlighted
        return self.found[at] if at is not None and at < len(self.found) else None

    def show(
        self,
        report: CorpusReport,
        line: Line,
        source: str = "",
        would: CorpusReport | None = None,
        inside: Sequence[Sample] = (),
    ) -> None:
        """The samples of one line of the waterfall, of one source or of all.

        `would`: what other thresholds would make of the corpus; then those documents that would change sides.
        `inside`: documents that the line's rule keeps, but only just.
        """
        same = (line, source) == (self._line, self._source) and report is self._report and would is self._would
        if not same or inside != self._inside:
            at = self.list.highlighted if same else None  # more of the same: who reads goes on reading
            self._report, self._line, self._source, self._would, self._inside = report, line, source, would, inside
            self.fill()
            if at:
                self.list.highlighted = at

    def on_resize(self, event: events.Resize) -> None:
        self.fill()

    def fill(self) -> None:
        report, line, query = self._report, self._line, self.query_text
        if report is None or line is None:
            return
        moved = moving(self._would, line, self._source) if self._would is not None else []
        if query:
            self.found = search(report, query, self._source)
            title = words(f"{len(self.found)} samples with “{query}”", f"bold {theme.AMBER}")
        else:
            self.found = moved or entries(report, line, self._source)
            title = _moving(line, len(moved)) if moved else _title(line, len(self.found), as_built(report, line))
            self.found = [*self.found, *inside(line, self._inside)]
        found = self.found
        self.query_one("#rule", Static).update(title)
        items = self.list
        items.clear_options()
        items.set_class(not found, "-empty")
        width = max(10, items.scrollable_content_region.width - 1)
        items.add_options(
            [Option(_option(one, width, bool(query) or one.kept != (line.kind == "kept"))) for one in found]
        )
        if found:
            items.highlighted = 0
        else:
            nothing = words("no sample holds these words", theme.MUTED) if query else _sources(report)
            self.query_one("#sample", Static).update(nothing)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self.chosen is not None:
            self.query_one("#sample", Static).update(sample_words(self.chosen))
            self.query_one("#text").scroll_home(animate=False)

    def look(self) -> Look:
        """The chosen sample, to be read full screen."""
        found = self.chosen
        if found is None:
            return Content(""), Content("")
        return heading(found, self.list.highlighted or 0, len(self.found)), body(found)

    def move(self, by: int) -> None:
        """To the next sample, or the one before."""
        if self.found:
            self.list.highlighted = max(0, min((self.list.highlighted or 0) + by, len(self.found) - 1))


def _title(line: Line, count: int, rule: RuleCount | None) -> Content:
    """What the line says, and how many of its documents are here to be read."""
    if rule is None and line.rule is not None:
        return words(f"{line.label} dropped nothing as it was built", theme.MUTED)
    if rule is None:
        many = f"  {count} sample{'s' * (count != 1)}" if count else ""
        colour = theme.GREEN if line.kind in ("read", "kept") else theme.BLUE
        label = f"changed by {line.label}" if line.kind == "change" else line.label
        return Content.assemble((one_line(label), f"bold {colour}"), (many, theme.MUTED))
    drawn = f"  {count} of {rule.documents:,}" if count < rule.documents else f"  all {count}"
    drawn += " as it was built" if line.was is not None else ""
    head = Content.assemble((f"dropped by {one_line(rule.rule)}", f"bold {theme.AMBER}"), (drawn, theme.MUTED))
    return Content("\n").join([head, words(rule.reason, theme.MUTED)])


def _moving(line: Line, count: int) -> Content:
    """Above documents that would change sides."""
    verdict, colour = (
        ("would be kept", theme.GREEN) if line.kind == "kept" else (f"would go by {line.label}", theme.AMBER)
    )
    head = Content.assemble((one_line(verdict), f"bold {colour}"), (f"  {count} of them", theme.MUTED))
    return Content("\n").join([head, words("not so as it was built", theme.MUTED)])


def _option(entry: Entry, width: int, told: bool) -> Content:
    """`email.message.3  Return the number ...`; among samples of several lines, with what became of it."""
    verdict = f"{one_line(entry.verdict.removeprefix('dropped by ').partition(' by ')[0])}  " if told else ""
    name, room = one_line(entry.name), max(8, width // 3)
    if cell_len(name) > room:  # ids of one source begin alike: their ends tell them apart
        name = cut("…" + name[1 - room :], room)
    rest = cut(entry.text, max(0, width - len(verdict) - cell_len(name) - 2))
    return Content.assemble(
        (verdict, theme.GREEN if entry.kept else theme.AMBER), (name, theme.BLUE), "  ", (rest, theme.MUTED)
    )


def sample_words(entry: Entry) -> Body:
    """One sample in the pane: where it came from, why it went, its text."""
    name, why = one_line(f"{entry.name}  ({entry.source})"), one_line(entry.why)
    if entry.pair is not None:
        return Group(Text(name, theme.BLUE), Text(why, theme.MUTED), "", entry.pair)
    head = [Content.styled(name, theme.BLUE), *([Content.styled(why, theme.MUTED)] if why else []), Content("")]
    return Content("\n").join([*head, text_of(entry)])


def text_of(entry: Entry) -> Content:
    return page(entry.text) if entry.text.strip() else Content.styled("(no text)", theme.MUTED)


def body(entry: Entry) -> Body:
    """A sample's text, beside the other where there is one."""
    return entry.pair or text_of(entry)


def heading(entry: Entry, place: int, count: int) -> Content:
    """The line above a sample that is read full screen."""
    colour = theme.GREEN if entry.kept else theme.AMBER
    told = [part for part in (entry.why, entry.pair.told if entry.pair else "") if part]
    return Content.assemble(
        (f"sample {place + 1} of {count}   ", theme.MUTED),
        (one_line(entry.verdict), f"bold {colour}"),
        (one_line("".join(f"; {part}" if n else f": {part}" for n, part in enumerate(told))), theme.MUTED),
        ("" if entry.pair else one_line(f"   {entry.name} in {entry.source}"), theme.BLUE),
    )


def _sources(report: CorpusReport) -> Content:
    parts = [Content.styled("sources", f"bold {theme.GREEN}")]
    for source in report.sources:
        kept = f"{source.kept:,} of {source.documents:,} documents kept"
        parts += [Content(""), words(source.name, theme.BLUE), words(kept, theme.MUTED)]
        if source.damaged:
            parts.append(words(f"{source.damaged:,} damaged records skipped", theme.AMBER))
            parts += [words(f"  {line}", theme.FAINT) for line in source.damage]
    if not report.kept_samples:
        parts += [Content(""), words("Samples of what is kept come with the next build.", theme.FAINT)]
    return Content("\n").join(parts)
