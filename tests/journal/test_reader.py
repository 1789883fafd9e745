"""Reading while it is written, from any offset, and what a resumed attempt takes back."""

from __future__ import annotations

from pathlib import Path

from engine.journal.events import Checkpoint, Decision, Event, Metrics, Record, Said, Started
from engine.journal.reader import MEASUREMENT, Tail, parse, read, superseding
from engine.journal.writer import JournalWriter, encode


def started(from_step: int) -> Started:
    return Started(pid=1, start_ticks=0.0, boot_id="b", host="h", from_step=from_step)


def metrics(step: int, loss: float) -> Metrics:
    return Metrics(step=step, tokens=step, seconds=step, values={"train_loss": loss})


def records(*events: Event) -> list[Record]:
    return [Record(seq=i, attempt=0, time=i, event=event) for i, event in enumerate(events)]


def test_a_missing_journal_is_an_empty_one(tmp_path: Path) -> None:
    chunk = read(tmp_path / "none.jsonl")
    assert (chunk.records, chunk.offset) == ([], 0)
    assert Tail(tmp_path / "none.jsonl").poll() == []


def test_reading_in_pieces_gives_the_same_as_reading_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path) as journal:
        for number in range(50):
            journal.append(Said(text="x" * number))
    whole, pieces, offset = read(path).records, [], 0
    while (chunk := read(path, offset, limit=300)).records:
        pieces += chunk.records
        offset = chunk.offset
    assert pieces == whole
    assert offset == path.stat().st_size


def test_a_tail_never_gives_half_a_line_and_gives_each_line_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    line = b"".join(encode(record) for record in records(Said(text="one"), Said(text="two")))
    tail, seen = Tail(path), []
    for byte in range(len(line)):
        with path.open("ab") as file:
            file.write(line[byte : byte + 1])
        seen += tail.poll()
    assert [r.event for r in seen] == [Said(text="one"), Said(text="two")]


def test_a_tail_goes_on_after_a_torn_end_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path) as journal:
        journal.append(Said(text="one"))
    tail = Tail(path)
    assert len(tail.poll()) == 1
    with path.open("ab") as file:
        file.write(b"0000")
    assert tail.poll() == []
    with JournalWriter(path) as journal:
        journal.append(Said(text="two"))
    assert [r.event for r in tail.poll()] == [Said(text="two")]


def test_an_event_of_a_later_version_is_skipped_and_not_called_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    known = encode(Record(seq=0, attempt=0, time=0.0, event=Said(text="known")))
    import zlib

    body = known[9:-1].replace(b'"said"', b'"sung"')
    path.write_bytes(known + b"%08x " % zlib.crc32(body) + body + b"\n" + known)
    chunk = read(path)
    assert len(chunk.records) == 2
    assert chunk.damage == []
    assert parse(known[:-1]) is not None


def test_a_resumed_attempt_takes_back_what_came_after_its_checkpoint() -> None:
    told = records(
        started(0), metrics(1, 5.0), metrics(2, 4.0), Checkpoint(step=2, tokens=2), metrics(3, 3.0),
        Decision(what="plateau", step=3, why="flat"), Said(text="kept"),
        started(2), metrics(3, 3.5), metrics(4, 3.0),
    )  # fmt: skip
    kept = [r.event for r in superseding(told)]
    steps = [(e.step, e.values["train_loss"]) for e in kept if isinstance(e, Metrics)]
    assert steps == [(1, 5.0), (2, 4.0), (3, 3.5), (4, 3.0)]
    assert not any(isinstance(e, Decision) for e in kept)
    assert Said(text="kept") in kept
    assert sum(isinstance(e, Checkpoint) for e in kept) == 1


def test_a_third_attempt_from_an_older_checkpoint_takes_back_both() -> None:
    told = records(
        started(0), metrics(1, 1.0), metrics(2, 1.1), started(1), metrics(2, 2.0), metrics(3, 2.1), started(0),
        metrics(1, 3.0),
    )  # fmt: skip
    kept = [e.event for e in superseding(told) if isinstance(e.event, Metrics)]
    assert kept == [metrics(1, 3.0)]


def test_what_is_passed_over_is_the_measurements_and_nothing_else(tmp_path: Path) -> None:
    """Wherever the other lines stand: alone among thousands, first, last, side by side; damage among them is told."""
    path, others = tmp_path / "journal.jsonl", {0, 7, 8, 9, 1500, 2998, 2999}
    told = [Said(text='"type":"metrics"') if n in others else metrics(n, 1.0) for n in range(3000)]
    lines = [encode(record) for record in records(*told)]
    lines[8] = b"0" + lines[8][1:] if lines[8][:1] != b"0" else b"1" + lines[8][1:]
    path.write_bytes(b"".join(lines))
    chunk = read(path, without=MEASUREMENT)
    assert [record.seq for record in chunk.records] == sorted(others - {8})
    assert chunk.damage == [f"{path}: byte {sum(map(len, lines[:8]))}: checksum does not fit"]
    assert chunk.offset == path.stat().st_size
