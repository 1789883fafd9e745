"""Foreign text made safe to print: what could steer a terminal becomes a visible sign of itself.

Run names, logs, data, labels and model output are content. Before any of it reaches a terminal, from the command line
or the app, it passes through here. Nothing is lost: a stranger can see that an escape stood there.
"""

from __future__ import annotations

import re

# Explicit bidirectional controls and other invisible formatting that reorders or hides its neighbours (UAX #9).
_HIDDEN = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff"
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f{_HIDDEN}\ud800-\udfff]")
_UNSAFE_KEEPING_LINES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_HIDDEN}\ud800-\udfff]")


def one_line(text: str) -> str:
    """`text` on one line: line ends and tabs become spaces, controls become their pictures (ESC is ␛)."""
    return _UNSAFE.sub(_picture, text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


def many_lines(text: str) -> str:
    """`text` with its line ends kept and tabs widened to four spaces; every other control becomes its picture."""
    return _UNSAFE_KEEPING_LINES.sub(_picture, text.replace("\r\n", "\n").replace("\t", "    "))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>"
