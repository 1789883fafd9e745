"""Tokens in, text out as soon as it is sure: whole characters, and nothing that may turn out to be a stop string.

    add(token) -> "more text" ...   ->   rest() -> what was held back

A character's bytes can come in several tokens; half of one decodes as U+FFFD and is held back.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.corpus.tokenizer import Tokenizer


class TextStream:
    """One row's text. Once a stop string has come it is `stopped`, and the text ends before it."""

    def __init__(self, tokenizer: Tokenizer, stops: Sequence[str] = ()):
        self._tokenizer, self._stops = tokenizer, [stop for stop in stops if stop]
        self._made: list[int] = []
        self._shown = 0
        self._text = ""
        self.stopped = False

    @property
    def tokens(self) -> int:
        """Made so far, those of a stop string among them."""
        return len(self._made)

    def add(self, token: int) -> str:
        """Take in one token; the text that is sure now and was not before."""
        self._made.append(token)
        self._text = self._tokenizer.decode(self._made)
        ends = [at for stop in self._stops if (at := self._text.find(stop)) >= 0]
        if ends:
            self.stopped, self._text = True, self._text[: min(ends)]
            return self._upto(len(self._text))
        return self._upto(len(self._text) - self._unsure())

    def rest(self) -> str:
        """What was held back, now that no more tokens come."""
        return self._upto(len(self._text))

    def _upto(self, end: int) -> str:
        more = self._text[self._shown : end]
        self._shown = max(self._shown, end)
        return more

    def _unsure(self) -> int:
        """How many characters at the end may yet become others, or a stop string."""
        if self._text.endswith("\ufffd"):
            return len(self._text) - self._shown
        begun = [n for stop in self._stops for n in range(1, len(stop)) if self._text.endswith(stop[:n])]
        return max(begun, default=0)
