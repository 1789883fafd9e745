"""The pretrain stage through the engine's own door."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch

from engine.config.load import load
from engine.config.schema import ModelCard, ModelConfig, PretrainConfig, TrainConfig
from engine.config.size import plan
from engine.corpus.tokenizer import Tokenizer
from engine.dialogue import Ended, Loaded, Piece, Refused, Request, Said, Sampling
from engine.journal.events import Failed, Finished, Planned
from engine.journal.events import Said as SaidEvent
from engine.model.devices import choose
from engine.model.say import Speaker
from engine.model.transformer import GraftModel, build, parameters
from engine.model.weights import load_model
from engine.paths import Workspace
from tests.support.tiny_run import engine, events, make_corpus, make_run, series


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    made = Workspace(tmp_path)
    make_corpus(made)
    return made


def run(folder) -> tuple[int, str]:
    process = engine(folder)
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_a_base_from_a_corpus(workspace):
    folder = make_run(workspace, TrainConfig(steps=60, batch=8, lr=1e-2, eval_every=20, device="cpu"))
    code, said = run(folder)
    assert code == 0, said
    ended = events(folder)[-1]
    assert isinstance(ended, Finished) and ended.step == 60 and ended.tokens == 60 * 8 * 16 and ended.flops > 0
    assert "device: CPU" in said and "plan: " in said and "corpus: orchard/0123456789ab" in said
    planned = next(e for e in events(folder) if isinstance(e, Planned))
    assert planned.steps == 60 and planned.tokens_per_step == 128
    heldout = dict(series(folder, "heldout_loss"))
    assert heldout[60] < heldout[20] < 5.7
    tokenizer = Tokenizer.load(folder.tokenizer)
    model = load_model(folder.checkpoints / "best")
    assert model.card.model.vocab_size == tokenizer.n_vocab and model.card.head == "lm"

    request = Request(
        folder=str(folder.checkpoints / "best"), tokenizer=str(folder.tokenizer), prompts=("the graft",),
        sampling=Sampling(max_tokens=10, device="cpu", seed=4),
    )  # fmt: skip
    other = msgspec.structs.replace(request, sampling=Sampling(max_tokens=10, device="cpu", seed=5))
    text = spoken(request)
    assert text == spoken(request) != spoken(other)
    code, said, error = say(msgspec.json.encode(request) + b"\n" + msgspec.json.encode(other))
    assert (code, error) == (0, "")
    assert isinstance(said[0], Loaded) and said[0].device == "cpu"
    first = next(n for n, one in enumerate(said) if isinstance(one, Ended))
    assert pieces(said[:first]) == text and pieces(said[first:]) == spoken(other), "one process, two questions"
    ended = said[-1]
    assert isinstance(ended, Ended) and 1 <= ended.tokens <= 10


def spoken(request: Request) -> str:
    return pieces(list(Speaker().answer(request)))


def pieces(said) -> str:
    return "".join(one.text for one in said if isinstance(one, Piece))


def say(requests: bytes) -> tuple[int, list, str]:
    command = [sys.executable, "-m", "engine.model.say"]
    done = subprocess.run(command, input=requests, capture_output=True)
    return (
        done.returncode,
        [msgspec.json.decode(line, type=Said) for line in done.stdout.splitlines()],
        (done.stderr.decode()),
    )


def test_say_refuses_in_one_line_and_goes_on(tmp_path):
    request = Request(folder=str(tmp_path), tokenizer="", prompts=("x",))
    code, said, error = say(b"{}\n" + msgspec.json.encode(request))
    assert (code, error) == (2, "") and [type(one) for one in said] == [Refused, Refused]
    assert "not a request" in said[0].message and "config.json: no such file" in said[1].message
    assert "\n" not in said[1].message and said[1].code == 2


@pytest.mark.parametrize(
    ("train", "model", "problem"),
    [
        (TrainConfig(), None, "train.steps: how long?"),
        (TrainConfig(steps=1, batch=6, micro_batch=4), None, "train.batch: 6 is no multiple of micro_batch 4"),
        (TrainConfig(steps=1, device="gpu"), None, "train.device: 'gpu' is no device"),
        (TrainConfig(steps=1), ModelConfig(vocab_size=99), "model.vocab_size: 99 is less than the 300 tokens"),
        (TrainConfig(steps=1), ModelConfig(width=30, heads=4), "model.heads: 4 heads do not divide a width of 30"),
    ],
)
def test_wrong_input_is_one_line_with_its_key(workspace, train, model, problem):
    folder = make_run(workspace, train, model)
    code, said = run(folder)
    assert code == 2 and "Traceback" not in said
    failed = events(folder)[-1]
    assert isinstance(failed, Failed) and failed.user_error and problem in failed.error
    assert str(folder.config) in failed.error and folder.steps() == []


def test_an_unknown_corpus_is_named_with_its_key(workspace):
    folder = make_run(workspace, TrainConfig(steps=1))
    folder.config.write_text(folder.config.read_text().replace('"orchard"', '"orchid"'))
    code, said = run(folder)
    assert code == 2 and "corpus: no corpus 'orchid'" in said and "did you mean 'orchard'?" in said


def test_the_plan_counts_what_is_built():
    for shape in (ModelConfig(vocab_size=500), ModelConfig(vocab_size=500, mlp="swiglu", kv_heads=2)):
        planned = plan(shape, TrainConfig(), steps=100, train_tokens=102_400)
        assert planned.parameters == pytest.approx(parameters(build(ModelCard(model=shape))), rel=0.01)
        assert planned.tokens == 100 * 16 * 256 and planned.epochs == 4.0
        assert any("parameters" in line for line in planned.lines())


def test_gpt2_small_is_the_published_size():
    config = load(Path(__file__).parents[2] / "configs/pretrain/gpt2-small.toml", PretrainConfig)
    shape = msgspec.structs.replace(config.model, vocab_size=50257)
    with torch.device("meta"):
        model = GraftModel(ModelCard(model=shape))
    assert parameters(model) == 124_439_808  # the published checkpoint's


def test_words_of_the_plan_reach_the_journal(workspace):
    folder = make_run(workspace, TrainConfig(steps=2, batch=2))
    assert run(folder)[0] == 0
    said = [e.text for e in events(folder) if isinstance(e, SaidEvent)]
    assert [line.split(":")[0] for line in said] == ["device", "corpus", "plan", "memory"]


def test_what_auto_was_stays_so_when_a_run_goes_on(workspace):
    """Another measurement on another day must not change the arithmetic in the middle of a run."""
    other = "fp32" if choose("cpu").precision == "bf16" else "bf16"
    folder = make_run(workspace, TrainConfig(steps=2, batch=2, device="cpu", precision=other))
    assert run(folder)[0] == 0
    auto = folder.config.read_text().replace(f'precision = "{other}"', 'precision = "auto"')
    folder.config.write_text(auto.replace("\nsteps = 2\n", "\nsteps = 3\n"))
    code, said = run(folder)
    assert code == 0 and events(folder)[-1].step == 3, said
    assert f", {other}" in said.split("device: ")[-1].splitlines()[0]
