"""What a model's process is asked and what it says: one JSON document a line, each way.

    Request  ->  python -m engine.model.say  ->  Loaded, Piece..., Ended      a language model
                                             ->  Loaded, Chances, Ended       a classifier
                                             ->  Refused                      what cannot be done, at any point

The process answers one request after the other until its input ends, and keeps the model it loaded last: torch and
weights are loaded once for a whole conversation. Nothing here loads either, so both ends share these types.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Struct


class Sampling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tokens are chosen."""

    max_tokens: Annotated[int, Meta(ge=1)] = 128
    """Most tokens made; a context that is full ends it before."""
    temperature: Annotated[float, Meta(ge=0.0)] = 0.8
    """0: always the likeliest token."""
    top_k: Annotated[int, Meta(ge=0)] = 50
    """Drawn from so many of the likeliest; 0: from all."""
    top_p: Annotated[float, Meta(gt=0.0, le=1.0)] = 1.0
    """Drawn from the likeliest that together reach this probability."""
    min_p: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.0
    """Left out when less likely than this share of the likeliest's probability; 0: none is."""
    repetition: Annotated[float, Meta(ge=1.0)] = 1.0
    """Makes what was said already less likely, by this factor of its logit; 1: does nothing."""
    stop: tuple[str, ...] = ()
    """An answer ends before the first of these texts."""
    seed: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0
    raw: bool = False
    """Complete the prompt as it stands, without the model's prompt template."""
    device: str = "auto"


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prompts to one model, answered together."""

    folder: str
    """With model.safetensors and config.json."""
    tokenizer: str
    """The tokenizer's folder."""
    prompts: tuple[str, ...]
    input: str = ""
    """Goes into the prompt template's `{input}`, for models that have a template."""
    sampling: Sampling = Sampling()


class Loaded(Struct, frozen=True, tag="loaded"):
    """The model is in memory and begins."""

    device: str
    seconds: float
    """Loading took; near zero when it was in memory already."""


class Piece(Struct, frozen=True, tag="piece"):
    """More text."""

    text: str
    tokens: int
    """Made so far in this row, those of this piece among them."""
    row: int = 0
    """Which of the prompts it answers."""


class Chances(Struct, frozen=True, tag="chances"):
    """A classifier's whole answer."""

    classes: tuple[tuple[str, float], ...]
    """Each class with its probability, the likeliest first."""
    row: int = 0


class Ended(Struct, frozen=True, tag="ended"):
    tokens: int
    """Made in all rows."""
    seconds: float
    """From `Loaded` on."""


class Refused(Struct, frozen=True, tag="refused"):
    message: str
    """One line: what is wrong, and what to do."""
    code: int
    """The exit code on the command line."""


Said = Loaded | Piece | Chances | Ended | Refused


class Stop:
    """A wish to end one answer. Call it from any thread, at any time, as often as you like."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._end: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.asked.set()
            if self._end is not None:
                self._end()

    def reaches(self, end: Callable[[], None] | None) -> None:
        """From now on the wish calls `end`; a wish made before calls it at once. None: there is nothing to end."""
        with self._lock:
            self._end = end
            if end is not None and self.asked.is_set():
                end()
