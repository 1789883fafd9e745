"""Labelled data in four formats, and what is said about each way of being wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.corpus.table import read_table
from engine.errors import InputError


def table(
    folder: Path, name: str, content: str | bytes, columns: tuple[str, ...] = ()
) -> list[tuple[int, dict[str, object]]]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(row.line, row.values) for row in read_table(path, columns, key="data.train").rows]


def test_jsonl_keeps_lines_and_everything_that_json_allows_in_a_string(tmp_path: Path) -> None:
    content = '\ufeff{"text": "a\u2028b", "label": 1}\r\n\n{"text": "\\u001b[31m", "label": null}'
    assert table(tmp_path, "d.jsonl", content) == [
        (1, {"text": "a\u2028b", "label": 1}),
        (3, {"text": "\x1b[31m", "label": None}),
    ]


def test_json_is_a_list_of_objects(tmp_path: Path) -> None:
    assert table(tmp_path, "d.json", '[{"a": 1}, {"a": 2}]') == [(1, {"a": 1}), (2, {"a": 2})]


def test_csv_quotes_may_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    content = 'text,label\n"a, ""b""\nc",x\nplain,y\n'
    assert table(tmp_path, "d.csv", content) == [
        (2, {"text": 'a, "b"\nc', "label": "x"}),
        (4, {"text": "plain", "label": "y"}),
    ]


def test_tsv_without_a_header_and_with_lone_quotes(tmp_path: Path) -> None:
    content = '"so, he said\tx\nit\'s 5" wide\ty\n'
    assert table(tmp_path, "d.tsv", content, ("text", "label")) == [
        (1, {"text": '"so, he said', "label": "x"}),
        (2, {"text": "it's 5\" wide", "label": "y"}),
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("d.jsonl", '{"a": 1}\n{"a": \n', r"line 2: not valid JSON"),
        ("d.jsonl", '{"a": 1}\n[1]\n', r"line 2: is a list, not an object"),
        ("d.jsonl", b'{"a": 1}\n{"a": "\xff"}\n', r"line 2: not UTF-8 at byte 16"),
        ("d.jsonl", '{"a": "\\ud800"}', r"line 1: not valid JSON"),
        ("d.jsonl", "\n\n", r"there are no rows"),
        ("d.json", '{"a": 1}', r"is not a list of objects"),
        ("d.csv", "a,b\n1,2\n1,2,3\n", r"line 3: 3 fields where there are 2 columns"),
        ("d.csv", 'a,b\n1,"2\n', r"line 2: unexpected end of data"),
        ("d.csv", "a,a\n1,2\n", r"line 1: two columns have one name"),
        ("d.xml", "<a/>", r"\.xml format is not known \(use \.jsonl, \.json, \.csv, \.tsv\)"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, name: str, content: str | bytes, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        table(tmp_path, name, content)
    assert str(tmp_path / name) in str(caught.value) and "data.train" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path / "folder.csv")


def test_columns_become_text_or_say_why_not(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"text": "a", "label": 3, "flag": true, "x": 1.5}\n{"text": "b", "label": null, "y": [1]}\n')
    found = read_table(path)
    assert found.columns() == ["text", "label", "flag", "x", "y"]
    assert found.text("text", key="k") == ["a", "b"]
    assert found.optional_text("x", key="k") == ["1.5", ""]
    assert found.optional_text("nowhere", key="k") == ["", ""]
    with pytest.raises(InputError, match=r"data\.label: no column 'lable' \(columns there: text, label, flag, x, y\)"):
        found.text("lable", key="data.label")
    with pytest.raises(InputError, match="line 2: 'label' has no value"):
        found.text("label", key="k")
    with pytest.raises(InputError, match="line 2: 'y' is a list, not text"):
        found.optional_text("y", key="k")
