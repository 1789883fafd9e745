"""An item and every model's answer to it, as text to read."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rich.cells import cell_len
from textual.content import Content

from engine.compare.contaminated import Flag
from engine.compare.items import Item
from engine.plain import one_line
from tui import theme
from tui.text import fit, page, words
from tui.widgets.item_list import sign

LANGUAGE = "language-model"
_WORD = re.compile(r"\w+")


def item_words(item: Item, names: Mapping[str, str], task: str) -> Content:
    """The text, what was right, and each answer with its number, sign and score."""
    parts = [page(item.input or "(no text)", theme.BRIGHT)]
    if item.target:
        parts += [Content(""), Content.assemble(("  ✓ right  ", theme.GREEN), page(item.target))]
    if task != LANGUAGE:
        parts.append(Content(""))
    longest = min(24, max(cell_len(one_line(name)) for name in names.values()))
    for number, (model, output) in enumerate(item.outputs.items(), 1):
        mark, colour = sign(item.correct[model])
        who = (f"{number} {fit(names.get(model, model), longest)} ", theme.MUTED)
        parts.append(Content.assemble((f"{mark} ", colour), who, *_said(item, model, output, task)))
    if item.flag is not None:
        parts += [Content(""), *_learned(item, item.flag, names)]
    return Content("\n").join(parts)


def _learned(item: Item, flag: Flag, names: Mapping[str, str]) -> list[Content]:
    """Who may know it by heart, where it stood, and the passage: words that the item has too are bright."""
    learners = ", ".join(names[model] for model in flag.models if model in names)
    asked = set(_WORD.findall(f"{item.input} {item.target}".lower()))
    passage = Content("  ")
    for word in flag.passage.split():
        shared = not asked.isdisjoint(_WORD.findall(word.lower()))
        passage += words(f"{word} ", theme.BRIGHT if shared else theme.MUTED)
    return [words(f"≡ learned by {learners or 'no model shown here'}: {flag.why}", theme.AMBER), passage]


def _said(item: Item, model: str, output: str, task: str) -> list[Content | tuple[str, str]]:
    if task == LANGUAGE:
        return [(f"{item.scores[model]:,.1f} bits", theme.BRIGHT)]
    said = page(output) if output.strip() else Content.styled("(nothing)", theme.MUTED)
    return [said] if task == "classification" else [(f"{item.scores[model]:.2f}  ", theme.MUTED), said]
