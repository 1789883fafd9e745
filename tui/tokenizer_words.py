"""How well a vocabulary suits its text, as a view of the corpus screen: tables, the unused tokens, the costly words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui import theme
from tui.corpus_facts import table
from tui.text import cut, words

if TYPE_CHECKING:
    from engine.corpus.tokenizer_report import TokenizerReport


def tokenizer_words(report: TokenizerReport | str, width: int, height: int) -> Content:
    """In so many cells and lines, what matters most first. Without a report: why there is none; empty: not yet."""
    if isinstance(report, str):
        return words(report or "measuring it on held-out text …", theme.FAINT)
    titles = ("held out, from", "bytes", "B/token", *(peer.name for peer in report.peers))
    rows = [("all", report.fit, report.peers)]
    for at, fit in enumerate(report.sources):
        rows.append((fit.name, fit, [report.peer_sources[peer.name][at] for peer in report.peers]))
    cells = [
        (name, f"{fit.bytes:,}", *(f"{one.bytes_per_token:.3f}" for one in (fit, *peers))) for name, fit, peers in rows
    ]
    lines = [table(titles, cells[: max(1, height - 5)], width)]
    share = 100 * report.unused / max(1, report.merges)
    facts = [("unused", f"{report.unused:,} of {report.merges:,} tokens of more than a byte ({share:.1f} %)")]
    if report.special:
        facts.append(("special", ", ".join(report.special)))
    if report.longest:
        facts.append(("longest", " ".join(repr(token.text) for token in report.longest)))
    if report.costly:
        facts.append(("costly", " ".join("·".join(one.pieces) for one in report.costly)))
    lines += [Content.assemble((f"{name:<10}", theme.MUTED), cut(text, max(8, width - 10))) for name, text in facts]
    return Content("\n").join(lines)
