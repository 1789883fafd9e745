"""What the terminal shows already is not sent again: of every update only the cells that differ go down the line.

    the framework's update (rows, or pieces of rows)  ->  Sent.narrow  ->  the cells that differ from what was sent last

The framework sends whatever is dirty, whole: a row from its widget's left edge, and all of the screen whenever a
layout was done. Measured with one live run, 120x40, 2 updates a second: 25 kB/s then, 0.5 kB/s with this.

What must hold: all that reaches the terminal's cells passes through here, or `forget` is called (another size, back
from a stop). This is the one place that knows how the framework hands pictures to its driver.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

Piece = tuple[int, int, Strip]
"""x, y, and what stands there."""
Run = tuple[int, int, list[Segment]]
"""x, y, and the cells to send from there on."""
BRIDGE = 6
"""Cells that did not change are sent along when there are fewer than this: moving the cursor costs as much."""
MOST_STYLES = 8192
"""Styles that are known by number before they are numbered anew."""
NARROW = re.compile("[ -~¡-¬®-˿–-…←-⇿─-▟■-◼⠀-⣿]*")
"""Text of which each character is one cell: nearly all there is."""


@dataclass
class Cells:
    """What stands in neighbouring cells: characters with what combines with them, and the numbers of their styles.

    A wide character is followed by a cell without one. `None`: not known.
    """

    texts: list[str | None] = field(default_factory=list)
    styles: list[int] = field(default_factory=list)

    def put(self, x: int, cells: Cells) -> None:
        if (missing := x - len(self.texts)) > 0:
            self.texts += [None] * missing
            self.styles += [0] * missing
        self.texts[x : x + len(cells.texts)] = cells.texts
        self.styles[x : x + len(cells.styles)] = cells.styles

    def unlike(self, x: int, cells: Cells) -> list[int]:
        """The places, from x on, at which `cells` differ from these."""
        texts, styles = self.texts[x : x + len(cells.texts)], self.styles[x : x + len(cells.texts)]
        if texts == cells.texts and styles == cells.styles:
            return []
        both = enumerate(zip(cells.texts, texts, cells.styles, styles, strict=False), x)
        beyond = range(x + len(texts), x + len(cells.texts))
        return [*(at for at, (new, old, ink, was) in both if new != old or ink != was), *beyond]


class Sent:
    """The cells of one terminal, as last sent."""

    def __init__(self) -> None:
        self._rows: dict[int, Cells] = {}
        self._numbers: dict[Style | None, int] = {}
        self._known: dict[tuple[str, str | None], int] = {}
        self._styles: list[Style | None] = []

    def forget(self) -> None:
        """The terminal may show anything: send everything next time."""
        self._rows.clear()

    def narrow(self, update: RenderableType | None) -> RenderableType | None:
        """The same update with only what differs, None when nothing does; what is no picture stays as it is."""
        if isinstance(update, ChopsUpdate):
            pieces = _chops(update.spans, update.chops, update.chop_ends)
        elif isinstance(update, LayoutUpdate):
            pieces = _layout(update)
        else:
            return update
        return self._difference(pieces)

    def _difference(self, pieces: Iterable[Piece]) -> Difference | None:
        runs: list[Run] = []
        fresh: list[tuple[int, int, Cells]] = []
        for x, y, strip in pieces:
            cells = self._cells(strip)
            for first, last in _runs(self._rows.get(y, Cells()).unlike(x, cells)):
                while first > x and not cells.texts[first - x]:  # never begin within a wide character
                    first -= 1
                runs.append((first, y, self._joined(cells, first - x, last + 1 - x)))
            fresh.append((x, y, cells))
        return Difference(runs, lambda: self._keep(fresh)) if runs else None

    def _keep(self, fresh: Iterable[tuple[int, int, Cells]]) -> None:
        for x, y, cells in fresh:
            self._rows.setdefault(y, Cells()).put(x, cells)

    def _cells(self, strip: Strip) -> Cells:
        found = Cells()
        for text, style, control in strip:
            if not control:
                texts = list(text) if NARROW.fullmatch(text) else list(_parted(text))
                found.texts += texts
                found.styles += [self._number(style)] * len(texts)
        return found

    def _number(self, style: Style | None) -> int:
        """The same for styles that look the same: the framework also writes into them where a text stands."""
        if (number := self._numbers.get(style)) is None:
            if len(self._numbers) >= MOST_STYLES:
                self._numbers.clear()
            seen = (_codes(style, ColorSystem.TRUECOLOR), style.link if style else None)
            if seen not in self._known:
                self._known[seen] = len(self._styles)
                self._styles.append(style)
            number = self._numbers[style] = self._known[seen]
        return number

    def _joined(self, cells: Cells, first: int, end: int) -> list[Segment]:
        """Cells of one style as one segment."""
        segments: list[Segment] = []
        start = first
        for at in range(first + 1, end + 1):
            if at == end or cells.styles[at] != cells.styles[start]:
                text = "".join(text or "" for text in cells.texts[start:at])
                segments.append(Segment(text, self._styles[cells.styles[start]]))
                start = at
        return segments


class Difference(CompositorUpdate):
    """An update that sends only what differs from what was sent before it, and is remembered when it is sent."""

    def __init__(self, runs: list[Run], keep: Callable[[], None]):
        self._runs, self._keep = runs, keep

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for _, _, segments in self._runs:
            yield from segments

    def render_segments(self, console: Console) -> str:
        """A style is said once for all runs that follow in it; the terminal is left in none."""
        self._keep()
        system = console._color_system or ColorSystem.TRUECOLOR
        out, now = [], ""
        for x, y, segments in self._runs:
            out.append(f"\x1b[{y + 1};{x + 1}H")
            for text, style, _ in segments:
                if style is not None and style.link:
                    out += ["\x1b[0m" if now else "", style.render(text, color_system=system)]
                    now = ""
                    continue
                wanted = _codes(style, system)
                out += ["" if wanted == now else f"\x1b[0{';' if wanted else ''}{wanted}m", text]
                now = wanted
        return "".join([*out, "\x1b[0m" if now else ""])


@lru_cache(maxsize=4096)
def _codes(style: Style | None, system: ColorSystem) -> str:
    """The numbers that select a style, as in `ESC [ numbers m`; empty: none."""
    drawn = style.render("x", color_system=system) if style else "x"
    return drawn.partition("m")[0].removeprefix("\x1b[") if drawn != "x" else ""


def _chops(
    spans: Sequence[tuple[int, int, int]], chops: Sequence[Mapping[int, Strip | None]], ends: Sequence[list[int]]
) -> Iterator[Piece]:
    """The pieces of rows that meet a dirty span; each is fresh from end to end."""
    seen = set()
    for y, left, right in spans:
        for end, (x, strip) in zip(ends[y], chops[y].items(), strict=False):
            if strip is not None and x < right and end > left and (x, y) not in seen:
                seen.add((x, y))
                yield x, y, strip


def _layout(update: LayoutUpdate) -> Iterator[Piece]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _parted(text: str) -> Iterator[str]:
    """A string a cell."""
    held = ""
    for character in text:
        if cell_len(character) == 0 and held:
            held += character
            continue
        yield from _whole(held)
        held = character
    yield from _whole(held)


def _whole(held: str) -> Iterator[str]:
    if held:
        yield held
        if cell_len(held) == 2:
            yield ""


def _runs(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Neighbours, and those with less than `BRIDGE` between them, as (first, last)."""
    first = last = None
    for place in places:
        if first is None or last is None:
            first = last = place
        elif place - last > BRIDGE:
            yield first, last
            first = place
        last = place
    if first is not None and last is not None:
        yield first, last
