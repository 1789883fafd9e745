"""The same documents come out of every format, and damage is named with its place."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
import zstandard

from engine.config.schema import CorpusConfig, SourceConfig
from engine.corpus.manifest import CorpusFolder
from engine.corpus.reading.damage import Damage
from engine.corpus.report import load_report
from engine.corpus.sources import check_sources, documents, files
from engine.errors import InputError
from engine.paths import Workspace
from tests.corpus.conftest import SENTENCES

ACCENTED = [*SENTENCES, 'Ünïcödé "quoted" \u2028 text\nover two lines']


def texts(path: Path, **more: Any) -> list[str]:
    return [document.text for document in documents(SourceConfig(path=str(path), **more))]


def jsonl(rows: list[str]) -> bytes:
    return "".join(json.dumps({"text": row}) + "\n" for row in rows).encode()


def plain(data: bytes) -> bytes:
    return data


@pytest.mark.parametrize(
    ("ending", "pack"), [("", plain), (".gz", gzip.compress), (".zst", zstandard.ZstdCompressor().compress)]
)
def test_every_packing_reads_the_same(tmp_path: Path, ending: str, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / f"a.jsonl{ending}").write_bytes(pack(jsonl(ACCENTED)))
    (tmp_path / f"b.txt{ending}").write_bytes(pack("\n%\n".join(ACCENTED).encode()))
    assert texts(tmp_path / f"a.jsonl{ending}") == ACCENTED
    assert texts(tmp_path / f"b.txt{ending}", separator="\n%\n") == ACCENTED


def test_parquet_rows_are_documents(tmp_path: Path) -> None:
    """A column and a file whose names would mean something to SQL or to a glob are names."""
    path = tmp_path / "it's [1].parquet"
    with duckdb.connect() as database:
        database.execute('CREATE TABLE t ("te""xt" VARCHAR, n INTEGER)')
        database.executemany("INSERT INTO t VALUES (?, 1)", [[text] for text in ACCENTED] + [[None]])
        database.table("t").write_parquet(str(path))
    found = list(documents(SourceConfig(path=str(path), field='te"xt', name="rows")))
    assert [d.text for d in found] == [*ACCENTED, ""]
    assert (found[2].id, found[2].source) == ("it's [1].parquet:3", "rows")
    with pytest.raises(InputError, match=r'text: no such column \(set `field` to one of te"xt, n\)'):
        texts(path)
    with pytest.raises(InputError, match="n: is not a text column"):
        texts(path, field="n")


def test_several_packed_pieces_in_a_row_are_one_file(tmp_path: Path) -> None:
    half = len(SENTENCES) // 2
    pieces = [jsonl(SENTENCES[:half]), jsonl(SENTENCES[half:])]
    (tmp_path / "a.jsonl.gz").write_bytes(b"".join(map(gzip.compress, pieces)))
    (tmp_path / "b.jsonl.zst").write_bytes(b"".join(map(zstandard.ZstdCompressor().compress, pieces)))
    assert texts(tmp_path / "a.jsonl.gz") == texts(tmp_path / "b.jsonl.zst") == SENTENCES


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_separator_cuts_across_reading_chunks_and_line_ends(tmp_path: Path, end: str) -> None:
    long = [f"{n} " + "word " * 30_000 for n in range(12)]  # 1.8 MB: chunks are 1 MiB
    (tmp_path / "a.txt").write_bytes(f"{end}{end}".join(long).encode())
    found = list(documents(SourceConfig(path=str(tmp_path / "a.txt"), separator="\n\n")))
    assert [d.text for d in found] == [text.strip() for text in long]
    assert [d.id for d in found] == [f"a.txt:{1 + 2 * n}" for n in range(12)]


def test_ids_name_the_line_that_a_document_begins_at(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one\n\n\n\n  two\nstill two\n\nthree")
    found = documents(SourceConfig(path=str(tmp_path), separator="\n\n"))
    assert [(d.id, d.text) for d in found] == [("a.md:1", "one"), ("a.md:5", "two\nstill two"), ("a.md:8", "three")]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfhello")
    assert texts(tmp_path / "a.txt") == ["hello"]


def test_folders_and_globs_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/two.txt", "a/one.md", "c.txt", ".hidden/no.txt", "b/.no.txt", "b/picture.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert texts(tmp_path) == ["a/one.md", "b/two.txt", "c.txt"]
    assert texts(tmp_path / "*" / "*.txt") == ["b/two.txt"]
    assert texts(tmp_path / "**" / "*.*") == ["a/one.md", "b/two.txt", "c.txt"]
    assert [label for label, _ in files(SourceConfig(path=str(tmp_path / "b" / "*.txt")))] == ["two.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_text("this one")
    assert texts(tmp_path / "a[1].txt") == ["this one"]


BIG = jsonl([f"{n} {n * n % 9973} {text}" for n in range(40) for text in SENTENCES])


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", b"fine\nnot \xff fine", r"a\.txt:2: not UTF-8"),
        ("a.jsonl", jsonl(["fine"]) + b'{"text": "cut', r"a\.jsonl:2: not JSON"),
        ("a.jsonl", jsonl(["fine"]) + b"\n[1]\n", r"a\.jsonl:3: not a JSON object"),
        ("a.jsonl", b'{"text": "\xff"}', r"a\.jsonl:1: not JSON"),
        ("a.jsonl", b'{"body": "x"}', r"a\.jsonl:1: text: is missing \(set `field` to one of body\)"),
        ("a.jsonl", b'{"text": 1}', r"a\.jsonl:1: text: is not text"),
        ("a.jsonl.gz", gzip.compress(BIG, mtime=0)[:-2000], r"a\.jsonl\.gz:\d+: damaged"),
        ("a.jsonl.gz", b"no gzip at all", r"a\.jsonl\.gz:1: damaged"),
        ("a.jsonl.zst", zstandard.ZstdCompressor().compress(BIG)[:-200], r"a\.jsonl\.zst:\d+: damaged"),
        ("a.txt.zst", b"no zstandard at all", r"a\.txt\.zst: damaged"),
        ("a.txt.gz", gzip.compress(BIG, mtime=0)[:2000], r"a\.txt\.gz: damaged"),
        ("a.parquet", b"PAR1 or so", r"a\.parquet: damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_damage_beyond_the_tolerance_is_an_input_error_with_its_place(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message) as caught:
        texts(tmp_path / name, tolerance=0.0)
    assert "\n" not in str(caught.value)


def damaged_files(folder: Path) -> None:
    """200 documents that can be read, in every format, and one damaged record in each file."""
    rows = [f"{n} {text}" for n in range(4) for text in SENTENCES[:10]]
    good = jsonl(rows).splitlines(keepends=True)
    (folder / "a.jsonl").write_bytes(b"".join([*good[:20], b'{"text": "cut\n', *good[20:]]))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(b"".join(good), mtime=0) + b"and then no gzip")
    (folder / "c.csv").write_bytes(b"n,text\n" + b"".join(f'1,"{row}\n"\n'.encode() for row in rows) + b"1,2,3\n")
    (folder / "d.txt").write_bytes(b"%".join([b"\xff", *(row.encode() for row in rows)]))
    (folder / "e.json").write_bytes(b"[" + b",".join(line.strip() for line in good) + b', {"body": ""}]')


def test_damage_within_the_tolerance_is_counted_shown_and_skipped(tmp_path: Path) -> None:
    damaged_files(tmp_path)
    source = SourceConfig(path=str(tmp_path), separator="%", tolerance=0.025)
    damage = Damage()
    assert len(list(documents(source, damage=damage))) == 200
    assert (damage.records, damage.damaged) == (205, 5)
    assert damage.problems == {"not JSON": 1, "damaged": 1, "fields": 1, "not UTF-8": 1, "text: is missing": 1}
    places = [sample.place.removeprefix(f"{tmp_path}/") for sample in damage.samples]
    assert places == ["a.jsonl:21", "b.jsonl.gz:41", "c.csv:82", "d.txt:1", "e.json:41"]
    problem = r"a\.jsonl:21: not JSON: .*; 5 of 205 records are damaged, more than the 2.4 % that is tolerated \(mend"
    with pytest.raises(InputError, match=problem):
        list(documents(SourceConfig(path=str(tmp_path), separator="%", tolerance=0.024)))


def test_a_report_shows_the_damage_and_a_refused_build_leaves_no_corpus(
    build: Callable[[dict[str, Any]], CorpusFolder], workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl(SENTENCES) + b"{broken\n")
    raw = {"sources": [{"path": str(path), "tolerance": 0.02}], "tokenizer": {"vocab_size": 300}}
    (source,) = load_report(build(raw).path).sources
    assert (source.documents, source.damaged) == (len(SENTENCES), 1)
    assert source.damage[0].startswith(f"{path}:55: not JSON")
    before = sorted(workspace.home.glob("corpora/**/*"))
    raw["sources"][0]["tolerance"] = 0.01
    path.write_bytes(jsonl(SENTENCES) + b"{broken\n{again\n")
    with pytest.raises(InputError, match=r":55: not JSON: .*; 2 of 56 records are damaged, more than the 1 % that"):
        build(raw)
    assert sorted(workspace.home.glob("corpora/**/*")) == before


def test_too_much_damage_is_refused_as_soon_as_it_is_certain(tmp_path: Path) -> None:
    """Of a large source with the wrong `field` little is read; a dense patch in a good one is no reason."""
    bad = b'{"body": "%s"}\n' % (b"x" * 1000)
    (tmp_path / "a.jsonl").write_bytes(bad * 20_000)
    damage = Damage()
    with pytest.raises(InputError, match="text: is missing"):
        list(documents(SourceConfig(path=str(tmp_path / "a.jsonl")), damage=damage))
    assert damage.records < 1000
    good = b'{"text": "%s"}\n' % (b"x" * 1000)
    (tmp_path / "b.jsonl").write_bytes(bad * 15 + good * 19_985)
    assert len(texts(tmp_path / "b.jsonl")) == 19_985


def test_json_as_python_writes_it_is_read(tmp_path: Path) -> None:
    rows = [{"text": "one", "score": float("nan")}, {"text": None}, {"text": "two", "n": 10**400, "x": float("-inf")}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert texts(tmp_path / "a.jsonl") == ["one", "", "two"]
    (tmp_path / "a.jsonl").write_text('{"text": "half \\ud83d"}')
    with pytest.raises(InputError, match="text: is half a character"):
        texts(tmp_path / "a.jsonl")


def test_whatever_is_damaged_is_counted_or_refused(tmp_path: Path) -> None:
    """Bytes changed, lost, put in, or cut off, in every format: never another error, and every record accounted for."""
    damaged_files(tmp_path)
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT 'row ' || range AS text FROM range(40)) TO '{tmp_path}/f.parquet'")
    lot, whole = random.Random(0), {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    for turn in range(150):
        path = list(whole)[turn % len(whole)]
        data, at, size = whole[path], lot.randrange(len(whole[path])), lot.randrange(50)
        path.write_bytes(lot.choice([data[:at], data[:at] + lot.randbytes(size) + data[at + lot.choice([0, size]) :]]))
        damage, source = Damage(), SourceConfig(path=str(path), separator="%", tolerance=lot.choice([0.01, 1.0]))
        try:
            found = list(documents(source, damage=damage))
            assert len(found) + damage.damaged == damage.records
        except InputError as error:
            assert "\n" not in str(error)


def test_a_row_group_that_cannot_be_read_costs_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t AS SELECT range || ' ' || md5(range::VARCHAR) AS text FROM range(8192)")
        database.execute(f"COPY t TO '{path}' (ROW_GROUP_SIZE 2048)")
        query = "SELECT data_page_offset FROM parquet_metadata(?) WHERE row_group_id = 2"
        (offset,) = database.execute(query, [str(path)]).fetchall()[0]
    data = bytearray(path.read_bytes())
    data[offset + 100 : offset + 2000] = bytes(1900)
    path.write_bytes(data)
    damage = Damage()
    found = [d.id for d in documents(SourceConfig(path=str(path), tolerance=0.3), damage=damage)]
    assert found == [f"a.parquet:{n}" for n in (*range(1, 4097), *range(6145, 8193))]
    assert (damage.records, damage.damaged, damage.samples[0].place) == (8192, 2048, f"{path}:4097")


def test_reading_goes_on_from_any_place(tmp_path: Path) -> None:
    """The same documents and the same damage as without a break, and files before the place are not opened."""
    damaged_files(tmp_path)
    with duckdb.connect() as database:
        database.execute(f"COPY (SELECT 'row ' || range AS text FROM range(40)) TO '{tmp_path}/f.parquet'")
    source = SourceConfig(path=str(tmp_path), separator="%", tolerance=0.03)
    whole = Damage()
    states = [(document, msgspec.json.encode(whole)) for document in documents(source, damage=whole)]
    for at in range(0, len(states), 23):
        document, state = states[at]
        for file in files(source)[: document.place.file]:
            file.path.write_bytes(b"\xff" * file.size)
        damage = msgspec.json.decode(state, type=Damage)
        assert list(documents(source, document.place.after, damage)) == [d for d, _ in states[at + 1 :]]
        assert damage == whole


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"path": "{tmp}/none"}, r"c\.toml: sources\[0\]\.path: no such file or folder"),
        ({"path": "{tmp}/*.jsonl"}, r"sources\[0\]\.path: no such file or folder"),
        ({"path": "{tmp}"}, r"sources\[0\]\.path: nothing to read"),
        ({"path": "{tmp}/a.pdf"}, r"sources\[0\]\.path: .*a\.pdf is in no format known here \(use \.txt"),
        ({"path": ""}, r"sources\[0\]\.path: is missing"),
        ({"type": "python-docs", "only": ("emial",)}, r"sources\[0\]\.only: no module 'emial'"),
    ],
)
def test_what_cannot_be_read_is_said_before_anything_is(tmp_path: Path, source: dict[str, str], message: str) -> None:
    (tmp_path / "a.pdf").write_bytes(b"")
    filled = {k: v.format(tmp=tmp_path) if isinstance(v, str) else v for k, v in source.items()}
    config = CorpusConfig(name="x", sources=(SourceConfig(**filled),))
    with pytest.raises(InputError, match=message):
        check_sources(config, where="c.toml")


def test_no_source_is_an_error() -> None:
    with pytest.raises(InputError, match="sources: there is none"):
        check_sources(CorpusConfig(name="x", sources=()))
