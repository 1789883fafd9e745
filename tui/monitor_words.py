"""What the monitor says, as functions of a `RunView`: head, axis line, facts, decisions, log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from engine import figures
from engine.journal.pace import pace
from engine.store.rows import MachineRow, RunRow
from tui import theme
from tui.monitor_curves import mark_of, spoken
from tui.run_view import SECONDS, RunView
from tui.text import cut, fit, one_line, words
from tui.widgets.decimate import Floats
from tui.widgets.ticks import clock_label

if TYPE_CHECKING:
    from tui.widgets.curve import Curve


LOOK_SECONDS = 1.0
"""Looks at held-out data closer than this, in seconds of training, are told by the curve alone."""
AXIS_WORDS = {"flops": "FLOPs", "branch": "steps since the branch"}


def how(
    metric: str, curve: Curve, runs: int, chosen: bool, spread: str = "", page: tuple[int, int] = (1, 1), only: str = ""
) -> Content:
    """What is plotted against what, and how."""
    by = AXIS_WORDS.get(curve.x_kind, curve.x_kind)
    amber = [
        "log y" if curve.log_y else "",
        "log x" if curve.log_x else "",
        f"smoothed {curve.smoothing:g}" if curve.smoothing else "",
        "zoomed" if curve.window or curve.heights else "",
        f"mean over seeds, {spread}" if spread else "",
        f"only {one_line(only)}" if only else "",
    ]
    parts: list[tuple[str, str]] = [(spoken(metric), f"bold {theme.BRIGHT}"), (f" by {by}", theme.MUTED)]
    parts += [(f" · {text}", theme.AMBER) for text in amber if text]
    parts.append((f" · {runs} runs overlaid" if runs > 1 else "", theme.MUTED))
    parts.append((f" · page {page[0]} of {page[1]}" if page[1] > 1 else "", theme.MUTED))
    parts.append(("" if chosen else " · following what runs", theme.FAINT))
    if curve.cursor is not None:
        at = clock_label(round(curve.cursor, 1)) if curve.x_kind == "time" else f"{curve.cursor:,.0f}"
        parts.append((f" · at {by} {at}", f"bold {theme.AMBER}"))
    return Content.assemble(*parts)


# --- the head -------------------------------------------------------------------------------------


def head(
    view: RunView, row: RunRow | None, width: int, name: str, state: str, end: tuple[float, int] | None = None
) -> Content:
    """Name and state with how far it has come; what it measures now and where it heads (`end`); what went wrong."""
    glyph, colour = theme.STATES.get(state, ("?", theme.MUTED))
    method = row.method if row else None
    kind = " ".join(filter(None, (method or view.kind, "from scratch" if row and row.scratch else "")))
    left = Content.assemble(
        (f"{glyph} ", colour),
        (cut(name, max(12, width // 3)), f"bold {theme.BRIGHT}"),
        (f"  {kind} · ", theme.MUTED),
        (state, colour),
        (f" · attempt {view.attempt}" if view.attempt > 1 else "", theme.MUTED),
    )
    right, share = _progress(view, state)
    room = width - left.cell_length - right.cell_length - 4
    bar = Content("")
    if share is not None and room >= 8:
        full = round(min(room, 60) * min(1.0, share))
        bar = Content.assemble(("━" * full, colour), ("─" * (min(room, 60) - full), theme.FAINT))
    gap = width - left.cell_length - bar.cell_length - right.cell_length - 1
    lines = [left + Content(" " * max(1, gap)) + bar + Content(" ") + right, _now(view, state, width, end)]
    error = view.error or (row.error if row else "") or ""
    lines.append(words(error, theme.RED) if error and state == "failed" else words(view.device, theme.FAINT))
    return Content("\n").join(lines)


def _progress(view: RunView, state: str) -> tuple[Content, float | None]:
    """`step 260 of 600`, or a phase for stages without steps; and the share done."""
    step = view.reached[0]
    if step and state == "finished":  # a plateau ends a run before its limit, and that is all of it
        limit = f" (limit {view.planned.steps:,})" if view.planned and view.planned.steps > step else ""
        return Content.assemble((f"{step:,}", theme.BRIGHT), f" steps{limit}"), 1.0
    if view.planned and view.planned.steps:
        total = view.planned.steps
        return Content.assemble("step ", (f"{step:,}", theme.BRIGHT), f" of {total:,}"), step / total
    if view.progress:
        done, total = view.progress.done, view.progress.total
        text = f"{one_line(view.progress.phase)} {done:,}" + (f" of {total:,}" if total else "")
        return Content(text), done / total if total else None
    return Content(""), None


def _now(view: RunView, state: str, width: int, end: tuple[float, int] | None) -> Content:
    """The newest figures, the most telling first; what has no room is left out."""
    if view.kind == "corpus" and view.progress is not None:
        return _in(pace(view.progress), width)
    best = view.best
    seconds = view.seconds_left() if state in ("running", "stopping") else None
    at_most = "≤ " if view.kind == "pretrain" else ""
    items = [
        ("held-out", figures.loss(view.newest("heldout_loss"))),
        ("best", f"{best[0]:.3f} at {best[1]:,}" if best else figures.UNKNOWN),
        ("train", figures.loss(view.newest("train_loss"))),
        ("tokens/s", figures.count(view.newest("tokens_per_second"))),
        ("ETA", at_most + figures.duration(seconds)) if seconds is not None else ("took", _took(view)),
        *([("heading for", f"{end[0]:.2f} at {end[1]:,}")] if end else []),
        ("lr", _rate(view.newest("lr"))),
        ("tokens", figures.count(view.reached[1] or None)),
        ("grad norm", figures.loss(view.newest("grad_norm"))),
    ]
    return _in(items, width)


def _in(items: Sequence[tuple[str, str]], width: int) -> Content:
    """As many figures as find room."""
    line = Content("")
    for label, value in items:
        item = Content.assemble("   " if line else "", (f"{label} ", theme.MUTED), (value, theme.BRIGHT))
        if line.cell_length + item.cell_length > width:
            break
        line += item
    return line


def _took(view: RunView) -> str:
    return figures.duration(view.reached[2] or None)


def _rate(value: float | None) -> str:
    return figures.UNKNOWN if value is None else "0" if value == 0 else f"{value:.1e}".replace("e-0", "e-")


# --- below and beside -----------------------------------------------------------------------------


def story(view: RunView, lines: int) -> Content:
    """What the engine decided and kept, the newest last; the looks at held-out data before it in what room is left."""
    told = [(d.step, _decision(d.what, d.step, d.why)) for d in view.decisions]
    told += [(c.step, _kept(c.step, c.best)) for c in view.checkpoints]
    told = sorted(told, key=lambda pair: pair[0])[-lines:]
    looks = _looks(view)[-(lines - len(told)) :] if len(told) < lines else []
    if not told and not looks:
        return Content.styled("nothing decided yet", theme.FAINT)
    return Content("\n").join(text for _, text in sorted([*looks, *told], key=lambda pair: pair[0]))


def _looks(view: RunView) -> list[tuple[int, Content]]:
    """Each look at the held-out loss with its change from the best before it."""
    rows = view.curves.get("heldout_loss")
    found: list[tuple[int, Content]] = []
    if rows is None or _hasty(rows):
        return found
    best = float("inf")
    for step, _, _, value in rows[-256:]:
        gain = 100 * (best - value) / best if 0 < best < float("inf") else None
        change = "" if gain is None else f"{'▼' if gain > 0 else '▲'} {abs(gain):.1f} %"
        colour = theme.GREEN if gain is None or gain > 0 else theme.AMBER
        said = f"{value:.3f}  "
        text = Content.assemble(
            ("· ", theme.FAINT), (f"{'look':<11}{int(step):>6,}  {said}", theme.MUTED), (change, colour)
        )
        found.append((int(step), text))
        best = min(best, value) if value == value else best
    return found


def _hasty(rows: Floats) -> bool:
    """Looks come so often that nobody could read them one by one; the curve shows them."""
    late = rows[-8:]
    return len(late) == 8 and float(late[-1, SECONDS] - late[0, SECONDS]) < 7 * LOOK_SECONDS


def _kept(step: int, best: bool) -> Content:
    star = ("★ best so far", theme.GREEN) if best else ("", theme.MUTED)
    return Content.assemble((f"▴ {'checkpoint':<11}", theme.MUTED), (f"{step:>6,}  ", theme.MUTED), star)


def _decision(what: str, step: int, why: str) -> Content:
    glyph, colour = mark_of(what)
    return Content.assemble(
        (f"{glyph} ", colour), (fit(what, 11), colour), (f"{step:>6,}  ", theme.MUTED), one_line(why)
    )


def facts(view: RunView, row: RunRow | None, width: int, machine: MachineRow | None = None) -> Content:
    """The side panel: every newest figure, what was planned, where it runs."""
    best = next((c for c in reversed(view.checkpoints) if c.best), None)
    blocks = [
        ("now", [(spoken(name), _figure(view.newest(name))) for name in sorted(view.curves)]),
        ("plan", _plan(view)),
        ("machine", _machine(machine) if machine else []),
        ("run", [*_run(view, row)]),
        ("checkpoints", [_checkpoint(c.step, c.heldout_loss, c is best) for c in view.checkpoints[-12:]]),
    ]
    lines: list[Content] = []
    for title, pairs in blocks:
        if pairs:
            lines.append(Content.styled(f"── {title} ".ljust(max(0, width), "─"), theme.FAINT))
            lines += [
                Content.assemble((fit(label, 22) + " ", theme.MUTED), cut(value, max(8, width - 23)))
                for label, value in pairs
            ]
    return Content("\n").join(lines)


def _figure(value: float | None) -> str:
    if value is None:
        return figures.UNKNOWN
    return figures.count(value) if abs(value) >= 1000 else f"{value:.4f}" if abs(value) >= 0.01 else f"{value:.2e}"


def _machine(now: MachineRow) -> list[tuple[str, str]]:
    """Processors, memory, and each GPU on a line."""
    pairs = [
        ("processor", f"{now.cpu_percent:.0f} %"),
        ("memory", f"{figures.size(now.memory_used)} of {figures.size(now.memory_total)}"),
    ]
    for gpu in now.gpus:
        used = f"{gpu.get('utilization', 0):.0f} %", figures.size(gpu.get("memory_used"))
        heat = f"{gpu.get('power', 0):.0f} W", f"{gpu.get('temperature', 0):.0f} °C"
        pairs.append((f"gpu {gpu.get('index', 0):.0f}", "  ".join([*used, *heat])))
    return pairs


def _plan(view: RunView) -> list[tuple[str, str]]:
    plan = view.planned
    if plan is None:
        return []
    return [
        ("steps", f"{plan.steps:,}"),
        ("parameters", figures.count(plan.parameters)),
        ("that learn", figures.count(plan.trainable)),
        ("tokens per step", figures.count(plan.tokens_per_step)),
        ("FLOPs per token", figures.flops(plan.flops_per_token)),
    ]


def _run(view: RunView, row: RunRow | None) -> list[tuple[str, str]]:
    step, tokens, seconds = view.reached
    pairs = [("id", view.run_id), ("device", view.device or figures.UNKNOWN), ("attempt", f"{view.attempt}")]
    if view.planned and view.planned.flops_per_token:
        pairs.append(("FLOPs so far", figures.flops(tokens * view.planned.flops_per_token)))
    pairs += [("tokens so far", figures.count(tokens)), ("trained for", figures.duration(seconds if step else None))]
    if row and row.parents:
        pairs.append(("from", ", ".join(p.partition(":")[2] or p for p in row.parents)))
    if row and row.cost.money is not None:
        pairs.append(("money", f"{row.cost.money:.2f}"))
    return pairs


def _checkpoint(step: int, loss: float | None, best: bool) -> tuple[str, str]:
    return f"step {step:,}", figures.loss(loss) + ("  ★ best" if best else "")
