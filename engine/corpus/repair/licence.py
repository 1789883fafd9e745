"""Licence headers of source files: the comment in front that says under which terms the code may be used."""

from __future__ import annotations

import re

_LEGAL = re.compile(
    r"SPDX-License-Identifier|copyright\s*(?:\(c\)|©|&copy;|\d{4}|by\b)|\(c\)\s*(?:copyright|\d{4})"
    r"|licen[sc]ed (?:under|to you)|permission is hereby granted|redistributions? (?:and use|of source code)"
    r"|gnu (?:lesser |affero |library )?general public licen[sc]e|apache licen[sc]e|mozilla public licen[sc]e"
    r"|all rights reserved|use of this source code is governed|this (?:file|program) is (?:free software|part of)",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\s*(?:#!.*\n|#.*coding[:=].*\n|<\?(?:php|xml).*\n|\s)*")
"""What may stand before the comment, and stays."""
_COMMENT = re.compile(
    r"/\*.*?\*/|<!--.*?-->|\(\*.*?\*\)|\{-.*?-\}"
    r'|"""(?:(?!""").)*"""'
    r"|(?:[ \t]*(?://|#(?!include|define|if|pragma|import)|--|;|%|!|REM )[^\n]*(?:\n|\Z))+"
    r"|(?:[ \t]*#[ \t]*(?:\n|\Z))+",
    re.DOTALL,
)
_NOTICE = re.compile(r"SPDX|©|\(c\)|copyright \d{4}", re.IGNORECASE)
_HEAD = 20_000
"""Characters in which the comment must end; the longest common header is about 12,000."""


def without_licence(text: str) -> tuple[str, int]:
    """Without comments about licence and copyright at the beginning. A `#!` line, and the code's own words, stay."""
    if text[:200].lstrip()[:1] not in set('/<({"#-;%!R'):
        return text, 0
    first = _FIRST.match(text, 0, _HEAD)
    begin = at = first.end() if first else 0
    count = 0
    while (comment := _COMMENT.match(text, at, _HEAD)) and _is_legal(comment[0].strip()):
        at = comment.end()
        count += 1
        while at < len(text) and text[at].isspace():
            at += 1
    return (text[:begin] + text[at:], count) if count else (text, 0)


def _is_legal(comment: str) -> bool:
    """A single line must be a notice itself: it may be a Markdown heading about licences."""
    return bool(_LEGAL.search(comment)) and ("\n" in comment or bool(_NOTICE.search(comment)))
