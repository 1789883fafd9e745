"""Foreign text made safe to print: what could steer a terminal becomes a visible sign of itself.

Run names, logs, data, labels and model output are content. Before any of it reaches a terminal, from the command line
or the app, it passes through here. Controls are not lost: a stranger can see that an escape stood there. And what is
left has one width: where terminals disagree (joined emoji, skin tones, flags), the parts stand side by side, so that
columns are straight in every one of them.
"""

from __future__ import annotations

import re
import unicodedata

# Explicit bidirectional controls and other invisible formatting that reorders or hides its neighbours (UAX #9).
_HIDDEN = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff"
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f{_HIDDEN}\ud800-\udfff]")
_UNSAFE_KEEPING_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_HIDDEN}\ud800-\udfff]")


def one_line(text: str) -> str:
    """`text` on one line: line ends and tabs become spaces, controls become their pictures (ESC is ␛)."""
    return _one_width(_UNSAFE.sub(_picture, text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")))


def many_lines(text: str) -> str:
    """`text` with its line ends kept and tabs widened to four spaces; every other control becomes its picture."""
    return _one_width(_UNSAFE_KEEPING_LINES.sub(_picture, text.replace("\r\n", "\n").replace("\t", "    ")))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>"


# --- one width in every terminal -------------------------------------------------------------------


class _Widths(dict[int, int | str | None]):
    """For `str.translate`: what stands for a character whose width depends on the terminal. Fills itself."""

    def __missing__(self, code: int) -> int | str | None:
        self[code] = stands_for = _of_one_width(code)
        return stands_for


def _of_one_width(code: int) -> int | str | None:
    if code == 0x200D or 0xFE00 <= code <= 0xFE0F or 0x1F3FB <= code <= 0x1F3FF or 0xE0000 <= code <= 0xE01EF:
        return None  # joiners, variation selectors, skin tones, tags: they only change their neighbour's looks
    if 0x1F1E6 <= code <= 0x1F1FF:
        return chr(ord("A") + code - 0x1F1E6)  # half a flag
    if code == 0xAD:
        return "-"
    return f"<U+{code:04X}>" if unicodedata.category(chr(code)) == "Cn" else code


_WIDTHS = _Widths()


def _one_width(text: str) -> str:
    return text if text.isascii() else text.translate(_WIDTHS)
