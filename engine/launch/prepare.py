"""Everything that can be known to be wrong with a run before an engine is started for it.

Names are made exact on the way (`tiny` becomes `tiny@1`, a corpus its `name/hash`), so that a run means the same
tomorrow; a base that is not frozen yet is frozen, and that is said aloud. No torch is loaded here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from engine import figures
from engine.config.resolve import check_branch
from engine.config.schema import (
    BranchConfig,
    CorpusConfig,
    EvaluateConfig,
    ImportConfig,
    PretrainConfig,
    RunConfig,
    SuiteConfig,
    TrainConfig,
)
from engine.config.split import check_split
from engine.corpus.manifest import find_corpus
from engine.corpus.reading.hub import check_dataset
from engine.errors import InputError
from engine.freeze.freeze import freeze
from engine.freeze.refs import ModelRef, find_model
from engine.freeze.source import check_source
from engine.launch import memory, resources
from engine.launch.estimate import plan_of, priced
from engine.launch.rehearse import recall
from engine.launch.task_data import check_branch_data, check_suite
from engine.paths import Workspace, safe_name


@dataclass(frozen=True)
class Prepared:
    config: RunConfig
    """With exact references."""
    parents: tuple[str, ...]
    """`corpus:name/hash`, `model:tiny@1`, `run:<id>`."""
    said: tuple[str, ...] = ()


def prepare(workspace: Workspace, config: RunConfig, where: object = None, *, force: bool = False) -> Prepared:
    """Check and resolve. Raises `InputError` naming the file and key of the first thing that is wrong.

    `force`: a run that seems not to fit the memory is let through.
    """
    for check in _checks(workspace, config, where, force=force):
        check()
    match config:
        case PretrainConfig():
            ref = find_corpus(workspace, config.corpus, where=where, key="corpus").ref
            train, said = _settled(workspace, config)
            return Prepared(replace(config, corpus=ref, train=train), (f"corpus:{ref}",), said)
        case BranchConfig():
            return _branch(workspace, config, where)
        case EvaluateConfig():
            return _evaluate(workspace, config, where)
        case CorpusConfig():
            return _corpus(workspace, config, where)
    return Prepared(config, ())


def problems(workspace: Workspace, config: RunConfig) -> list[InputError]:
    """All that is wrong, in the order of the configuration's keys, and nothing done about it."""
    found: list[InputError] = []
    for check in _checks(workspace, config, None):
        try:
            check()
        except InputError as error:
            found.append(error)
    return found


Check = Callable[[], object]


def _checks(workspace: Workspace, config: RunConfig, where: object, *, force: bool = False) -> list[Check]:
    """Checks without side effects, each raising `InputError` or returning."""
    match config:
        case CorpusConfig():
            return _corpus_checks(workspace, config, where)
        case PretrainConfig():
            there: list[Check] = [
                lambda: find_corpus(workspace, config.corpus, where=where, key="corpus"),
                lambda: _devices(config.train, where),
            ]
            return there if force else [*there, lambda: _fits(workspace, config, where)]
        case BranchConfig():
            checks = [*_branch_checks(workspace, config, where), lambda: _devices(config.train, where)]
            return checks if force else [*checks, lambda: _fits(workspace, config, where)]
        case EvaluateConfig():
            return _evaluate_checks(workspace, config, where)
        case ImportConfig():
            return [lambda: safe_name(config.name, where=where), lambda: check_source(config.source, where=where)]


def _devices(train: TrainConfig, where: object) -> None:
    """Raises unless the batch divides evenly, and there are GPUs enough. A CPU can have any number of processes."""
    check_split(train, where=where)
    there = len(resources.slots())
    if train.devices > there and memory.on_gpu(train.device):
        problem = f"{train.devices} are more than the {there} GPUs here"
        _refuse(problem, where, "train.devices", 'lower it, or try it on the CPU with train.device = "cpu"')


def _fits(workspace: Workspace, config: PretrainConfig | BranchConfig, where: object) -> None:
    """Raises unless the device has memory enough. What keeps a run from being planned is told by its own check."""
    try:
        planned, known = plan_of(workspace, config), recall(workspace, config)
    except InputError:
        return
    room = memory.room(config.train)
    if known is None or known.peak_bytes > room:
        train = memory.settle(planned, config.train, room)
        memory.check(planned.at_once(train.rows), train.share, room, where=where)


def _settled(workspace: Workspace, config: PretrainConfig | BranchConfig) -> tuple[Any, tuple[str, ...]]:
    """`train` with a price and its micro-batch a number, and what is said about that."""
    train = priced(workspace, config.train)
    if train.micro_batch != "auto":
        return train, ()
    planned, room = plan_of(workspace, config), memory.room(train)
    train = memory.settle(planned, train, room)
    needs = figures.size(planned.at_once(train.rows).peak_bytes)
    return train, (f"micro-batch: {train.rows} sequences, for ~{needs} of {figures.size(room)}",)


def _corpus_checks(workspace: Workspace, config: CorpusConfig, where: object) -> list[Check]:
    checks: list[Check] = [lambda: safe_name(config.name, where=where)]
    if not config.sources:
        checks.append(lambda: _refuse("there are none", where, "sources", "add a [[sources]] table"))
    for number, source in enumerate(config.sources):
        if source.type == "files":
            checks.append(_glob_check(source.path, where, f"sources[{number}].path"))
        elif source.type == "hub":
            key = f"sources[{number}].dataset"
            checks.append(partial(check_dataset, source.dataset, where=where, key=key))
    checks.append(lambda: _rules(config, where))
    checks.append(lambda: _tokenizer(config, where))
    if config.language.keep:
        checks.append(lambda: _language(config, where))
    words, ranks = config.toxicity.words, config.tokenizer.file
    if words not in ("", "built-in"):
        checks.append(lambda: _file(words, where, "toxicity.words"))
    if config.toxicity.model:
        checks.append(lambda: _judge(workspace, config, where))
    if ranks:
        checks.append(lambda: _file(ranks, where, "tokenizer.file"))
    return checks


def _tokenizer(config: CorpusConfig, where: object) -> None:
    from engine.corpus.vocabulary import check_keys

    check_keys(config.tokenizer, where)


def _language(config: CorpusConfig, where: object) -> None:
    from engine.corpus.measure.language import identity

    identity(config.language.identifier, where=where)


def _judge(workspace: Workspace, config: CorpusConfig, where: object) -> ModelRef | None:
    """The classifier that judges documents; None where it is not one of Graftline's."""
    from engine.corpus.scores import check_label

    named = config.toxicity.model
    if ":" in named:
        return None
    model = find_model(workspace, named, where=where, key="toxicity.model")
    if not model.frozen:
        fix = f"freeze it: graftline freeze {named}"
        raise InputError(f"{named} is not frozen", where=where, key="toxicity.model", fix=fix)
    check_label(model.card(), config.toxicity.label, model.id, where=where)
    return model


def _corpus(workspace: Workspace, config: CorpusConfig, where: object) -> Prepared:
    model = _judge(workspace, config, where) if config.toxicity.model else None
    if model is None:
        return Prepared(config, ())
    toxicity = replace(config.toxicity, model=model.id)
    return Prepared(replace(config, toxicity=toxicity), (f"model:{model.id}",))


def _rules(config: CorpusConfig, where: object) -> None:
    from engine.corpus.rules.chosen import chosen_rules

    chosen_rules(config, where=where)


def _branch_checks(workspace: Workspace, config: BranchConfig, where: object) -> list[Check]:
    checks: list[Check] = [
        lambda: _base(workspace, config, where),
        lambda: check_branch(config, where=where),
    ]
    if config.data.train and config.method == "continued":
        checks.append(_glob_check(config.data.train, where, "data.train"))
    elif config.data.train:
        checks.append(lambda: _file(config.data.train, where, "data.train"))
    if config.data.heldout:
        checks.append(lambda: _file(config.data.heldout, where, "data.heldout"))
    if config.data.corpus:
        checks.append(lambda: find_corpus(workspace, config.data.corpus, where=where, key="data.corpus"))
    if all(Path(path).is_file() for path in (config.data.train, config.data.heldout) if path):
        checks.append(lambda: check_branch_data(config, where=where))
    return checks


def _evaluate_checks(workspace: Workspace, config: EvaluateConfig, where: object) -> list[Check]:
    checks: list[Check] = []
    if not config.models:
        checks.append(lambda: _refuse("there are none", where, "models", "name a model"))
    if not config.suites:
        checks.append(lambda: _refuse("there are none", where, "suites", "name a suite"))
    for model in config.models:
        checks.append(lambda model=model: find_model(workspace, model, where=where, key="models"))  # type: ignore[misc]
    for suite in config.suites:
        checks.append(lambda suite=suite: _suite(workspace, suite, where))  # type: ignore[misc]
        if not Path(suite.data).is_absolute() or Path(suite.data).is_file():
            checks.append(lambda suite=suite: check_suite(suite, _known(workspace, config.models)))  # type: ignore[misc]
    return checks


def _known(workspace: Workspace, refs: tuple[str, ...]) -> list[ModelRef]:
    """The models that there are; the others have their own line."""
    found = []
    for ref in refs:
        with suppress(InputError):
            found.append(find_model(workspace, ref))
    return found


def _base(workspace: Workspace, config: BranchConfig, where: object) -> ModelRef:
    if not config.base:
        _refuse("is missing", where, "base", "name a frozen model, such as tiny@1, or a run")
    return find_model(workspace, config.base, where=where, key="base")


def _suite(workspace: Workspace, suite: SuiteConfig, where: object) -> str:
    """The suite's data: a file, or for language-model suites a corpus's exact name."""
    if suite.task == "language-model" and not Path(suite.data).is_absolute():
        return find_corpus(workspace, suite.data, where=where, key=f"suites.{suite.name}.data").ref
    _file(suite.data, where, f"suites.{suite.name}.data")
    return suite.data


def _file(path: str, where: object, key: str) -> None:
    """Raises unless `path` is a file that we may read."""
    try:
        with Path(path).open("rb"):
            return
    except FileNotFoundError:
        _refuse(f"no such file: {path}", where, key, "check the path")
    except IsADirectoryError:
        _refuse(f"{path} is a folder", where, key, "name a file in it")
    except PermissionError:
        _refuse(f"{path} may not be read", where, key, "check who owns it")


def _glob_check(path: str, where: object, key: str) -> Check:
    def check() -> None:
        if not path:
            _refuse("is missing", where, key, "name a file, a folder or a glob")
        if any(mark in path for mark in "*?["):
            anchor = Path(path).anchor or "."
            if next(Path(anchor).glob(str(Path(path).relative_to(anchor))), None) is None:
                _refuse(f"no file fits {path}", where, key, "check the pattern")
        elif not Path(path).exists():
            _refuse(f"no such file or folder: {path}", where, key, "check the path")

    return check


def _refuse(problem: str, where: object, key: str, fix: str) -> Any:
    raise InputError(problem, where=where, key=key, fix=fix)


# --- making references exact ----------------------------------------------------------------------


def _branch(workspace: Workspace, config: BranchConfig, where: object) -> Prepared:
    base, said = _frozen(workspace, _base(workspace, config, where))
    parents = [f"model:{base}"]
    data = config.data
    if data.corpus:
        ref = find_corpus(workspace, data.corpus, where=where, key="data.corpus").ref
        data = replace(data, corpus=ref)
        parents.append(f"corpus:{ref}")
    config = replace(config, base=base, data=data)
    train, chosen = _settled(workspace, config)
    return Prepared(replace(config, train=train), tuple(parents), (*said, *chosen))


def _frozen(workspace: Workspace, base: ModelRef) -> tuple[str, tuple[str, ...]]:
    """The base's frozen id; one that is not frozen is frozen now, under its run's name."""
    if base.frozen:
        return base.id, ()
    run = workspace.run(str(base.run_id))
    name = "-".join(run.id.split("-")[3:-1])  # the run's name as it stands in its id
    made = freeze(workspace, f"{run.id}@{base.step}", name, now=time.time())
    frozen = f"{made.name}@{made.version}"
    return frozen, (f"{run.id} at step {base.step} was not frozen: froze it as {frozen}",)


def _evaluate(workspace: Workspace, config: EvaluateConfig, where: object) -> Prepared:
    models, parents = [], []
    for asked in config.models:
        model = find_model(workspace, asked, where=where, key="models")
        models.append(model.id if model.frozen else f"{model.run_id}@{model.step}")
        parents.append(f"model:{model.id}" if model.frozen else f"run:{model.run_id}")
    suites = tuple(replace(suite, data=_suite(workspace, suite, where)) for suite in config.suites)
    corpora = [f"corpus:{s.data}" for s in suites if not Path(s.data).is_absolute()]
    unique = tuple(dict.fromkeys([*parents, *corpora]))
    return Prepared(replace(config, models=tuple(models), suites=suites), unique)
