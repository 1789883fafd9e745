"""What came of a corpus, in figures: views of its report, each drawn into the room that it gets.

made        tokens, vocabulary, memory          sources     what each gave, and in how many bytes a token
lengths     of kept documents, in tokens        stages      time and rate of each
languages   of what was read
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.content import Content

from engine import figures
from engine.corpus.reasons import bounds
from engine.corpus.report import CorpusReport
from tui import theme
from tui.text import cut, fit, one_line, words
from tui.widgets.histogram import Bins, bars, columns

_TALLEST = 14
"""Lines of a histogram: more say nothing more."""
Draw = Callable[[CorpusReport, int, int], Content]


@dataclass(frozen=True)
class View:
    name: str
    draw: Draw
    """From the report, in so many cells and lines."""
    there: Callable[[CorpusReport], bool] = lambda report: True
    """It has something to say."""


def made(report: CorpusReport, width: int, height: int) -> Content:
    facts = [
        ("training", f"{report.train_tokens:,} tokens"),
        ("held out", f"{report.heldout_tokens:,} tokens in {report.heldout_documents:,} documents"),
        ("vocabulary", f"{report.vocab_size:,} tokens, {report.bytes_per_token:.2f} bytes each on average"),
        ("took", _took(report)),
    ]
    if report.peak_bytes:
        who = f"at most, {report.workers} processes together" if report.workers > 1 else "at most"
        facts.append(("memory", f"{figures.size(report.peak_bytes)} {who}"))
    lines = [Content.assemble((f"{label:<12}", theme.MUTED), cut(text, max(8, width - 12))) for label, text in facts]
    room = height - len(lines) - 2
    if room >= 5 and report.lengths:
        lines += [Content(""), Content.styled("documents by length in tokens", theme.MUTED)]
        lines.append(lengths(report, width, room))
    return Content("\n").join(lines)


def _took(report: CorpusReport) -> str:
    total = sum(report.seconds.values())
    each = ", ".join(f"{stage} {figures.duration(seconds)}" for stage, seconds in report.seconds.items())
    return f"{figures.duration(total)}: {each}" if len(report.seconds) > 1 else each


def lengths(report: CorpusReport, width: int, height: int) -> Content:
    """Documents by their length in tokens: a line a power of two, or columns where lines are too many."""
    height = min(height, _TALLEST)
    if len(report.lengths) > height > 3:
        edges = [float(bucket.low) for bucket in report.lengths] + [float(report.lengths[-1].high)]
        counts = [bucket.documents for bucket in report.lengths]
        return columns(Bins(edges, counts, words=figures.count), width, height)
    return bars([(f"{b.low:,}–{b.high - 1:,}", b.documents, f"{b.documents:,}") for b in report.lengths], width)


def languages(report: CorpusReport, width: int, height: int) -> Content:
    """Documents read, by language; those that find no room together."""
    ordered = sorted(report.languages.items(), key=lambda one: -one[1].documents)
    room = max(2, height - 1)
    shown, rest = (ordered, []) if len(ordered) <= room else (ordered[: room - 1], ordered[room - 1 :])
    rows = [(one_line(code) or "?", count.documents, count.bytes) for code, count in shown]
    if rest:
        rows.append((f"{len(rest)} others", sum(one.documents for _, one in rest), sum(one.bytes for _, one in rest)))
    return bars([(code, count, f"{count:,}  {figures.size(size):>7}") for code, count, size in rows], width)


def sources(report: CorpusReport, width: int, height: int) -> Content:
    """A row a source: how much of it was kept, and what became of that."""
    every = sum(source.tokens for source in report.sources)
    rows = [
        (
            source.name, f"{source.documents:,}", figures.size(source.bytes),
            f"{figures.share(source.kept / source.documents if source.documents else None)} %",
            figures.count(source.tokens) if source.tokens else figures.UNKNOWN,
            f"{figures.share(source.tokens / every)} %" if every else figures.UNKNOWN,
            f"{source.bytes_per_token:.2f}" if source.bytes_per_token else figures.UNKNOWN,
            f"{source.damaged:,}",
        )
        for source in report.sources
    ]  # fmt: skip
    titles = ("source", "documents", "read", "kept", "tokens", "share", "B/token", "damaged")
    shown = rows[: max(1, height - 2)] if len(rows) >= height else rows
    made = table(titles, shown, width)
    return made + words(f"\n… and {len(rows) - len(shown)} more", theme.FAINT) if shown != rows else made


def stages(report: CorpusReport, width: int, height: int) -> Content:
    """A row a stage: its time, and how fast text went through."""
    rows = [
        (
            one.stage, figures.duration(one.seconds) if one.seconds >= 10 else f"{one.seconds:.1f}s",
            figures.size(one.bytes) if one.bytes else figures.UNKNOWN,
            f"{one.rate / 1e6:,.1f} MB/s" if one.rate else figures.UNKNOWN,
            f"{100 * one.found / one.bytes:.0f} %" if one.found and one.bytes else "",
        )
        for one in report.stages
    ]  # fmt: skip
    return table(("stage", "time", "text", "rate", "found done"), rows, width)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Content:
    """A small table: the first column at the left takes what the others leave; what finds no room is left out."""
    wide = [max(len(title), *(len(row[n]) for row in rows), 0) + 2 for n, title in enumerate(titles)] if rows else []
    while len(wide) > 2 and 8 + sum(wide[1:]) > width:
        wide.pop()
    if not wide:
        return Content("")
    first = max(6, min(wide[0], width - sum(wide[1:])))

    def line(cells: Sequence[str], style: str) -> Content:
        rest = "".join(fit(cell, size, right=True) for cell, size in zip(cells[1:], wide[1:]))
        return Content.assemble((fit(cells[0], first), theme.BLUE if style == "" else style), (rest, style))

    return Content("\n").join([line(titles, theme.MUTED), *(line(row, "") for row in rows)])


VIEWS = (
    View("made", made),
    View("sources", sources),
    View("lengths", lengths, lambda report: bool(report.lengths)),
    View("languages", languages, lambda report: bool(report.languages)),
    View("stages", stages, lambda report: bool(report.stages)),
)


def measure(title: str, bins: Bins | None, width: int, height: int, *, log: bool) -> Content:
    """The histogram of the measure that a rule bounds, below what the rule says."""
    if bins is None:
        return words(f"{title}: no measures are stored with this corpus", theme.FAINT)
    low, high = (None if math.isinf(bound) else bound for bound in (bins.low, bins.high))
    how = ", counts by their logarithm" if log else ""
    head = Content.assemble(
        (one_line(title), theme.BRIGHT), (f" {bounds(low, high)}", f"bold {theme.BRIGHT}"), (how, theme.MUTED)
    )
    return Content("\n").join([head, columns(bins, width, max(3, min(_TALLEST, height - 1)), log=log)])
