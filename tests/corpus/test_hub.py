"""A data set on a hub is a source like any other: listed, fetched while it is read, pinned, and found again offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from msgspec.structs import replace

from engine.config.asked import as_asked_here
from engine.config.schema import CorpusConfig, SourceConfig
from engine.corpus.documents import Place
from engine.corpus.manifest import CorpusFolder
from engine.corpus.reading.hub import Waiting, pinned
from engine.corpus.report import load_report
from engine.corpus.sources import check_sources, documents, packed_size
from engine.errors import InputError
from tests.corpus.conftest import SENTENCES
from tests.support.hub import Hub, hub

ID = "org/birds"
FILES = ("data/a.jsonl", "data/b.parquet", "data/c.jsonl")
SPLIT = [SENTENCES[:20], SENTENCES[20:40], SENTENCES[40:]]


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub() as server:
        yield server


@pytest.fixture
def dataset(server: Hub, tmp_path: Path) -> SourceConfig:
    """Published with a card, two formats and a file that is none."""
    folder = tmp_path / "published"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("# Birds")
    (folder / "dataset_infos.json").write_text("{}")
    (folder / "load.py").write_text("raise SystemExit")
    (folder / FILES[0]).write_bytes(rows(SPLIT[0]))
    (folder / FILES[2]).write_bytes(rows(SPLIT[2]))
    with duckdb.connect() as database:
        database.execute("CREATE TABLE t (text VARCHAR)")
        database.executemany("INSERT INTO t VALUES (?)", [[text] for text in SPLIT[1]])
        database.table("t").write_parquet(str(folder / FILES[1]))
    server.publish("datasets", ID, folder)
    return SourceConfig(type="hub", dataset=ID, endpoint=server.url, cache=str(tmp_path / "cache"))


def rows(texts: list[str]) -> bytes:
    return b"".join(msgspec.json.encode({"text": text}) + b"\n" for text in texts)


def fetched(server: Hub) -> list[str]:
    return [name for name in FILES if any(one.startswith("GET") and one.endswith(name) for one in server.asked)]


def test_all_that_can_be_read_is_read_in_the_order_of_names(server: Hub, dataset: SourceConfig) -> None:
    found = list(documents(dataset))
    assert [d.text for d in found] == SENTENCES
    assert (found[0].id, found[0].source, found[20].id) == ("data/a.jsonl:1", ID, "data/b.parquet:1")
    assert [d.text for d in documents(replace(dataset, path="*.jsonl"))] == SPLIT[0] + SPLIT[2]
    assert [d.text for d in documents(replace(dataset, path="README.md"))] == ["# Birds"]


def test_the_next_file_is_fetched_meanwhile_and_none_before_its_turn(server: Hub, dataset: SourceConfig) -> None:
    assert packed_size(dataset) > 0 and fetched(server) == []
    said: list[str] = []
    reading = documents(dataset, waiting=Waiting(said.append))
    assert next(reading).text == SENTENCES[0]
    assert FILES[2] not in fetched(server)
    list(reading)
    assert sorted(word for line in said for word in line.split() if word in FILES) == list(FILES)


def test_whoever_waits_for_a_file_can_stop(server: Hub, dataset: SourceConfig) -> None:
    def stop() -> None:
        raise TimeoutError

    with server.held, pytest.raises(TimeoutError):
        list(documents(dataset, waiting=Waiting(check=stop)))


def test_reading_goes_on_without_the_files_before(server: Hub, dataset: SourceConfig) -> None:
    assert [d.text for d in documents(dataset, Place(2, 3))] == SPLIT[2][2:]
    assert fetched(server) == [FILES[2]]


def test_a_download_that_breaks_off_is_taken_up_where_it_ended(
    server: Hub, dataset: SourceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 64)  # of 10 MB: this file is small
    server.breaks.add("c.jsonl")
    assert [d.text for d in documents(dataset, Place(2))] == SPLIT[2]
    assert any("c.jsonl bytes=" in one for one in server.asked)


def test_a_pinned_commit_stays_when_the_main_branch_moves(server: Hub, dataset: SourceConfig, tmp_path: Path) -> None:
    source = pinned(dataset)
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "d.jsonl").write_bytes(rows(["other"]))
    commit = server.publish("datasets", ID, newer)
    assert [d.text for d in documents(source)] == SENTENCES
    assert pinned(dataset).revision == commit != source.revision
    assert [d.text for d in documents(dataset)] == ["other"]


def test_what_was_fetched_is_read_without_a_network_and_what_was_not_is_refused(
    server: Hub, dataset: SourceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    offline = replace(dataset, offline=True)
    with pytest.raises(InputError, match=r"org/birds: is not in the hub's cache .*\(connect once"):
        list(documents(offline))
    list(documents(replace(dataset, path="*.jsonl")))
    server.asked.clear()
    assert [d.text for d in documents(replace(offline, path="*.jsonl"))] == SPLIT[0] + SPLIT[2]
    with pytest.raises(InputError, match="is not in the hub's cache"):
        list(documents(offline))
    assert server.asked == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": "org/none"}, r"org/none: the hub refuses: .*404.*\(check the id and revision\)"),
        ({"revision": "v9"}, r"org/birds: the hub refuses: .*404"),
        ({"path": "*.csv"}, r"org/birds: path: nothing to read among README.md, data/a.jsonl.* and 1 more"),
        ({"endpoint": "http://127.0.0.1:9"}, r"org/birds: is not in the hub's cache and could not be fetched"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line(dataset: SourceConfig, change: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        list(documents(replace(dataset, **change)))
    assert "\n" not in str(caught.value)


def test_a_token_opens_a_gated_data_set(server: Hub, dataset: SourceConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    server.token = "hf_secret"
    with pytest.raises(InputError, match=r"the hub refuses: 401 .*needs `hf auth login`"):
        list(documents(dataset))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert len(list(documents(dataset))) == len(SENTENCES)


def test_the_environment_of_whoever_asks_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CorpusConfig(name="x", sources=(SourceConfig(type="hub", dataset=ID), SourceConfig(path="/x")))
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror")
    monkeypatch.setenv("HF_HOME", "/cache")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    asked = as_asked_here(config).sources
    assert (asked[0].endpoint, asked[0].cache, asked[0].offline) == ("http://mirror", "/cache/hub", True)
    assert asked[1] == config.sources[1]


@pytest.mark.parametrize("id", ["", "../x", "a/b/c"])
def test_an_id_that_is_none_is_refused_before_anybody_is_asked(id: str) -> None:
    config = CorpusConfig(name="x", sources=(SourceConfig(type="hub", dataset=id),))
    with pytest.raises(InputError, match=r"c\.toml: sources\[0\]\.dataset: .*\(an id is ORG/NAME\)"):
        check_sources(config, where="c.toml")


def test_a_corpus_of_a_data_set_says_which_commit_it_was(
    server: Hub, dataset: SourceConfig, build: Callable[[dict[str, Any]], CorpusFolder]
) -> None:
    corpus = build({"sources": [msgspec.to_builtins(dataset)], "tokenizer": {"vocab_size": 300}})
    (source,) = load_report(corpus.path).sources
    assert (source.name, source.documents, source.revision) == (ID, len(SENTENCES), pinned(dataset).revision)
