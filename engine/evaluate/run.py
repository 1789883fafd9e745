"""The evaluate stage: every model on every suite, each item's prediction kept.

config.toml -> suites (read and checked) x models (verified) -> predictions/<suite>-<model>.jsonl + an Evaluated event

Whatever can be wrong (a head that does not fit, a label that a model lacks, a changed byte in a frozen file) is known
before the first item is asked. Stopped and resumed, what is already scored is not asked again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import torch

from engine.config.schema import EvaluateConfig
from engine.corpus.suite import Suite, check_fit, load_suite, shown
from engine.corpus.tokenizer import Tokenizer
from engine.evaluate import instruction, language_model
from engine.evaluate.ask import Asker, StopAsked
from engine.evaluate.known import look_for_items
from engine.freeze.refs import ModelRef, find_model
from engine.freeze.verify import checked
from engine.journal.events import Evaluated, Prediction, Score
from engine.journal.reader import read
from engine.model.devices import choose
from engine.model.flops import trained_flops_per_token
from engine.model.weights import load_model
from engine.paths import slug, write_atomic
from engine.scores import classification
from engine.stage import Outcome, StageContext


def run(context: StageContext, config: EvaluateConfig) -> Outcome:
    """Score all pairs. Raises `InputError` for what the user gave, before anything is asked."""
    where = context.folder.config
    models = [checked(find_model(context.workspace, ref, where=where, key="models")) for ref in config.models]
    suites = [load_suite(context.workspace, suite) for suite in config.suites]
    for model in models:
        for suite in suites:
            check_fit(suite, model.card(), model.id)
    device = choose(config.device, config.precision, where=where, key="device")
    context.say(device.words)
    look_for_items(context, [model.id for model in models], suites)
    began, tokens, flops, stopped = time.monotonic(), 0, 0.0, False
    for model in models:
        left = [suite for suite in suites if not _is_done(context, model, suite)]
        if not left:
            continue
        loaded = load_model(model.folder, device.torch_device).eval().requires_grad_(False)
        asker = Asker(context, loaded, Tokenizer.load(model.tokenizer), device, config.batch)
        try:
            for suite in left:
                _evaluate(asker, model, suite, config.seed)
        except StopAsked:
            stopped = True
        tokens += asker.tokens
        flops += asker.tokens * trained_flops_per_token(loaded)  # nothing learns, so this is the forward pass alone
        if stopped:
            break
    return Outcome(stopped, time.monotonic() - began, tokens, flops)


def _is_done(context: StageContext, model: ModelRef, suite: Suite) -> bool:
    """Whether an earlier attempt of this run has scored the pair."""
    events = (record.event for record in read(context.folder.journal, limit=-1).records)
    return any(
        isinstance(event, Evaluated)
        and (event.model, event.step, event.suite) == (model.id, _step(model), suite.name)
        and event.suite_sha256 == suite.sha256
        for event in events
    )


def _step(model: ModelRef) -> int | None:
    """A frozen model's id says it all; a run's needs its step."""
    return None if model.frozen else model.step


def _evaluate(asker: Asker, model: ModelRef, suite: Suite, seed: int) -> None:
    """Ask one model one suite, and record it: predictions first, then the event that points at them."""
    context, began = asker.context, time.monotonic()
    asker.phase = f"{model.id} on {suite.name}"
    confusion: classification.Confusion = {}
    with torch.no_grad(), asker.device.autocast():
        match suite.config.task:
            case "classification":
                outputs = asker.classes(suite)
                targets = [item.target for item in suite.items]
                scores = classification.scores(targets, outputs, seed)
                confusion = classification.confusion(targets, outputs)
                predictions = _labelled(suite, outputs)
            case "instruction":
                outputs, ended = asker.answers(suite)
                scores = instruction.scores(suite.config.rule, suite.items, outputs, ended, seed)
                predictions = _answered(suite, outputs)
            case "language-model":
                bits = language_model.document_bits(asker, suite)
                predictions = _compressed(suite, bits)
                scores = language_model.scores(bits, [p.weight for p in predictions], seed)
    path = _predictions_path(context, suite, model)
    write_atomic(path, b"".join(msgspec.json.encode(prediction) + b"\n" for prediction in predictions))
    context.record(
        Evaluated(
            model=model.id,
            step=_step(model),
            suite=suite.name,
            suite_sha256=suite.sha256,
            task=suite.config.task,
            scores=scores,
            confusion=confusion,
            predictions=str(path.relative_to(context.folder.path)),
            seconds=time.monotonic() - began,
        ),
        sync=True,
    )
    context.say(f"{asker.phase}: {', '.join(_words(score) for score in scores[:3])}")


def _predictions_path(context: StageContext, suite: Suite, model: ModelRef) -> Path:
    """A readable name that no other pair of this run has."""
    step = "" if model.frozen else f"-{model.step}"
    digest = f"{suite.sha256[:8]}"
    return context.folder.predictions / f"{slug(suite.name)}-{digest}-{slug(model.id, 64)}{step}.jsonl"


def _words(score: Score) -> str:
    around = f" [{score.low:.3f}, {score.high:.3f}]" if score.low is not None and score.high is not None else ""
    return f"{score.metric} {score.value:.3f}{around}"


def _labelled(suite: Suite, outputs: Iterable[str]) -> list[Prediction]:
    return [
        Prediction(
            example_id=item.id,
            input=item.prompt,
            target=item.target,
            output=output,
            correct=output == item.target,
            score=float(output == item.target),
        )
        for item, output in zip(suite.items, outputs)
    ]


def _answered(suite: Suite, outputs: Iterable[str]) -> list[Prediction]:
    return [
        Prediction(
            example_id=item.id,
            input=item.prompt,
            target=item.target,
            output=output,
            correct=instruction.exact_match(output, item.target),
            score=instruction.token_f1(output, item.target),
        )
        for item, output in zip(suite.items, outputs)
    ]


def _compressed(suite: Suite, bits: Iterable[float]) -> list[Prediction]:
    return [
        Prediction(
            example_id=document.id,
            input=shown(document),
            target="",
            output="",
            correct=None,
            score=value,
            weight=float(len(document.text.encode())),
        )
        for document, value in zip(suite.documents, bits)
    ]
