"""The generated corpus: 100 MB of documents of known kinds, written once into a folder, with what is known of each.

    corpus/part-0.jsonl ...   {"id", "text"}: what every tool reads
    damaged/*                 files with damage in them: bad lines, bad UTF-8, a broken archive
    suite.toml, suite.jsonl   test items, half of which stand in documents, half of those edited by 10 %
    labels.jsonl              {"id", "kind", "sort", "of", "planted"} of every document
    pairs.jsonl               {"a", "b", "similarity"}: true similarity of all that are near-duplicates, from 0.5 up

Which documents stand in which order is drawn by lot, so that a copy may come before its original.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from bench import edits, layouts
from bench.prose import Prose

FILES = 8
_MADE_BY = ("prose.py", "layouts.py", "edits.py", "planted.py", "words.toml")
DOCUMENT = 4_800
"""Bytes of a document, about, on average."""
SHARES = {
    "clean": 0.62, "near": 0.16, "exact": 0.04, "gibberish": 0.028, "repetition": 0.028, "navigation": 0.015,
    "boilerplate": 0.02, "listed": 0.02, "personal": 0.025, "foreign": 0.034, "leaked": 0.01,
}  # fmt: skip
"""Of the documents."""
BINS = ((0.9, 1.0), (0.8, 0.9), (0.7, 0.8), (0.6, 0.7), (0.5, 0.6))
"""True similarity, as it is reported; near-duplicates are drawn from all of them alike."""


class Document(msgspec.Struct):
    id: str
    kind: str
    """A key of `SHARES`."""
    sort: str
    """Which of the kind: `books`, `letters`, `de` ..."""
    text: str
    of: str = ""
    """The document that this is a copy of."""
    planted: tuple[str, ...] = ()
    """What should be gone (boilerplate, personal), or was put in (listed, leaked: the item's id)."""


class Planted:
    """A corpus on disk, as the scores need it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = folder / "corpus"
        labels = (folder / "labels.jsonl").read_bytes().splitlines()
        self.documents = [msgspec.json.decode(line, type=Document) for line in labels]
        self.at = {}
        """Documents by where they stand, `part-0.jsonl:1`: what Graftline calls them."""
        for number, one in enumerate(self.documents):
            file, line = divmod(number, -(-len(self.documents) // FILES))
            self.at[f"part-{file}.jsonl:{line + 1}"] = one
        rows = map(json.loads, (folder / "pairs.jsonl").read_text().splitlines())
        self.pairs = [(row["a"], row["b"], row["similarity"]) for row in rows]
        self.bytes = sum(path.stat().st_size for path in self.texts.iterdir())


def planted(folder: Path, megabytes: float, listed: Sequence[str], seed: int = 0) -> Planted:
    """The corpus in this folder, generated when it is not there (about a second for each 3 MB)."""
    wanted = json.dumps({"megabytes": megabytes, "seed": seed, "listed": len(listed), "by": _generator()})
    stamp = folder / "stamp.json"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        _write(folder, Generator(seed, listed), int(megabytes * 1e6 / DOCUMENT))
        stamp.write_text(wanted)
    return Planted(folder)


def _generator() -> str:
    """Changes with anything that a text is made by."""
    made_by = sorted(Path(__file__).parent / name for name in _MADE_BY)
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_by) + sys.version.encode()).hexdigest()


class Generator:
    """Documents of each kind, all from one seed."""

    def __init__(self, seed: int, listed: Sequence[str]) -> None:
        self.lot = random.Random(seed)
        self.prose = Prose(np.random.default_rng(seed), without=listed)
        self.listed = list(listed)
        self.items = [" ".join(self.prose.sentence(14, 26) for _ in range(3)) for _ in range(400)]
        self.numbers = itertools.count()

    def documents(self, total: int) -> list[Document]:
        """About so many documents, in the order of the corpus."""
        many = {kind: max(2, round(total * share)) for kind, share in SHARES.items()}
        clean = [self.clean() for _ in range(many["clean"])]
        found = [*clean, *self.nears(clean, many["near"]), *self.exacts(clean, many["exact"])]
        for kind, make in (
            ("gibberish", self.gibberish), ("repetition", self.repetition), ("navigation", self.navigation),
            ("boilerplate", self.boilerplate), ("listed", self.with_listed), ("personal", self.personal),
            ("foreign", self.foreign), ("leaked", self.leaked),
        ):  # fmt: skip
            found += [make(number) for number in range(many[kind])]
        self.lot.shuffle(found)
        return found

    def size(self) -> int:
        """Bytes: log-normal, as lengths of documents are; few below one or above twenty thousand."""
        return int(min(20_000, max(1_000, self.lot.lognormvariate(8.33, 0.55))))

    def _new(self, kind: str, sort: str, text: str, of: str = "", planted: tuple[str, ...] = ()) -> Document:
        return Document(f"{kind}-{next(self.numbers):06d}", kind, sort, text, of, planted)

    def clean(self, sort: str = "") -> Document:
        sort = sort or self.lot.choice([*layouts.PROSE])
        return self._new("clean", sort, layouts.PROSE[sort](self.prose, self.lot, self.size()))

    def nears(self, clean: list[Document], total: int) -> Iterator[Document]:
        """One to three copies of a document, each with its own similarity to it, of every bin alike."""
        chosen = itertools.cycle(self.lot.sample(clean, min(len(clean), max(1, total // 2))))
        made = 0
        while made < total:
            original = next(chosen)
            for _ in range(self.lot.choice((1, 2, 3))):
                low, high = BINS[made % len(BINS)]
                similar, made = self.lot.uniform(low, min(high, 0.995)), made + 1
                words = self.lot.random() < 0.7
                text = (
                    edits.reworded(self.prose, self.lot, original.text, edits.rate_for(similar))
                    if words
                    else edits.replaced(self.prose, self.lot, original.text, similar)
                )
                yield self._new("near", "words" if words else "ends", text, original.id)

    def exacts(self, clean: list[Document], total: int) -> Iterator[Document]:
        for number, original in enumerate(self.lot.sample(clean, min(total, len(clean)))):
            spaced = number % 2 == 1
            text = edits.respaced(self.lot, original.text) if spaced else original.text
            yield self._new("exact", "white space" if spaced else "identical", text, original.id)

    def gibberish(self, number: int) -> Document:
        sort = [*layouts.GIBBERISH][number % len(layouts.GIBBERISH)]
        return self._new("gibberish", sort, layouts.GIBBERISH[sort](self.prose, self.lot, self.size()))

    def repetition(self, number: int) -> Document:
        sort = [*layouts.REPETITION][number % len(layouts.REPETITION)]
        return self._new("repetition", sort, layouts.REPETITION[sort](self.prose, self.lot, self.size()))

    def navigation(self, number: int) -> Document:
        return self._new("navigation", "menus", layouts.navigation(self.prose, self.lot, self.size()))

    def boilerplate(self, number: int) -> Document:
        """Good text in a wrapper that should go."""
        if number % 2:
            text = layouts.book(self.prose, self.lot, self.size())
            gone = ("GUTENBERG EBOOK", "Updated editions will replace")
            return self._new("boilerplate", "Gutenberg", layouts.gutenberg(self.prose, text), planted=gone)
        text = layouts.manual(self.prose, self.lot, self.size())
        gone = ("Permission is hereby granted", "WITHOUT WARRANTY OF ANY KIND")
        return self._new("boilerplate", "licence", layouts.licensed(self.prose, text), planted=gone)

    def with_listed(self, number: int) -> Document:
        """Two to six different listed words; in every fourth document only one, which is no reason to drop it."""
        some = tuple(self.lot.sample(self.listed, 1 if number % 4 == 0 else self.lot.randint(2, 6)))
        text = self._among(self.clean("web").text, some)
        return self._new("listed", "one" if len(some) == 1 else "two or more", text, planted=some)

    def personal(self, number: int) -> Document:
        found = layouts.personal(self.lot)
        kind = [*found][number % len(found)]
        return self._new("personal", kind, self._among(self.clean("web").text, (found[kind],)), planted=(found[kind],))

    def foreign(self, number: int) -> Document:
        code, told = layouts.FOREIGN[number % len(layouts.FOREIGN)]
        return self._new("foreign", code, layouts.foreign(told, self.lot, self.size()))

    def leaked(self, number: int) -> Document:
        """A document with a test item in it, verbatim or with a tenth of its words edited."""
        number %= len(self.items) // 2
        edited = number % 2 == 1
        item = edits.reworded(self.prose, self.lot, self.items[number], 0.1) if edited else self.items[number]
        parts = self.clean("web").text.split("\n\n")
        parts.insert(self.lot.randint(1, len(parts)), item)
        text = "\n\n".join(parts)
        return self._new("leaked", "edited" if edited else "verbatim", text, planted=(f"item-{number}",))

    def _among(self, text: str, some: tuple[str, ...]) -> str:
        """Put into a text, each behind some word of it."""
        parts = text.split(" ")
        for one in some:
            parts.insert(self.lot.randint(1, len(parts) - 1), one)
        return " ".join(parts)


def pairs(documents: Sequence[Document]) -> Iterator[tuple[str, str, float]]:
    """Near-duplicates by their true similarity: all pairs of an original and its copies, from 0.5 up.

    Others are far below: two documents of the generator share a fraction of a percent of their runs of five words.
    """
    families: dict[str, list[Document]] = defaultdict(list)
    by_id = {one.id: one for one in documents}
    for one in documents:
        if one.kind == "near":
            families[one.of].append(one)
    for original, copies in families.items():
        sets = [(one.id, edits.shingles(one.text)) for one in (by_id[original], *copies)]
        for (a, left), (b, right) in itertools.combinations(sets, 2):
            if (similar := edits.similarity(left, right)) >= 0.5:
                yield a, b, similar


def _write(folder: Path, generator: Generator, total: int) -> None:
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    documents = generator.documents(total)
    each = -(-len(documents) // FILES)
    for number in range(FILES):
        rows = documents[number * each : (number + 1) * each]
        lines = (json.dumps({"id": one.id, "text": one.text}, ensure_ascii=False) for one in rows)
        (folder / "corpus" / f"part-{number}.jsonl").write_text("\n".join([*lines, ""]))
    bare = [msgspec.structs.replace(one, text="") for one in documents]
    (folder / "labels.jsonl").write_bytes(b"\n".join([*map(msgspec.json.encode, bare), b""]))
    true = ({"a": a, "b": b, "similarity": similar} for a, b, similar in pairs(documents))
    (folder / "pairs.jsonl").write_text("".join(f"{json.dumps(pair)}\n" for pair in true))
    _suite(folder, generator.items)
    _damaged(folder / "damaged", generator)


def _suite(folder: Path, items: Sequence[str]) -> None:
    labelled = zip(items, itertools.cycle(("yes", "no")))
    rows = ({"id": f"item-{number}", "text": text, "label": label} for number, (text, label) in enumerate(labelled))
    (folder / "suite.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def _damaged(folder: Path, generator: Generator) -> None:
    """Good records around a bad one of each sort. `DAMAGES` says how many of each."""
    folder.mkdir(exist_ok=True)
    good = [json.dumps({"id": f"fine-{n}", "text": generator.clean("web").text}).encode() for n in range(60)]
    bad = [
        good[0][:100],
        b'{"id": "x", "text": "caf\xe9 ' + b"au lait " * 40 + b'"}',
        b'{"id": "y", "body": "elsewhere"}',
    ]
    lines = [*good[1:20], bad[0], *good[20:40], bad[1], *good[40:50], bad[2], *good[50:]]
    (folder / "lines.jsonl").write_bytes(b"\n".join([*lines, b""]))
    packed = gzip.compress(b"\n".join([*good, b""]), mtime=0)
    (folder / "torn.jsonl.gz").write_bytes(packed[: len(packed) // 2])
