"""What a filled-in form means: the same configuration as its TOML, and problems under the keys of their fields."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.config.describe import keys
from engine.config.load import KINDS, convert, load, read_toml
from engine.config.schema import BranchConfig, CorpusConfig, EvaluateConfig, PretrainConfig, SourceConfig
from engine.errors import InputError
from engine.paths import Workspace
from tui.form_fields import KINDS_HERE, all_fields, default_name, fields
from tui.launch_form import build, filled, placed
from tui.widgets.form import complete_path

SUITE = 'kind = "suite"\nname = "areas"\ntask = "classification"\ndata = "test.jsonl"\n'


def typed(kind: str, base: str = "", **changes: str) -> dict[str, str]:
    """A form's values as it opens, with some changed (`data_train` is `data.train`)."""
    keys = {one.key.replace(".", "_"): one.key for one in all_fields(kind)}
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
    draft = build(kind, typed(kind, "tiny@1", **changes), workspace)
    assert draft.problems == {} and draft.config is not None
    assert convert(tomllib.loads(draft.toml), KINDS[kind], where="toml", folder=Path.cwd()) == draft.config


def test_a_branch_is_what_was_filled_in(workspace: Workspace) -> None:
    values = typed("branch", "tiny@1", data_train="/a.jsonl", data_label="area", what="head", train_lr="1e-3")
    draft = build("branch", values, workspace)
    config = draft.config
    assert isinstance(config, BranchConfig)
    assert (config.base, config.name, config.data.train, config.data.label) == (
        "tiny@1", "tiny-classify", "/a.jsonl", "area",
    )  # fmt: skip
    assert (config.what, config.train.lr, config.train.optimizer, config.scratch) == ("head", 1e-3, "adamw", False)
    assert draft.command == "graftline branch tiny-classify.toml"


def test_keys_of_another_method_are_left_out(workspace: Workspace) -> None:
    values = typed("branch", "tiny@1", method="continued", data_label="area", data_corpus="docs")
    config = build("branch", values, workspace).config
    assert isinstance(config, BranchConfig) and config.data.label == "label" and config.data.corpus == "docs"


def test_sizes_blocks_and_numbers_of_a_base(workspace: Workspace) -> None:
    values = typed("pretrain", "docs/abc", model="medium", train_steps="10_000", train_batch="1,024")
    config = build("pretrain", values, workspace).config
    assert isinstance(config, PretrainConfig)
    assert (config.name, config.model.layers, config.model.width, config.train.steps, config.train.batch) == (
        "docs-base", 8, 512, 10_000, 1024,
    )  # fmt: skip


def test_an_evaluation_reads_suites_by_name_and_by_file(workspace: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(SUITE.replace("areas", "other"))
    values = typed("evaluate", "tiny@1", models="tiny@1, areas", suites=f"areas, {other}")
    draft = build("evaluate", values, workspace)
    assert isinstance(draft.config, EvaluateConfig) and draft.config.models == ("tiny@1", "areas")
    assert [suite.name for suite in draft.config.suites] == ["areas", "other"]
    assert draft.command == f"graftline evaluate tiny@1 areas --suite areas --suite {other}"


def test_a_corpus_of_files_is_named_after_them(workspace: Workspace) -> None:
    values = typed("corpus", sources_type="files", sources_path="/data/my notes.txt")
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
    draft = build(kind, typed(kind, "tiny@1", **changes), workspace)
    assert draft.config is None and list(draft.problems) == [key] and words in draft.problems[key]


def test_problems_of_the_workspace_find_their_fields_and_the_rest_is_told_with_its_key() -> None:
    values = typed("branch", "nope@1", data_train="/a")
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
    assert list(placed([InputError("x", key="suites.areas.data")], "evaluate", typed("evaluate"))) == ["suites"]


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
def test_every_key_of_the_schema_is_a_field_and_every_field_a_key(kind: str) -> None:
    here = [one.key for one in all_fields(kind)]
    assert len(here) == len(set(here))
    assert set(here) - {"model"} == set(keys(KINDS[kind]))


@pytest.mark.parametrize("path", sorted(Path("configs").glob("*/*.toml")), ids=str)
def test_every_shipped_file_can_be_read_into_the_form_and_means_the_same(path: Path, workspace: Workspace) -> None:
    kind = read_toml(path).get("kind", path.parent.name)
    if kind not in ("corpus", "pretrain", "branch"):
        pytest.skip("evaluations are commands, suites are files of their own")
    config = load(path, KINDS[kind])
    assert isinstance(config, CorpusConfig | PretrainConfig | BranchConfig)
    draft = build(kind, filled(config), workspace)
    assert draft.problems == {} and draft.config == config


def test_a_field_of_the_many_is_written_only_where_it_differs(workspace: Workspace) -> None:
    values = typed("pretrain", "docs/abc", train_warmup="20", train_beta2="0.99", model_tie_embeddings="no")
    draft = build("pretrain", values, workspace)
    assert "warmup" not in draft.toml and "beta2 = 0.99" in draft.toml and "tie_embeddings = false" in draft.toml
    own = build("pretrain", typed("pretrain", "docs/abc", model="own", model_layers="3", model_width="48"), workspace)
    assert isinstance(own.config, PretrainConfig) and (own.config.model.layers, own.config.model.width) == (3, 48)
    ignored = build("pretrain", typed("pretrain", "docs/abc", model="tiny", model_layers="3"), workspace)
    assert isinstance(ignored.config, PretrainConfig) and ignored.config.model.layers == 4


def test_lists_pairs_and_line_ends_are_typed_on_one_line(workspace: Workspace) -> None:
    values = typed("corpus", repair_boilerplate="none", sources_exclude="email, json")
    config = build("corpus", values, workspace).config
    assert isinstance(config, CorpusConfig) and config.repair.boilerplate == ()
    assert config.sources[0].exclude == ("email", "json")
    values = typed("branch", "tiny@1", method="instruct", data_train="/a.jsonl", template_without_input="Q\\nA")
    branch = build("branch", values, workspace).config
    assert isinstance(branch, BranchConfig) and branch.template.without_input == "Q\nA"


def test_a_table_of_rules_is_typed_on_one_line(workspace: Workspace) -> None:
    values = typed("corpus", clean_rules="words 50..1000, symbol_ratio ..0.1, stop_words off, chars=20")
    draft = build("corpus", values, workspace)
    assert isinstance(draft.config, CorpusConfig)
    assert draft.config.clean.rules == {
        "words": (50.0, 1000.0), "symbol_ratio": (float("-inf"), 0.1), "stop_words": False, "chars": 20.0,
    }  # fmt: skip
    assert filled(draft.config)["clean.rules"] == "words 50..1000, symbol_ratio ..0.1, stop_words off, chars 20"
    wrong = build("corpus", typed("corpus", clean_rules="words 9..5"), workspace)
    assert wrong.config is None and "before it begins at 9" in wrong.problems["clean.rules"]


def test_keys_of_another_source_or_vocabulary_are_left_out(workspace: Workspace) -> None:
    values = typed(
        "corpus", sources_type="hub", sources_dataset="a/b", sources_exclude="email", tokenizer_name="o200k_base"
    )
    draft = build("corpus", values, workspace)
    assert draft.problems == {} and "exclude" not in draft.toml and "o200k" not in draft.toml


def test_several_sources_are_fields_under_their_numbers(workspace: Workspace) -> None:
    sources = (
        SourceConfig(path="/a.jsonl", name="a", preset="web"),
        SourceConfig(type="hub", dataset="o/n", revision="v1", weight=0.5),
        SourceConfig(type="python-docs", exclude=("email",)),
    )
    config = CorpusConfig(name="mix", sources=sources)
    values = filled(config)
    assert values["sources.path"] == "/a.jsonl" and values["sources[1].weight"] == "0.5"
    draft = build("corpus", values, workspace)
    assert draft.problems == {} and draft.config == config
    nothing = build("corpus", values | {"sources[3].type": "files", "sources[3].path": ""}, workspace)
    assert nothing.config == config, "a further source that says nothing is none"
    other = build("corpus", values | {"sources[1].type": "files", "sources[1].path": "/b"}, workspace).config
    assert isinstance(other, CorpusConfig) and other.sources[1] == SourceConfig(path="/b", weight=0.5)
    wrong = build("corpus", values | {"sources[1].weight": "-1"}, workspace)
    assert list(wrong.problems) == ["sources[1].weight"]


def test_paths_are_completed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "areas.jsonl").write_text("")
    assert complete_path(f"{tmp_path}/d") == f"{tmp_path}/data/"
    assert complete_path(f"{tmp_path}/data/ar") == f"{tmp_path}/data/areas.jsonl"
    assert complete_path(f"{tmp_path}/none/x") is None and complete_path(f"{tmp_path}/data/x") is None
