"""The launch form without the screen: what the filled-in form means.

values (text by key)  ->  build()   ->  Draft: the configuration, its TOML, its command, and what does not read
a configuration       ->  filled()  ->  values

Field keys are configuration keys, so a problem with a key finds its field by itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from engine.config.asked import as_asked_here
from engine.config.bounds import parse_rules
from engine.config.describe import keys, written
from engine.config.load import KINDS, convert, load
from engine.config.schema import PretrainConfig, RunConfig, SuiteConfig
from engine.config.sweep import Axes, expand, tag
from engine.errors import InputError
from engine.paths import Workspace, slug
from tui.form_fields import OWN, SIZES, Field, Values
from tui.form_sources import fields_of, gathered, numbered


@dataclass(frozen=True)
class Draft:
    """What the form says now."""

    config: RunConfig | None
    toml: str
    command: str
    problems: dict[str, str] = field(default_factory=dict)
    """By field key; what belongs to no field is under the empty key."""
    sweep: tuple[RunConfig, ...] = ()
    """Where a field holds several values: all the runs that come of it. `config` is then the first values'."""

    @property
    def tag(self) -> str:
        """What the runs of a sweep have in common."""
        return tag(self.config) if self.config is not None else ""


def build(kind: str, values: Values, workspace: Workspace) -> Draft:
    """The form as a configuration. Problems are those that the text alone shows; `gateway.check` finds the rest."""
    raw, axes, problems = _taken(kind, values)
    _complete(kind, raw)
    config: RunConfig | None = None
    sweep: list[RunConfig] = []
    if not problems:
        try:
            expanded = _with_suites(raw, workspace) if kind == "evaluate" else raw
            found = convert(expanded, KINDS[kind], where=None, folder=Path.cwd())
            assert isinstance(found, RunConfig)
            found = as_asked_here(found)
            config, sweep = found, expand(found, axes) if axes else []
        except InputError as error:
            config, problems = None, placed([error], kind, values)
    return Draft(config, _toml(raw), command(kind, raw, axes), problems, tuple(sweep))


def _taken(kind: str, values: Values) -> tuple[dict[str, Any], dict[str, list[Any]], dict[str, str]]:
    """The tables that the form says; keys with several values, with all of them; and what does not read."""
    raw: dict[str, Any] = {"kind": kind}
    axes: dict[str, list[Any]] = {}
    problems: dict[str, str] = {}
    for one in fields_of(kind, values):
        text = values.get(one.key, "")
        text = text if _SPACES_COUNT & {one.key, one.key.rpartition(".")[2]} else text.strip()
        if not text or not one.shown(values) or (one.more and text == one.default):
            continue
        try:
            found = [_read(one, piece) for piece in pieces(one, text)]
        except ValueError:
            problems[one.key] = f"{text!r} is not {_WANTED[one.shape]}"
            continue
        except InputError as error:
            problems[one.key] = str(error)
            continue
        _put(raw, one.key, found[0])
        if len(found) > 1:
            axes[one.key] = found
    return raw, axes, problems


def pieces(one: Field, text: str) -> list[str]:
    """The values that a field holds: several, with bars between them, where its key can be swept."""
    return [piece.strip() for piece in text.split("|")] if one.swept else [text]


_SPACES_COUNT = {"template.with_input", "template.without_input", "separator"}
"""Keys, or their last words."""
_WANTED = {"whole": "a whole number", "number": "a number", "numbers": "numbers with commas between them",
           "amount": "a whole number or auto"}  # fmt: skip


def placed(errors: list[InputError], kind: str, values: Values) -> dict[str, str]:
    """Problems by the field they belong to, the first of each; under the empty key what no field here is about."""
    here = [one.key for one in fields_of(kind, values) if one.key in values and one.shown(values)]
    found: dict[str, str] = {}
    for error in errors:
        key = (error.key or "").replace("sources[0]", "sources")
        near = next((k for k in here if k == key), None) or next((k for k in here if key.startswith(f"{k}.")), "")
        text = f"{error.problem} ({error.fix})" if error.fix else error.problem
        found.setdefault(near, text if near else f"{key}: {text}" if key else text)
    return found


def command(kind: str, raw: Mapping[str, Any], axes: Axes) -> str:
    """What to type for the same: the TOML shown, saved under the run's name, or for evaluate the words alone."""
    if kind == "evaluate":
        suites = [part for suite in raw.get("suites", ()) for part in ("--suite", suite)]
        return shlex.join(["graftline", "evaluate", *raw.get("models", ()), *suites])
    if kind == "import":
        context = ("--context", str(raw["context"])) if raw.get("context") else ()
        source, name = raw.get("source", "SOURCE"), raw.get("name", "NAME")
        return shlex.join(["graftline", "import", source, "--as", name, *context])
    file = f"{slug(str(raw.get('name', kind)))}.toml"
    sweeps = [part for key, found in axes.items() for part in ("--sweep", f"{key}={','.join(map(_typed, found))}")]
    return shlex.join(["graftline", *(["corpus", "build"] if kind == "corpus" else [kind]), file, *sweeps])


def _typed(value: Any) -> str:
    """A value as the command line takes it."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _read(one: Field, text: str) -> Any:
    """A field's text as the value that it means. Raises `ValueError`, and for rules `InputError`."""
    match one.shape:
        case "switch":
            return text == "yes"
        case "amount" if text == "auto":
            return text
        case "whole" | "amount":
            return int(text.replace(",", "").replace("_", ""))
        case "number":
            return float(text)
        case "numbers":
            return [float(part) for part in text.split(",")]
        case "rules":
            return parse_rules(text)
        case "list" if text == "none":
            return []
        case "list":
            return [part.strip() for part in text.split(",") if part.strip()]
    return text.replace("\\n", "\n")


def _put(raw: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key. `model` is a size's name."""
    if key == "model":
        raw.setdefault("model", {}).update(SIZES.get(value, {}))
        return
    *parents, last = key.split(".")
    for part in parents:
        raw = raw.setdefault(part, {})
    raw[last] = value


def filled(config: RunConfig) -> dict[str, str]:
    """A configuration as the values of a form. Raises `InputError` for what one form cannot hold."""
    flat = _flat(msgspec.to_builtins(config), "", keys(type(config)))
    values = {key: written(value) for key, value in flat if key != "kind"}
    if isinstance(config, PretrainConfig):
        shapes = {name: all(getattr(config.model, k) == v for k, v in size.items()) for name, size in SIZES.items()}
        values["model"] = next((name for name, same in shapes.items() if same), OWN)
    return values


def _flat(raw: Mapping[str, Any], prefix: str, known: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Known keys, dotted, with their values; of a list of tables, those of all, by their number."""
    for key, value in raw.items():
        name = f"{prefix}{key}"
        tables = value if isinstance(value, list | tuple) and all(isinstance(item, dict) for item in value) else ()
        if len(tables) > 1 and name != "sources":
            raise InputError(f"a form holds one, and there are {len(tables)}", key=key, fix="launch the file itself")
        if tables:
            for number, table in enumerate(tables):
                yield from _flat(table, f"{numbered(name, number)}.", known)
        elif isinstance(value, dict) and name not in known:
            yield from _flat(value, f"{name}.", known)
        else:
            yield name, value


def _complete(kind: str, raw: dict[str, Any]) -> None:
    """The tables that a stage needs even when the form fills nothing into them."""
    if kind == "branch":
        raw.setdefault("data", {})
        if not raw.get("scratch"):
            raw.pop("scratch", None)
    if kind == "corpus":
        gathered(raw)


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
