"""Branching for real: each method from one frozen base, and what the run leaves behind."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from msgspec.structs import replace

from engine.branch.continued import encode_documents
from engine.config.schema import DataConfig, TemplateConfig
from engine.corpus.manifest import find_corpus
from engine.corpus.texts import texts
from engine.corpus.tokenizer import Tokenizer
from engine.errors import FrozenError, InputError
from engine.freeze.freeze import freeze
from engine.freeze.refs import find_model
from engine.journal.events import Metrics, Said, VariantMade
from engine.launch.job import create
from engine.model.weights import load_model
from engine.paths import RunFolder, Workspace
from tests.support.stages import branch, branch_config, build_corpus, events, go_on, sentences, write_rows


@pytest.fixture
def areas(tmp_path: Path) -> DataConfig:
    return DataConfig(train=str(write_rows(tmp_path / "areas.jsonl", sentences(80, 2))))


@pytest.fixture
def questions(tmp_path: Path) -> DataConfig:
    rows = [{"instruction": f"Say {n}.", "input": "loud" * (n % 2), "output": f"{n}!"} for n in range(40)]
    return DataConfig(train=str(write_rows(tmp_path / "questions.jsonl", rows)))


def said(run: RunFolder) -> str:
    return "\n".join(event.text for event in events(run, Said))


def heldout(run: RunFolder, name: str = "heldout_loss") -> list[Any]:
    return [e.values[name] for e in events(run, Metrics) if name in e.values]


def weights(workspace: Workspace, ref: str) -> dict[str, torch.Tensor]:
    return dict(load_model(find_model(workspace, ref).folder).state_dict())


def test_classify_learns_what_the_words_tell(workspace: Workspace, areas: DataConfig) -> None:
    run = branch(workspace, branch_config("areas", "classify", areas, train_steps=60, train_lr=1e-2))
    assert heldout(run, "accuracy")[-1] == 1.0 and heldout(run)[-1] < 0.1 < heldout(run)[0]
    (made,) = events(run, VariantMade)
    ref = find_model(workspace, run.id)
    assert (made.method, made.parent, made.scratch, made.step) == ("classify", "tiny@1", False, ref.step)
    assert made.sha256 == hashlib.sha256((ref.folder / "model.safetensors").read_bytes()).hexdigest()
    card = ref.card()
    assert (card.head, card.classes, card.template) == ("classify", ("animal", "fruit"), None)
    base = find_model(workspace, "tiny@1")
    assert card.model == base.card().model
    assert {p.name: p.read_bytes() for p in run.tokenizer.iterdir()} == {
        p.name: p.read_bytes() for p in base.tokenizer.iterdir()
    }


def test_what_is_inherited_is_said(workspace: Workspace, areas: DataConfig) -> None:
    text = said(branch(workspace, branch_config("areas", "classify", areas)))
    for part in ("tokenizer: 3", "context: 32 tokens, from tiny@1", "1 layers, width 16", "weights: from tiny@1",
                 "device: CPU", "classes: 2 (animal, fruit)"):  # fmt: skip
        assert part in text
    text = said(branch(workspace, branch_config("control", "classify", areas, scratch=True)))
    assert "weights: random" in text


@pytest.mark.parametrize(
    ("what", "learned"),
    [
        ("head", {"classify_head"}),
        ("last-block", {"classify_head", "trunk.blocks.0", "trunk.norm"}),
        ("full", {"classify_head", "trunk.blocks.0", "trunk.norm", "trunk.embed"}),
    ],
)
def test_only_the_chosen_weights_learn(workspace: Workspace, areas: DataConfig, what: Any, learned: set[str]) -> None:
    config = branch_config("areas", "classify", areas, what=what, train_warmup=0)
    before = weights(workspace, "tiny@1")
    after = weights(workspace, branch(workspace, config).id)
    changed = {n for n, value in after.items() if n not in before or not torch.equal(value, before[n])}
    assert {part for part in learned if any(n.startswith(part) for n in changed)} == learned
    assert all(any(n.startswith(part) for part in learned) for n in changed)


def test_a_scratch_control_takes_shape_but_no_weights(workspace: Workspace, areas: DataConfig) -> None:
    slow = {"train_lr": 1e-12, "train_steps": 1}
    grown = branch(workspace, branch_config("grown", "classify", areas, **slow))
    control = branch(workspace, branch_config("control", "classify", areas, scratch=True, **slow))
    base = weights(workspace, "tiny@1")["trunk.embed.weight"]
    torch.testing.assert_close(weights(workspace, grown.id)["trunk.embed.weight"], base)
    assert not torch.allclose(weights(workspace, control.id)["trunk.embed.weight"], base)
    assert events(control, VariantMade)[0].scratch and events(control, VariantMade)[0].parent == "tiny@1"


def test_instruct_keeps_its_template_and_learns(workspace: Workspace, questions: DataConfig) -> None:
    template = TemplateConfig(with_input="{instruction}({input})=", without_input="{instruction}=")
    config = branch_config("helper", "instruct", questions, template=template, train_steps=40, train_lr=1e-2)
    run = branch(workspace, config)
    assert heldout(run)[-1] < heldout(run)[0]
    card = find_model(workspace, run.id).card()
    assert (card.head, card.template) == ("lm", template)


def test_what_does_not_fit_is_cut_and_counted_aloud(workspace: Workspace, tmp_path: Path) -> None:
    rows = [{"instruction": f"Say it {n}. " * 30, "output": f"no {n}"} for n in range(10)]
    data = DataConfig(train=str(write_rows(tmp_path / "q.jsonl", rows)), heldout_fraction=0.3)
    assert "examples are longer than 32 tokens" in said(branch(workspace, branch_config("h", "instruct", data)))
    texts = [{"text": f"word {n} " * 40, "label": "ab"[n % 2]} for n in range(20)]
    data = DataConfig(train=str(write_rows(tmp_path / "t.jsonl", texts)))
    assert "training texts are longer than 32 tokens" in said(branch(workspace, branch_config("c", "classify", data)))


def test_continued_on_files_gains_on_their_text(workspace: Workspace, tmp_path: Path) -> None:
    rows = [{"text": f"Zebra crossing {n % 7} zzz qqq zebra crossing."} for n in range(60)]
    data = DataConfig(train=str(write_rows(tmp_path / "zebra.jsonl", rows)))
    run = branch(workspace, branch_config("zebra", "continued", data, train_steps=40, train_lr=1e-2))
    bits = heldout(run, "heldout_bits_per_byte")
    assert bits[-1] < bits[0]
    assert find_model(workspace, run.id).card() == find_model(workspace, "tiny@1").card()


def test_continued_on_a_corpus_with_another_tokenizer(workspace: Workspace, tmp_path: Path) -> None:
    ref = build_corpus(workspace, tmp_path, "domain", vocab=300, seed=9)
    run = branch(workspace, branch_config("domain", "continued", DataConfig(corpus=ref)))
    assert "has another tokenizer" in said(run) and events(run, VariantMade)[0].method == "continued"
    corpus, base = find_corpus(workspace, ref), Tokenizer.load(find_model(workspace, "tiny@1").tokenizer)
    tokens, size = encode_documents(base, texts(corpus, "heldout"))
    assert size == corpus.manifest.heldout_bytes
    ends = [at for at, token in enumerate(tokens) if token == base.end_of_text]
    assert len(ends) == corpus.manifest.heldout_documents and ends[-1] == len(tokens) - 1
    original = corpus.tokenizer().decode(corpus.tokens("heldout"))
    assert base.decode(tokens.tolist()) == original
    assert f"{len(tokens):,} held-out tokens" in said(run)


def test_continued_on_a_corpus_of_the_same_tokenizer_reads_it_as_it_is(workspace: Workspace) -> None:
    run = branch(workspace, branch_config("more", "continued", DataConfig(corpus="text")))
    manifest = find_corpus(workspace, "text").manifest
    assert "another tokenizer" not in said(run)
    assert f"{manifest.train_tokens:,} training and {manifest.heldout_tokens:,} held-out tokens" in said(run)


def test_a_variant_can_be_frozen_and_branched_from(workspace: Workspace, areas: DataConfig) -> None:
    run = branch(workspace, branch_config("more", "continued", DataConfig(corpus="text")))
    made = freeze(workspace, run.id, "more", now=0.0)
    assert (made.id, made.kind, made.parent, made.method) == ("more@1", "variant", "tiny@1", "continued")
    second = branch(workspace, replace(branch_config("areas", "classify", areas), base="more@1"))
    assert events(second, VariantMade)[0].parent == "more@1"


def test_a_classifier_gives_its_trunk_to_another_classifier(workspace: Workspace, tmp_path: Path) -> None:
    """Three classes from two: the head is new, the trunk is the parent's."""
    rows = [{"text": f"number {n}", "label": "abc"[n % 3]} for n in range(30)]
    three = DataConfig(train=str(write_rows(tmp_path / "three.jsonl", rows)))
    two = DataConfig(train=str(write_rows(tmp_path / "two.jsonl", sentences(40, 4))))
    freeze(workspace, branch(workspace, branch_config("two", "classify", two)).id, "two", now=0.0)
    config = replace(branch_config("three", "classify", three, what="head"), base="two@1")
    second = branch(workspace, config)
    assert find_model(workspace, second.id).card().classes == ("a", "b", "c")
    one, other = weights(workspace, "two@1"), weights(workspace, second.id)
    assert all(torch.equal(value, other[name]) for name, value in one.items() if name.startswith("trunk."))


def test_stopped_and_resumed_is_the_same_as_never_stopped(workspace: Workspace, areas: DataConfig) -> None:
    whole = branch_config("whole", "classify", areas, train_steps=6, train_checkpoint_every=3)
    straight = branch(workspace, whole)
    halves = branch(workspace, branch_config("halves", "classify", areas, train_steps=6, train_checkpoint_every=3))
    # What a kill after step 3 leaves: no later checkpoint, and links that point where they can.
    shutil.rmtree(halves.checkpoint(6))
    for name in ("best", "last"):
        (halves.checkpoints / name).unlink()
        (halves.checkpoints / name).symlink_to(halves.checkpoint(3).name)
    go_on(halves, workspace, whole)
    assert heldout(halves)[-1] == heldout(straight)[-1]
    one, other = (load_model(run.checkpoint(6)).state_dict() for run in (straight, halves))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_asked_to_stop_makes_no_variant_yet(workspace: Workspace, areas: DataConfig) -> None:
    config = branch_config("areas", "classify", areas)
    run = create(workspace, config, parents=("model:tiny@1",))
    assert go_on(run, workspace, config, stop=True).stopped and not events(run, VariantMade)
    assert not go_on(run, workspace, config).stopped and len(events(run, VariantMade)) == 1


def test_a_changed_base_is_refused_by_name(workspace: Workspace, areas: DataConfig) -> None:
    path = workspace.bases / "tiny@1" / "model.safetensors"
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(FrozenError, match=r"tiny@1/model\.safetensors: changed"):
        branch(workspace, branch_config("areas", "classify", areas))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"base": "tinny@1"}, r"config\.toml: base: no model 'tinny@1' here \(did you mean 'tiny@1'\?\)"),
        ({"classes": ("animal", "stone")}, r"config\.toml: classes: no row of .* has the label 'stone'"),
        ({"data": DataConfig(train="/none/x.jsonl")}, r"/none/x\.jsonl: data\.train: no such file"),
        ({"method": "continued", "data": DataConfig(corpus="nope")}, r"config\.toml: data\.corpus: no corpus 'nope'"),
        ({"what": "head", "scratch": True}, r"what: a scratch control trains everything"),
    ],
)
def test_bad_input_is_refused_before_the_first_step(
    workspace: Workspace, areas: DataConfig, changes: dict[str, Any], problem: str
) -> None:
    config = branch_config("areas", "classify", areas)
    with pytest.raises(InputError, match=problem):
        branch(workspace, replace(config, **changes))
    run = workspace.runs()[-1]
    assert not run.checkpoints.exists() and not run.tokenizer.exists()


def test_labels_and_texts_with_control_codes_change_nothing(workspace: Workspace, tmp_path: Path) -> None:
    labels = ["\x1b[31m[/nope]", 'a/../b "quoted"', "<|endoftext|>"]
    rows = [{"text": f"\x00 {label} \u202e number {n}", "label": label} for n in range(20) for label in labels]
    data = DataConfig(train=str(write_rows(tmp_path / "odd.jsonl", rows)))
    run = branch(workspace, branch_config("odd", "classify", data))
    assert find_model(workspace, run.id).card().classes == tuple(sorted(labels))
