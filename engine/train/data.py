"""Token windows out of one long row of tokens (documents one after the other, end-of-text after each).

The contract: window number `first` of a run is a pure function of (tokens, length, seed, first). So the position in
the data needs no saving, and a resumed run reads what it would have read. Every epoch cuts the row at another place
and shuffles the pieces; each token is a target once an epoch.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from engine.errors import InputError

Tokens = np.ndarray[Any, np.dtype[Any]]


class Windows:
    """Shuffled training windows, epoch after epoch."""

    def __init__(self, tokens: Tokens, context: int, seed: int, vocab_size: int = 0, source: str = ""):
        """`tokens` may be a memory map. Windows are `context` long, or shorter when there is not that much text.

        With `vocab_size`, reading a token beyond raises `InputError`; `source` names the tokens for it.
        """
        if len(tokens) < 2:
            raise InputError(f"{len(tokens)} tokens of training text are too few", fix="give more text")
        self.tokens, self.seed = tokens, seed
        self.vocab_size, self.source = vocab_size, source
        self.length = min(context, len(tokens) - 1)
        self.count = len(tokens) // self.length
        """In one epoch."""
        self._order: tuple[int, np.ndarray[Any, np.dtype[np.int64]], int] | None = None

    def get(self, first: int, size: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets, each (size, length) int64, of the run's windows first .. first + size - 1."""
        starts = np.array([self.start(number) for number in range(first, first + size)])
        # The row is a ring: its last document ends with end-of-text, so its first may follow.
        places = (starts[:, None] + np.arange(self.length + 1)) % len(self.tokens)
        rows = torch.from_numpy(self.tokens[places].astype(np.int64))
        if self.vocab_size and int(rows.max()) >= self.vocab_size:
            self._refuse(rows, places)
        return rows[:, :-1], rows[:, 1:]

    def _refuse(self, rows: Tensor, places: np.ndarray[Any, np.dtype[np.int64]]) -> NoReturn:
        """A file that was damaged while it was being read; an embedding would end in an index error, or on the GPU."""
        row, at = (rows >= self.vocab_size).nonzero()[0].tolist()
        where = getattr(self.tokens, "filename", None) or self.source
        problem = f"token {int(rows[row, at]):,} at place {int(places[row, at]):,} is none of {self.vocab_size:,}"
        raise InputError(problem, where=where, fix="restore the file or build the corpus again, then resume")

    def start(self, number: int) -> int:
        """Where a window begins in the row of tokens."""
        epoch, place = divmod(number, self.count)
        if self._order is None or self._order[0] != epoch:
            random = np.random.default_rng((self.seed, epoch))
            self._order = epoch, random.permutation(self.count), int(random.integers(len(self.tokens)))
        return (int(self._order[1][place]) * self.length + self._order[2]) % len(self.tokens)


def heldout_windows(tokens: Tokens, context: int, most: int) -> list[tuple[Tensor, Tensor]]:
    """At most `most` windows spread evenly over `tokens`: always the same ones, none overlapping.

    Each is inputs and targets (length,). All of the text is covered when it fits; the last window may be shorter.
    """
    if len(tokens) < 2:
        raise InputError(f"{len(tokens)} tokens of held-out text are too few", fix="give more text")
    count = -(-(len(tokens) - 1) // context)
    chosen = range(count) if count <= most else [i * count // most for i in range(most)]
    windows = []
    for i in chosen:
        row = torch.from_numpy(np.asarray(tokens[i * context : (i + 1) * context + 1]).astype(np.int64))
        windows.append((row[:-1], row[1:]))
    return windows
