"""One writer, whole lines, and a torn tail cut off before the next line."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MachineError
from engine.journal.events import Record, Said
from engine.journal.reader import read
from engine.journal.writer import JournalWriter, encode


def said(path: Path) -> list[str]:
    return [r.event.text for r in read(path).records if isinstance(r.event, Said)]


def write(path: Path, *texts: str) -> None:
    with JournalWriter(path) as journal:
        for text in texts:
            journal.append(Said(text=text))


def test_what_is_appended_is_read_back_in_order_with_growing_numbers(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, "one", "two")
    write(path, "three")
    records = read(path).records
    assert [r.seq for r in records] == [0, 1, 2]
    assert said(path) == ["one", "two", "three"]
    assert records[0].time <= records[1].time <= records[2].time


def test_the_attempt_goes_on_from_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path, attempt=3) as journal:
        journal.append(Said(text="third time"))
    with JournalWriter(path) as journal:
        assert journal.attempt == 3
        assert journal.seq == 1


def test_a_journal_cut_at_any_byte_goes_on_after_its_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, "first", "sécond", "third")
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        write(path, "after")
        kept = sum(end <= cut for end in ends)
        assert said(path) == [*["first", "sécond", "third"][:kept], "after"], cut
        assert [r.seq for r in read(path).records] == list(range(kept + 1))
        assert read(path).damage == []


@pytest.mark.parametrize("junk", [b"\0" * 512, b"\0" * 100 + b"\n", b"deadbeef {}\n", b"\xff\xfe\n\n\n"])
def test_junk_that_a_crash_left_at_the_end_is_cut_too(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, "good")
    path.write_bytes(path.read_bytes() + junk)
    write(path, "after")
    assert said(path) == ["good", "after"]
    assert read(path).damage == []


def test_damage_in_the_middle_is_kept_for_evidence_and_what_follows_survives(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, "one", "two", "three")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"two", b"twO")
    path.write_bytes(b"".join(lines))
    before = path.read_bytes()
    write(path, "four")
    assert path.read_bytes().startswith(before)
    assert said(path) == ["one", "three", "four"]
    [damage] = read(path).damage
    assert str(path) in damage
    assert f"byte {len(lines[0])}" in damage


def _hold(path: Path, ready: object, leave: object) -> None:
    with JournalWriter(path):
        ready.set()  # type: ignore[attr-defined]
        leave.wait(20)  # type: ignore[attr-defined]


def test_a_second_writer_is_refused_by_name_until_the_first_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(path, ready, leave))
    other.start()
    try:
        assert ready.wait(20)
        with pytest.raises(MachineError, match=r"journal\.jsonl: another process is writing"):
            JournalWriter(path)
    finally:
        leave.set()
        other.join(20)
    write(path, "mine now")
    assert said(path) == ["mine now"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_line_and_not_a_bug() -> None:
    journal = JournalWriter(Path("/dev/full"))
    with pytest.raises(MachineError, match="/dev/full: the disk is full"):
        journal.append(Said(text="no room"))
    with pytest.raises(OSError):  # a device cannot be synced either
        journal.close()


def test_half_a_line_is_taken_back_when_the_disk_fills_in_the_middle_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    real = os.write
    with JournalWriter(path) as journal:
        journal.append(Said(text="fits"))
        monkeypatch.setattr("os.write", lambda file, data: real(file, data[: len(data) // 2]))
        with pytest.raises(MachineError, match="the disk is full"):
            journal.append(Said(text="does not fit"))
        monkeypatch.undo()
        journal.append(Said(text="room again"))
    assert said(path) == ["fits", "room again"]
    assert [r.seq for r in read(path).records] == [0, 1]
    assert read(path).damage == []


def test_another_error_of_the_system_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with JournalWriter(tmp_path / "journal.jsonl") as journal:
        monkeypatch.setattr("os.write", refuse)
        with pytest.raises(OSError, match="Input/output error"):
            journal.append(Said(text="x"))
        monkeypatch.undo()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_stays_on_its_line(text: str) -> None:
    line = encode(Record(seq=0, attempt=0, time=0.0, event=Said(text=text)))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
