"""Sequences for the terminal around the app: clipboard, notification, title. Foreign text in them is cleaned first.

tmux keeps such sequences to itself unless they are wrapped (and `set -g allow-passthrough on` allows it; the clipboard
also comes through with `set -g set-clipboard on`). A terminal that does not know a sequence ignores it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

from engine.plain import one_line

_OSC, _ST = "\x1b]", "\x1b\\"
TITLE_SAVE, TITLE_BACK = "\x1b[22;0t", "\x1b[23;0t"
"""xterm's stack of titles: keep the one there was, and put it back."""
MOST_COPIED = 70_000
"""Characters that most terminals still take at once: xterm, tmux and others stop at 75 kB to 100 kB of base64."""
_MOST_WORDS = 200


def in_tmux(environment: Mapping[str, str] = os.environ) -> bool:
    return bool(environment.get("TMUX"))


def wrapped(sequence: str, environment: Mapping[str, str] = os.environ) -> str:
    """The sequence as it must be sent: through tmux, each escape of it doubled. Titles are tmux's own business."""
    if not in_tmux(environment) or sequence.startswith((TITLE_SAVE, TITLE_BACK, f"{_OSC}2;")):
        return sequence
    return f"\x1bPtmux;{sequence.replace(chr(27), chr(27) * 2)}\x1b\\"


def clipboard(text: str) -> str:
    """OSC 52: `text` as it stands, in base64, which no terminal takes for anything else."""
    return f"{_OSC}52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode()}\a"


def notification(title: str, body: str) -> str:
    """OSC 9 (iTerm2, WezTerm, Windows Terminal, kitty) and OSC 777 (urxvt, foot, Ghostty, VTE)."""
    title, body = _words(title), _words(body)
    # OSC 777 parts its fields with semicolons, and OSC 9 with a digit and one is something else to ConEmu.
    fields = f"{title.replace(';', ',')};{body.replace(';', ',')}"
    return f"{_OSC}9;{title}: {body}{_ST}{_OSC}777;notify;{fields}{_ST}"


def title(text: str) -> str:
    """OSC 2: the window's title."""
    return f"{_OSC}2;{_words(text)}{_ST}"


def _words(text: str) -> str:
    return one_line(text)[:_MOST_WORDS]
