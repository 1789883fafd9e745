"""A small corpus of two sources that rules and de-duplication have something to do in, really built."""

from __future__ import annotations

import random
from pathlib import Path

from engine.config.load import convert
from engine.config.schema import CorpusConfig
from engine.paths import Workspace
from tests.support.stages import stage, write_rows


def web_corpus(workspace: Workspace) -> tuple[Path, CorpusConfig]:
    """`web`, of texts of 5 to 60 words, every tenth much like the one before it. Its run's configuration, read too."""
    workspace.home.mkdir(parents=True, exist_ok=True)
    chance, folder = random.Random(5), workspace.home.parent / "texts"
    texts = [" ".join(f"w{chance.randrange(3000)}" for _ in range(chance.randrange(5, 60))) for _ in range(300)]
    for n in range(0, 300, 10):
        texts[n + 1] = f"{texts[n]} and more"
    for name, some in (("forum", texts[:200]), ("news", texts[200:])):
        write_rows(folder / f"{name}.jsonl", [{"text": text} for text in some])
    raw = {
        "name": "web",
        "sources": [{"path": str(folder / f"{name}.jsonl"), "name": name} for name in ("forum", "news")],
        "clean": {"preset": "none", "rules": {"words": [10, 1000]}},
        "tokenizer": {"vocab_size": 300},
    }
    config = convert(raw, CorpusConfig, where="test")
    return stage(workspace, config).config, config
