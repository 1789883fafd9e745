"""The libraries under the tokenizer stage, alone: `python -m bench.libraries encode|train HOME`.

    encode   tiktoken's `encode_ordinary_batch`, of all kept text, on as many threads as there are cores
    train    rustbpe's trainer, of the training side, to as many merges

On the texts of the corpus built in the workspace HOME, which are in memory before the clock starts. Prints seconds.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import duckdb
import rustbpe
import tiktoken
from tiktoken.load import load_tiktoken_bpe

from bench.own_build import Built
from bench.taken import Taken
from engine.corpus.tokenizer import PATTERN


def encode(built: Built) -> float:
    ranks = load_tiktoken_bpe(str(built.folder / "tokenizer" / "ranks.tiktoken"))
    encoding = tiktoken.Encoding("bench", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    texts = list(built.texts())
    started = time.perf_counter()
    encoding.encode_ordinary_batch(texts, num_threads=os.cpu_count() or 1)
    return time.perf_counter() - started


def train(built: Built) -> float:
    texts = list(built.texts(training=True))
    trainer = rustbpe.Tokenizer()
    started = time.perf_counter()
    trainer.train_from_iterator(iter(texts), built.report["vocab_size"] - 1, pattern=PATTERN)
    trainer.get_mergeable_ranks()
    return time.perf_counter() - started


if __name__ == "__main__":
    duckdb.execute("SET threads = 1")
    print({"encode": encode, "train": train}[sys.argv[1]](Built(Path(sys.argv[2]), Taken(0, 0, 0))))
