"""A log of any size through parts: whole lines, each once, whatever is asked for, and text found anywhere in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui import log_file
from tui.log_file import LogFile


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts and searches of a few bytes, so that short files have many of both."""
    monkeypatch.setattr(log_file, "PART_BYTES", 64)
    monkeypatch.setattr(log_file, "FIND_BYTES", 50)


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    (tmp_path / "engine.log").write_text("".join(f"line {n}\n" for n in range(100)))
    return LogFile(tmp_path / "engine.log")


def test_going_up_from_the_end_gives_every_line_once(small: None, log: LogFile) -> None:
    part, lines = log.last(), []
    assert part.lines[-1] == "line 99" and len(part.lines) < 10
    while part.lines:
        lines[:0] = part.lines
        part = log.before(part.start)
    assert lines == [f"line {n}" for n in range(100)]


def test_going_down_from_the_beginning_too(small: None, log: LogFile) -> None:
    part, lines = log.first(), []
    while part.lines:
        lines += part.lines
        part = log.after(part.end)
    assert lines == [f"line {n}" for n in range(100)]


def test_what_is_being_written_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("one\ntw")
    log = LogFile(path)
    part = log.last()
    assert part.lines == ("one",) and log.after(part.end).lines == ()
    with path.open("a") as file:
        file.write("o\n")
    assert log.after(part.end).lines == ("two",)


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "none")
    assert (log.size(), log.last().lines, log.find("a", 0, forward=True)) == (0, (), None)


def test_a_line_longer_than_a_part_is_cut_and_never_a_dead_end(small: None, tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("a" * 500 + "\nend\n")
    log, part, seen = LogFile(path), LogFile(path).first(), 0
    while part.lines:
        seen = part.end
        part = log.after(part.end)
    assert seen == path.stat().st_size


@given(
    st.lists(st.text("abé\n", max_size=30), max_size=12), st.text("abé", min_size=1, max_size=3), st.integers(0, 300)
)
@settings(deadline=None)
def test_text_is_found_where_it_stands(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], text: str, offset: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "engine.log"
    data = "\n".join(lines).encode()
    path.write_bytes(data)
    needle, log = text.encode(), LogFile(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_file, "FIND_BYTES", 7)
        after, before = log.find(text, offset, forward=True), log.find(text, offset, forward=False)
    hits = [n for n in range(len(data)) if data.startswith(needle, n)]
    assert after == next((n for n in hits if n >= offset), None)
    assert before == next((n for n in reversed(hits) if n < offset), None)


def test_the_lines_about_a_match(small: None, log: LogFile) -> None:
    hit = log.find("LINE 50", 0, forward=True)
    assert hit is not None
    part, number = log.around(hit)
    assert part.lines[number] == "line 50" and 0 < number < len(part.lines) - 1
