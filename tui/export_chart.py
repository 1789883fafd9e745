"""A chart as a file: SVG drawn from the points themselves, PNG of the same size, or CSV of the points.

    Series, marks, View  ->  what is on screen, limits and smoothing included  ->  a file, written whole or not at all

The kind is the file name's ending. Lines are real polylines of all points in sight, so a printed chart is as fine as
the data; without colour they are told apart by the markers at their ends, as on screen.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from engine.errors import InputError
from engine.paths import write_atomic
from tui import theme
from tui.text import one_line
from tui.widgets import ticks
from tui.widgets.chart import layers, x_name, y_scale
from tui.widgets.decimate import Floats
from tui.widgets.legend import written
from tui.widgets.scale import Scale
from tui.widgets.series import Mark, Series, View, marker_of, value_at

WIDTH, HEIGHT = 960, 540
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 64, 46
_FONT = "Helvetica, Arial, sans-serif"
KINDS = (".svg", ".png", ".csv")


@dataclass(frozen=True)
class Exported:
    """What was on screen when it was asked for."""

    title: str
    series: Sequence[Series]
    marks: Sequence[Mark]
    view: View


def export(path: Path, chart: Exported) -> None:
    """Write the chart. Raises `InputError` for another ending, an absent extra, or a folder that is not there."""
    makers: dict[str, Callable[[Exported], bytes]] = {".svg": _svg_bytes, ".png": png, ".csv": _csv_bytes}
    maker = makers.get(path.suffix.lower())
    if maker is None:
        raise InputError(f"{path.name}: a chart is written as {', '.join(KINDS)}", fix="end the name with one of them")
    if not path.parent.is_dir():
        raise InputError("there is no such folder", where=path.parent, fix="make it first, or name another")
    write_atomic(path, maker(chart))


def _csv_bytes(chart: Exported) -> bytes:
    return table(chart).encode()


def _svg_bytes(chart: Exported) -> bytes:
    return svg(chart).encode()


def table(chart: Exported) -> str:
    """One row a point in sight: series, x, value, and the smoothed value when the view smooths."""
    smoothing = chart.view.smoothing > 0
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["series", chart.view.x_kind, "value", *(["smoothed"] if smoothing else [])])
    for one in chart.series:
        smooth = one.smoothed(chart.view.smoothing)
        for (x, value), averaged in zip(one.array.tolist(), smooth.tolist(), strict=True):
            if chart.view.x.holds(x):
                cells = [value, averaged] if smoothing else [value]
                rows.writerow([one_line(one.label), f"{x:.10g}", *("" if c != c else f"{c:.10g}" for c in cells)])
    return out.getvalue()


# --- geometry, the same for SVG and PNG ---------------------------------------------------------


@dataclass(frozen=True)
class Line:
    points: list[tuple[float, float]]
    color: str
    width: float
    dotted: bool = False


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    text: str
    color: str
    anchor: str = "start"
    """start | middle | end"""
    size: int = 13


def drawing(chart: Exported) -> tuple[list[Line], list[Label]]:
    """The chart as lines and words in pixels, back to front."""
    view = chart.view
    found = layers(chart.series, view)
    y = y_scale(found, view, chart.series)
    if y is None:
        raise InputError("there is nothing to draw yet", fix="wait for the first measurement")
    frame = _Frame(view.x, y)
    lines, labels = _axes(frame, view)
    for mark in chart.marks:
        if view.x.holds(mark.x):
            at = frame.x_of(mark.x)
            if mark.line:
                lines.append(Line([(at, _TOP), (at, HEIGHT - _BOTTOM)], mark.color or theme.MUTED, 1, True))
            labels.append(Label(at, _TOP - 6 if mark.word else HEIGHT - _BOTTOM, mark.word or mark.glyph,
                                mark.color or theme.MUTED, "middle", 11))  # fmt: skip
    for layer in found:
        values = layer.series.smoothed(layer.weight)
        raw = view.smoothing > 0 and layer.series.noisy and not layer.weight
        for piece in frame.pieces(layer.series.array[:, 0], values):
            lines.append(Line(piece, layer.color, 1 if raw else 1.8, layer.series.dotted))
    return lines, [*labels, *_legend(chart)]


@dataclass(frozen=True)
class _Frame:
    x: Scale
    y: Scale

    def x_of(self, value: float) -> float:
        return _LEFT + self.x.share(value) * (WIDTH - _LEFT - _RIGHT)

    def y_of(self, value: float) -> float:
        return HEIGHT - _BOTTOM - self.y.share(value) * (HEIGHT - _TOP - _BOTTOM)

    def pieces(self, x: Floats, y: Floats) -> list[list[tuple[float, float]]]:
        """The points in sight as unbroken stretches; a gap begins a new one."""
        known = np.isfinite(y) & (x >= self.x.low) & (x <= self.x.high) & ((y > 0) | (not self.y.log))
        edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
        found = []
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            pairs = zip(x[begin:end].tolist(), y[begin:end].tolist(), strict=True)
            found.append([(round(self.x_of(a), 2), round(self.y_of(b), 2)) for a, b in pairs])
        return found


def _axes(frame: _Frame, view: View) -> tuple[list[Line], list[Label]]:
    lines, labels = [], []
    ys = (ticks.log if frame.y.log else ticks.linear)(frame.y.low, frame.y.high, 8)
    for value, name in zip(ys, ticks.labels(ys), strict=True):
        at = frame.y_of(value)
        lines.append(Line([(_LEFT, at), (WIDTH - _RIGHT, at)], theme.dim(theme.FAINT, 0.5), 0.6))
        labels.append(Label(_LEFT - 8, at + 4, name, theme.MUTED, "end"))
    find = {"time": ticks.clock, "flops": ticks.linear}.get(view.x_kind, ticks.whole)
    xs = (ticks.log if frame.x.log else find)(frame.x.low, frame.x.high, 9)
    names = [ticks.clock_label(v) for v in xs] if view.x_kind == "time" else ticks.labels(xs)
    for value, name in zip(xs, names, strict=True):
        labels.append(Label(frame.x_of(value), HEIGHT - _BOTTOM + 18, name, theme.MUTED, "middle"))
    corner = (_LEFT, HEIGHT - _BOTTOM)
    lines.append(Line([(_LEFT, _TOP), corner, (WIDTH - _RIGHT, HEIGHT - _BOTTOM)], theme.FAINT, 1))
    labels.append(Label(WIDTH - _RIGHT, HEIGHT - 8, x_name(view), theme.MUTED, "end"))
    return lines, labels


def _legend(chart: Exported) -> list[Label]:
    """The title, and below it each series with its value, as many as one line holds."""
    labels = [Label(_LEFT, 22, one_line(chart.title), theme.BRIGHT, size=15)]
    at = float(_LEFT)
    for index, one in enumerate(chart.series):
        text = f"{marker_of(chart.series, index)} {one_line(one.label)} {written(value_at(one, chart.view))}"
        wide = 7.2 * len(text) + 18
        if at + wide > WIDTH - _RIGHT and index:
            labels.append(Label(at, 42, f"and {len(chart.series) - index} more", theme.MUTED, size=12))
            break
        labels.append(Label(at, 42, text, one.ink, size=12))
        at += wide
    return labels


# --- the two pictures -----------------------------------------------------------------------------


def svg(chart: Exported) -> str:
    """A picture in the theme's colours. Foreign text is escaped."""
    lines, labels = drawing(chart)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family={quoteattr(_FONT)}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{theme.GROUND}"/>',
    ]
    for line in lines:
        dash = ' stroke-dasharray="4 4"' if line.dotted else ""
        points = " ".join(f"{x:g},{y:g}" for x, y in line.points)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{line.color}" stroke-width="{line.width:g}"'
            f' stroke-linejoin="round"{dash}/>'
        )
    parts += [
        f'<text x="{label.x:.1f}" y="{label.y:.1f}" fill="{label.color}" font-size="{label.size}"'
        f' text-anchor="{label.anchor}">{escape(label.text)}</text>'
        for label in labels
    ]
    return "\n".join([*parts, "</svg>", ""])


def png(chart: Exported) -> bytes:
    """The same picture twice as large. Raises `InputError` where the extra `png` is not installed."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise InputError("a PNG needs Pillow", fix="pip install 'graftline[png]', or write an .svg") from None
    scale = 2
    lines, labels = drawing(chart)
    image = Image.new("RGB", (WIDTH * scale, HEIGHT * scale), theme.GROUND)
    draw = ImageDraw.Draw(image)
    for line in lines:
        points = [(x * scale, y * scale) for x, y in line.points]
        for piece in _dashes(points) if line.dotted else [points]:
            draw.line(piece, fill=line.color, width=max(1, round(line.width * scale)), joint="curve")
    for label in labels:
        anchor = {"start": "ls", "middle": "ms", "end": "rs"}[label.anchor]
        font = ImageFont.load_default(label.size * scale)
        draw.text((label.x * scale, label.y * scale), label.text, fill=label.color, font=font, anchor=anchor)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _dashes(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """A line as dashes of eight pixels, with as much between them."""
    xs, ys = np.array(points).T
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
    found = []
    for start in np.arange(0.0, along[-1], 16.0):
        places = np.array([start, min(start + 8.0, along[-1])])
        found.append(list(zip(np.interp(places, along, xs), np.interp(places, along, ys), strict=True)))
    return found
