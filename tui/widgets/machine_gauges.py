"""The upper half of the machine place: what is used of what, as bars, figures and the last ten minutes.

    processor 52 %   2 cores · load 1.20 0.80 0.50      memory 50 %   4.1 GB of 8.2 GB
    ⣀⣀⣠⣤⣶⣶⣿⣿                                            ⣤⣤⣤⣤⣤⣤⣤⣤
    0 ━━━━━━━━──── 64%   1 ━━━━━──────── 40%
    disk   ━━━━━━━━━━━────────  58%   52.1 GB of 90.0 GB
    gpu 0  ━━━━━━━━━━━━━━━───  83%   memory 40.1 GB of 80.0 GB   310 W of 700 W   61 °C

Everything is percent of something, so every bar has the same scale; words say what each is.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from engine import figures
from engine.store.rows import GpuNow, MachineNow
from tui import theme
from tui.text import cut, fit
from tui.widgets.history import area, moments

HISTORY_SECONDS = 600.0
_CORE_WIDTH = 20
_CORE_LINES = 4
_LABEL = 8
_HIGH, _FULL = 75.0, 92.0
"""Percent from which a figure is worth a look, and from which it is scarce."""

Sample = tuple[float, float, float]
"""When, processor and memory in percent."""


def gauges(now: MachineNow, samples: Sequence[Sample], width: int, height: int) -> Content:
    """All of it in `width` cells; `height` 0: no room for history (phones and very low windows)."""
    lines = _charts(now, samples, width, height) if height else _heads(now, width)
    lines += _cores(now.cores, width)
    lines.append(_gauge("disk", now.disk_used, now.disk_total, width))
    if now.swap_total and now.swap_used:
        lines.append(_gauge("swap", now.swap_used, now.swap_total, width))
    lines += [_gpu(gpu, width) for gpu in now.gpus] or [Content.styled("no GPU: no NVIDIA driver answers", theme.MUTED)]
    return Content("\n").join(lines)


def _heads(now: MachineNow, width: int) -> list[Content]:
    return [_processor(now, width), _memory(now, width)]


def _processor(now: MachineNow, width: int) -> Content:
    load = " ".join(f"{value:.2f}" for value in now.load)
    return _head("processor", now.cpu_percent, f"{len(now.cores)} cores · load {load}", width)


def _memory(now: MachineNow, width: int) -> Content:
    share = 100 * now.memory_used / max(1, now.memory_total)
    return _head("memory", share, f"{figures.size(now.memory_used)} of {figures.size(now.memory_total)}", width)


def _head(word: str, percent: float, about: str, width: int) -> Content:
    start = f"{word} {percent:3.0f}%"
    told = cut(about, max(0, width - len(start) - 2))
    figure = (f"{percent:3.0f}%", f"bold {_colour(percent)}")
    return Content.assemble((f"{word} ", theme.MUTED), figure, "  ", (told, theme.MUTED))


def _charts(now: MachineNow, samples: Sequence[Sample], width: int, rows: int) -> list[Content]:
    """Processor and memory side by side, each with its head above."""
    half = (width - 3) // 2
    heads = _pad(_processor(now, half), half) + Content("   ") + _memory(now, half)
    charts = []
    for column in (1, 2):
        values = moments(((s[0], s[column]) for s in samples), now.time, HISTORY_SECONDS, half * 2)
        charts.append(area(values, 100.0, rows))
    colours = theme.GREEN, theme.BLUE
    bodies = [Content.assemble((a, colours[0]), "   ", (b, colours[1])) for a, b in zip(*charts, strict=True)]
    return [heads, *bodies, _scale(half), Content("")]


def _scale(half: int) -> Content:
    """Below the charts: from when to when."""
    line = "10 min ago".ljust(half - 3) + "now" if half >= 16 else " " * half
    return Content.styled(f"{line}   {line}", theme.FAINT)


def _pad(content: Content, width: int) -> Content:
    return content + Content(" " * max(0, width - content.cell_length))


def _cores(cores: Sequence[float], width: int) -> list[Content]:
    """A bar a core where there is room, else a block character a core."""
    columns = max(1, width // (_CORE_WIDTH + 2))
    if len(cores) > columns * _CORE_LINES:
        text = "".join("▁▂▃▄▅▆▇█"[min(7, int(core / 12.5))] for core in cores)
        return [Content.styled(text[at : at + width], theme.GREEN) for at in range(0, len(text), width)]
    columns = min(columns, len(cores)) or 1
    room = (width + 2) // columns - 2
    rows = [cores[at : at + columns] for at in range(0, len(cores), columns)]
    return [
        Content("  ").join([_core(row * columns + n, core, room) for n, core in enumerate(line)])
        for row, line in enumerate(rows)
    ]


def _core(number: int, percent: float, width: int) -> Content:
    label = fit(f"core {number}", _LABEL) if width >= 24 else fit(str(number), 3)
    return Content.assemble((label, theme.MUTED), _bar(percent, width - len(label) - 5), f" {percent:3.0f}%")


def _bar(percent: float, width: int, colour: str = "") -> Content:
    full = round(max(0.0, min(100.0, percent)) / 100 * width)
    return Content.assemble(("━" * full, colour or _colour(percent)), ("─" * max(0, width - full), theme.FAINT))


def _colour(percent: float) -> str:
    return theme.RED if percent >= _FULL else theme.AMBER if percent >= _HIGH else theme.GREEN


def _gauge(word: str, used: float, total: float, width: int) -> Content:
    percent = 100 * used / max(1.0, total)
    about = f"{figures.size(used)} of {figures.size(total)}"
    return _measured(word, percent, about, width)


def _measured(word: str, percent: float, about: str, width: int, colour: str = "") -> Content:
    room = max(6, min(40, width - _LABEL - 6 - len(about) - 2))
    left = max(0, width - _LABEL - room - 7)
    return Content.assemble(
        (fit(word, _LABEL), theme.MUTED),
        _bar(percent, room, colour),
        f" {percent:3.0f}%  ",
        (cut(about, left), theme.MUTED),
    )


def _gpu(gpu: GpuNow, width: int) -> Content:
    """Use as the bar, never in alarm, since a busy GPU is what one wants; the rest as far as the GPU tells it."""
    parts = []
    if gpu.memory_used is not None and gpu.memory_total:
        share = 100 * gpu.memory_used / gpu.memory_total
        parts.append(f"memory {share:.0f}%, {figures.size(gpu.memory_used)} of {figures.size(gpu.memory_total)}")
    if gpu.power is not None:
        parts.append(f"{gpu.power:.0f} W" + (f" of {gpu.power_limit:.0f} W" if gpu.power_limit else ""))
    if gpu.temperature is not None:
        parts.append(f"{gpu.temperature:.0f} °C")
    parts.append(gpu.name)
    return _measured(f"gpu {gpu.index}", gpu.utilization or 0.0, " · ".join(parts), width, theme.GREEN)
