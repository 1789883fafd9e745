"""Samples of what a rule dropped, or of what was kept: a list to choose from, and the chosen one to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.corpus.report import CorpusReport, RuleCount, Sample
from tui import keys, theme
from tui.text import cut, one_line, page, words
from tui.widgets.search_box import SearchBox, SearchPane
from tui.widgets.waterfall import Fall


@dataclass(frozen=True)
class Found:
    """A sample, and the rule that dropped it; none: it was kept."""

    sample: Sample
    rule: RuleCount | None


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
        self._fall: Fall | None = None
        self.found: list[Found] = []

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
    def chosen(self) -> Found | None:
        at = self.list.highlighted
        return self.found[at] if at is not None and at < len(self.found) else None

    def show(self, report: CorpusReport, fall: Fall) -> None:
        """The samples of one line of the waterfall."""
        self._report, self._fall = report, fall
        self.fill()

    def on_resize(self, event: events.Resize) -> None:
        self.fill()

    def fill(self) -> None:
        report, fall = self._report, self._fall
        if report is None or fall is None:
            return
        self.found = search(report, self.query_text) if self.query_text else samples_of(report, fall)
        found = self.found
        title = f"{len(found)} samples with “{one_line(self.query_text)}”" if self.query_text else ""
        self.query_one("#rule", Static).update(
            words(title, f"bold {theme.AMBER}") if title else _title(fall, len(found))
        )
        items = self.list
        items.clear_options()
        items.set_class(not found, "-empty")
        width = max(10, items.scrollable_content_region.width - 1)
        items.add_options([Option(_line(one, width, bool(self.query_text))) for one in found])
        if found:
            items.highlighted = 0
        else:
            nothing = words("no sample holds these words", theme.MUTED) if self.query_text else _sources(report)
            self.query_one("#sample", Static).update(nothing)

    @on(OptionList.OptionHighlighted)
    def _moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if self.chosen is not None:
            self.query_one("#sample", Static).update(sample_words(self.chosen))
            self.query_one("#text").scroll_home(animate=False)

    def look(self) -> tuple[Content, Content]:
        """The chosen sample, to be read full screen."""
        found = self.chosen
        if found is None:
            return Content(""), Content("")
        return heading(found, self.list.highlighted or 0, len(self.found)), sample_words(found)

    def move(self, by: int) -> None:
        """To the next sample, or the one before."""
        if self.found:
            self.list.highlighted = max(0, min((self.list.highlighted or 0) + by, len(self.found) - 1))


def samples_of(report: CorpusReport, fall: Fall) -> list[Found]:
    if fall.rule is not None:
        return [Found(sample, fall.rule) for sample in fall.rule.samples]
    return [Found(sample, None) for sample in report.kept_samples] if fall.label == "kept" else []


def search(report: CorpusReport, query: str) -> list[Found]:
    """All samples, dropped and kept, that hold every word of the query."""
    every = [Found(sample, rule) for rule in report.dropped for sample in rule.samples]
    every += [Found(sample, None) for sample in report.kept_samples]
    needles = query.lower().split()
    return [one for one in every if all(word in _haystack(one.sample) for word in needles)]


def _haystack(sample: Sample) -> str:
    return f"{sample.id}\n{sample.source}\n{sample.text}".lower()


def _title(fall: Fall, count: int) -> Content:
    if fall.rule is None:
        many = f"  {count} samples" if count else ""
        heading = "kept" if fall.label == "kept" else "read"
        return Content.assemble((heading, f"bold {theme.GREEN}"), (many, theme.MUTED))
    rule = fall.rule
    drawn = f"  {count} of {rule.documents:,}" if count < rule.documents else f"  all {count}"
    head = Content.assemble((f"dropped by {one_line(rule.rule)}", f"bold {theme.AMBER}"), (drawn, theme.MUTED))
    return Content("\n").join([head, words(rule.reason, theme.MUTED)])


def _line(found: Found, width: int, told: bool) -> Content:
    """`email.message.3  Return the number ...`; among samples of several rules, with its rule."""
    sample = found.sample
    rule = f"{one_line(found.rule.rule) if found.rule else 'kept'}  " if told else ""
    name, room = one_line(sample.id), max(8, width // 3)
    if cell_len(name) > room:  # ids of one source begin alike: their ends tell them apart
        name = cut("…" + name[1 - room :], room)
    rest = cut(sample.text, max(0, width - len(rule) - cell_len(name) - 2))
    return Content.assemble((rule, theme.AMBER), (name, theme.BLUE), "  ", (rest, theme.MUTED))


def sample_words(found: Found) -> Content:
    """One sample in full: where it came from, why it went, its text."""
    sample = found.sample
    parts = [words(f"{sample.id}  ({sample.source})", theme.BLUE)]
    if sample.kept:
        parts.append(words(f"the same as {sample.kept}", theme.MUTED))
    parts += [Content(""), page(sample.text) if sample.text.strip() else Content.styled("(no text)", theme.MUTED)]
    return Content("\n").join(parts)


def heading(found: Found, place: int, count: int) -> Content:
    """The line above a sample that is read full screen."""
    why, colour = ("kept", theme.GREEN)
    if found.rule:
        why, colour = f"dropped by {one_line(found.rule.rule)}", theme.AMBER
    reason = f": {one_line(found.rule.reason)}" if found.rule else ""
    at = f"sample {place + 1} of {count}   "
    return Content.assemble((at, theme.MUTED), (why, f"bold {colour}"), (reason, theme.MUTED))


def _sources(report: CorpusReport) -> Content:
    parts = [Content.styled("sources", f"bold {theme.GREEN}")]
    for source in report.sources:
        kept = f"{source.kept:,} of {source.documents:,} documents kept"
        parts += [Content(""), words(source.name, theme.BLUE), words(kept, theme.MUTED)]
    if not report.kept_samples:
        parts += [Content(""), words("Samples of what is kept come with the next build.", theme.FAINT)]
    return Content("\n").join(parts)
