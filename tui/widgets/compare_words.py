"""The sentences of the comparison: its verdict, its tabs, and what stands there when there is nothing to compare."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine.compare.table import Comparison, ComparisonRow, in_words
from tui import theme
from tui.text import cut, one_line, words
from tui.widgets.pressable import pressed
from tui.widgets.score_table import with_interval


def verdict(
    comparison: Comparison, row: ComparisonRow, metric: str, missing: Sequence[str], left_out: int = 0
) -> Content:
    """The difference under the cursor in words, what to keep in mind, and who is not here: unevaluated or too many."""
    baseline = next((r.name for r in comparison.rows if r.baseline), comparison.baseline)
    difference = next((d for d in row.differences if d.metric == metric), None)
    told = f"{in_words(difference, comparison.task, baseline)}." if difference else f"{row.verdict}."
    if row.baseline:
        told = "is the baseline: the others are measured against it."
    asides = []
    if comparison.majority_class is not None and comparison.majority_accuracy is not None:
        always = (
            f"always answering {one_line(comparison.majority_class)!r} gives {100 * comparison.majority_accuracy:.1f}"
        )
        asides.append(f"{comparison.items:,} items; {always}")
    asides += comparison.notes
    lines = [Content.assemble((one_line(row.name), f"bold {theme.BRIGHT}"), " ", one_line(told))]
    if comparison.flags:
        lines.append(words(without_learned(comparison, row, metric, baseline), theme.AMBER))
    if asides:
        lines.append(words("; ".join(asides), theme.MUTED))
    if left_out:
        lines.append(words(f"{left_out:,} more models find no room here; space chooses others", theme.AMBER))
    if missing:
        lines.append(words(f"not evaluated on {comparison.suite}: {', '.join(missing)}; e evaluates them", theme.AMBER))
    return Content("\n").join(lines)


def without_learned(comparison: Comparison, row: ComparisonRow, metric: str, baseline: str) -> str:
    """`≡ 12 of 500 items stood in text that it learned from. Without the 14 that any model here learned: ...`."""
    stood = f"≡ {row.learned:,} of {comparison.items:,} items stood in what it learned from"
    several = f"the {len(comparison.flags):,} that any of these models learned" if len(comparison.rows) > 1 else "them"
    if row.clean is None:
        return f"{stood}; no item is left without {several}"
    score = row.clean.score(metric)
    difference = next((d for d in row.clean.differences if d.metric == metric), None)
    told = [with_interval(score)] if score else []
    told += [in_words(difference, comparison.task, baseline)] if difference else []
    return f"{stood}. Without {several}: {'; '.join(told) or 'not known of this metric'}"


def tabs(titles: Sequence[str], shown: Sequence[int], focused: int, width: int) -> Content:
    """`── errors ─ items ──── recipes · suites`: panes on screen are bright, the one that has the keys is marked."""
    if width < 60:  # no room for names side by side: the one on screen, and how many there are
        here = shown[0]
        name = cut(titles[here], width - 16)
        label = f"{'▸' if focused == here else ' '}{name}"
        return Content.assemble((label, f"bold {theme.BRIGHT}"), (f"  {here + 1} of {len(titles)}, tab", theme.MUTED))
    line = Content.styled("── ", theme.FAINT)
    longest = max(12, width - sum(len(one) + 5 for one in titles[1:]) - 8)
    for place, name in enumerate(titles):
        mark = "▸" if place == focused else " "
        style = f"bold {theme.BRIGHT}" if place == focused else theme.TEXT if place in shown else theme.FAINT
        line += pressed(words(f"{mark}{cut(name, longest)}", style), f"screen.go_to({place})")
        line += Content.styled("  │ " if place + 1 < len(titles) else " ", theme.FAINT)
    return line + Content.styled("─" * max(0, width - line.cell_length - 2), theme.FAINT)


def nothing(asked: Sequence[str]) -> Content:
    """No evaluation at all, or none of the models asked for."""
    if asked:
        return Content.assemble(
            ("Not evaluated yet: ", f"bold {theme.BRIGHT}"), (", ".join(map(one_line, asked)), theme.TEXT),
            ("\n\ne evaluates them; ctrl+a compares all models that are evaluated.", theme.MUTED),
        )  # fmt: skip
    return Content.assemble(
        ("Nothing is evaluated yet.\n\n", f"bold {theme.BRIGHT}"),
        ("Put the cursor on a model in the lineage (1) and press e, or:\n", theme.MUTED),
        ("graftline evaluate MODEL... --suite SUITE", theme.GREEN),
    )
