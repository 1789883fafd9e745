"""What a filled-in form means: the same configuration as its TOML, and problems under the keys of their fields."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.config.load import KINDS, convert
from engine.config.schema import BranchConfig, CorpusConfig, EvaluateConfig, PretrainConfig
from engine.errors import InputError
from engine.paths import Workspace
from tui.launch_form import FIELDS, KINDS_HERE, build, default_name, fields, placed
from tui.widgets.form import complete_path

SUITE = 'kind = "suite"\nname = "areas"\ntask = "classification"\ndata = "test.jsonl"\n'


def filled(kind: str, base: str = "", **changes: str) -> dict[str, str]:
    """A form's values as it opens, with some changed (`data_train` is `data.train`)."""
    keys = {one.key.replace(".", "_"): one.key for one in FIELDS[kind]}
    return {one.key: one.value for one in fields(kind, base)} | {keys[name]: value for name, value in changes.items()}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "areas.toml").write_text(SUITE)
    return Workspace(tmp_path)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("branch", {"data_train": "/data/a.jsonl"}),
        ("branch", {"method": "instruct", "data_train": "/data/a.jsonl", "scratch": "yes"}),
        ("branch", {"method": "continued", "data_corpus": "docs"}),
        ("pretrain", {"model": "small", "model_block": "gpt2"}),
        ("corpus", {"sources_type": "files", "sources_path": "/data/*.txt"}),
        ("corpus", {}),
    ],
)
def test_the_toml_shown_is_the_configuration_launched(workspace: Workspace, kind: str, changes: dict[str, str]) -> None:
    draft = build(kind, filled(kind, "tiny@1", **changes), workspace)
    assert draft.problems == {} and draft.config is not None
    assert convert(tomllib.loads(draft.toml), KINDS[kind], where="toml", folder=Path.cwd()) == draft.config


def test_a_branch_is_what_was_filled_in(workspace: Workspace) -> None:
    values = filled("branch", "tiny@1", data_train="/a.jsonl", data_label="area", what="head", train_lr="1e-3")
    draft = build("branch", values, workspace)
    config = draft.config
    assert isinstance(config, BranchConfig)
    assert (config.base, config.name, config.data.train, config.data.label) == (
        "tiny@1", "tiny-classify", "/a.jsonl", "area",
    )  # fmt: skip
    assert (config.what, config.train.lr, config.train.optimizer, config.scratch) == ("head", 1e-3, "adamw", False)
    assert draft.command == "graftline branch tiny-classify.toml"


def test_keys_of_another_method_are_left_out(workspace: Workspace) -> None:
    values = filled("branch", "tiny@1", method="continued", data_train="/a.jsonl", data_corpus="docs")
    config = build("branch", values, workspace).config
    assert isinstance(config, BranchConfig) and config.data.train == "" and config.data.corpus == "docs"


def test_sizes_blocks_and_numbers_of_a_base(workspace: Workspace) -> None:
    values = filled("pretrain", "docs/abc", model="medium", train_steps="10_000", train_batch="1,024")
    config = build("pretrain", values, workspace).config
    assert isinstance(config, PretrainConfig)
    assert (config.name, config.model.layers, config.model.width, config.train.steps, config.train.batch) == (
        "docs-base", 8, 512, 10_000, 1024,
    )  # fmt: skip


def test_an_evaluation_reads_suites_by_name_and_by_file(workspace: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(SUITE.replace("areas", "other"))
    values = filled("evaluate", "tiny@1", models="tiny@1, areas", suites=f"areas, {other}")
    draft = build("evaluate", values, workspace)
    assert isinstance(draft.config, EvaluateConfig) and draft.config.models == ("tiny@1", "areas")
    assert [suite.name for suite in draft.config.suites] == ["areas", "other"]
    assert draft.command == f"graftline evaluate tiny@1 areas --suite areas --suite {other}"


def test_a_corpus_of_files_is_named_after_them(workspace: Workspace) -> None:
    values = filled("corpus", sources_type="files", sources_path="/data/my notes.txt")
    assert default_name("corpus", values) == "my-notes"
    config = build("corpus", values, workspace).config
    assert isinstance(config, CorpusConfig) and config.sources[0].path == "/data/my notes.txt"


@pytest.mark.parametrize(
    ("kind", "changes", "key", "words"),
    [
        ("branch", {"train_epochs": "3,5x"}, "train.epochs", "'3,5x' is not a number"),
        ("branch", {"train_batch": "1.5"}, "train.batch", "'1.5' is not a whole number"),
        ("branch", {"train_lr": "-1"}, "train.lr", "> 0"),
        ("branch", {"name": ""}, "name", "is missing"),
        ("pretrain", {"corpus": ""}, "corpus", "is missing"),
        ("corpus", {"heldout": "0.9"}, "heldout", "<= 0.5"),
        ("corpus", {"tokenizer_vocab_size": "5"}, "tokenizer.vocab_size", ">= 257"),
        ("evaluate", {"suites": "nope"}, "suites", "no suite 'nope' here (known: areas)"),
        ("evaluate", {"suites": "/nope.toml"}, "suites", "/nope.toml: no such file"),
    ],
)
def test_a_problem_stands_with_its_field(
    workspace: Workspace, kind: str, changes: dict[str, str], key: str, words: str
) -> None:
    draft = build(kind, filled(kind, "tiny@1", **changes), workspace)
    assert draft.config is None and list(draft.problems) == [key] and words in draft.problems[key]


def test_problems_of_the_workspace_find_their_fields_and_the_rest_is_told_with_its_key() -> None:
    values = filled("branch", "nope@1", data_train="/a")
    found = placed(
        [
            InputError("no such model", key="base", fix="see graftline runs"),
            InputError("second", key="base"),
            InputError("no such file: /a", key="data.train"),
            InputError("odd", key="data.heldout"),
        ],
        "branch",
        values,
    )
    assert found == {
        "base": "no such model (see graftline runs)", "data.train": "no such file: /a", "": "data.heldout: odd",
    }  # fmt: skip


def test_a_problem_inside_a_suite_stands_with_the_suites() -> None:
    assert list(placed([InputError("x", key="suites.areas.data")], "evaluate", {})) == ["suites"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"base": "tiny@3", "method": "classify"}, "tiny-classify"),
        ({"base": "20261123-142301-branch-areas-head-m2x7", "method": "instruct"}, "areas-head-instruct"),
        ({"base": "", "method": "continued", "scratch": "yes"}, "base-continued-scratch"),
    ],
)
def test_names_say_what_grows_from_what(values: dict[str, str], name: str) -> None:
    assert default_name("branch", values) == name


@pytest.mark.parametrize("kind", KINDS_HERE)
def test_every_field_is_a_key_of_its_stage(kind: str) -> None:
    """A form that asks for a key which the configuration does not have would never launch anything."""
    for one in FIELDS[kind]:
        at: object = KINDS[kind]
        for part in one.key.split("."):
            assert part in getattr(at, "__struct_fields__", (part,)), one.key
            annotation = getattr(at, "__annotations__", {}).get(part, "")
            at = getattr(__import__("engine.config.schema", fromlist=["x"]), str(annotation).split(" ")[0], None)


def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "areas.jsonl").write_text("")
    assert complete_path(f"{tmp_path}/d") == f"{tmp_path}/data/"
    assert complete_path(f"{tmp_path}/data/ar") == f"{tmp_path}/data/areas.jsonl"
    assert complete_path(f"{tmp_path}/none/x") is None and complete_path(f"{tmp_path}/data/x") is None
