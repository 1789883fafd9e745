"""The query language: text into a tree, with positions; and the tree back into text.

    lr>=1e-3 kind:branch -tag:old (name:foo* or "two words") state:running|failed
    parse(text)  ->  And((Term(lr >= 1e-3), Term(kind : branch), Not(Term(tag : old)), Or(...), Term(...)))
    show(tree)   ->  the same query in its one canonical spelling; parse(show(tree)) == tree

    query := all { "or" all }        all  := one { ["and"] one }        one := ("-" | "not") one | "(" query ")" | term
    term  := key op values | values  op   := : = != < <= > >= ~         values := value { "|" value }

A value is a bare word or stands in double quotes, in which `\\"` is a quote and `\\\\` a backslash. Nothing here knows
which keys there are, or what a value means: engine/store/matching.py does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.errors import InputError

LONGEST = 4000
"""Characters in a query."""
_DEEPEST = 50
_TERM = re.compile(r"([^\W\d][\w.-]*)(:|!=|<=|>=|=|<|>|~)")
_BARE = re.compile(r'[^\s()|"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class Value:
    """`quoted`: it is meant to the letter, its `*` too."""

    text: str
    quoted: bool = False
    at: int = field(default=0, compare=False)
    """Characters before it in the query."""


@dataclass(frozen=True)
class Term:
    """A key compared with any of the values; without a key, words to be found in what names and describes a run."""

    key: str
    op: str
    values: tuple[Value, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Not:
    of: Tree


@dataclass(frozen=True)
class And:
    """Without parts: everything."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Tree, ...]


Tree = Term | Not | And | Or


def parse(text: str) -> Tree:
    """A query as a tree; of nothing, the one that everything matches. Raises `InputError` that names the column."""
    if len(text) > LONGEST:
        raise wrong(LONGEST, "the filter ends here", f"keep it under {LONGEST} characters")
    parser = _Parser(text)
    return parser.query() if parser.more() else And(())


def show(tree: Tree) -> str:
    """The query in its canonical spelling."""
    match tree:
        case Term(key, op, values):
            return key + (op if key else "") + "|".join(map(_show_value, values))
        case Not(of):
            return f"-{_enclosed(of, Term, Not)}"
        case And(parts):
            return " ".join(_enclosed(part, Term, Not) for part in parts)
        case Or(parts):
            return " or ".join(_enclosed(part, Term, Not, And) for part in parts)


def wrong(at: int, problem: str, fix: str) -> InputError:
    """The error for what stands after `at` characters."""
    return InputError(problem, where="filter", key=f"column {at + 1}", fix=fix)


def _enclosed(tree: Tree, *plain: type) -> str:
    return show(tree) if isinstance(tree, plain) else f"({show(tree)})"


def _show_value(value: Value) -> str:
    if not value.quoted:
        return value.text
    return '"' + value.text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Parser:
    def __init__(self, text: str):
        self.text, self.at, self.depth = text, 0, 0
        self._skip()

    def more(self) -> bool:
        return self.at < len(self.text)

    def query(self) -> Tree:
        """Everything up to the end."""
        tree = self._either()
        if self.more():
            raise wrong(self.at, f"{self.text[self.at]!r} closes or joins nothing", "take it out, or quote it")
        return tree

    # --- grammar ----------------------------------------------------------------------------------

    def _either(self) -> Tree:
        parts = [self._all()]
        while self._take("or") or self._take("|"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Tree:
        parts = [self._one()]
        while self.more():
            joined = self._take("and")
            if not joined and (self.text[self.at] in ")|" or self._sees("or")):
                break
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Tree:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise wrong(self.at, "too many brackets and minuses inside each other", "say it with fewer")
        try:
            return self._negated() or self._bracketed() or self._term()
        finally:
            self.depth -= 1

    def _negated(self) -> Tree | None:
        if self._take("-") or self._take("not"):
            return Not(self._one())
        return None

    def _bracketed(self) -> Tree | None:
        opened = self.at
        if not self._take("("):
            return None
        tree = self._either()
        if not self._take(")"):
            raise wrong(opened, "this bracket is not closed", "add )")
        return tree

    def _term(self) -> Tree:
        at = self.at
        if self._sees("or") or self._sees("and"):
            word = self.text[at:].split(None, 1)[0]
            raise wrong(at, f"{word!r} joins nothing", f'write a word or key:value before it, or quote it: "{word}"')
        found = _TERM.match(self.text, at)
        key, op = found.groups() if found else ("", ":")
        self.at = found.end() if found else at
        values = [self._value(key + op if key else "")]
        while self.text.startswith("|", self.at):
            self.at += 1
            values.append(self._value("|"))
        self._skip()
        return Term(key, op, tuple(values), at)

    def _value(self, after: str) -> Value:
        """One value, which must stand right here."""
        at = self.at
        if self.text.startswith('"', at):
            return self._quoted()
        found = _BARE.match(self.text, at)
        if found is None:
            self._no_value(after)
        self.at = found.end() if found else at
        return Value(self.text[at : self.at], False, at)

    def _quoted(self) -> Value:
        at = self.at
        found = _QUOTED.match(self.text, at)
        if found is None:
            raise wrong(at, "this quote is not closed", 'add "')
        self.at = found.end()
        return Value(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL), True, at)

    def _no_value(self, after: str) -> None:
        if after == "|":
            raise wrong(self.at, "a value is missing after |", "write it without a space, such as state:running|failed")
        if after:
            raise wrong(self.at, f"a value is missing after {after}", f"such as {after}{_EXAMPLES.get(after[-1], '1')}")
        if self.more():
            raise wrong(self.at, f"{self.text[self.at]!r} comes too early", "write a word or key:value before it")
        raise wrong(self.at, "something is missing here", "write a word or key:value")

    # --- characters -------------------------------------------------------------------------------

    def _skip(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _sees(self, mark: str) -> bool:
        """Whether this sign comes next; a word must end there."""
        if self.text[self.at : self.at + len(mark)].lower() != mark:
            return False
        return not mark.isalpha() or bool(re.match(r"[\s()]|\Z", self.text[self.at + len(mark) :]))

    def _take(self, mark: str) -> bool:
        if not self._sees(mark):
            return False
        self.at += len(mark)
        self._skip()
        return True


_EXAMPLES = {":": "value", "=": "1", "~": "word"}
