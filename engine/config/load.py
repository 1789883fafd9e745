"""Strict TOML in and out. A mistake becomes one line: the file, the key, and what to write instead."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
import tomli_w
from msgspec.structs import replace

from engine.config import schema
from engine.errors import InputError

T = TypeVar("T", bound=msgspec.Struct)

KINDS: dict[str, type[msgspec.Struct]] = {
    "corpus": schema.CorpusConfig,
    "pretrain": schema.PretrainConfig,
    "branch": schema.BranchConfig,
    "evaluate": schema.EvaluateConfig,
    "import": schema.ImportConfig,
    "suite": schema.SuiteConfig,
}


def load(path: Path, kind: type[T], overrides: tuple[str, ...] = ()) -> T:
    """Read a configuration of one kind, with `key=value` overrides (dotted keys, TOML values) on top.

    Paths inside are made absolute. Raises `InputError` for anything that is not as `kind` says.
    """
    raw = read_toml(path)
    for item in overrides:
        override(raw, item)
    return convert(raw, kind, where=path, folder=path.absolute().parent)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain data, or an `InputError` that says why not."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", where=path, fix="check the path") from None
    except IsADirectoryError:
        raise InputError("this is a folder", where=path, fix="name a .toml file in it") from None
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=path, fix="save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not valid TOML: {error}", where=path, fix="mend that line") from None


def convert(raw: dict[str, Any], kind: type[T], *, where: object, folder: Path | None = None) -> T:
    """Plain data as a configuration struct. Relative paths are taken from `folder` when one is given."""
    wanted = kind.__struct_config__.tag
    raw = dict(raw)
    if wanted is not None:
        found = raw.setdefault("kind", wanted)
        if found != wanted:
            fix = f"this command takes a file with kind = {wanted!r}"
            raise InputError(f"is {found!r}, not {wanted!r}", where=where, key="kind", fix=fix)
    try:
        config = msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _explain(error, raw, kind, where) from None
    return _absolute(config, folder) if folder else config


def dump(config: msgspec.Struct) -> str:
    """A configuration as TOML that `load` reads back as an equal value."""
    return tomli_w.dumps(_without_none(msgspec.to_builtins(config)))


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value


def override(raw: dict[str, Any], item: str) -> None:
    """Apply one `--set a.b=value`. The value is TOML where it parses as TOML, else it is a string."""
    key, equals, text = item.partition("=")
    if not equals or not key.strip():
        raise InputError(f"{item!r} is not key=value", where="--set", fix="for example --set train.lr=1e-3")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = key.strip().split(".")
    target = raw
    for part in parents:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            raise InputError(f"{part!r} holds a value, not a table", where="--set", key=key, fix="see --help")
    target[last] = value


_PATH = re.compile(r" - at `\$?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`", re.DOTALL)


def _explain(error: msgspec.ValidationError, raw: Any, kind: type[msgspec.Struct], where: object) -> InputError:
    """Turn msgspec's message into the house's one line, with the nearest known key where one is unknown."""
    message = str(error)
    at = _PATH.search(message)
    path = at["path"].lstrip(".") if at else ""
    message = _PATH.sub("", message)
    if "[...]" in path:
        path = _entry(path.partition("[...]")[0], raw, kind)
    if unknown := _UNKNOWN.match(message):
        name = unknown["name"]
        known = _fields_at(kind, path)
        near = difflib.get_close_matches(name, known, n=1)
        fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return InputError("unknown key", where=where, key=_join(path, name), fix=fix)
    if missing := _MISSING.match(message):
        return InputError("is missing", where=where, key=_join(path, missing["name"]), fix="add it")
    choices = _choices_at(kind, path) if message.startswith("Invalid enum value") else ()
    fix = f"one of: {', '.join(map(str, choices))}" if choices else "give it such a value"
    return InputError(message[:1].lower() + message[1:], where=where, key=path or None, fix=fix)


def _entry(path: str, raw: Any, kind: type[msgspec.Struct]) -> str:
    """A table at a dotted path, and the first of its entries that is refused: msgspec names the table alone."""
    annotation: Any = kind
    for part in path.split("."):
        fields = {field.name: field.type for field in msgspec.structs.fields(_struct_inside(annotation))}
        annotation, raw = fields[part], raw[part]
    table = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    for name, value in raw.items():
        try:
            msgspec.convert(value, get_args(table)[1])
        except msgspec.ValidationError:
            return _join(path, name)
    return path


def _choices_at(kind: type[msgspec.Struct], path: str) -> tuple[object, ...]:
    """The values that the key at a dotted path may have, where they are a list."""
    *parents, name = re.sub(r"\[.*?\]", "", path).split(".")
    current: Any = kind
    for part in parents:
        current = _struct_inside({f.name: f.type for f in msgspec.structs.fields(current)}.get(part))
        if current is None:
            return ()
    return _literals(next((f.type for f in msgspec.structs.fields(current) if f.name == name), None))


def _literals(annotation: Any) -> tuple[object, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for one in get_args(annotation) if (found := _literals(one))), ())


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _fields_at(kind: type[msgspec.Struct], path: str) -> list[str]:
    """The keys that a struct knows at a dotted path such as `sources[0]`."""
    current: Any = kind
    for part in [p for p in re.sub(r"\[.*?\]", "", path).split(".") if p]:
        info = {f.name: f.type for f in msgspec.structs.fields(current)}
        current = _struct_inside(info.get(part))
        if current is None:
            return []
    return [f.name for f in msgspec.structs.fields(current)]


def _struct_inside(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _struct_inside(argument)) is not None:
            return found
    return None


def _absolute(config: Any, folder: Path) -> Any:
    """The same configuration with its file paths made absolute."""

    def full(path: str) -> str:
        return str((folder / Path(path).expanduser()).absolute()) if path else ""

    match config:
        case schema.CorpusConfig():
            words, given = config.toxicity.words, config.contamination
            return replace(
                config,
                # the path of a source on the hub is a glob inside its dataset
                sources=tuple(s if s.type == "hub" else replace(s, path=full(s.path)) for s in config.sources),
                toxicity=config.toxicity if words == "built-in" else replace(config.toxicity, words=full(words)),
                contamination=replace(given, suites=tuple(map(full, given.suites))),
                tokenizer=replace(config.tokenizer, file=full(config.tokenizer.file)),
            )
        case schema.BranchConfig(data=data):
            data = replace(data, train=full(data.train), heldout=full(data.heldout))
            return replace(config, data=data)
        case schema.SuiteConfig():
            # A language-model suite may name a built corpus instead of a file.
            is_file = config.task != "language-model" or Path(config.data).suffix or (folder / config.data).exists()
            return replace(config, data=full(config.data)) if is_file else config
        case schema.EvaluateConfig():
            suites = tuple(_absolute(suite, folder) for suite in config.suites)
            return replace(config, suites=suites)
    return config
