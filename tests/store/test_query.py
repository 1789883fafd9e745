"""The query language: its tree, its spelling, and errors that say where."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.store.query import LONGEST, And, Not, Or, Term, Tree, Value, parse, show


def word(text: str) -> Term:
    return Term("", ":", (Value(text),))


def term(key: str, op: str, *values: str) -> Term:
    return Term(key, op, tuple(Value(value) for value in values))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And(())),
        ("   ", And(())),
        ("areas", word("areas")),
        ("lr>=1e-3", term("lr", ">=", "1e-3")),
        ("train.lr<.5", term("train.lr", "<", ".5")),
        ("lr>-1", term("lr", ">", "-1")),
        ("state:running|failed", term("state", ":", "running", "failed")),
        ("a|b", Term("", ":", (Value("a"), Value("b")))),
        ('"two words"', Term("", ":", (Value("two words", quoted=True),))),
        (r'note:"a \"b\" \\"', Term("note", ":", (Value('a "b" \\', quoted=True),))),
        ("-tag:old", Not(term("tag", ":", "old"))),
        ("not tag:old", Not(term("tag", ":", "old"))),
        ("a b", And((word("a"), word("b")))),
        ("a and b", And((word("a"), word("b")))),
        ("a or b", Or((word("a"), word("b")))),
        ("a | b", Or((word("a"), word("b")))),
        ("a b or c", Or((And((word("a"), word("b"))), word("c")))),
        ("a (b or c)", And((word("a"), Or((word("b"), word("c")))))),
        ("-(a b)", Not(And((word("a"), word("b"))))),
        ("order", word("order")),
        ("name!=a", term("name", "!=", "a")),
        ("error~nan", term("error", "~", "nan")),
        ("#keep", word("#keep")),
    ],
)
def test_what_a_query_means(text: str, tree: Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("lr>=", 5, "a value is missing after lr>="),
        ("a lr>= b", 7, "a value is missing after lr>="),
        ("state:a| b", 9, r"a value is missing after \|"),
        ("(a", 1, "this bracket is not closed"),
        ("a )", 3, r"'\)' closes or joins nothing"),
        ("a ()", 4, r"'\)' comes too early"),
        ('a "b', 3, "this quote is not closed"),
        ("a or", 5, "something is missing here"),
        ("or a", 1, "'or' joins nothing"),
        ("a or or b", 6, "'or' joins nothing"),
        ("-", 2, "something is missing here"),
        ("(" * 60, 51, "too many brackets"),
        ("x" * (LONGEST + 1), LONGEST + 1, "the filter ends here"),
    ],
)
def test_what_is_wrong_and_where(text: str, column: int, problem: str) -> None:
    with pytest.raises(InputError, match=rf"^filter: column {column}: {problem}.* \(.+\)$") as raised:
        parse(text)
    assert "\n" not in str(raised.value)


_BARE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='()|"'), min_size=1).filter(
    lambda text: not re.search(r"\s", text)
)
_VALUES = st.lists(
    st.one_of(_BARE.map(Value), st.text().map(lambda text: Value(text, quoted=True))), min_size=1, max_size=3
).map(tuple)
_KEYS = st.from_regex(r"[a-z_][a-z0-9_.-]{0,8}", fullmatch=True)
_TERMS = st.builds(Term, _KEYS, st.sampled_from([":", "=", "!=", "<", "<=", ">", ">=", "~"]), _VALUES)
_WORDS = st.builds(Term, st.just(""), st.just(":"), _VALUES)


def _speakable(found: Term) -> bool:
    """Whether this is what its own spelling says: not `a:=b`, nor a word that reads as something else."""
    try:
        return parse(show(found)) == found
    except InputError:
        return False


def _several(kind: type[And] | type[Or], parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    unlike = parts.filter(lambda tree: not isinstance(tree, kind))
    return st.lists(unlike, min_size=2, max_size=4).map(lambda found: kind(tuple(found)))


TREES: st.SearchStrategy[Tree] = st.recursive(
    (_TERMS | _WORDS).filter(_speakable),
    lambda inner: inner.map(Not) | _several(And, inner) | _several(Or, inner),
    max_leaves=8,
)


@given(TREES)
def test_a_tree_is_what_its_spelling_says(tree: Tree) -> None:
    assert parse(show(tree)) == tree


@given(st.text(st.sampled_from('ab -|():"\\<>=!~.*') | st.characters(), max_size=30))
def test_any_text_is_a_query_or_one_clear_line(text: str) -> None:
    try:
        tree = parse(text)
    except InputError as error:
        assert re.match(r"filter: column \d+: ", str(error))
    else:
        assert parse(show(tree)) == tree
