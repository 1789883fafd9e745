"""What may come next in a query: keys, then values of the key, as the text stands so far.

"kind:branch l"        -> lr, loss, layers ...          the last word is the beginning of a key
"kind:branch state:f"  -> state:finished, state:failed  it is a key with the beginning of a value
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST = 12
Keys = Mapping[str, tuple[str, ...]]
"""What can be asked for: each key with some of its values."""

_WORD = re.compile(r'(?:^|(?<=[\s(]))-?([^\s()|"-]?[^\s()|":=<>!~]*)$')
_VALUE = re.compile(r'(?:^|(?<=[\s(-]))([^\W\d][\w.-]*)(:|!=|<=|>=|=|<|>)((?:[^\s()|"]+\|)*)([^\s()|"]*)$')
_NEEDS_QUOTES = re.compile(r'[\s()|"\\*]')


def completions(text: str, keys: Keys) -> list[str]:
    """Ends of the text, each in place of the word that it ends with: those that begin like it, then that hold it."""
    if found := _VALUE.search(text):
        key, op, before, part = found.groups()
        values = keys.get(key) or keys.get(key.lower()) or ()
        return [f"{key}{op}{before}{quoted(value)}" for value in _alike(part, values)]
    found = _WORD.search(text)
    if found is None or not found[1]:
        return []
    return _alike(found[1], sorted(keys, key=lambda key: (len(key), key)))


def completed(text: str, keys: Keys) -> str | None:
    """The whole text with its last word completed; None when nothing begins like that."""
    word = _last_word(text)
    found = next((c for c in completions(text, keys) if c.casefold().startswith(word.casefold()) and c != word), None)
    if found is None:
        return None
    after = ":" if found in keys and _is_text(keys[found]) else ""
    return text + found[len(word) :] + after


def quoted(value: str) -> str:
    """A value as a query has to write it."""
    if not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _last_word(text: str) -> str:
    if found := _VALUE.search(text):
        return "".join(found.groups())
    found = _WORD.search(text)
    return found[1] if found else ""


def _alike(part: str, words: tuple[str, ...] | list[str]) -> list[str]:
    low = part.casefold()
    first = [word for word in words if word.casefold().startswith(low)]
    inside = [word for word in words if low in word.casefold() and word not in first] if low else []
    return [*first, *inside][:MOST]


def _is_text(values: tuple[str, ...]) -> bool:
    return bool(values) and not any(re.fullmatch(r"[-+\d.e]+\w?", value) for value in values)
