"""A corpus four times larger than the memory it may take is built, killed and resumed, and comes out the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import psutil
import pytest

from engine.config.load import convert
from engine.config.schema import CorpusConfig
from engine.corpus.manifest import list_corpora
from engine.launch.job import create
from engine.paths import RunFolder, Workspace

MIB = 1 << 20
ALLOWED = 18 * MIB
"""Of memory, over what building a corpus of a few sentences takes."""
CORPUS = 4 * ALLOWED
"""Of text. A twelfth of it is prose; the rest is what no rule lets through, so that the test takes seconds."""
WORDS = [
    "the", "of", "and", "to", "heron", "badger", "river", "mill", "ran", "saw", "old", "northern", "slowly", "under",
    "which", "found", "wood", "night", "again",
]  # fmt: skip


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, rng, written = tmp_path_factory.mktemp("text") / "a.jsonl", random.Random(5), 0
    names = [f"{a}{b}" for a in ("bram", "tor", "wil", "sed", "lun") for b in ("low", "mere", "ton", "wick", "by")]
    with path.open("w") as file:
        while written < CORPUS:
            blob = b64encode(rng.randbytes(45_000)).decode()
            sentences = (" ".join(rng.choices(WORDS + names, k=12)).capitalize() + "." for _ in range(90))
            for row in (blob, " ".join(sentences)):
                written += len(row)
                file.write(json.dumps({"text": row}) + "\n")
    return path


def prepared_run(home: Path, text: Path, workers: int) -> RunFolder:
    """A run as the launcher leaves it to the engine."""
    raw = {
        "name": "text",
        "sources": [{"path": str(text)}],
        "clean": {"preset": "none", "rules": {"mean_word_length": [2, 100]}},
        "tokenizer": {"vocab_size": 300},
        "memory": 1,  # as little as can be; with two workers all the same
        "workers": workers,
    }
    return create(Workspace(home), convert(raw, CorpusConfig, where="test"))


def engine(run: RunFolder) -> subprocess.Popen[bytes]:
    # One malloc arena: what glibc keeps for each of several threads is not what the build holds.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    command = [sys.executable, "-m", "engine", "corpus", str(run.path)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def peak(process: subprocess.Popen[bytes]) -> int:
    """The most bytes that a process held, once it has ended well."""
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def content(home: Path) -> str:
    (corpus,) = list_corpora(Workspace(home))
    assert corpus.manifest.documents > 1000
    return corpus.manifest.hash


def test_a_corpus_larger_than_memory_is_built_and_comes_out_the_same_after_a_kill(tmp_path: Path, text: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(json.dumps({"text": f"The heron ran to mill {n}."}) + "\n" for n in range(9)))
    empty = peak(engine(prepared_run(tmp_path / "empty", few, workers=1)))
    start = time.monotonic()
    whole = peak(engine(prepared_run(tmp_path / "whole", text, workers=1)))
    seconds = time.monotonic() - start
    assert text.stat().st_size >= 4 * ALLOWED
    assert whole - empty < ALLOWED, f"{(whole - empty) / MIB:.0f} MiB over {empty / MIB:.0f} MiB"

    run, seed = prepared_run(tmp_path / "killed", text, workers=2), time.time_ns()
    print(f"{(whole - empty) / MIB:.0f} MiB over {empty / MIB:.0f}; killed at a moment drawn by {seed}")
    process = engine(run)
    time.sleep(random.Random(seed).uniform(0.05, 0.5) * seconds)
    workers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not psutil.wait_procs(workers, timeout=10)[1], "workers outlive their engine"
    before = {part: part.stat().st_mtime_ns for part in tmp_path.glob("killed/prepared/*/part-*/part.json")}
    peak(engine(run))
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
    assert all(part.stat().st_mtime_ns == made for part, made in before.items()), "finished parts are made once"
