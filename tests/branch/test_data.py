"""Task data: the split by hash, the classes, and errors that name file, key and line."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from engine.branch.data import instructions, labelled, set_apart
from engine.config.schema import BranchConfig, DataConfig
from engine.errors import InputError
from tests.support.stages import sentences, write_rows


def config(path: Path, method: Any = "classify", classes: tuple[str, ...] = (), **data: Any) -> BranchConfig:
    return BranchConfig(
        name="x", method=method, base="tiny@1", data=DataConfig(train=str(path), **data), classes=classes
    )


def test_the_split_depends_on_the_texts_alone() -> None:
    texts = [f"text number {number}" for number in range(2000)]
    apart = {text for text, out in zip(texts, set_apart(texts, 0.1)) if out}
    assert 150 < len(apart) < 250  # binomial, 2000 x 0.1: 200 +- 3.7 standard deviations
    more = [*random.Random(0).sample(texts, 1000), *(f"new {number}" for number in range(500))]
    assert {t for t, out in zip(more, set_apart(more, 0.1)) if out and t in set(texts)} == apart & set(more)


def test_one_text_is_never_on_both_sides(tmp_path: Path) -> None:
    rows = sentences(60, 0) * 3
    found = labelled(config(write_rows(tmp_path / "d.jsonl", rows), heldout_fraction=0.3), where="c")
    assert not {row.text for row in found.train} & {row.text for row in found.heldout}
    assert len(found.train) + len(found.heldout) == 180


@pytest.mark.parametrize("fraction", [0.0001, 0.5])
def test_two_rows_are_enough_to_hold_one_out(fraction: float) -> None:
    for number in range(20):
        assert sorted(set_apart([f"a{number}", f"b{number}"], fraction)) in ([False, True],)


def test_a_class_keeps_a_training_example(tmp_path: Path) -> None:
    for number in range(20):
        rows = [*sentences(40, number), {"text": f"only one {number}", "label": "rare"}]
        found = labelled(config(write_rows(tmp_path / "d.jsonl", rows), heldout_fraction=0.5), where="c")
        assert "rare" in {row.label for row in found.train}
        assert found.classes == ("animal", "fruit", "rare") and found.heldout


def test_a_file_of_its_own_is_held_out_whole(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.jsonl", sentences(10, 0))
    held = write_rows(tmp_path / "held.jsonl", sentences(7, 1))
    found = labelled(config(train, heldout=str(held)), where="c")
    assert (len(found.train), len(found.heldout)) == (10, 7)


def test_configured_classes_keep_their_order(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "d.jsonl", sentences(40, 0))
    assert labelled(config(path, classes=("fruit", "animal")), where="c").classes == ("fruit", "animal")


def test_labels_that_are_numbers_are_text(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "d.jsonl", [{"text": f"t{number}", "label": number % 3} for number in range(50)])
    assert labelled(config(path), where="c").classes == ("0", "1", "2")


def test_a_class_without_training_examples_is_named(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "d.jsonl", sentences(40, 0))
    with pytest.raises(InputError, match=r"^c\.toml: classes: no row of .*d\.jsonl has the label 'metal'") as caught:
        labelled(config(path, classes=("animal", "fruit", "metal")), where="c.toml")
    assert caught.value.exit_code == 2


def test_a_label_that_is_no_class_is_named(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "d.jsonl", sentences(40, 0))
    held = write_rows(tmp_path / "held.jsonl", [*sentences(3, 1), {"text": "x", "label": "[red]metal"}])
    with pytest.raises(InputError, match=r"held\.jsonl: data\.label: line 4: the label '\[red\]metal' is no class"):
        labelled(config(path, heldout=str(held)), where="c")
    rows = [*sentences(4, 0), {"text": "x", "label": "stone"}]
    path = write_rows(tmp_path / "d.jsonl", rows)
    with pytest.raises(InputError, match=r"d\.jsonl: data\.label: line 5: the label 'stone' is no class"):
        labelled(config(path, classes=("fruit", "animal")), where="c")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([{"text": "a", "label": "x"}, {"text": "b", "label": "x"}], "there is only the class 'x'"),
        ([{"text": "a", "label": "x"}, {"text": "b", "label": " "}], "line 2: 'label' is empty"),
        ([{"text": "a", "label": "x"}, {"text": "a", "label": "y"}], "too few different rows"),
    ],
)
def test_data_that_cannot_teach_is_refused(tmp_path: Path, rows: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        labelled(config(write_rows(tmp_path / "d.jsonl", rows)), where="c")


def test_instructions_need_no_input_column(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"instruction": f"Do {n}", "output": f"Done {n}"} for n in range(20)]
    rows[0]["input"] = None
    rows[1]["input"] = "this"
    found = instructions(config(write_rows(tmp_path / "d.jsonl", rows), "instruct"))
    assert len(found.train) + len(found.heldout) == 20 and found.heldout
    assert {row.input for row in [*found.train, *found.heldout]} == {"", "this"}
    rows[5]["output"] = ""
    with pytest.raises(InputError, match=r"data\.output: line 6: 'output' is empty"):
        instructions(config(write_rows(tmp_path / "d.jsonl", rows), "instruct"))
