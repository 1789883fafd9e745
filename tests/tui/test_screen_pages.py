"""docs/screens: a page for each place, whose keys are the app's own and whose pictures are there and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui.key_words import spoken
from tui.keymap import sections
from tui.widgets.place_bar import PLACES

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*PLACES, "launch"]
PARTS = {
    "lineage": ("tree", "card"), "runs": ("table", "list"), "monitor": ("watch_list",), "logs": ("log_view",),
    "corpus": ("waterfall", "samples"), "machine": ("processes",), "queue": ("list",), "launch": ("options",),
}  # fmt: skip


def known(page: str) -> set[str]:
    """The keys that do something in this place, as they are written."""
    found = sections()
    names = (page, *PARTS.get(page, ()), "place", "run", "app")
    return {spoken(key) for name in names for binding in found.get(name, []) for key in binding.key.split(",")}


@pytest.mark.parametrize("page", PAGES)
def test_every_key_that_a_page_names_is_one_of_its_place(page: str) -> None:
    text = (DOCS / "screens" / f"{page}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?`) \| (.*) \|$", text, flags=re.MULTILINE)
    assert rows
    named = {key for key, _ in rows}
    assert named <= {f"`{key}`" for key in known(page)}, named


@pytest.mark.parametrize("file", [DOCS / "screens" / f"{page}.md" for page in PAGES], ids=lambda file: file.stem)
def test_every_picture_is_there_and_small(file: Path) -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", file.read_text(encoding="utf-8"))
    assert pictures
    for picture in pictures:
        assert 0 < (file.parent / picture).resolve().stat().st_size < 150_000, picture


def test_the_pages_know_of_each_other() -> None:
    index = (DOCS / "screens" / "README.md").read_text(encoding="utf-8")
    assert [page for page in PAGES if f"({page}.md)" not in index] == []
