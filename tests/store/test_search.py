"""What a query finds: values of every kind, keys by any name, agreement with a plain evaluator, the believable runs."""

from __future__ import annotations

import fnmatch
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.store.board import Board
from engine.store.fold import RunState
from engine.store.migrations import MIGRATIONS, migrate
from engine.store.query import And, Not, Or, Term, Tree, Value, show
from engine.store.rows import RunRow
from engine.store.search import COLUMNS, Index, flatten
from tests.store.tables import Store
from tests.support.workspace import NOW, RUNS

NAMES = {run_id: name for name, run_id in RUNS.items()}


def found(store: Store, query: str) -> set[str]:
    """Names of the believable workspace's runs."""

    def look(board: Board) -> list[str]:
        return board.index().search(query, NOW)

    ids = store.database.look(look)
    assert ids == sorted(ids)
    return {NAMES[run_id] for run_id in ids}


BRANCHES = {"areas", "helper", "reference", "areas-scratch", "areas-head", "helper-long", "areas-last"}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", set(RUNS)),
        ("kind:branch", BRANCHES),
        ("KIND:Branch", BRANCHES),
        ("kind:branch lr<=3e-4 method:classify", {"areas", "areas-scratch", "areas-head", "areas-last"}),
        ("train.lr=0.0003 name:helper*", {"helper", "helper-long"}),
        ("areas", {"areas", "areas-scratch", "areas-head", "areas-last", "evaluate"} & BRANCHES),
        ('"areas"', {"areas", "areas-scratch", "areas-head", "areas-last"}),
        ("name:areas", {"areas"}),
        ("name~areas -name:areas", {"areas-scratch", "areas-head", "areas-last"}),
        ("state:running|failed", {"helper-long", "areas-head"}),
        ("scratch:true", {"areas-scratch"}),
        ("scratch:yes or kind:pretrain", {"areas-scratch", "tiny"}),
        ("error:nan or error:*number*", {"areas-head"}),
        ("loss>3 kind:pretrain", {"tiny"}),
        ("best<0.75", {"areas"}),
        ("grad_norm>0", BRANCHES - {"areas-last"} | {"tiny"}),
        ("metric.lr<1", BRANCHES - {"areas-last"} | {"tiny"}),
        ("layers:2", {"tiny"}),
        ("tag:*", {"areas"}),
        ("#keep", {"areas"}),
        ("classes:network -tag:keep", {"areas-scratch", "areas-head", "areas-last"}),
        ("sources.type:python-docs", {"docs", "email"}),
        ("only:email", {"email"}),
        ("age<10m", {"helper-long", "areas-last"}),
        ("cost>3m", {"tiny"}),
        ("done>=50% kind:pretrain", {"tiny"}),
        ("steps:150 (scratch:true or name:helper)", {"areas-scratch", "helper"}),
        ("method!=classify", {"docs", "email", "tiny", "helper", "reference", "evaluate", "helper-long"}),
        ("parent:model:tiny@1 method:instruct", {"helper", "helper-long"}),
        ("created>=2026-11-23 created<2026-11-24 kind:pretrain", {"tiny"}),
        ("created:2026-11-23 kind:pretrain", {"tiny"}),
        ("host:workshop -kind:branch", {"docs", "email", "tiny", "evaluate"}),
    ],
)
def test_the_believable_workspace(store: Store, query: str, names: set[str]) -> None:
    assert found(store, query) == names


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("kind:branch lrr>1", r"filter: column 13: no run has a key 'lrr' \(did you mean lr\?\)"),
        ("type:bpe", r"filter: column 1: 'type' may be sources.type, tokenizer.type \(write more of it\)"),
        ("loss<low", r"filter: column 6: loss is compared with a number, not 'low' \(such as loss<1e-3\)"),
        ("lr:fast", r"filter: column 4: lr is compared with a number"),
        ("zzzzzzzz:1", r"no run has a key 'zzzzzzzz' \(see docs/search.md\)"),
    ],
)
def test_what_cannot_be_asked(store: Store, query: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        found(store, query)


def test_keys_for_completion_name_what_can_be_asked(store: Store) -> None:
    keys = store.database.look(lambda board: board.index().keys())
    assert set(COLUMNS) < set(keys)
    assert keys["state"][0] == "finished"
    assert keys["lr"] == ("0.0003", "0.003")
    assert {"layers", "grad_norm", "metric.lr", "sources.type"} < set(keys)
    for key, values in keys.items():
        for value in values:
            found(store, f'{key}="{value}"')


def test_values_of_chosen_runs(store: Store) -> None:
    values = store.database.look(
        lambda board: board.index().values(("lr", "classes", "loss"), [RUNS["areas"], "nobody", RUNS["docs"]])
    )
    assert values["lr"] == (3e-4, None, None)
    assert values["classes"] == (("data", "files", "network", "text"), None, None)
    assert values["loss"][0] == pytest.approx(0.7, abs=0.1)


def test_what_changes_is_found_anew_and_what_is_gone_is_not(store: Store) -> None:
    assert found(store, "tag:*") == {"areas"}
    from engine.journal.events import Noted, Renamed, Tagged

    store.journal.append(Tagged(target=RUNS["tiny"], tag_name="Old One"))
    store.journal.append(Renamed(target=RUNS["helper"], name="renamed"))
    store.journal.append(Noted(target=RUNS["docs"], text="look again"))
    assert found(store, 'tag:"old one"') == {"tiny"}
    assert found(store, "name:renamed") == {"helper"}
    assert found(store, "note:again") == {"docs"}
    store.workspace.run(RUNS["areas"]).path.rename(store.workspace.home / ".gone")
    assert found(store, "areas") == {"areas-scratch", "areas-head", "areas-last"}
    assert found(store, "") == set(RUNS) - {"areas"}


def test_last_metrics_of_an_older_database_are_those_of_a_rebuilt_one(store: Store) -> None:
    def again(connection: Any) -> tuple[list[Any], list[Any]]:
        query = "SELECT id, last_metrics FROM runs ORDER BY id"
        ingested = connection.execute(query).fetchall()
        connection.execute("ALTER TABLE runs DROP COLUMN last_metrics")
        connection.execute("DELETE FROM migrations WHERE name = '0002-last-metrics'")
        assert migrate(connection) == [name for name in MIGRATIONS if name >= "0002"][:1]
        return ingested, connection.execute(query).fetchall()

    ingested, migrated = store.database.read(again)
    assert [(i, msgspec.json.decode(m)) for i, m in ingested] == [(i, msgspec.json.decode(m)) for i, m in migrated]
    assert "grad_norm" in dict(ingested)[RUNS["tiny"]]


# --- agreement with a plain evaluator -------------------------------------------------------------

_NUMBERS = st.sampled_from([0, 1, -1, 2.5, 1e-3, 1000])
_TEXTS = st.sampled_from(["", "a", "ab", "A b", "ba*", "é"])
_CONFIGS = st.fixed_dictionaries(
    {}, optional={"x": _NUMBERS, "t": _TEXTS, "flag": st.booleans(), "in": st.fixed_dictionaries({"y": _NUMBERS})}
)
_NUMERIC = st.builds(
    lambda key, op, n: Term(key, op, (Value(repr(n)),)),
    st.sampled_from(["x", "y", "in.y"]),
    st.sampled_from([":", "=", "!=", "<", "<=", ">", ">="]),
    _NUMBERS,
)
_TEXTUAL = st.builds(
    lambda op, text, quoted: Term("t", op, (Value(text, quoted),)),
    st.sampled_from([":", "!=", "~"]),
    st.sampled_from(["a", "A", "a*", "*b*", "ba*", "*"]),
    st.booleans(),
)
_TRUE = st.sampled_from(["true", "no"]).map(lambda word: Term("flag", ":", (Value(word),)))
_LEAVES = _NUMERIC | _TEXTUAL | _TRUE
_TREES = st.recursive(
    _LEAVES,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda p: And(tuple(p)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda p: Or(tuple(p)))
    ),
    max_leaves=6,
)


def plainly(tree: Tree, cells: dict[str, Any]) -> bool:
    """What a query says of one run, worked out in the slowest and plainest way."""
    match tree:
        case Not(of):
            return not plainly(of, cells)
        case And(parts):
            return all(plainly(part, cells) for part in parts)
        case Or(parts):
            return any(plainly(part, cells) for part in parts)
    assert isinstance(tree, Term)
    [value] = tree.values
    have = cells.get({"y": "in.y"}.get(tree.key, tree.key))
    if tree.op == "!=":
        return not plainly(Term(tree.key, ":", tree.values), cells)
    if have is None:
        return False
    if isinstance(have, bool):
        return have is (value.text == "true")
    if isinstance(have, str):
        text = value.text.lower().replace("*", "[*]") if value.quoted else value.text.lower()
        return fnmatch.fnmatchcase(have.lower(), f"*{text}*" if tree.op == "~" else text)
    wanted = float(value.text)
    return {
        ":": have == wanted, "=": have == wanted, "<": have < wanted, "<=": have <= wanted,
        ">": have > wanted, ">=": have >= wanted,
    }[tree.op]  # fmt: skip


@given(st.lists(_CONFIGS, min_size=1, max_size=6), _TREES, st.data())
def test_it_finds_what_a_plain_evaluator_finds(configs: list[dict[str, Any]], tree: Tree, data: st.DataObject) -> None:
    index = Index()
    everything = {"x": 1, "t": "q", "flag": True, "in": {"y": 1}}  # so that every key is known, with its kind
    for number, config in enumerate([everything, *configs]):
        state = RunState(id=f"r{number}", config=msgspec.json.encode(config).decode())
        index.put(RunRow(id=state.id, name="", kind="", state="", created=0.0), state)
    gone = data.draw(st.sets(st.integers(1, len(configs))))
    for number in gone:
        index.drop(f"r{number}")
    cells = {f"r{n}": dict(flatten(config)) for n, config in enumerate([everything, *configs]) if n not in gone}
    wanted = sorted(run_id for run_id, row in cells.items() if plainly(tree, row))
    assert index.search(show(tree), 0.0) == wanted
