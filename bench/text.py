"""One text for everybody: tokens as flat files, which peers read as they are, and as a corpus, which Graftline reads.

Text is what `--text` names, or the documentation of this Python; the beginning of its last tenth is held out.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from engine.corpus.manifest import FILES, CorpusFolder, CorpusManifest, Split, open_corpus
from engine.corpus.python_docs import entries
from engine.corpus.vocabulary import train_bpe
from engine.paths import Workspace

_HASH = "0" * 12
_PIECE = 10_000
"""Characters that the tokenizer is given at once."""
_HELDOUT = 20_001
"""Held-out tokens at most: enough to tell recipes apart by a hundredth of a nat, and soon read."""


def corpus(workspace: Workspace, text: Path | None, vocabulary: int) -> CorpusFolder:
    """The text in a byte-level vocabulary of that size, made when it is not there. Files are of uint16."""
    name = f"{text.stem if text else 'python-docs'}-{vocabulary}".lower()
    folder = workspace.corpora / name / _HASH
    if (folder / "manifest.json").exists():
        return open_corpus(folder)
    whole = text.read_text() if text else "\n\n".join(entry.text for entry in entries())
    cut = len(whole) * 9 // 10
    sides: dict[Split, str] = {"train": whole[:cut], "heldout": whole[cut:]}
    tokenizer = train_bpe(_pieces(sides["train"]), vocabulary)
    tokenizer.save(folder / "tokenizer")
    counts = {}
    for side, part in sides.items():
        tokens = np.array([t for ids in tokenizer.encode_batch(_pieces(part)) for t in ids], dtype="<u2")
        tokens = tokens[:_HELDOUT] if side == "heldout" else tokens
        tokens.tofile(folder / FILES[side])
        counts[side] = len(tokens), len(part.encode())
    manifest = CorpusManifest(
        name=name, hash=_HASH, dtype="uint16", documents=2, heldout_documents=1, vocab_size=tokenizer.n_vocab,
        train_tokens=counts["train"][0], heldout_tokens=counts["heldout"][0], train_bytes=counts["train"][1],
        heldout_bytes=counts["heldout"][1], fingerprint="", files={}, built=0.0,
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    return open_corpus(folder)


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
