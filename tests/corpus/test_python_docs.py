"""The parsed documentation is what Python itself says about the imported module."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

from engine.corpus.python_docs import entries, modules, source_files, tidy


@pytest.mark.parametrize("name", ["textwrap", "json.decoder", "email.message", "heapq"])
def test_it_agrees_with_inspect(name: str) -> None:
    module = importlib.import_module(name)
    checked = 0
    for entry in entries(("docstrings",), only=(name,)):
        if entry.module != name:
            continue
        thing = module
        for part in filter(None, entry.qualname.split(".")):
            thing = getattr(thing, part)
        if inspect.isfunction(thing) and thing.__module__ != name:
            continue  # replaced by a C version when the module was imported
        if thing.__doc__ is not None and not inspect.isbuiltin(thing):
            assert entry.text == tidy(thing.__doc__), entry.id
            checked += 1
    assert checked >= 5


def test_signatures_are_those_of_the_source() -> None:
    found = {e.qualname: e.signature for e in entries(("docstrings",), only=("email.message",))}
    assert found["Message.get_payload"] == "(self, i=None, decode=False)"
    assert found["Message"] == ""


def test_modules_without_source_are_documented_too() -> None:
    found = {e.qualname: e for e in entries(("docstrings",), only=("math", "builtins"))}
    assert found["sin"].signature == "(x, /)"
    assert "sine" in found["sin"].text
    assert found["str.join"].kind == "function" and found["str"].kind == "class"


def test_tests_private_names_of_the_language_and_other_projects_are_left_out() -> None:
    names = modules()
    assert "email.message" in names and "builtins" in names
    assert not [n for n in names if {"test", "tests", "idle_test", "turtledemo", "lib2to3"} & set(n.split("."))]
    assert not [n for n in names if any(part.startswith("__") for part in n.split("."))]
    assert all(name.split(".")[0] in sys.stdlib_module_names for name in source_files())


def test_exclude_and_only_take_everything_below_a_module() -> None:
    only = {e.module for e in entries(only=("email",))}
    assert "email.mime.text" in only and all(m == "email" or m.startswith("email.") for m in only)
    less = {e.module for e in entries(only=("email",), exclude=("email.mime",))}
    assert less == {m for m in only if not m.startswith("email.mime")}


def test_each_thing_comes_once_and_in_the_same_order_in_another_process() -> None:
    code = "from engine.corpus.python_docs import entries; print(*(e.id for e in entries()), sep='\\n')"
    first, second = (
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
        ).stdout.splitlines()
        for seed in ("1", "2")
    )
    assert first == second
    assert len(set(first)) == len(first) > 5000
    assert "help:assert" in first and "email.message:Message.get_payload" in first


def test_looking_imports_nothing_that_has_source() -> None:
    code = (
        "import sys; from engine.corpus.python_docs import entries; n = len(list(entries()));"
        "print(sorted({'this', 'antigravity', 'idlelib', 'turtle', 'readline'} & set(sys.modules)), n > 5000)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (said.stdout.strip(), said.stderr) == ("[] True", "")
