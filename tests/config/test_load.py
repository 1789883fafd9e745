"""A mistake in a configuration is one line that names the file, the key and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.fingerprint import fingerprint
from engine.config.load import dump, load
from engine.config.schema import BranchConfig, CorpusConfig, DataConfig, PretrainConfig
from engine.errors import InputError

GOOD = 'kind = "pretrain"\nname = "tiny"\ncorpus = "docs"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + "[train]\nlearning_rate = 1\n", "train.learning_rate: unknown key"),
        (GOOD + "[train]\nwarmupp = 1\n", "did you mean 'warmup'?"),
        (GOOD + '[train]\nlr = "fast"\n', "train.lr: expected `float`, got `str`"),
        (GOOD + "[train]\nbatch = 0\n", "train.batch: "),
        (GOOD + '[model]\nblock = "mamba"\n', "model.block: "),
        ('kind = "pretrain"\nname = "tiny"\n', "corpus: is missing"),
        ('kind = "branch"\n', "kind: is 'branch', not 'pretrain'"),
        (GOOD + "x = [1,\n", "not valid TOML"),
    ],
)
def test_a_mistake_is_one_line_with_file_key_and_fix(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(path, PretrainConfig)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert says in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "none.toml", PretrainConfig)


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(InputError, match="not UTF-8 at byte 8"):
        load(path, PretrainConfig)


def test_overrides_go_over_the_file_and_unparsable_values_are_text(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    config = load(path, PretrainConfig, ("train.lr=1e-2", "name=a [b]name[/b]", "model.layers=7"))
    assert (config.train.lr, config.name, config.model.layers) == (0.01, "a [b]name[/b]", 7)


@pytest.mark.parametrize("override", ["train.lr", "=3", "name.x=3"])
def test_an_override_that_cannot_be_is_refused(tmp_path: Path, override: str) -> None:
    with pytest.raises(InputError, match="--set"):
        load(written(tmp_path, GOOD), PretrainConfig, (override,))


def test_relative_paths_are_taken_from_the_files_folder(tmp_path: Path) -> None:
    path = written(tmp_path, 'kind = "corpus"\nname = "c"\n[[sources]]\npath = "texts/*.md"\n')
    assert load(path, CorpusConfig).sources[0].path == str(tmp_path / "texts/*.md")


def test_a_configuration_survives_a_round_trip_with_its_fingerprint(tmp_path: Path) -> None:
    config = BranchConfig(
        name='quotes " and \x1b[31m and \\ and ]', method="classify", base="tiny@1", data=DataConfig(train="/a/b.tsv")
    )
    again = load(written(tmp_path, dump(config)), BranchConfig)
    assert again == config
    assert fingerprint(again) == fingerprint(config)


def test_a_fingerprint_tells_two_seeds_apart() -> None:
    one = PretrainConfig(name="a", corpus="c", seed=1)
    assert fingerprint(one) != fingerprint(PretrainConfig(name="a", corpus="c", seed=2))


def test_a_branch_keeps_its_own_defaults_where_its_train_table_is_silent(tmp_path: Path) -> None:
    path = written(tmp_path, 'kind = "branch"\nname = "b"\nmethod = "classify"\n[data]\n[train]\nlr = 1e-4\n')
    train = load(path, BranchConfig).train
    assert (train.lr, train.optimizer, train.patience, train.epochs) == (1e-4, "adamw", 0, 3.0)
