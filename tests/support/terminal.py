"""A terminal for programs to run in: a pty whose other side answers as xterm does and keeps the screen.

    command -> pty -> bytes -> answers to what it asks (device, colours, modes, cursor)  -> back into the pty
                             -> `pyte`, when the screen is looked at                     -> `lines`, `text`

Nothing runs beside the caller: bytes are read only inside `pump` and what waits with it, each with the time at which
it came (`time.perf_counter`, seconds). So a program that is not pumped for long stands still at a full pty, as it
would behind a slow line. What a terminal is told in private sequences that `pyte` would print is taken out first.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyte

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "ctrl+a": "\x01", "ctrl+l": "\x0c",
    "ctrl+p": "\x10", "ctrl+s": "\x13", "ctrl+u": "\x15",
    "shift+left": "\x1b[1;2D", "shift+right": "\x1b[1;2C",
}  # fmt: skip
"""What a terminal sends for the keys that are not a character."""

_STRING = rb"\x1b[P_^X][^\x1b]*(?:\x1b(?!\\)[^\x1b]*)*\x1b\\"  # DCS, APC, PM, SOS
_OPERATING = rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
_PRIVATE = rb"\x1b\[[<=>][0-9;:]*[ -/]*[@-~]|\x1b\[\?[0-9;]*(?:\$p|u)|\x1b\[[0-9;]*[ -/]+[@-~]|\x1b\[[0-9;]*t"
_HIDDEN = re.compile(rb"%s|%s|%s" % (_STRING, _OPERATING, _PRIVATE))
"""What `pyte` does not know, or would take for text."""
_ASKED = re.compile(rb"%s|%s|%s|\x1b\[[0-9;]*[cn]" % (_STRING, _OPERATING, _PRIVATE))
_UNFINISHED = re.compile(rb"\x1b(?:[P_^X\]](?:(?!\x1b\\|\x07).)*|\[[0-9;:<=>?]*[ -/]*)?$", re.DOTALL)
_OTHER_SCREEN = re.compile(rb"\x1b\[\?1049[hl]")
"""`pyte` has one screen: the other one begins empty, and so does this one when the program comes back to it."""
_MARK = "\ue000"
"""A character of nobody's."""
_LONGEST = 4096
"""A sequence that is longer than this is not waited for."""


@dataclass(frozen=True)
class Chunk:
    """Bytes that came at once."""

    time: float
    data: bytes


class Terminal:
    """A program in a pty of `size` (columns, rows). Use it as a context manager: it is gone when the block ends."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ):
        self.size = size
        self.chunks: list[Chunk] = []
        """All that the program sent."""
        self._shown = 0
        self._rest = b""
        self._pyte = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._pyte)
        self._pty, inside = os.openpty()
        self._set_size(size)
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=_environment(environment or {}),
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inside)

    # --- what it sends --------------------------------------------------------------------------

    def pump(self, seconds: float = 0.0) -> bool:
        """Read what comes within `seconds`, at least once. Whether something came."""
        before, end = len(self.chunks), time.perf_counter() + seconds
        while True:
            left = end - time.perf_counter()
            if select.select([self._pty], [], [], max(0.0, left))[0] and not self._read():
                break
            if left <= 0:
                break
        return len(self.chunks) > before

    def _read(self) -> bool:
        try:
            data = os.read(self._pty, 65536)
        except OSError:  # its last process has closed the other side
            return False
        if data:
            self.chunks.append(Chunk(time.perf_counter(), data))
            self._answer(data)
        return bool(data)

    def _answer(self, data: bytes) -> None:
        for match in _ASKED.finditer(data):
            if reply := self._reply(match[0]):
                os.write(self._pty, reply)

    def _reply(self, asked: bytes) -> bytes:
        """What xterm with true colour and synchronised output would say; nothing when it was no question."""
        columns, rows = self.size
        fixed = {
            b"\x1b[c": b"\x1b[?62;22c", b"\x1b[0c": b"\x1b[?62;22c", b"\x1b[>c": b"\x1b[>41;390;0c",
            b"\x1b[>0c": b"\x1b[>41;390;0c", b"\x1b[5n": b"\x1b[0n", b"\x1b[>q": b"\x1bP>|XTerm(390)\x1b\\",
            b"\x1b[>0q": b"\x1bP>|XTerm(390)\x1b\\", b"\x1b[?u": b"\x1b[?0u",
            b"\x1b[18t": b"\x1b[8;%d;%dt" % (rows, columns),
            b"\x1b[14t": b"\x1b[4;%d;%dt" % (rows * 16, columns * 8), b"\x1b[16t": b"\x1b[6;16;8t",
        }  # fmt: skip
        if asked in fixed:
            return fixed[asked]
        if asked == b"\x1b[6n":
            self._draw()
            return b"\x1b[%d;%dR" % (self._pyte.cursor.y + 1, self._pyte.cursor.x + 1)
        if colour := re.match(rb"\x1b\](10|11|12|4;\d+);\?", asked):
            value = b"1e1e/1e1e/1e1e" if colour[1] == b"11" else b"d4d4/d4d4/d4d4"
            return b"\x1b]%s;rgb:%s\x1b\\" % (colour[1], value)
        if mode := re.match(rb"\x1b\[\?(\d+)\$p", asked):
            return b"\x1b[?%s;%d$y" % (mode[1], 2 if mode[1] in (b"2026", b"1006", b"2004") else 0)
        return b"\x1bP0+r\x1b\\" if asked.startswith(b"\x1bP+q") else b""

    @property
    def sent(self) -> int:
        """Bytes that the program has sent so far."""
        return sum(len(chunk.data) for chunk in self.chunks)

    def raw(self, since: int = 0) -> bytes:
        """What it sent from the chunk number `since` on."""
        return b"".join(chunk.data for chunk in self.chunks[since:])

    # --- what is seen ---------------------------------------------------------------------------

    def _draw(self) -> None:
        data = self._rest + self.raw(self._shown)
        self._shown = len(self.chunks)
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished and len(data) - unfinished.start() < _LONGEST else len(data)
        self._rest = data[end:]
        self._stream.feed(_OTHER_SCREEN.sub(lambda _: b"\x1b[H\x1b[2J", _HIDDEN.sub(b"", data[:end])))

    @property
    def lines(self) -> list[str]:
        """The screen, a string a row."""
        self._draw()
        return list(self._pyte.display)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    def find(self, words: str) -> tuple[int, int]:
        """Column and row, from 0, where `words` first stand on screen. Raises AssertionError when they do not."""
        for row, line in enumerate(self.lines):
            if words in line:
                return line.index(words), row
        raise AssertionError(f"{words!r} is not on screen:\n{self.text}")

    @property
    def caret(self) -> str:
        """The row with the terminal's cursor in it: where text would be typed."""
        self._draw()
        return str(self._pyte.display[self._pyte.cursor.y])

    # --- waiting --------------------------------------------------------------------------------

    def wait(self, what: Callable[[], object], seconds: float = 60.0, *, every: float = 0.02) -> float:
        """Pump until `what()` is true; seconds since the program started. AssertionError after `seconds` in vain."""
        end = time.perf_counter() + seconds
        while not what():
            assert time.perf_counter() < end, f"waited in vain; on screen:\n{self.text}"
            assert self.process.poll() is None or self.pump() or what(), f"it has ended; on screen:\n{self.text}"
            self.pump(every)
        return time.perf_counter() - self.started

    def shows(self, *words: str, seconds: float = 60.0) -> float:
        """Wait until all of `words` stand on screen."""
        return self.wait(lambda: all(one in self.text for one in words), seconds)

    def rest(self, quiet: float = 0.3, seconds: float = 60.0) -> float:
        """Pump until nothing came for `quiet` seconds; when the last byte came, in seconds since the start."""
        end = time.perf_counter() + seconds
        while self.pump(quiet):
            assert time.perf_counter() < end, f"never quiet; on screen:\n{self.text}"
        return (self.chunks[-1].time if self.chunks else self.started) - self.started

    def catch_up(self, seconds: float = 60.0) -> None:
        """Wait until all keys pressed so far have done their work: the screen, asked for anew after them, has come.

        For a program that draws all of its screen anew at ctrl+l, as many do; a mark in every cell tells that it has.
        """
        columns, rows = self.size
        self._draw()
        self._stream.feed("".join(f"\x1b[{row};1H{_MARK * columns}" for row in range(1, rows + 1)).encode())
        self.press("ctrl+l")
        self.wait(lambda: _MARK not in self.text, seconds)

    # --- what is done to it ---------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Send keys, by name or as the text itself."""
        for key in keys:
            os.write(self._pty, KEYS.get(key, key).encode())
            if key == "escape":  # else the program would take it and the next key for one
                self.pump(0.15)

    def scribble(self, words: str) -> None:
        """Another program writes over the first line, of which ours knows nothing."""
        self._draw()
        self._stream.feed(b"\x1b[H" + words.encode())

    def click(self, column: int, row: int) -> None:
        """Press and release the left mouse button on a cell, counted from 0 (SGR)."""
        at = f"{column + 1};{row + 1}"
        os.write(self._pty, f"\x1b[<0;{at}M\x1b[<0;{at}m".encode())

    def resize(self, columns: int, rows: int) -> None:
        """Another window size; the program is told by SIGWINCH."""
        self._draw()
        self.size = (columns, rows)
        self._pyte.resize(rows, columns)
        self._set_size(self.size)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def _set_size(self, size: tuple[int, int]) -> None:
        columns, rows = size
        fcntl.ioctl(self._pty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * 8, rows * 16))

    # --- the end --------------------------------------------------------------------------------

    def close(self) -> None:
        """End the program, however it feels about it. What it detached from this terminal goes on."""
        if self.process.poll() is None:
            self.process.terminate()
            end = time.perf_counter() + 5
            while self.process.poll() is None and time.perf_counter() < end:
                self.pump(0.05)
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._pty)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """A terminal on the desk: true colour, not over SSH, not inside tmux, and no pytest."""
    hidden = ("SSH_", "TMUX", "STY", "NO_COLOR", "TEXTUAL", "PYTEST", "COLUMNS", "LINES")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **more}
