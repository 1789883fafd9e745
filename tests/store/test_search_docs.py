"""docs/search.md: every example in it can be asked, and all but two find something in the believable workspace."""

from __future__ import annotations

import re
from pathlib import Path

from engine.store.search import COLUMNS
from tests.store.tables import Store
from tests.support.workspace import NOW

TEXT = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
_FINDS_NOTHING = {'"two words"', "cost>1h30m"}


def rows(heading: str) -> list[tuple[str, str]]:
    table = TEXT[TEXT.index(f"| {heading} |") :].split("\n\n")[0]
    return re.findall(r"^\| `(.*?)` \| (.*) \|$", table, re.MULTILINE)


def test_every_example_can_be_asked_and_finds_what_is_there(store: Store) -> None:
    examples = [query.replace(r"\|", "|") for query, _ in rows("query")]
    assert len(examples) > 20
    for query in examples:
        found = store.database.look(lambda board, query=query: board.index().search(query, NOW))  # type: ignore[misc]
        assert bool(found) is (query not in _FINDS_NOTHING), query


def test_every_column_is_told_and_nothing_else() -> None:
    assert dict(rows("key")) == COLUMNS
