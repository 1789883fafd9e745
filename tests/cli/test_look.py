"""Every verb that looks: what it prints, and that its JSON is exactly the store's rows."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from engine.store.rows import CorpusRow, Lineage, Point, RunRow
from tests.cli.conftest import Graftline
from tests.support.workspace import BASE, DOCS, RUNS


def test_runs_is_a_table_and_a_list_of_rows(graftline: Graftline) -> None:
    rows = graftline("runs", "--json").json(list[RunRow])
    assert [row.id for row in rows] == sorted(RUNS.values())
    text = graftline("runs").out
    assert all(run_id in text for run_id in RUNS.values())
    assert "✓ finished" in text and "✗ failed" in text and "● running" in text
    assert "\x1b" not in text, "no colour where there is no terminal"


def test_runs_filters(graftline: Graftline) -> None:
    def ids(*options: str) -> list[str]:
        return [row.id for row in graftline("runs", "--json", *options).json(list[RunRow])]

    assert ids("--kind", "pretrain") == [RUNS["tiny"]]
    assert ids("--state", "failed", "--kind", "branch") == [RUNS["areas-head"]]
    assert len(ids("--state", "failed", "--state", "queued")) == 2
    assert ids("--limit", "1") == [max(RUNS.values())]
    assert "no such run" in graftline("runs", "--state", "stopped").err


def test_runs_by_a_query(graftline: Graftline) -> None:
    def names(*options: str) -> list[str]:
        return [row.name for row in graftline("runs", "--json", *options).json(list[RunRow])]

    assert names("lr<=3e-4 method:instruct") == ["helper", "helper-long"]
    assert names("lr<=3e-4", "method:instruct", "--limit", "1") == ["helper-long"]
    assert names("--filter", "-kind:branch kind:pretrain") == ["tiny"]
    assert names("areas", "--filter", "scratch:true or state:failed") == ["areas-scratch", "areas-head"]
    assert "areas-head" in graftline("runs", "state:failed").out
    assert "no such run" in graftline("runs", "loss>99").err
    wrong = graftline("runs", "kind:branch loss<low", "--json")
    assert wrong.code == 2
    assert wrong.one_line() == "filter: column 18: loss is compared with a number, not 'low' (such as loss<1e-3)"


def test_lineage_is_a_tree_with_scores_and_costs(graftline: Graftline) -> None:
    found = graftline("lineage", "--json").json(Lineage)
    assert {root.id for root in found.roots} >= {DOCS}
    lines = graftline("lineage").out.splitlines()
    at = {name: next(i for i, line in enumerate(lines) if name in line) for name in (DOCS, BASE, "areas", "helper ")}
    assert at[DOCS] < at[BASE] < at["areas"] < at["helper "]
    base, areas = lines[at[BASE]], lines[at["areas"]]
    assert base.startswith("└─ tiny@1") and "◆ frozen" in base and "3.201" in base
    assert areas.startswith("   ├─ areas #keep") and "areas acc 80.0 [73.1, 85.5]" in areas
    assert any("email-text bpb 1.316" in line for line in lines)
    assert any(line.startswith("pretraining tiny@1") and "3m03s" in line for line in lines)
    assert any(line.startswith("3 branches together") for line in lines)
    assert "sharing it among 3 branches" in lines[-1]


@pytest.mark.parametrize(
    ("ref", "what", "key", "value"),
    [
        (RUNS["areas"], "run", "id", RUNS["areas"]),
        ("areas", "run", "id", RUNS["areas"]),
        ("20261123-1425", "run", "id", RUNS["helper"]),
        (BASE, "model", "id", BASE),
        ("tiny", "model", "id", BASE),
        (RUNS["tiny"], "run", "id", RUNS["tiny"]),
        ("python-docs", "corpus", "id", DOCS),
        ("python-docs/3f1c", "corpus", "id", DOCS),
    ],
)
def test_show_finds_runs_models_and_corpora(graftline: Graftline, ref: str, what: str, key: str, value: str) -> None:
    card = graftline("show", ref, "--json").json()
    assert card["what"] == what
    assert card[what][key] == value
    assert value in graftline("show", ref).out


def test_show_tells_all_about_a_run(graftline: Graftline) -> None:
    card = graftline("show", RUNS["tiny"], "--json").json()
    assert card["config"]["train"]["steps"] == 400
    assert [row["step"] for row in card["checkpoints"]] == [100, 200]
    assert any("plateau" in event["text"] for event in card["decisions"])
    text = graftline("show", RUNS["tiny"]).out
    assert "plateau" in text and "best" in text and "CPU, 2 threads, fp32" in text
    assert "loss is not a number" in graftline("show", "areas-head").out


def test_show_tells_all_about_a_model(graftline: Graftline) -> None:
    card = graftline("show", BASE, "--json").json()
    assert {"areas", "helper", "reference"} <= {run["name"] for run in card["branches"]}
    assert {row["suite"] for row in card["evaluations"]} == {"questions", "email-text"}
    assert card["note"] == "first base whose loss flattened"


def test_corpus_list_and_show(graftline: Graftline) -> None:
    rows = graftline("corpus", "list", "--json").json(list[CorpusRow])
    assert {row.id for row in rows} >= {DOCS}
    assert DOCS in graftline("corpus", "list").out
    assert graftline("corpus", "show", "python-docs", "--json").json()["corpus"]["id"] == DOCS
    assert "11,204" in graftline("corpus", "show", "python-docs").out


def test_metrics_as_summary_table_json_and_csv(graftline: Graftline) -> None:
    curves = graftline("metrics", "tiny", "--name", "heldout_loss", "--json").json(dict[str, list[Point]])
    assert [point.step for point in curves["heldout_loss"]] == list(range(10, 201, 10))
    summary = graftline("metrics", "tiny").out
    assert "train_loss" in summary and "▁" in summary
    table = graftline("metrics", "tiny", "--name", "heldout_loss", "--name", "heldout_bits_per_byte").out.splitlines()
    assert table[0].split()[-2:] == ["heldout_loss", "heldout_bits_per_byte"] and len(table) == 22
    lines = list(csv.DictReader(io.StringIO(graftline("metrics", "tiny", "--name", "heldout_loss", "--csv").out)))
    assert [float(line["value"]) for line in lines] == [point.value for point in curves["heldout_loss"]]


def test_logs_gives_the_last_lines(graftline: Graftline, home: Path) -> None:
    log = home / RUNS["helper"] / "engine.log"
    log.write_text("".join(f"line {i}\n" for i in range(20_000)) + "10%\r50%\r100%\n\x1b[2Jwiped \x9b1m\n")
    assert graftline("logs", "helper", "-n", "2").out == "100%\n␛[2Jwiped <U+009B>1m\n"
    assert graftline("logs", "helper", "--json", "-n", "3").json()["lines"][0] == "line 19999"
    assert len(graftline("logs", "helper").out.splitlines()) == 50
    assert graftline("logs", "helper", "-f", "-n", "1").out.count("\n") == 1, "a finished run is not waited for"
    assert graftline("logs", "helper", "-n", "0").out == ""
    log.unlink()
    assert graftline("logs", "helper").out == ""


def test_watch_of_a_run_that_is_over_tells_how_it_ended(graftline: Graftline) -> None:
    done = graftline("watch", "tiny")
    assert done.code == 0 and "plateau" in done.err and "next: graftline freeze" in done.err
    assert graftline("watch", "tiny", "--json").json(RunRow).state == "finished"
    failed = graftline("watch", "areas-head")
    assert failed.code == 1 and "loss is not a number at step 41; lower train.lr" in failed.err.splitlines()[-1]


def test_sql_as_table_json_and_csv(graftline: Graftline) -> None:
    query = "SELECT name, count(*) AS n FROM runs WHERE kind = 'pretrain' GROUP BY 1"
    assert graftline("sql", query, "--json").json() == [{"name": "tiny", "n": 1}]
    assert graftline("sql", query, "--csv").out == "name,n\ntiny,1\n"
    assert graftline("sql", query).out.split() == ["name", "n", "─" * 8, "tiny", "1"]
    assert graftline("sql", "SELECT 1 AS a, 2 AS a", "--json").json() == [{"a": 1, "a_1": 2}]
    assert len(graftline("sql", "SELECT * FROM metrics", "--limit", "5", "--json").json()) == 5


def test_reindex_gives_the_same_rows(graftline: Graftline) -> None:
    counted = graftline("sql", "SELECT count(*) AS n FROM metrics", "--json").json()[0]["n"]
    rows = graftline("reindex", "--json").json(dict[str, int])
    assert rows["metrics"] == counted and rows["runs"] == len(RUNS)
    assert "predictions" in graftline("reindex").out
