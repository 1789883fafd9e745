"""The card of a lineage node in words: what stands above and below its curve.

Line, Details  ->  Content, at most `width` cells wide
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from engine import figures
from engine.store.rows import CheckpointRow, Cost, Node, ScoreRow
from tui import theme
from tui.lineage_rows import Line, title
from tui.node_details import Details, Unlike
from tui.text import cut, fit, one_line, page, words

_KINDS = {"corpus": "corpus", "pretrain": "pretraining run", "base": "frozen base", "variant": "variant"}
_MOST = 8
"""Checkpoints, files and differences listed; what is more is counted."""


def head(line: Line, width: int, now: float, progress: float | None = None) -> Content:
    """Name, kind and state, the way from the root; then how far it is, what went wrong, and the note."""
    node = line.node
    if line.more:
        return Content.styled(cut(f"{line.more:,} more that came from {title(node)}", width), theme.MUTED)
    glyph, colour = theme.STATES.get(node.state, ("?", theme.MUTED))
    kind = " ".join(filter(None, (node.method, _KINDS.get(node.kind, node.kind))))
    scratch = " · from scratch" if node.scratch else ""
    when = f" · {figures.age(now - node.created)} ago" if node.created else ""
    lines = [
        Content.assemble((f"{glyph} ", colour), (cut(title(node), width - 2), f"bold {theme.BRIGHT}")),
        Content.assemble((f"{kind}{scratch} · ", theme.MUTED), (node.state, colour), (when, theme.MUTED)),
    ]
    if line.path:
        way = " → ".join(one_line(title(above)) for above in line.path)
        lines.append(Content.styled(cut(f"from {way}", width), theme.MUTED))
    if progress is not None:
        lines.append(_progress(progress, width))
    if error := node.detail.get("error"):
        lines.append(page(str(error), theme.RED))
    if node.note:
        lines.append(page(node.note, theme.AMBER))
    return Content("\n").join(lines)


def _progress(share: float, width: int) -> Content:
    room = max(4, min(40, width - 6))
    full = round(room * min(1.0, share))
    return Content.assemble(
        ("━" * full, theme.AMBER), ("─" * (room - full), theme.FAINT), (f" {share:>4.0%}", theme.BRIGHT)
    )


def body(node: Node, details: Details | None, width: int) -> Content:
    """All sections that have something to say."""
    more = details or Details(node.id, node.run_id)
    sections = [
        ("scores", _scores(node.scores)),
        ("language model, bits per byte", _bits(node.bits_per_byte)),
        ("unlike its siblings", _unlike(more.unlike, width)),
        ("facts", _pairs(_facts(node), width)),
        ("cost", _pairs(_cost(node.cost), width)),
        ("checkpoints", _checkpoints(more.checkpoints)),
        ("files" if more.folder == node.id else f"files in {more.folder}", _files(more.files, width)),
        ("command", [words(more.command, theme.MUTED)] if more.command else []),
    ]
    blocks = [Content("\n").join([_rule(name, width), *lines]) for name, lines in sections if lines]
    return Content("\n").join(blocks)


def _scores(scores: Iterable[ScoreRow]) -> list[Content]:
    """A line for each metric that stands for a whole suite; a class's own stand in compare."""
    lines: list[Content] = []
    suite = ""
    for score in scores:
        if ":" in score.metric:
            continue
        if score.suite != suite:
            suite = score.suite
            lines.append(Content.styled(f"{one_line(suite)}  n={score.n}", theme.MUTED))
        figure = figures.interval(score.value, score.low, score.high)
        lines.append(
            Content.assemble(f"  {one_line(score.metric).replace('_', ' '):<14}", (f"{figure:>12}", theme.BRIGHT))
        )
    return lines


def _bits(scores: Iterable[ScoreRow]) -> list[Content]:
    lines = []
    for score in scores:
        known = score.low is not None and score.high is not None
        half = f" ±{(score.high - score.low) / 2:.3f}" if known and score.high and score.low else ""
        lines.append(Content.assemble(f"{one_line(score.suite):<16}", (f"{score.value:>8.3f}{half}", theme.BRIGHT)))
    return lines


def _facts(node: Node) -> list[tuple[str, str]]:
    facts = [("id", node.id)]
    for label, value in node.detail.items():
        if value not in (None, "") and label != "error":
            facts.append((label, f"{value:,}" if isinstance(value, int) and label != "step" else str(value)))
    if node.frozen_as:
        facts.append(("frozen as", ", ".join(node.frozen_as)))
    if node.tags:
        facts.append(("tags", " ".join(f"#{tag}" for tag in node.tags)))
    return facts


def _cost(cost: Cost) -> list[tuple[str, str]]:
    known = [
        ("wall time", figures.duration(cost.seconds) if cost.seconds else ""),
        ("device time", figures.duration(cost.device_seconds) if cost.device_seconds else ""),
        ("tokens", figures.count(cost.tokens) if cost.tokens else ""),
        ("FLOPs", figures.flops(cost.flops) if cost.flops else ""),
        ("money", f"{cost.money:.2f}" if cost.money is not None else ""),
    ]
    return [(label, value) for label, value in known if value]


def _unlike(keys: Sequence[Unlike], width: int) -> list[Content]:
    """`train.lr  0.001  others: 0.0003`"""
    wide = min(24, max((len(one_line(one.key)) for one in keys), default=0))
    room = max(6, width - wide - 2)
    lines = []
    for one in keys[:_MOST]:
        here = cut(one.here, room)
        most = cut(f"  others: {one.elsewhere}", room - len(here)) if room - len(here) > 10 else ""
        lines.append(
            Content.assemble((fit(one.key, wide) + "  ", theme.MUTED), (here, theme.BRIGHT), (most, theme.MUTED))
        )
    return [*lines, *_rest(len(keys))]


def _checkpoints(rows: Sequence[CheckpointRow]) -> list[Content]:
    """The newest, and the best wherever it is."""
    shown = [row for row in rows[:-_MOST] if row.best][-1:] + list(rows[-_MOST:])
    lines = [
        Content.assemble(
            (f"step {row.step:>7,}  ", theme.MUTED),
            (f"{figures.loss(row.heldout_loss):>7}", theme.BRIGHT),
            ("  ★ best" if row.best else "", theme.GREEN),
        )
        for row in shown
    ]
    return [*lines, *_rest(len(rows), len(shown))]


def _files(files: Sequence[tuple[str, int]], width: int) -> list[Content]:
    lines = [
        Content.assemble(fit(name, min(28, width - 10)), (f"{figures.size(size):>10}", theme.MUTED))
        for name, size in files[:_MOST]
    ]
    return [*lines, *_rest(len(files))]


def _rest(count: int, shown: int = _MOST) -> list[Content]:
    return [Content.styled(f"and {count - shown} more", theme.FAINT)] if count > shown else []


def _pairs(pairs: list[tuple[str, str]], width: int) -> list[Content]:
    """Labels and values, in two columns where they fit; what is longer than its column has a line to itself."""
    across = 2 if width >= 64 else 1
    room = (width - 2) // across
    label_room = min(max((len(one_line(label)) for label, _ in pairs), default=0), 18)
    lines: list[Content] = []
    waiting: Content | None = None
    for label, value in pairs:
        item = Content.assemble((fit(label, label_room) + "  ", theme.MUTED), one_line(value))
        if item.cell_length > width:
            item = Content.assemble((f"{one_line(label)}  ", theme.MUTED), one_line(value))
        if across == 1 or item.cell_length > room - 2:
            lines += [waiting, item] if waiting else [item]
            waiting = None
        elif waiting is None:
            waiting = item
        else:
            lines.append(waiting + Content(" " * (room - waiting.cell_length)) + item)
            waiting = None
    return [*lines, waiting] if waiting else lines


def _rule(text: str, width: int) -> Content:
    text = cut(text, max(0, width - 5))
    return Content.assemble(
        ("── ", theme.FAINT), (text, theme.MUTED), (" " + "─" * max(0, width - len(text) - 4), theme.FAINT)
    )
