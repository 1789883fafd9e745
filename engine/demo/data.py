"""The demo's three tasks, made from the English that every Python installation carries.

    standard library's documentation
      |- areas       which package does this description belong to?       (classifier)
      |- questions   what does this function do?                          (instruction follower)
      '- reference   the language topics that `help()` shows              (domain text)

One split serves all: a module is either for training or for testing, with every word in it. The base's corpus leaves
the test modules and the reference out too, so that no test item was ever read before it is asked.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
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


class DemoData(msgspec.Struct, frozen=True):
    """What `write` made. `test_modules` must stay out of the base's corpus."""

    folder: Path
    areas: tuple[str, ...]
    test_modules: tuple[str, ...]


def write(folder: Path) -> DemoData:
    """Make all data files below `folder`: `<task>-train.jsonl` and `<task>-test.jsonl` for each task."""
    documented = list(entries(include=("docstrings",)))
    areas, test_modules = split(documented)
    _lines(folder / "areas-train.jsonl", _areas(documented, areas, test_modules, test=False))
    _lines(folder / "areas-test.jsonl", _areas(documented, areas, test_modules, test=True))
    _lines(folder / "questions-train.jsonl", _questions(documented, test_modules, test=False))
    _lines(folder / "questions-test.jsonl", _questions(documented, test_modules, test=True))
    topics = [{"id": entry.qualname, "text": entry.text} for entry in entries(include=("topics",))]
    held = _for_testing({topic["id"]: len(topic["text"]) for topic in topics})
    _lines(folder / "reference-train.jsonl", (t for t in topics if t["id"] not in held))
    _lines(folder / "reference-test.jsonl", (t for t in topics if t["id"] in held))
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


def _for_testing(sizes: dict[str, int], of: int = 0) -> set[str]:
    """The names for the test side: in the order of their hash, as many as fit into about `TEST_SHARE` of all."""
    room = (of or sum(sizes.values())) * TEST_SHARE * 1.2
    chosen: set[str] = set()
    for name in sorted(sizes, key=lambda n: hashlib.sha256(n.encode()).digest()):
        if sizes[name] <= room:
            room -= sizes[name]
            chosen.add(name)
    return chosen


def _areas(
    documented: Iterable[Entry], areas: tuple[str, ...], test_modules: set[str], *, test: bool
) -> Iterable[dict[str, str]]:
    seen: set[str] = set()
    for entry in documented:
        if entry.kind == "module" or _area(entry) not in areas or (entry.module in test_modules) != test:
            continue
        text = _cut(" ".join(entry.text.split()), MAX_CHARS)
        if _is_description(entry) and text not in seen:
            seen.add(text)
            yield {"text": text, "label": _area(entry)}


def _questions(documented: Iterable[Entry], test_modules: set[str], *, test: bool) -> Iterable[dict[str, str]]:
    seen: set[str] = set()
    for entry in documented:
        answer = " ".join(entry.text.split("\n\n")[0].split())
        name = entry.qualname.rpartition(".")[2]
        usable = entry.kind == "function" and entry.signature and answer.endswith(".") and not name.startswith("_")
        if not usable or (entry.module in test_modules) != test or not MIN_CHARS <= len(answer) <= MAX_ANSWER_CHARS:
            continue
        if answer not in seen:
            seen.add(answer)
            question = f"What does {name} do?"
            yield {"instruction": question, "input": f"{entry.qualname}{entry.signature}", "output": answer}


def _is_description(entry: Entry) -> bool:
    return entry.kind in {"class", "function"} and len(entry.text) >= MIN_CHARS


def _area(entry: Entry) -> str:
    return entry.module.partition(".")[0]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0]


def _lines(path: Path, rows: Iterable[dict[str, str]]) -> None:
    write_atomic(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
