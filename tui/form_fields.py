"""The fields of a stage's form: every key of its schema.

The few that matter most come first, with words and values of their own; then all others, by table, which keep their
defaults until one types something. A field's key is the configuration's (`data.train`, `train.lr`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from engine.config.describe import Key, keys
from engine.config.load import KINDS
from engine.paths import is_run_id, slug

Values = Mapping[str, str]
KINDS_HERE = ("corpus", "import", "pretrain", "branch", "evaluate")


_DECIDING = ("method", "model", "sources.type", "tokenizer.type")


@dataclass(frozen=True)
class Field:
    """One line of the form. What is not given here is the schema's."""

    key: str
    label: str
    value: str = ""
    options: tuple[str, ...] = ()
    """A choice of these; empty: text."""
    hint: str = ""
    shape: str = "text"
    suggest: str = ""
    """What completes it: `models`, `corpora`, `suites`, `path`."""
    shown: Callable[[Values], bool] = lambda values: True
    default: str = ""
    """What the schema takes when nothing is given."""
    more: bool = False
    """One of the many: written only where it differs from the default."""

    @property
    def swept(self) -> bool:
        """It may hold several values, with bars between them: a run for each. Not what decides on other fields."""
        return self.shape in ("whole", "amount", "number", "choice", "switch") and self.key not in _DECIDING

    @property
    def table(self) -> str:
        return self.key.rpartition(".")[0]


def _given(key: str, *options: str) -> Callable[[Values], bool]:
    return lambda values: values.get(key) in options


def _method(*names: str) -> Callable[[Values], bool]:
    return _given("method", *names)


def _source(*types: str) -> Callable[[Values], bool]:
    return _given("sources.type", *types)


SIZES = {
    "tiny": {"layers": 4, "width": 128, "heads": 4, "kv_heads": 2},
    "small": {"layers": 6, "width": 256, "heads": 8, "kv_heads": 4},
    "medium": {"layers": 8, "width": 512, "heads": 8, "kv_heads": 4},
    "large": {"layers": 12, "width": 768, "heads": 12, "kv_heads": 4},
}
"""About 0.8, 4, 23 and 78 million weights in the blocks (modern block, relu2)."""

OWN = "own"
"""A size of one's own: the keys of the model are then fields like all others."""

_FIRST: dict[str, tuple[Field, ...]] = {
    "branch": (
        Field("method", "method", "classify"),
        Field("base", "base", suggest="models"),
        Field("name", "name", hint="how the run is called"),
        Field("data.train", "data", hint=".jsonl .json .csv .tsv", suggest="path"),
        Field("data.corpus", "corpus", suggest="corpora", shown=_method("continued")),
        Field("data.text", "text column", "text", shown=_method("classify")),
        Field("data.label", "label column", "label", shown=_method("classify")),
        Field("data.instruction", "question col.", "instruction", shown=_method("instruct")),
        Field("data.output", "answer column", "output", shown=_method("instruct")),
        Field("what", "what learns", "full"),
        Field("scratch", "from scratch", "no"),
        Field("train.epochs", "epochs", "3", hint="passes over the data"),
        Field("train.lr", "learning rate", "3e-4"),
        Field("train.batch", "batch", "16"),
    ),
    "pretrain": (
        Field("name", "name", hint="how the run is called"),
        Field("corpus", "corpus", suggest="corpora"),
        Field("model", "size", "tiny", (*SIZES, OWN)),
        Field("model.block", "block", "modern"),
        Field("model.context", "context", "128"),
        Field("train.optimizer", "optimizer", "muon"),
        Field("train.lr", "learning rate", "3e-3"),
        Field("train.batch", "batch", "16"),
        Field("train.steps", "step limit", "4000", hint="the plateau usually ends it sooner"),
        Field("train.patience", "patience", "3", hint="looks without gain; 0: never flat"),
    ),
    "evaluate": (
        Field("models", "models", hint="frozen models or runs, separated by commas", suggest="models"),
        Field("suites", "suites", hint="names, or .toml files, separated by commas", suggest="suites"),
        Field("name", "name", "evaluate", hint="how the run is called"),
        Field("batch", "batch", "32", hint="items at a time"),
    ),
    "import": (
        Field("source", "source", hint="a folder in the Hugging Face layout, or a hub id ORG/NAME", suggest="path"),
        Field("name", "name", hint="how the base is called"),
        Field("context", "context", hint="tokens; empty: as long as it was made for"),
    ),
    "corpus": (
        Field("name", "name", hint="how the corpus is called"),
        Field("sources.type", "source", "python-docs"),
        Field("sources.dataset", "dataset", hint="ORG/NAME on the hub", shown=_source("hub")),
        Field("sources.path", "path", suggest="path", shown=_source("files", "hub")),
        Field("clean.preset", "rules", "general"),
        Field("clean.rules", "other bounds", hint="words 50..1000, symbol_words ..0.1, stop_words off"),
        Field("language.keep", "languages", hint="such as en, de; empty: all"),
        Field("dedup.near", "near duplicate", "0.8"),
        Field("contamination.suites", "test sets", suggest="suites", hint="suites that must not be learned by heart"),
        Field("privacy.scrub", "scrub"),
        Field("tokenizer.type", "tokenizer", "bpe"),
        Field("tokenizer.vocab_size", "vocabulary", "4096", shown=_given("tokenizer.type", "bpe")),
        Field("heldout", "held out", "0.05"),
    ),
}
"""What matters most, in the order in which one thinks of it."""


@lru_cache
def first_fields(kind: str) -> tuple[Field, ...]:
    """The fields that a form opens with."""
    known = keys(KINDS[kind])
    return tuple(_from_schema(one, known[one.key]) if one.key in known else one for one in _FIRST[kind])


@lru_cache
def more_fields(kind: str) -> tuple[Field, ...]:
    """All other keys of the stage, table by table, as the schema orders them."""
    first = {one.key for one in _FIRST[kind]}
    rest = [key for key in keys(KINDS[kind]).values() if key.name not in first]
    return tuple(sorted((_other(kind, key) for key in rest), key=lambda one: _TABLES.get(one.table.split(".")[0], 9)))


_TABLES = {"": 0, "data": 1, "sources": 1, "model": 2, "train": 3}
"""Tables in the order of the form; the others follow."""


def all_fields(kind: str) -> tuple[Field, ...]:
    return (*first_fields(kind), *more_fields(kind))


def _from_schema(one: Field, key: Key) -> Field:
    """What the schema knows where the field says nothing itself."""
    options = one.options or (key.options if key.shape == "choice" or key.shape == "switch" else ())
    return replace(one, options=options, hint=one.hint or _hint(key), shape=key.shape, default=key.shown)


def _hint(key: Key) -> str:
    """A key's words; of a list, what may stand in it."""
    return f"{key.doc} Of: {', '.join(key.options)}.".lstrip() if key.shape == "list" and key.options else key.doc


_SUGGEST = {
    "data.heldout": "path", "toxicity.words": "path", "tokenizer.file": "path",
    "toxicity.model": "models", "dedup.against": "corpora",
}  # fmt: skip


def _other(kind: str, key: Key) -> Field:
    label = key.name.rpartition(".")[2].replace("_", " ")
    suggest = _SUGGEST.get(key.name, "")
    value = key.shown if key.shape in ("choice", "switch") else ""
    one = Field(key.name, label, value, suggest=suggest, shown=_when(kind, key), more=True)
    return _from_schema(one, key)


_OF_SIZE = {f"model.{key}" for size in SIZES.values() for key in size}


def _when(kind: str, key: Key) -> Callable[[Values], bool]:
    """A key whose words begin with a choice's name is that choice's; those of a size belong to a size of one's own."""
    if kind == "pretrain" and key.name in _OF_SIZE:
        return lambda values: values.get("model") == OWN
    owner = key.doc.partition(":")[0].strip("`")
    match kind, key.table, owner:
        case "branch", _, "classify" | "instruct" | "continued":
            return _method(owner)
        case "corpus", "sources", "hub" | "python-docs":
            return _source(owner)
        case "corpus", "tokenizer", "bpe" | "tiktoken":
            return _given("tokenizer.type", owner)
        case "corpus", "toxicity", "model":
            return lambda values: bool(values.get("toxicity.model"))
    return lambda values: True


def fields(kind: str, base: str = "", models: tuple[str, ...] = ()) -> list[Field]:
    """The fields a form opens with, filled in as far as can be known."""
    known = {
        "branch": {"base": base, "name": default_name("branch", {"base": base, "method": "classify"})},
        "pretrain": {"corpus": base, "name": default_name("pretrain", {"corpus": base})},
        "evaluate": {"models": ", ".join(models or ((base,) if base else ()))},
        "import": {},
        "corpus": {"name": default_name("corpus", {"sources.type": "python-docs"})},
    }[kind]
    return [replace(one, value=known.get(one.key, one.value)) for one in first_fields(kind)]


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
        case "import":
            return slug(Path(values.get("source", "")).name or "imported")
        case "corpus":
            path = Path(values.get("sources.path", "")).stem
            return slug(path) if values.get("sources.type") == "files" and path else "python-docs"
    return kind
