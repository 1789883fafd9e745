"""Characters that are not what was written: control characters, wrongly decoded text, unnormalised Unicode.

    text -> (mended text, how many places were)

Clean text costs a scan by C code; only what a cheap look finds suspicious is worked on.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

# Everything of C0 and C1 but tab and line end, the soft hyphen, the byte order mark, and non-characters.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\ufeff\ufffe\uffff]")
# With the terminal sequences that an escape character begins (ECMA-48: CSI, parameters, a final byte).
_REMOVED = re.compile(rf"\x1b\[[0-?]*[ -/]*[@-~]|{_CONTROL.pattern}")
_CONTROL_BYTES = bytes({*range(32), 127} - {9, 10})
# The second half of each pair is what a UTF-8 continuation byte (80 to BF) becomes in Latin-1 or Windows-1252.
_TAIL = r"\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_TELL_TALE = re.compile(rf"[ÂÃâðÐÑ][{_TAIL}]|ï¿½|ï»¿")


def without_control(text: str) -> tuple[str, int]:
    """Without control characters other than tab and line end; a lone carriage return is a line end."""
    if text.isascii():
        data = text.encode("ascii")
        if len(data.translate(None, _CONTROL_BYTES)) == len(data):
            return text, 0
    elif not _CONTROL.search(text):
        return text, 0
    ended = text.replace("\r\n", "\n")
    lone = ended.count("\r")
    mended, count = _REMOVED.subn("", ended.replace("\r", "\n"))
    return mended, count + lone + (len(text) - len(ended))


def decoded_again(text: str) -> tuple[str, int]:
    """Undo decoding in the wrong encoding (mojibake), line by line, where a line has a tell-tale pair.

    ftfy decides: it changes a line only when what comes out is more plausible. A line at a time, because one that was
    damaged often stands among others that were not.
    """
    if text.isascii() or not _TELL_TALE.search(text):
        return text, 0
    from ftfy import fix_encoding

    lines, count = text.split("\n"), 0
    for number, line in enumerate(lines):
        if _TELL_TALE.search(line) and (fixed := fix_encoding(line)) != line:
            lines[number] = fixed
            count += 1
    return ("\n".join(lines), count) if count else (text, 0)


def normalised(text: str, form: Literal["NFC", "NFKC"]) -> tuple[str, int]:
    """In a Unicode normal form (Unicode Standard Annex 15)."""
    if text.isascii() or unicodedata.is_normalized(form, text):
        return text, 0
    return unicodedata.normalize(form, text), 1
