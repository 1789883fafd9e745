"""The corpus stage beside its peers: `python -m bench.corpus --work DIR --peers DIR [--megabytes 102]`.

A corpus is generated (bench/planted.py), in which copies at known similarities, rubbish, listed words, personal data,
other languages, test items and damage are planted and labelled. Every tool reads it, as JSON lines, with two workers,
each in processes of its own, one tool at a time, and Graftline again between the others: what else the machine does
falls on all of them. Then what each kept is compared with the labels.

    near-duplicates   removal alone; datatrove, text-dedup, datasketch, rensa, each from PyPI, at its own settings for a
                      similarity of 0.7 (datatrove: FineWeb's 14 bands of 8)
    end to end        reading, all rules, near-duplicates; datatrove with the same rules. Graftline also mends, and once
                      more it looks for languages, personal data and test items
    libraries         the encoder and the trainer under the tokenizer stage, alone, on the same text
    thresholds        a changed one, previewed and built

    s           of the clock, from the start of the command to its end; the median where there were several rounds
    processor   user and system time of all its processes
    memory      the largest sum of their proportional set sizes

Needs Linux and PyPI. About ten minutes on two cores, most of them the peers'.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path

from bench import own_build, scores
from bench.own_build import ROOT, Built, build
from bench.planted import Planted, planted
from bench.programs import install
from bench.report import Column, Table, write
from bench.taken import Taken, taken
from engine import __version__
from engine.corpus.measure.toxicity import BUILT_IN, toxic_entries

WORKERS = 2
PEERS = {
    "datatrove": ("datatrove[processing]==0.10.*", "orjson", "spacy==3.8.*"),
    "text-dedup": ("text-dedup==0.4.*",),
    "datasketch": ("datasketch==2.0.*",),
    "rensa": ("rensa==0.5.*",),
}
"""What each peer's environment is made of. datatrove reads JSON with orjson and cuts English words with spaCy."""
NOTES = {
    "datatrove": "its language filter and its list of bad words are fetched from the network: it does without",
    "rensa": "one process: it has no workers",
}
SAME_RULES = [f"--set={key}=[]" for key in ("language.keep", "privacy.scrub", "contamination.suites")]
"""What datatrove is not asked for: switched off."""


@dataclass
class Contestant:
    """One tool at one task, which may be run again and again."""

    name: str
    version: str
    run: Callable[[Path], Taken]
    """Does the task into a folder that is not there yet; leaves the ids that it kept in `kept`, a line each."""
    taken: list[Taken] = field(default_factory=list)
    kept: Set[str] = frozenset()
    notes: list[str] = field(default_factory=list)

    def turn(self, work: Path) -> None:
        out = work / f"{self.name}-{len(self.taken)}".replace(" ", "-").replace(",", "").lower()
        shutil.rmtree(out, ignore_errors=True)
        self.taken.append(self.run(out))
        kept = out / "kept"
        self.kept = frozenset(kept.read_text().split()) if kept.exists() else self.kept
        shutil.rmtree(out, ignore_errors=True)
        print(f"{self.name}: {self.taken[-1].seconds:.1f} s", file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        return statistics.median(one.seconds for one in self.taken)

    def column(self, size: int, own: float) -> Column:
        """Rate and cost. `own`: Graftline's seconds for the same task."""
        column = Column(self.name, self.version, notes=self.notes)
        column.put("s", self.seconds)
        column.put("MB/s", size / 1e6 / self.seconds)
        column.put("times Graftline's seconds", self.seconds / own)
        column.put("processor, s", statistics.median(one.processor for one in self.taken))
        column.put("peak memory, MB", max(one.memory for one in self.taken) / 1e6)
        return column


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description="The corpus stage beside its peers.")
    parser.add_argument("--work", type=Path, required=True, help="folder for the generated corpus and what comes of it")
    parser.add_argument("--peers", type=Path, help="folder for the peers' environments; absent: Graftline alone")
    parser.add_argument("--megabytes", type=float, default=102, help="of generated text")
    parser.add_argument("--rounds", type=int, default=1, help="of every peer; Graftline has one more")
    parser.add_argument("--only", choices=("near", "whole", "libraries", "thresholds"), help="one part")
    parser.add_argument("--write", action="store_true", help="write the result into bench/README.md")
    told = parser.parse_args(arguments)
    work = told.work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    corpus = planted(work / "planted", told.megabytes, listed_words())
    try:
        tables = Bench(corpus, work, told).tables()
    finally:
        for home in work.glob(f"home-{os.getpid()}-*"):
            shutil.rmtree(home, ignore_errors=True)
    print("\n".join(table.markdown() for table in tables), flush=True)
    if told.write:
        write(ROOT / "bench" / "README.md", "corpus", tables)
    return 0


def listed_words() -> list[str]:
    """Of every entry of Graftline's own list that is a single word, one form."""
    return [forms[0] for forms in toxic_entries(BUILT_IN) if forms[0].isalpha()]


class Bench:
    """All parts on one corpus."""

    def __init__(self, corpus: Planted, work: Path, told: argparse.Namespace) -> None:
        self.corpus, self.work, self.rounds, self.only = corpus, work, told.rounds, told.only
        self.title = f"{corpus.bytes / 1e6:,.0f} MB, {len(corpus.documents):,} documents, {WORKERS} workers"
        self.peers = {
            name: install(told.peers.absolute(), name, wanted) for name, wanted in PEERS.items() if told.peers
        }
        self.builds: dict[str, list[Built]] = {}

    def tables(self) -> list[Table]:
        parts = {"near": (self.near,), "whole": (self.whole, self.stages), "libraries": (self.libraries,),
                 "thresholds": (self.thresholds,)}  # fmt: skip
        return [make() for name, makers in parts.items() if self.only in (None, name) for make in makers]

    def near(self) -> Table:
        """Near-duplicate removal alone."""
        own = Contestant("Graftline", __version__, self._own_dedup)
        own.notes.append("the build's own functions on parts without measures (bench/own_dedup.py)")
        others = [self._peer(name, "peer_minhash.py", name) for name in self.peers if name != "datatrove"]
        if "datatrove" in self.peers:
            others.append(self._peer("datatrove", "peer_datatrove.py", "dedup"))
        own.turn(self.work)
        for one in [turn for peer in others * self.rounds for turn in (peer, own)]:
            one.turn(self.work)
        own.kept = frozenset(self.corpus.at[place].id for place in own.kept)
        table = Table(f"Near-duplicate removal alone: {self.title}")
        for one in (own, *others):
            column = one.column(self.corpus.bytes, own.seconds)
            column.values |= scores.near_duplicates(self.corpus, one.kept)
            table.add(column)
        return table

    def whole(self) -> Table:
        """From files to verdicts, and to tokens."""
        same = Contestant("Graftline, the same rules", __version__, lambda out: self._own_build("same", *SAME_RULES))
        own = Contestant("Graftline, everything", __version__, lambda out: self._own_build("whole"))
        peers = [self._peer("datatrove", "peer_datatrove.py", "both")] if self.peers else []
        for one in [same, own, *[*peers, same, own] * self.rounds]:
            one.turn(self.work)
        table = Table(f"End to end, reading to de-duplicated text: {self.title}")
        texts = self.builds["whole"][-1].kept(self.corpus)
        same.kept, own.kept = self.builds["same"][-1].kept(self.corpus).keys(), texts.keys()
        for one, name in ((same, "same"), (own, "whole")):
            one.taken = [Taken(built.before_tokens, *built.took[1:]) for built in self.builds[name]]
            one.notes.append("seconds and MB/s end before the tokenizer; processor and memory are the whole build's")
        for one in (same, own, *peers):
            column = one.column(self.corpus.bytes, same.seconds)
            column.values |= scores.kinds(self.corpus, one.kept) | scores.exact_duplicates(self.corpus, one.kept)
            table.add(column)
        table.columns[1].values |= scores.removed(self.corpus, texts)
        table.columns[1].values |= own_build.damage(self.corpus, self.work, self._home("damaged"))
        return table

    def stages(self) -> Table:
        """A whole build, stage by stage."""
        table = Table("Graftline's build by stage, everything on")
        for built in self.builds.get("whole", []):
            column = Column(f"run {len(table.columns) + 1}")
            for stage in built.report["stages"]:
                column.put(f"{stage['stage']}, s", stage["seconds"])
            column.put("from the command to the end, s", built.took.seconds)
            column.put("MB/s, tokens written", self.corpus.bytes / 1e6 / built.took.seconds)
            table.add(column)
        return table

    def libraries(self) -> Table:
        """The tokenizer's stages beside the libraries they stand on."""
        built = self._built()
        table = Table(f"Tokenizer and tokens: {built.report['kept_bytes'] / 1e6:,.0f} MB of kept text")
        own, alone = Column("Graftline", __version__), Column("the library alone", "tiktoken, rustbpe")
        size = built.report["kept_bytes"] / 1e6
        learned, encoded = (
            statistics.median(one.seconds(stage) for one in self.builds["whole"]) for stage in ("tokenizer", "encode")
        )
        train, encode = (
            statistics.median(self._library(task, built) for _ in range(2)) for task in ("train", "encode")
        )
        own.put("32,768 tokens learned, s", learned)
        alone.put("32,768 tokens learned, s", train)
        own.put("times the library's seconds", learned / train)
        own.put("encoded, shards written, MB/s", size / encoded)
        alone.put("encoded, MB/s", size / encode)
        own.put("share of the library's rate", encode / encoded)
        table.columns += [own, alone]
        return table

    def thresholds(self) -> Table:
        """A changed threshold: seen beforehand, and built."""
        built = self._built()
        column = Column("Graftline", __version__)
        home = built.prepared.path.parents[1]
        rule = "clean.rules.words=[100,100000]"
        command = [own_build.graftline(), "corpus", "preview", "bench", "--home", str(home), "--set", rule, "--json"]
        column.put("previewed by the command, s", taken(command, self.work / "preview.log").seconds)
        column.put("previewed where the first one was, as in the app, s", own_build.previewed(built, self.work))
        again = build(self.corpus, self.work, home, WORKERS, "--set", rule)
        column.put("built again with another rule: all, s", again.took.seconds)
        column.put("of it before the tokenizer, s", again.before_tokens)
        column.put("peak memory, MB", again.took.memory / 1e6)
        return Table("A changed threshold", [column])

    def _peer(self, name: str, script: str, task: str) -> Contestant:
        folder, version = self.peers[name]
        code = [str(folder / "python"), "-P", str(ROOT / "bench" / script), task, str(self.corpus.texts)]
        environment = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(self.work / "hugging-face")}
        log = self.work / f"{name}.log"
        tool = Contestant(name, version, lambda out: taken([*code, str(out), str(WORKERS)], log, environment))
        tool.notes += [NOTES[name]] if name in NOTES else []
        return tool

    def _own_dedup(self, out: Path) -> Taken:
        code = [sys.executable, "-m", "bench.own_dedup", str(self.corpus.texts), str(out), str(WORKERS)]
        return taken(code, self.work / "dedup.log", cwd=ROOT)

    def _own_build(self, name: str, *more: str) -> Taken:
        done = self.builds.setdefault(name, [])
        done.append(build(self.corpus, self.work, self._home(f"{name}-{len(done)}"), WORKERS, *more))
        return done[-1].took

    def _built(self) -> Built:
        """The last whole build."""
        if "whole" not in self.builds:
            self._own_build("whole")
        return self.builds["whole"][-1]

    def _home(self, name: str) -> Path:
        """A workspace that nobody has used: one that was removed may still have its supervisor."""
        home = self.work / f"home-{os.getpid()}-{name}"
        home.mkdir()
        return home

    def _library(self, task: str, built: Built) -> float:
        home = built.prepared.path.parents[1]
        code = [sys.executable, "-m", "bench.libraries", task, str(home)]
        return float(subprocess.run(code, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
