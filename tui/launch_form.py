"""The launch form without the screen: which fields a stage has, and what the filled-in form means.

Field keys are configuration keys (`data.train`, `train.lr`), so a problem with a key finds its field by itself.
values (text by key)  ->  build()  ->  Draft: the configuration, its TOML, its command, and what does not read
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from engine.config.load import KINDS, convert, load
from engine.config.schema import RunConfig, SuiteConfig
from engine.errors import InputError
from engine.paths import Workspace, is_run_id, slug

Values = Mapping[str, str]
KINDS_HERE = ("corpus", "pretrain", "branch", "evaluate")


@dataclass(frozen=True)
class Field:
    """One line of the form."""

    key: str
    label: str
    value: str = ""
    options: tuple[str, ...] = ()
    """A choice of these; empty: text."""
    hint: str = ""
    type: type[Any] = str
    suggest: str = ""
    """What completes it: `models`, `corpora`, `suites`, `path`."""
    shown: Callable[[Values], bool] = lambda values: True


@dataclass(frozen=True)
class Draft:
    """What the form says now."""

    config: RunConfig | None
    toml: str
    command: str
    problems: dict[str, str] = field(default_factory=dict)
    """By field key; what belongs to no field is under the empty key."""


def _method(*names: str) -> Callable[[Values], bool]:
    return lambda values: values.get("method") in names


SIZES = {
    "tiny": {"layers": 4, "width": 128, "heads": 4, "kv_heads": 2},
    "small": {"layers": 6, "width": 256, "heads": 8, "kv_heads": 4},
    "medium": {"layers": 8, "width": 512, "heads": 8, "kv_heads": 4},
    "large": {"layers": 12, "width": 768, "heads": 12, "kv_heads": 4},
}
"""About 0.8, 4, 23 and 78 million weights in the blocks (modern block, relu2)."""

_BRANCH = (
    Field("method", "method", "classify", ("classify", "instruct", "continued")),
    Field("base", "base", hint="a frozen model such as tiny@1, or a run", suggest="models"),
    Field("name", "name", hint="how the run is called"),
    Field("data.train", "data", hint=".jsonl .json .csv .tsv", suggest="path", shown=_method("classify", "instruct")),
    Field("data.corpus", "corpus", hint="a built corpus", suggest="corpora", shown=_method("continued")),
    Field("data.text", "text column", "text", shown=_method("classify")),
    Field("data.label", "label column", "label", shown=_method("classify")),
    Field("data.instruction", "question col.", "instruction", shown=_method("instruct")),
    Field("data.output", "answer column", "output", shown=_method("instruct")),
    Field("what", "what learns", "full", ("full", "last-block", "head")),
    Field("scratch", "from scratch", "no", ("no", "yes"), hint="yes: a control, from random weights", type=bool),
    Field("train.epochs", "epochs", "3", hint="passes over the data", type=float),
    Field("train.lr", "learning rate", "3e-4", hint="AdamW's peak", type=float),
    Field("train.batch", "batch", "16", hint="sequences per step", type=int),
)
_PRETRAIN = (
    Field("name", "name", hint="how the run is called"),
    Field("corpus", "corpus", hint="a built corpus", suggest="corpora"),
    Field("model", "size", "tiny", tuple(SIZES)),
    Field("model.block", "block", "modern", ("modern", "gpt2")),
    Field("model.context", "context", "128", hint="tokens", type=int),
    Field("train.optimizer", "optimizer", "muon", ("muon", "adamw")),
    Field("train.lr", "learning rate", "3e-3", hint="AdamW's peak", type=float),
    Field("train.batch", "batch", "16", hint="sequences per step", type=int),
    Field("train.steps", "step limit", "4000", hint="the plateau usually ends it sooner", type=int),
    Field("train.patience", "patience", "3", hint="looks without gain; 0: never flat", type=int),
)
_EVALUATE = (
    Field("models", "models", hint="frozen models or runs, separated by commas", suggest="models", type=list),
    Field("suites", "suites", hint="names, or .toml files, separated by commas", suggest="suites", type=list),
    Field("name", "name", "evaluate", hint="how the run is called"),
    Field("batch", "batch", "32", hint="items at a time", type=int),
)
_CORPUS = (
    Field("name", "name", hint="how the corpus is called"),
    Field("sources.type", "source", "python-docs", ("python-docs", "files")),
    Field(
        "sources.path", "path", hint="a file, a folder or a glob", suggest="path",
        shown=lambda values: values.get("sources.type") == "files",
    ),
    Field("tokenizer.vocab_size", "vocabulary", "4096", hint="tokens, learned from this text", type=int),
    Field("heldout", "held out", "0.05", hint="share of the documents", type=float),
)  # fmt: skip
FIELDS = {"branch": _BRANCH, "pretrain": _PRETRAIN, "evaluate": _EVALUATE, "corpus": _CORPUS}


def fields(kind: str, base: str = "", models: tuple[str, ...] = ()) -> list[Field]:
    """A stage's fields, filled in as far as can be known."""
    known = {
        "branch": {"base": base, "name": default_name("branch", {"base": base, "method": "classify"})},
        "pretrain": {"corpus": base, "name": default_name("pretrain", {"corpus": base})},
        "evaluate": {"models": ", ".join(models or ((base,) if base else ()))},
        "corpus": {"name": default_name("corpus", {"sources.type": "python-docs"})},
    }[kind]
    return [replace(one, value=known.get(one.key, one.value)) for one in FIELDS[kind]]


def default_name(kind: str, values: Values) -> str:
    """A name that says what the run is, until the user types one."""
    match kind:
        case "branch":
            base = values.get("base", "").partition("@")[0]
            root = slug("-".join(base.split("-")[3:-1]) if is_run_id(base) else base or "base")
            scratch = "-scratch" if values.get("scratch") == "yes" else ""
            return f"{root}-{values.get('method', 'classify')}{scratch}"
        case "pretrain":
            return f"{slug(values.get('corpus', '').partition('/')[0] or 'base')}-base"
        case "corpus":
            path = Path(values.get("sources.path", "")).stem
            return slug(path) if values.get("sources.type") == "files" and path else "python-docs"
    return kind


# --- what it means --------------------------------------------------------------------------------


def build(kind: str, values: Values, workspace: Workspace) -> Draft:
    """The form as a configuration. Problems are those that the text alone shows; `gateway.problems` finds the rest."""
    problems: dict[str, str] = {}
    raw: dict[str, Any] = {"kind": kind}
    for one in FIELDS[kind]:
        text = values.get(one.key, "").strip()
        if text and one.shown(values):
            try:
                _put(raw, one.key, _read(one, text))
            except ValueError:
                problems[one.key] = f"{text!r} is not a {'whole number' if one.type is int else 'number'}"
    _complete(kind, raw)
    shown = _toml(raw)
    config = None
    if not problems:
        try:
            expanded = _with_suites(raw, workspace) if kind == "evaluate" else raw
            config = convert(expanded, KINDS[kind], where=None, folder=Path.cwd())
        except InputError as error:
            problems |= placed([error], kind, values)
    assert config is None or isinstance(config, RunConfig)
    return Draft(config, shown, command(kind, raw), problems)


def placed(errors: list[InputError], kind: str, values: Values) -> dict[str, str]:
    """Problems by the field they belong to; the first of each field."""
    keys = [one.key for one in FIELDS[kind] if one.shown(values)]
    found: dict[str, str] = {}
    for error in errors:
        key = (error.key or "").replace("sources[0]", "sources")
        near = next((k for k in keys if k == key), None) or next((k for k in keys if key.startswith(f"{k}.")), "")
        text = f"{error.problem} ({error.fix})" if error.fix else error.problem
        found.setdefault(near, text if near else f"{key}: {text}" if key else text)
    return found


def command(kind: str, raw: Mapping[str, Any]) -> str:
    """What to type for the same: the TOML shown, saved under the run's name, or for evaluate the words alone."""
    if kind == "evaluate":
        suites = [part for suite in raw.get("suites", ()) for part in ("--suite", suite)]
        return shlex.join(["graftline", "evaluate", *raw.get("models", ()), *suites])
    file = f"{slug(str(raw.get('name', kind)))}.toml"
    return shlex.join(["graftline", *(["corpus", "build"] if kind == "corpus" else [kind]), file])


def _read(one: Field, text: str) -> Any:
    if one.type is bool:
        return text == "yes"
    if one.type is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return one.type(text.replace("_", "").replace(",", "")) if one.type in (int, float) else text


def _put(raw: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key. `model` is a size's name, `sources` a list of one table."""
    if key == "model":
        raw.setdefault("model", {}).update(SIZES[value])
        return
    *parents, last = key.split(".")
    for part in parents:
        raw = raw.setdefault(part, {})
    raw[last] = value


def _complete(kind: str, raw: dict[str, Any]) -> None:
    """The tables that a stage needs even when the form fills nothing into them."""
    if kind == "branch":
        raw.setdefault("data", {})
        if not raw.get("scratch"):
            raw.pop("scratch", None)
    if kind == "corpus" and "sources" in raw:
        raw["sources"] = [raw["sources"]]


def _with_suites(raw: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
    """The same with each suite's file read in its place."""
    return {**raw, "suites": [msgspec.to_builtins(_suite(ref, workspace)) for ref in raw.get("suites", ())]}


def _suite(ref: str, workspace: Workspace) -> SuiteConfig:
    path = Path(ref).expanduser()
    if path.suffix != ".toml":
        path = workspace.suites / f"{path.name}.toml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in workspace.suites.glob("*.toml")))
            fix = f"known: {known}" if known else "name a suite's .toml file"
            raise InputError(f"no suite {ref!r} here", key="suites", fix=fix)
    try:
        return load(path, SuiteConfig)
    except InputError as error:
        raise InputError(str(error), key="suites") from None


def _toml(raw: Mapping[str, Any]) -> str:
    tables = {key: value for key, value in raw.items() if isinstance(value, dict)}
    plain = {key: value for key, value in raw.items() if key not in tables}
    return tomli_w.dumps({**plain, **tables})
