"""The schema as data: every key of a stage, with its type, default and the words that document it.

    schema.PretrainConfig  ->  Key("train.lr", number, "0.003", "AdamW's peak learning rate."), ...

Forms are made from this, so that a key which the schema gains is one that a form shows. The words are the strings
below each field in the schema's source, which Python itself does not keep: they are read from there once.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import NODEFAULT
from msgspec import inspect as types

from engine.config.bounds import written_rules

Shape = Literal["text", "whole", "number", "switch", "choice", "list", "numbers", "amount", "rules"]


@dataclass(frozen=True)
class Key:
    """One key of a configuration."""

    name: str
    """Dotted, as `--set` takes it: `train.lr`. Of a list of tables, the first's: `sources.path`."""
    shape: Shape
    default: Any
    """What it is when its table is there and it is not; None: it must be given."""
    doc: str = ""
    options: tuple[str, ...] = ()
    """choice: what it may be. list: what may stand in it, where that is fixed."""

    @property
    def table(self) -> str:
        """The table that it stands in; empty: the file itself."""
        return self.name.rpartition(".")[0]

    @property
    def shown(self) -> str:
        """The default as one types it."""
        return written(self.default)


def written(value: Any) -> str:
    """A value as a form's text: lists with commas, line ends as `\\n`, yes and no, rules with their bounds."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case dict():
            return written_rules(value)
        case list() | tuple():
            return ", ".join(written(item) for item in value)
        case float():
            return f"{value:g}"
    return str(value).replace("\n", "\\n")


@lru_cache
def keys(kind: type[msgspec.Struct]) -> dict[str, Key]:
    """Every key of a stage by its dotted name, in the schema's order. Suites, which are files, are one key."""
    return {key.name: key for key in _inside(kind, "")}


@lru_cache
def tables(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What each table of a stage is about, by its dotted name: its first words in the schema."""
    return dict(_tables(kind, ""))


def _tables(kind: type[msgspec.Struct], prefix: str) -> Iterator[tuple[str, str]]:
    info = types.type_info(kind)
    assert isinstance(info, types.StructType)
    for field in info.fields:
        if (table := _table(field.type)) is not None and field.name != "suites":
            yield f"{prefix}{field.name}", inspect.cleandoc(table.__doc__ or "").partition("\n")[0]
            yield from _tables(table, f"{prefix}{field.name}.")


def _inside(kind: type[msgspec.Struct], prefix: str) -> Iterator[Key]:
    words, hints = docs(kind), get_type_hints(kind)
    info = types.type_info(kind)
    assert isinstance(info, types.StructType)
    for field in info.fields:
        name = f"{prefix}{field.name}"
        table = _table(field.type)
        if table is not None and field.name != "suites":
            yield from _inside(table, f"{name}.")
        else:
            shape, options = _shape(field.type)
            declared = tuple(_literals(hints[field.name])) if shape in ("choice", "list") else options
            yield Key(name, shape, _default(field), words.get(field.name, ""), declared)


def _literals(annotation: Any) -> Iterator[str]:
    """The values that a type lists, in the order of the source."""
    for one in get_args(annotation):
        if isinstance(one, str):
            yield one
        else:
            yield from _literals(one)


def _default(field: types.Field) -> Any:
    if field.default is not NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not NODEFAULT else None


def _table(kind: types.Type) -> type[msgspec.Struct] | None:
    """The struct that a field holds, or a list of which it holds."""
    if isinstance(kind, types.VarTupleType):
        kind = kind.item_type
    if isinstance(kind, types.StructType):
        cls: type[msgspec.Struct] = kind.cls
        return cls
    if isinstance(kind, types.UnionType):
        return next((found for item in kind.types if (found := _table(item)) is not None), None)
    return None


def _shape(kind: types.Type) -> tuple[Shape, tuple[str, ...]]:
    match kind:
        case types.LiteralType():
            return "choice", ()  # in the order of the source, which the caller knows
        case types.BoolType():
            return "switch", ("no", "yes")
        case types.IntType():
            return "whole", ()
        case types.FloatType():
            return "number", ()
        case types.TupleType():
            return "numbers", ()
        case types.VarTupleType():
            return "list", ()
        case types.DictType():
            return "rules", ()
        case types.UnionType(types=inside) if all(isinstance(one, types.LiteralType) for one in inside):
            return "choice", ()
        case types.UnionType(types=(types.IntType(), types.LiteralType(values=("auto",)))):
            return "amount", ()
    return "text", ()


# --- the words ------------------------------------------------------------------------------------


def docs(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What the schema's source says below each field, those of the structs it extends included."""
    found: dict[str, str] = {}
    for ancestor in reversed(kind.__mro__):
        if ancestor.__module__.startswith("engine.config."):
            found |= _documented(ancestor.__module__).get(ancestor.__name__, {})
    return found


@lru_cache
def _documented(module: str) -> dict[str, dict[str, str]]:
    """By struct and field: the string that stands right below a field's line, on one line."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: dict(_pairs(node.body)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _pairs(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, below in pairwise(body):
        match statement, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, " ".join(words.split())
