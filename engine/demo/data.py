"""The demo's three tasks, made from the English that every Python installation carries.

    standard library's documentation
      |- areas       which package does this description belong to?       (classifier)
      |- questions   what does this function do?                          (instruction follower)
      '- reference   the language topics that `help()` shows              (domain text)

One split serves all: a module is either for training or for testing, with every word in it. The base's corpus leaves
the test modules and the reference out too, a test text that also stands in a training module is dropped, and topics
that share a paragraph stay on one side: no test item was ever read before it is asked.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

from engine.corpus.python_docs import Entry, entries
from engine.paths import write_atomic

TEST_SHARE = 0.25
"""Of each area's descriptions, about: whole modules only."""
MIN_DESCRIPTIONS = 60
"""An area with fewer is left out of the task: its scores would be noise."""
MIN_CHARS, MAX_CHARS = 20, 400
"""Of a description: shorter ones say nothing, longer ones are cut at a word."""
MAX_ANSWER_CHARS = 120
SHARED_CHARS = 60
"""A paragraph of at least this length in two topics makes them one family."""


class DemoData(msgspec.Struct, frozen=True):
    """What `write` made. `test_modules` must stay out of the base's corpus."""

    folder: Path
    areas: tuple[str, ...]
    test_modules: tuple[str, ...]


def write(folder: Path) -> DemoData:
    """Make all data files below `folder`: `<task>-train.jsonl` and `<task>-test.jsonl` for each task."""
    documented = list(entries(include=("docstrings",)))
    areas, test_modules = split(documented)
    train = [entry for entry in documented if entry.module not in test_modules]
    test = [entry for entry in documented if entry.module in test_modules]
    for task, rows in (("areas", partial(_areas, areas=areas)), ("questions", _questions)):
        _lines(folder / f"{task}-train.jsonl", rows(train, known=set()))
        _lines(folder / f"{task}-test.jsonl", rows(test, known={_folded(e.text) for e in train} | _answers(train)))
    topics = {entry.qualname: entry.text for entry in entries(include=("topics",))}
    held = held_topics(topics)
    for side, names in (("train", topics.keys() - held), ("test", held)):
        _lines(folder / f"reference-{side}.jsonl", ({"id": name, "text": topics[name]} for name in sorted(names)))
    return DemoData(folder, areas, tuple(sorted(test_modules)))


def split(documented: Iterable[Entry]) -> tuple[tuple[str, ...], set[str]]:
    """The areas of the classification task, sorted, and the modules that are for testing.

    An area is a package of the library, and its modules go whole to one side or the other. A module that has modules
    below it always stays for training.
    """
    sizes: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in documented:
        if _is_description(entry):
            sizes[_area(entry)][entry.module] += 1
    areas: list[str] = []
    test_modules: set[str] = set()
    for area, modules in sorted(sizes.items()):
        leaves = {m: n for m, n in modules.items() if m != area and not any(o.startswith(f"{m}.") for o in modules)}
        chosen = _for_testing(leaves, of=modules.total())
        enough = sum(leaves[m] for m in chosen) >= modules.total() * TEST_SHARE / 2
        if modules.total() >= MIN_DESCRIPTIONS and enough:
            areas.append(area)
            test_modules |= chosen
    return tuple(areas), test_modules


def _for_testing(sizes: Mapping[str, int], of: int = 0) -> set[str]:
    """The names for the test side: in the order of their hash, as many as fit into about `TEST_SHARE` of all."""
    room = (of or sum(sizes.values())) * TEST_SHARE * 1.2
    chosen: set[str] = set()
    for name in sorted(sizes, key=lambda n: hashlib.sha256(n.encode()).digest()):
        if sizes[name] <= room:
            room -= sizes[name]
            chosen.add(name)
    return chosen


def held_topics(topics: Mapping[str, str]) -> set[str]:
    """The topics for the test side. Some are excerpts of others, so those that share a paragraph go together."""
    family = {name: name for name in topics}
    owner: dict[str, str] = {}
    for name, text in topics.items():
        for paragraph in filter(lambda p: len(p) >= SHARED_CHARS, map(_folded, text.split("\n\n"))):
            old, new = family[owner.setdefault(paragraph, name)], family[name]
            family = {topic: old if head == new else head for topic, head in family.items()}
    sizes: Counter[str] = Counter()
    for name, head in family.items():
        sizes[head] += len(topics[name])
    chosen = _for_testing(sizes)
    return {name for name, head in family.items() if head in chosen}


def _areas(documented: Iterable[Entry], *, areas: tuple[str, ...], known: set[str]) -> Iterator[dict[str, str]]:
    for entry in documented:
        text = _folded(entry.text)
        if _area(entry) in areas and _is_description(entry) and text not in known:
            known.add(text)
            yield {"text": _cut(text, MAX_CHARS), "label": _area(entry)}


def _questions(documented: Iterable[Entry], *, known: set[str]) -> Iterator[dict[str, str]]:
    for entry in documented:
        answer, name = _answer(entry), entry.qualname.rpartition(".")[2]
        usable = entry.kind == "function" and entry.signature and not name.startswith("_")
        if usable and answer and answer not in known:
            known.add(answer)
            yield {
                "instruction": f"What does {name} do?",
                "input": f"{entry.qualname}{entry.signature}",
                "output": answer,
            }


def _answers(documented: Iterable[Entry]) -> set[str]:
    return {_answer(entry) for entry in documented}


def _answer(entry: Entry) -> str:
    """A description's first paragraph if it is one or a few plain sentences, else nothing."""
    first = _folded(entry.text.split("\n\n")[0])
    return first if first.endswith(".") and MIN_CHARS <= len(first) <= MAX_ANSWER_CHARS else ""


def _folded(text: str) -> str:
    return " ".join(text.split())


def _is_description(entry: Entry) -> bool:
    return entry.kind in {"class", "function"} and len(entry.text) >= MIN_CHARS


def _area(entry: Entry) -> str:
    return entry.module.partition(".")[0]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0]


def _lines(path: Path, rows: Iterable[dict[str, str]]) -> None:
    write_atomic(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
