"""The lineage as a tree in a table: guides on the left, state, loss, scores and cost in columns; costs below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine import figures
from engine.cli import render
from engine.compare.cost import cost_rows, in_words
from engine.compare.table import PRIMARY
from engine.store.rows import Lineage, Node

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_SPARK = 12


def print_lineage(lineage: Lineage) -> None:
    """The tree, then what each base cost beside what its branches cost."""
    render.show(render.fitted(lambda spared: _table(lineage, spared), "CURVE", "METHOD", "SCORES [95 %]"))
    if lineage.costs:
        print()
        print_costs(lineage)


def _table(lineage: Lineage, spared: frozenset[str]) -> Table:
    headings = ("MODEL", "METHOD", "STATE", ">HELD-OUT", "CURVE", "SCORES [95 %]", ">TIME")
    shown = [i for i, heading in enumerate(headings) if heading not in spared]
    table = render.table(*(headings[i] for i in shown))
    table.columns[0].no_wrap = True
    inside = "SCORES [95 %]" in spared
    for root in lineage.roots:
        for row in _rows(root, "", "", inside):
            table.add_row(*(row[i] for i in shown))
    return table


def print_costs(lineage: Lineage) -> None:
    table = render.table("WHAT IT COST", ">TIME", ">OF THE BASE", ">TOKENS", ">FLOPS", ">MONEY")
    for row in cost_rows(lineage):
        whole = row.tokens is not None
        table.add_row(
            render.text(row.what),
            render.duration(row.seconds),
            f"{row.share:.2f}×" if row.share is not None else "",
            figures.count(row.tokens) if whole else "",
            figures.flops(row.flops) if whole else "",
            f"{row.money:.2f}" if row.money is not None else "",
        )
    sentences = [render.text(in_words(cost), "dim") for cost in lineage.costs]
    render.show(table, "", *sentences)


def _rows(node: Node, first: str, rest: str, inside: bool) -> Iterator[list[Text]]:
    """A node's line and its scores', then its children's. `first` and `rest` are the guides before them.

    `inside`: scores stand below the name instead of in a column of their own.
    """
    nothing = render.text("")
    scores = _scores(node)
    below = render.text(rest + ("│  " if node.children else "   "), "dim")
    beside = scores[0] if scores and not inside else nothing
    yield [_name(node, first), *_middle(node), beside, render.text(render.duration(node.cost.seconds))]
    for score in scores[0 if inside else 1 :]:
        name, column = (render.joined(below, score), nothing) if inside else (below, score)
        yield [name, *[nothing] * 4, column, nothing]
    for i, child in enumerate(node.children):
        last = i == len(node.children) - 1
        yield from _rows(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), inside)


def _name(node: Node, guide: str) -> Text:
    name = node.id if node.kind in ("corpus", "base") else node.name
    frozen = f" = {', '.join(node.frozen_as)}" if node.frozen_as else ""
    style = {"corpus": "bold", "base": "bold bright_blue"}.get(node.kind, "")
    tags = "".join(f" #{tag}" for tag in node.tags)
    parts = [(guide, "dim"), (name, style), (frozen, "bright_blue"), (tags, "yellow")]
    return render.joined(*(render.text(*part) for part in parts))


def _middle(node: Node) -> list[Text]:
    method = "scratch control" if node.scratch else (node.method or node.kind)
    loss = "" if node.kind == "corpus" else render.number(node.heldout_loss)
    curve = render.spark(node.loss_history, _SPARK) if len(node.loss_history) > 1 else ""
    return [render.text(method), render.state(node.state), render.text(loss), render.text(curve, "cyan")]


def _scores(node: Node) -> list[Text]:
    """The primary score of each suite; bits per byte last and dim, since they are not a task's score."""
    tasks = [row for row in node.scores if row.metric == PRIMARY.get(row.task)]
    bits = [row for row in node.bits_per_byte if row.metric == PRIMARY["language-model"]]
    return [
        render.text(f"{row.suite} {render.short(row.metric)} {render.score(row)}", "" if row in tasks else "dim")
        for row in [*tasks, *bits]
    ]
