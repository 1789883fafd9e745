"""Test items inside documents: verbatim, edited, short, templated, and clean text that says something alike."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from engine.config.schema import SuiteConfig
from engine.corpus.contamination.index import Index, build_index
from engine.corpus.contamination.items import TestItem, TestSet, load_test_sets, looked_for
from engine.corpus.contamination.measure import columns, find
from engine.corpus.contamination.record import item_key
from engine.corpus.measure.batch import Batch
from engine.corpus.suite import load_suite
from engine.errors import InputError
from engine.paths import Workspace
from tests.support.stages import write_rows

WORDS = [
    f"{a}{b}{c}" for a in ("ka", "lo", "mi", "nu", "pe", "ra", "so") for b in ("l", "n", "r", "st") for c in "aeiou"
]


def prose(random: random.Random, words: int) -> str:
    """Words with a long tail, as in a language."""
    weights = [1 / (rank + 3) for rank in range(len(WORDS))]
    return " ".join(random.choices(WORDS, weights, k=words))


def edited(random: random.Random, text: str, share: float) -> str:
    words = text.split()
    for at in random.sample(range(len(words)), round(share * len(words))):
        words[at] = "changed"
    return " ".join(words)


def sets(texts: Iterable[str], name: str = "suite") -> list[TestSet]:
    return [TestSet(name, "00", tuple(TestItem(str(at), item_key(text), (text,)) for at, text in enumerate(texts)))]


def found(texts: list[str], index: Index) -> set[tuple[int, int]]:
    """Pairs of document and item."""
    hits = find(Batch(texts), index)
    return set(zip(hits.document.tolist(), hits.item.tolist(), strict=True))


def test_planted_items_are_found_and_clean_documents_are_not() -> None:
    """Fifty items of a suite of 400, in 600 documents, every other one with a tenth of its words changed."""
    chance = random.Random(5)
    items = [prose(chance, chance.randrange(16, 200)) for _ in range(400)]
    documents = [prose(chance, 300) for _ in range(600)]
    planted = {at * 11: chance.randrange(400) for at in range(50)}
    for place, (at, item) in enumerate(planted.items()):
        text = edited(chance, items[item], 0.1 * (place % 2)).upper().replace(" ", ",\n", 3)
        documents[at] = f"{documents[at]} {text}. {prose(chance, 50)}"
    assert found(documents, build_index(sets(items), 8)) == set(planted.items())


def test_a_hit_has_its_share_its_run_and_its_passage() -> None:
    chance = random.Random(1)
    item = prose(chance, 60)
    index = build_index(sets([item]), 8)
    batch = Batch([prose(chance, 40), f"before {item} after", f"{' '.join(item.split()[:40])} other"])
    hits = find(batch, index)
    assert hits.document.tolist() == [1, 2] and hits.run.tolist() == [60, 40]
    assert hits.share.tolist() == [1.0, pytest.approx(40 / 60)]
    passage = bytes(batch.folded_text.data[hits.start[0] : hits.end[0]]).decode()
    assert passage == item
    measured = columns(hits, len(batch))
    assert measured["contaminated"].tolist() == [0, 1, 1]
    assert measured["contaminated_share"].tolist() == [0.0, 1.0, pytest.approx(40 / 60)]


def test_what_a_long_document_shares_here_and_there_is_chance() -> None:
    """All of an item's phrases, each alone among other words."""
    item = prose(random.Random(2), 40).split()
    apart = " ".join(" ".join(item[at : at + 5]) + " other" * 40 for at in range(0, 40, 5))
    assert not found([apart], build_index(sets([" ".join(item)]), 8))
    assert found([apart.replace(" other", "")], build_index(sets([" ".join(item)]), 8))


def test_a_phrase_said_once_does_not_cover_an_item_that_says_it_twice() -> None:
    index = build_index(sets(["one two three four five and one two three four five"]), 8)
    assert not found(["he said one two three four five only"], index)


def test_short_items_are_one_run_and_the_shortest_cannot_be_told() -> None:
    index = build_index(sets(["too short", "just long enough to tell"]), 8)
    assert index.told.tolist() == [False, True]
    assert found(["it is just long enough to tell so", "long enough to tell", "too short"], index) == {(0, 1)}


def test_a_short_item_with_one_changed_word_is_found_and_a_turn_of_speech_is_not() -> None:
    index = build_index(
        sets(["even as lame horror flicks go this is lame", "they did it for the first time in years"]), 8
    )
    told = ["even as PRIVATE horror flicks go this is lame", "even as horror flicks go this is so lame"]
    assert found([f"he said: {text}, and went" for text in told], index) == {(0, 0), (1, 0)}
    assert not found(
        ["now for the first time in years they met", "horror flicks go this is lame but not at all"], index
    )


def test_what_stands_in_many_items_is_a_template() -> None:
    chance = random.Random(3)
    template = "what is the sentiment of the following review of a film"
    items = [f"{template} {prose(chance, 30)}" for _ in range(40)]
    index = build_index(sets(items), 8)
    assert not found([f"we ask {template} and then we wait"], index)
    assert found([f"we read {items[7]}"], index) == {(0, 7)}
    assert not build_index(sets([template] * 40), 8).told.any(), "nothing but template"
    asked = "how much is {} and {} and {} in all of it"
    questions = [asked.format(*three) for three in product(WORDS[:5], WORDS[5:10], WORDS[10:15])]
    others = [asked.format(*three) for three in product(WORDS[15:20], WORDS[20:25], WORDS[25:30])]
    assert not found(others, build_index(sets(questions), 8)), "another question from the same template"
    assert build_index(sets([template] * 2), 8).told.all(), "the same item twice is no template"


def test_fifty_words_in_a_row_of_a_long_document_are_enough() -> None:
    text = " ".join(f"w{at}" for at in range(2000))
    index = build_index(sets([text]), 8)
    assert found([" ".join(text.split()[100:150])], index) == {(0, 0)}
    assert not found([" ".join(text.split()[100:149])], index)


def test_every_task_is_looked_for_by_what_it_asks(tmp_path: Path) -> None:
    home = Workspace(tmp_path)
    question = {"instruction": "Name the river that runs through the old town of Ulm", "input": "", "output": "Danube"}
    asked = write_rows(tmp_path / "asked.jsonl", [question])
    text = write_rows(tmp_path / "text.jsonl", [{"text": "a " * 600}])
    tests = looked_for(load_suite(home, SuiteConfig(name="q", task="instruction", data=str(asked))))
    prompt = question["instruction"]
    assert tests.items[0].texts == (prompt, f"{prompt}\nDanube") and tests.items[0].key == item_key(prompt)
    documents = looked_for(load_suite(home, SuiteConfig(name="t", task="language-model", data=str(text))))
    assert documents.items[0].key == item_key(("a " * 600)[:500])


def test_suites_come_from_files_folders_and_names(tmp_path: Path) -> None:
    home = Workspace(tmp_path / "home")
    rows = write_rows(tmp_path / "rows.jsonl", [{"text": "six words make an item here", "label": "a"}])
    for folder, name in ((tmp_path / "suites", "one"), (home.suites, "two")):
        folder.mkdir(parents=True)
        config = f'kind = "suite"\nname = "{name}"\ntask = "classification"\ndata = "{rows}"\n'
        (folder / f"{name}.toml").write_text(config)
    paths = [str(tmp_path / "suites"), "two"]
    assert [tests.name for tests in load_test_sets(home, paths, where="c.toml", key="contamination.suites")] == [
        "one",
        "two",
    ]
    with pytest.raises(InputError, match=r"contamination\.suites: no suite three"):
        load_test_sets(home, ["three"], where="c.toml", key="contamination.suites")


def test_an_index_of_nothing_finds_nothing() -> None:
    hits = find(Batch(["some text that is long enough"]), build_index([], 8))
    assert len(hits) == 0 and not np.any(columns(hits, 1)["contaminated"])
