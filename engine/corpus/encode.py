"""Kept text to tokens on disk: the two sides of the split, written and hashed while threads encode what comes next.

    kept texts, part by part -> batches -> tokens (threads) -> train and heldout files, in order

What is written up to a batch's end is recorded there, so that a build that was stopped goes on from its last record:
the files are cut to what it says and hashed again, which is far quicker than encoding.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.corpus.manifest import FILES
from engine.corpus.shards import TokenFile, Tokens, token_dtype
from engine.corpus.stream import Batch, Stream
from engine.corpus.telling import StoppedError, Teller
from engine.corpus.tokenizer import BytePairs
from engine.paths import write_atomic

RECORD = "encoded.json"
_RECORD_BATCHES = 256
_AHEAD = 3
"""Batches on their way for each thread: none waits while another's tokens are written."""


class Tally(msgspec.Struct):
    """What is encoded so far; `encoded.json` beside the files."""

    batches: int = 0
    train: Tokens = msgspec.field(default_factory=Tokens)
    heldout: Tokens = msgspec.field(default_factory=Tokens)
    lengths: dict[int, int] = msgspec.field(default_factory=dict)
    """Documents by the bits of their number of tokens."""
    tokens: dict[int, int] = msgspec.field(default_factory=dict)
    """By source, end-of-text tokens apart."""
    bytes: dict[int, int] = msgspec.field(default_factory=dict)


class Encoded(NamedTuple):
    tally: Tally
    train_sha256: str
    heldout_sha256: str


def encode(stream: Stream, tokenizer: BytePairs, folder: Path, threads: int, teller: Teller) -> Encoded:
    """Write both token files into a folder, which belongs to this stream and this tokenizer.

    Where it is stopped, what is done stands recorded.
    """
    record = folder / RECORD
    tally = msgspec.json.decode(record.read_bytes(), type=Tally) if record.exists() else Tally()
    dtype = token_dtype(tokenizer.n_vocab)
    with (
        TokenFile(folder / FILES["train"], dtype, tokenizer.end_of_text, tally.train) as train,
        TokenFile(folder / FILES["heldout"], dtype, tokenizer.end_of_text, tally.heldout) as heldout,
        ThreadPoolExecutor(threads) as pool,
    ):

        def save() -> None:
            train.flush()
            heldout.flush()
            write_atomic(record, msgspec.json.encode(tally))

        teller.found(tally.train.documents + tally.heldout.documents, tally.train.bytes + tally.heldout.bytes)
        try:
            for batch, arrays in _encoded(stream.batches(after=tally.batches), tokenizer, pool, threads):
                _write(batch, arrays, train, heldout, tally)
                tally.batches += 1
                if tally.batches % _RECORD_BATCHES == 0:
                    save()
                teller.step(len(batch.texts), int(batch.sizes.sum()))
        except StoppedError:
            save()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        return Encoded(tally, train.sha256, heldout.sha256)


def _encoded(
    batches: Iterator[Batch], tokenizer: BytePairs, pool: ThreadPoolExecutor, threads: int
) -> Iterator[tuple[Batch, list[NDArray[np.uint32]]]]:
    under_way: deque[tuple[Batch, Future[list[NDArray[np.uint32]]]]] = deque()
    for batch in batches:
        under_way.append((batch, pool.submit(_tokens, tokenizer, batch.texts)))
        if len(under_way) > _AHEAD * threads:
            done, future = under_way.popleft()
            yield done, future.result()
    for done, future in under_way:
        yield done, future.result()


def _tokens(tokenizer: BytePairs, texts: Sequence[str]) -> list[NDArray[np.uint32]]:
    return [tokenizer.encode_array(text) for text in texts]


def _write(batch: Batch, arrays: list[NDArray[np.uint32]], train: TokenFile, heldout: TokenFile, tally: Tally) -> None:
    for file, side in ((heldout, batch.heldout), (train, ~batch.heldout)):
        file.add([arrays[row] for row in np.flatnonzero(side).tolist()], int(batch.sizes[side].sum()))
    for array, size, source in zip(arrays, batch.sizes.tolist(), batch.sources.tolist()):
        power = len(array).bit_length()
        tally.lengths[power] = tally.lengths.get(power, 0) + 1
        tally.tokens[source] = tally.tokens.get(source, 0) + len(array)
        tally.bytes[source] = tally.bytes.get(source, 0) + size
