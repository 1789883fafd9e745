"""A corpus build by the real command line, on a workspace of its own, and what it did to each generated document."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from msgspec.structs import replace

from bench.planted import Planted
from bench.taken import Taken, taken
from engine.config.corpus import CleanConfig, CorpusConfig
from engine.config.load import load
from engine.corpus.prepared import Prepared
from engine.corpus.preview import preview
from engine.corpus.report import load_report
from engine.paths import Workspace

ROOT = Path(__file__).parents[1]
CONFIG = """kind = "corpus"
name = "bench"
workers = {workers}

[[sources]]
path = "{texts}"

[privacy]
scrub = ["email", "phone", "ip", "secret"]

[language]
keep = ["en"]

[dedup]
near = 0.7

[contamination]
suites = ["{suite}"]

[tokenizer]
vocab_size = 32768
"""
SUITE = """kind = "suite"
name = "planted"
task = "classification"
data = "suite.jsonl"
"""


@dataclass(frozen=True)
class Verdict:
    """What became of one document."""

    document: int
    """Its number in the prepared text."""
    place: str
    """The name that Graftline gives it: `part-0.jsonl:1`."""
    rule: str
    """What dropped it; empty: it was kept."""
    heldout: bool


class Built:
    """One finished build."""

    def __init__(self, home: Path, took: Taken) -> None:
        self.took = took
        self.folder = max((home / "corpora" / "bench").iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
        self.report = json.loads((self.folder / "report.json").read_text())
        self.prepared = Prepared(home / "prepared" / self.report["prepared"])

    def seconds(self, *stages: str) -> float:
        return sum(float(stage["seconds"]) for stage in self.report["stages"] if stage["stage"] in stages)

    @property
    def before_tokens(self) -> float:
        """Seconds from the command to the last verdict: everything but the tokenizer's stages."""
        return self.took.seconds - self.seconds("tokenizer", "encode")

    def verdicts(self) -> list[Verdict]:
        query = "SELECT document, id, rule, heldout FROM read_parquet($1) ORDER BY document"
        found = duckdb.execute(query, [str(self.folder / "documents.parquet")]).fetchall()
        return [Verdict(document, id, rule or "", bool(heldout)) for document, id, rule, heldout in found]

    def kept(self, planted: Planted) -> dict[str, str]:
        """Prepared text of the kept documents, by the generator's ids."""
        stay = [one for one in self.verdicts() if not one.rule]
        texts = self.prepared.texts([one.document for one in stay])
        return {planted.at[one.place].id: text for one, text in zip(stay, texts)}

    def texts(self, *, training: bool = False) -> Iterator[str]:
        """Kept documents; `training`: without those that are held out."""
        stay = [one.document for one in self.verdicts() if not one.rule and not (training and one.heldout)]
        return self.prepared.texts(stay)


def build(planted: Planted, work: Path, home: Path, workers: int, *more: str) -> Built:
    """Build the generated corpus in a workspace; `more` goes to the command."""
    suite, config = planted.folder / "suite.toml", work / "bench.toml"
    suite.write_text(SUITE)
    config.write_text(CONFIG.format(texts=planted.texts, suite=suite, workers=workers))
    command = [graftline(), "corpus", "build", str(config), "--home", str(home), *more]
    return Built(home, taken(command, work / "graftline.log", {"PYTHONPATH": str(ROOT)}))


def graftline() -> str:
    """The command, of this environment."""
    found = Path(sys.executable).with_name("graftline")
    if not os.access(found, os.X_OK):
        raise SystemExit(f"{found} is not there: install Graftline into this environment")
    return str(found)


def previewed(built: Built, work: Path) -> float:
    """Seconds to see what another threshold would do, once a first one was seen: the median of five."""
    told = load(work / "bench.toml", CorpusConfig)
    home = Workspace(built.prepared.path.parents[1])
    seconds = []
    with preview(home, load_report(built.folder), told) as session:
        for words in (50, 60, 70, 80, 90, 100):
            asked = replace(told, clean=CleanConfig(rules={"words": (float(words), 100_000.0)}))
            started = time.perf_counter()
            session.report(asked)
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def damage(planted: Planted, work: Path, home: Path) -> dict[str, float]:
    """What is said of the damaged files, each read by itself with a tolerance that lets it through."""
    found = {}
    for number, path in enumerate(sorted((planted.folder / "damaged").iterdir())):
        config = work / f"damaged-{number}.toml"
        config.write_text(f'kind = "corpus"\nname = "bench"\n[[sources]]\npath = "{path}"\ntolerance = 0.2\n')
        taken([graftline(), "corpus", "build", str(config), "--home", str(home / path.name)], work / "damaged.log")
        source = json.loads(next((home / path.name).glob("corpora/bench/*/report.json")).read_text())["sources"][0]
        found[f"damaged records reported, {path.name}"] = source["damaged"]
    return found


def rules(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many documents each rule took, most first."""
    count: dict[str, int] = {}
    for one in verdicts:
        if one.rule:
            count[one.rule] = count.get(one.rule, 0) + 1
    return dict(sorted(count.items(), key=lambda item: -item[1]))
