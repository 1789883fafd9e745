"""Keys of one's own: from the settings' [keys] table to the framework's keymap, with every mistake in one line.

    {"app.quit": "ctrl+q,f10"}  ->  the same, checked: the binding exists, the keys can be pressed

A mistake leaves out its own binding only. That a key was another's is said where that one has no key left.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from textual.binding import Binding
from textual.keys import Keys

from engine.errors import InputError
from tui import keys

_SHORT = {"/": "slash", "\\": "backslash", "@": "at", "-": "minus", "+": "plus", "_": "underscore"}
"""Signs that the framework calls by a shorter name than Unicode does."""
_NAMED = {key.value for key in Keys} | set(_SHORT.values())
_MODIFIED = re.compile(r"(?:(?:ctrl|shift|alt|super|hyper|meta)\+)+(?P<key>.+)")

PARTS = {
    "lineage": ("tree", "card"),
    "monitor": ("watch_list",),
    "compare": ("scores", "items", "search"),
    "corpus": ("lines", "search"),
    "play": ("answer", "prompt"),
    "machine": ("processes",),
    "logs": ("log_view",),
}
"""The lists of keys of a place's own widgets."""


def sections() -> dict[str, list[Binding]]:
    """Every binding of `tui.keys` under its list's name, such as `monitor`. A list's shared bindings stay in it."""
    return {
        name.lower(): [binding for binding in found if isinstance(binding, Binding)]
        for name, found in vars(keys).items()
        if name.isupper() and isinstance(found, list)
    }


def known() -> dict[str, Binding]:
    """Every binding by its id."""
    return {binding.id: binding for bindings in sections().values() for binding in bindings if binding.id}


def keymap(wanted: Mapping[str, str], files: Mapping[str, Path]) -> tuple[dict[str, str], list[InputError]]:
    """The part of `wanted` that can be used, and what is wrong with the rest. `files`: where each was read."""
    good: dict[str, str] = {}
    problems = []
    for name, given in wanted.items():
        problem = _problem(name, given, files.get(name))
        if problem is None:
            good[name] = ",".join(_split(given))
        else:
            problems.append(problem)
    return good, [*problems, *_robbed(good, files)]


def _robbed(good: Mapping[str, str], files: Mapping[str, Path]) -> list[InputError]:
    """Bindings left without any key, because all of theirs were given to another one beside them."""
    owners = {(section, key): name for section, name, key in _given(good)}
    problems = []
    for section, bindings in sections().items():
        for binding in bindings:
            takers = {owners.get((section, key)) for key in _long(binding.key)}
            if binding.id and binding.id not in good and None not in takers:
                taker = min(str(one) for one in takers)
                said, fix = f"takes the only key of {binding.id}", f"give {binding.id} another key too"
                problems.append(InputError(said, where=files.get(taker), key=f"keys.{taker}", fix=fix))
    return problems


def _given(good: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each key that was given: in which section, to which binding."""
    for section, bindings in sections().items():
        for binding in bindings:
            for key in _long(good.get(binding.id or "", "")):
                yield section, binding.id or "", key


def _long(given: str) -> list[str]:
    """The keys of a list, signs by their names: `?` is `question_mark`."""
    return [_sign_name(one) if len(one) == 1 and not one.isalnum() else one for one in _split(given)]


def _sign_name(sign: str) -> str:
    return _SHORT.get(sign) or unicodedata.name(sign, sign).lower().replace("-", "_").replace(" ", "_")


def _problem(name: str, given: str, file: Path | None) -> InputError | None:
    if name not in known():
        near = difflib.get_close_matches(name, known(), n=1)
        fix = f"did you mean {near[0]}?" if near else "the names are in docs/keys.md"
        return InputError("there is no such key binding", where=file, key=f"keys.{name}", fix=fix)
    for one in _split(given) or [""]:
        if not _can_be_pressed(one):
            fix = "for example q, ctrl+q, f5, shift+left or slash"
            return InputError(f"{one!r} is not a key", where=file, key=f"keys.{name}", fix=fix)
    return None


def _split(given: str) -> list[str]:
    """`q,ctrl+q` as two; a comma alone is the comma's own key."""
    return ["comma"] if given.strip() == "," else [one.strip() for one in given.split(",") if one.strip()]


def _can_be_pressed(one: str) -> bool:
    if modified := _MODIFIED.fullmatch(one):
        one = modified["key"]
    return (len(one) == 1 and one.isprintable() and one != " ") or one in _NAMED or _is_sign(one)


def _is_sign(name: str) -> bool:
    """`question_mark` and its like: a character's Unicode name, as the framework writes it."""
    try:
        return not unicodedata.lookup(name.replace("_", " ")).isalnum()
    except KeyError:
        return False
