"""Following a log file: whole lines, each once, whatever the writer does."""

from __future__ import annotations

from pathlib import Path

from tui.log_tail import LogTail


def test_each_whole_line_comes_once(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    tail = LogTail(path)
    assert tail.poll() == []
    with path.open("ab", buffering=0) as file:
        file.write(b"one\ntw")
        assert tail.poll() == ["one"]
        file.write("o\nthrée\n".encode()[:-3])
        assert tail.poll() == ["two"]
        file.write("o\nthrée\n".encode()[-3:])
        assert tail.poll() == ["thrée"]
    assert tail.poll() == []


def test_a_long_past_begins_at_a_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("".join(f"line {n}\n" for n in range(1000)))
    found = LogTail(path, look_back=100).poll()
    assert found[-1] == "line 999"
    assert all(line.startswith("line ") for line in found)
    assert len(found) < 15


def test_a_file_that_begins_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_text("a long first line\n")
    tail = LogTail(path)
    tail.poll()
    path.write_text("new\n")
    assert tail.poll() == ["new"]


def test_what_is_not_utf8_does_not_end_the_log(tmp_path: Path) -> None:
    path = tmp_path / "engine.log"
    path.write_bytes(b"\xff\xfe ok\n")
    assert LogTail(path).poll() == ["\ufffd\ufffd ok"]
