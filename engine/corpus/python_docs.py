"""The English prose that every Python installation carries, as a source of text.

Docstrings of the standard library's modules, classes and functions, and the language topics that `help()` shows.
Modules with Python source are read by parsing, never by importing: nothing of theirs runs. Only built-in and
extension modules, which have no source, are imported, and only those that importing does not change the process.

Order is fixed (public modules first, by name, each in source order), so one interpreter always gives one corpus.
Another Python version gives another: the text is its own.
"""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.machinery
import inspect
import re
import sys
import sysconfig
import types
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct


class Entry(Struct, frozen=True):
    """One documented thing."""

    module: str
    """`email.message`; empty for a topic, which belongs to the language."""
    qualname: str
    """`Message.get_payload`; empty for the module itself; a topic's name."""
    kind: str
    """module | class | function | topic"""
    signature: str
    """`(self, i=None, decode=False)`; empty when there is none or it cannot be told."""
    text: str
    """The docstring with its indentation cleaned."""

    @property
    def id(self) -> str:
        """`email.message:Message.get_payload`, `email.message`, `help:assert`; no two things share one."""
        return ":".join(part for part in (self.module or "help", self.qualname) if part)


# Not prose about the library: its tests, generated tables, bundles of other projects, and a turtle's examples.
_LEFT_OUT = {"test", "tests", "idle_test", "turtledemo", "lib2to3", "ensurepip", "pydoc_data", "site-packages",
             "dist-packages", "config", "encodings"}  # fmt: skip
# Extension modules whose import does something (a terminal, a test harness) or that only serve CPython's own tests.
_NOT_IMPORTED = re.compile(r"readline|_tkinter|_?xx.*|_test.*|_ctypes_test|__.*")


def entries(
    include: Sequence[str] = ("docstrings", "topics"), exclude: Sequence[str] = (), only: Sequence[str] = ()
) -> Iterator[Entry]:
    """Every documented thing, once. `exclude` and `only` name modules, each with all that is below it.

    Topics belong to no module: they are left out when `only` is given.
    """
    if "docstrings" in include:
        seen: set[tuple[str, str]] = set()
        for entry in _docstrings(exclude, only):
            key = (entry.module, entry.qualname)
            if key not in seen and _wanted(entry.module, exclude, only):
                seen.add(key)
                yield entry
    if "topics" in include and not only:
        yield from _topics()


def modules() -> list[str]:
    """The names of every module looked at, sorted: what `only` and `exclude` can name."""
    return sorted({*source_files(), *_without_source()})


def source_files() -> dict[str, Path]:
    """Each standard library module that has Python source, by name, sorted."""
    root = Path(sysconfig.get_path("stdlib"))
    found: dict[str, Path] = {}
    for path in root.rglob("*.py"):
        parts = list(path.relative_to(root).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        if not parts or parts[0] not in sys.stdlib_module_names:
            continue
        if not any(part in _LEFT_OUT or part.startswith("__") for part in parts):
            found[".".join(parts)] = path
    return dict(sorted(found.items()))


def _wanted(module: str, exclude: Sequence[str], only: Sequence[str]) -> bool:
    return not _below(module, exclude) and (not only or _below(module, only))


def _below(module: str, names: Sequence[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in names)


def _docstrings(exclude: Sequence[str], only: Sequence[str]) -> Iterator[Entry]:
    """Public modules first, private ones last: where both say the same, the public name keeps it."""
    wanted = [(module, path) for module, path in source_files().items() if _wanted(module, exclude, only)]
    for module, path in wanted:
        if not _private(module):
            yield from _parsed(module, path)
    for module in _without_source():
        if _wanted(module, exclude, only) or _wanted(module.lstrip("_"), exclude, only):
            yield from _imported(module)
    for module, path in wanted:
        if _private(module):
            yield from _parsed(module, path)


def _private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


def _parsed(module: str, path: Path) -> list[Entry]:
    collecting = gc.isenabled()
    gc.disable()  # a syntax tree is a million short-lived objects without cycles: a third of the time otherwise
    try:
        with warnings.catch_warnings():  # old library code has invalid escapes; they are not our user's affair
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
        doc = _entry(module, "", "module", "", ast.get_docstring(tree, clean=False))
        return [*doc, *_definitions(module, "", tree.body)]
    except (SyntaxError, ValueError, OSError):
        return []  # a file that this Python does not read documents nothing (some are made broken, for tools)
    finally:
        if collecting:
            gc.enable()


def _definitions(module: str, prefix: str, body: Sequence[ast.AST]) -> Iterator[Entry]:
    """Classes and functions of one body, also those under an `if` or `try`; functions inside functions are not."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, signature = prefix + node.name, f"({ast.unparse(node.args)})"
            yield from _entry(module, name, "function", signature, ast.get_docstring(node, clean=False))
        elif isinstance(node, ast.ClassDef):
            yield from _entry(module, prefix + node.name, "class", "", ast.get_docstring(node, clean=False))
            yield from _definitions(module, f"{prefix}{node.name}.", node.body)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
            for part in ("body", "handlers", "orelse", "finalbody"):
                yield from _definitions(module, prefix, getattr(node, part, []))


def _without_source() -> list[str]:
    """Built-in modules and the standard library's extension modules, sorted; found without importing them."""
    names = set(sys.builtin_module_names)
    for name in sys.stdlib_module_names:
        if name not in names and not _NOT_IMPORTED.fullmatch(name):
            spec = importlib.machinery.PathFinder.find_spec(name)
            if spec is not None and isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
                names.add(name)
    return sorted(name for name in names if not _NOT_IMPORTED.fullmatch(name))


def _imported(name: str) -> Iterator[Entry]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module(name)
    except ImportError:
        return  # built without the library that it wraps
    yield from _entry(name, "", "module", "", module.__doc__)
    for attribute, value in sorted(vars(module).items()):
        home = _home(name, value)
        if home is not None and isinstance(value, type):
            yield from _entry(home, attribute, "class", _signature(value), value.__doc__)
            yield from _methods(home, attribute, value)
        elif home is not None and inspect.isroutine(value):
            yield from _entry(home, attribute, "function", _signature(value), value.__doc__)


def _home(name: str, value: object) -> str | None:
    """The public module that a thing found in an extension module says it belongs to (`_datetime`: `datetime`)."""
    home = getattr(value, "__module__", None) or name
    return home if isinstance(home, str) and home.lstrip("_") == name.lstrip("_") else None


def _methods(module: str, prefix: str, value: type) -> Iterator[Entry]:
    for name, member in sorted(vars(value).items()):
        inner = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(inner, types.MethodDescriptorType | types.ClassMethodDescriptorType | types.BuiltinFunctionType):
            yield from _entry(module, f"{prefix}.{name}", "function", _signature(inner), inner.__doc__)


def _signature(value: object) -> str:
    """What a C function states about itself. (`inspect.signature` evaluates the defaults, and can raise anything.)"""
    stated = getattr(value, "__text_signature__", None)
    if not isinstance(stated, str):
        return ""
    return re.sub(r"\$module(, /)?(, )?", "", stated).replace("$", "")


def _entry(module: str, qualname: str, kind: str, signature: str, doc: object) -> Iterator[Entry]:
    """At most one entry: none without text, none for a dunder (their texts say the same a thousand times)."""
    if not isinstance(doc, str) or any(part.startswith("__") for part in qualname.split(".")):
        return
    text = tidy(doc)
    if text:
        yield Entry(module, qualname, kind, signature, text)


def tidy(doc: str) -> str:
    """A docstring as text: indentation cleaned, line ends bare, nothing that UTF-8 cannot hold."""
    lines = inspect.cleandoc(doc).splitlines()
    return "\n".join(line.rstrip() for line in lines).strip().encode("utf-8", "replace").decode()


def _topics() -> Iterator[Entry]:
    try:
        topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    except ImportError:
        return  # some distributions package the help apart
    for name, text in sorted(topics.items()):
        if tidied := tidy(text):
            yield Entry("", name, "topic", "", tidied)
