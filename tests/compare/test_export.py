"""A comparison as Markdown, LaTeX and CSV: exactly what stands there, and that names are no syntax in any of them."""

from __future__ import annotations

import csv as csv_module
import io
import re

import pytest

from engine.compare.export import FORMATS, csv, export, latex, markdown
from engine.compare.table import Comparison, compare
from engine.store.rows import ScoreRow
from tests.compare.test_table import answered, documents, evaluated

NAME = r"a|b & c_d 100% {x} ~^ \ <i> [/b] $#*`" + "\x1b[2J\n"


def compared(name: str = "new") -> Comparison:
    """A model that is right on 90 of 100 items against one on 60."""
    good, bad = "1" * 90 + "0" * 10, "1" * 60 + "0" * 40
    evals = [evaluated("a", {"accuracy": 0.9}), evaluated("b", {"accuracy": 0.6})]
    evals[0] = evaluated("a", {"accuracy": 0.9, "recall:yes": 0.9})
    score = ScoreRow(
        model_id="a", suite="s", task="classification", metric="accuracy", value=0.9, low=0.8256, high=0.9448, n=100
    )
    evals[0] = type(evals[0])(
        model_id="a", suite="s", task="classification", suite_sha256="1", run_id="r",
        scores=(score, *evals[0].scores[1:]),
    )  # fmt: skip
    return compare(
        evals, {"a": answered(good), "b": answered(bad)}, suite="s", baseline="b", names={"a": name, "b": "old"}
    )


def ends(comparison: Comparison) -> list[str]:
    """The interval of the first row's difference, in points."""
    difference = comparison.rows[0].differences[0]
    return [f"{100 * value:+.1f}" for value in (difference.low, difference.high)]


def test_markdown_is_a_table_with_its_verdicts() -> None:
    comparison = compared()
    low, high = (
        f"{100 * x:+.1f}" for x in (comparison.rows[0].differences[0].low, comparison.rows[0].differences[0].high)
    )
    assert markdown(comparison, {"a": 62.0}) == (
        "**s**: classification, 100 items.\n"
        "\n"
        "| model | accuracy [95 %] | accuracy less old's | p (Holm) | cost |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        f"| new | 90.0 [82.6, 94.5] | +30.0 [{low}, {high}] | < 0.001 | 1m02s |\n"
        "| **old** | 60.0 | baseline |  | – |\n"
        "\n"
        f"- new is significantly better than old: +30.0 points \\[{low}, {high}\\], "
        "p \\< 0.001 (exact McNemar, Holm).\n"
        "- Always answering 'yes' would score 100.0.\n"
    )


def test_latex_is_a_booktabs_table() -> None:
    text = latex(compared())
    low, high = (
        f"{100 * x:+.1f}" for x in (compared().rows[0].differences[0].low, compared().rows[0].differences[0].high)
    )
    difference = rf"$+30.0^{{*}}$ {{\scriptsize $[{low}, {high}]$}}"
    body = text[text.index(r"\toprule") : text.index(r"\end{tabular}")]
    assert [line.strip() for line in body.splitlines() if line.strip()] == [
        r"\toprule",
        r"Model & Accuracy & accuracy less old's & $p$ (Holm) \\",
        r"\midrule",
        rf"new & \textbf{{90.0}} {{\scriptsize [82.6, 94.5]}} & {difference} & $< 0.001$ \\",
        r"old & 60.0 & baseline &  \\",
        r"\bottomrule",
    ]
    assert r"\begin{tabular}{lrrr}" in text and r"95\,\% intervals" in text


def test_csv_holds_every_figure_in_full() -> None:
    comparison = compared(NAME)
    rows = list(csv_module.DictReader(io.StringIO(csv(comparison, {"a": 62.5}))))
    assert [(row["model"], row["metric"]) for row in rows] == [
        ("a", "accuracy"),
        ("a", "recall:yes"),
        ("b", "accuracy"),
    ]
    first, difference = rows[0], comparison.rows[0].differences[0]
    assert first["name"] == NAME and first["baseline"] == "b" and first["test"] == "exact McNemar"
    for key, value in {
        "value": 0.9, "low": 0.8256, "high": 0.9448, "n": 100, "seconds": 62.5, "difference": difference.value,
        "difference_low": difference.low, "difference_high": difference.high, "p": difference.p,
        "p_holm": difference.p_holm,
    }.items():  # fmt: skip
        assert float(first[key]) == value, key
    assert first["significant"] == "True" and rows[1]["difference"] == rows[2]["seconds"] == ""


def test_bits_per_byte_keep_three_digits_and_less_is_best() -> None:
    evals = [evaluated(m, {"bits_per_byte": v}, task="language-model") for m, v in (("a", 1.2), ("b", 1.0))]
    answers = {"a": documents([120.0] * 20), "b": documents([100.0] * 20)}
    comparison = compare(evals, answers, suite="s", baseline="b")
    assert r"\textbf{1.000}" in latex(comparison) and r"\textbf{1.200}" not in latex(comparison)
    assert "| a | 1.200 | +0.200 [+0.200, +0.200] | < 0.001 |" in markdown(comparison)
    assert "they are not a task score" in markdown(comparison)


def test_names_are_no_syntax() -> None:
    comparison = compared(NAME)
    table = [line for line in markdown(comparison).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {5}, "no cell is opened by a name"
    assert "<i>" not in "".join(table).replace(r"\<i\>", "")
    text = latex(comparison)
    row = next(line for line in text.splitlines() if r"a\textbar{}b" in line)
    assert row.strip().startswith(
        r"a\textbar{}b \& c\_d 100\% \{x\} \textasciitilde{}\textasciicircum{} \textbackslash{} \textless{}i"
        r"\textgreater{} {[}/b{]} \$\#*`"
    )
    assert len(re.findall(r"(?<!\\)&", row)) == 3
    for form in ("md", "latex"):
        assert "\x1b" not in export(comparison, form)


def test_an_unknown_format_is_a_mistake_of_ours() -> None:
    assert FORMATS == ("md", "latex", "csv")
    with pytest.raises(KeyError):
        export(compared(), "docx")
