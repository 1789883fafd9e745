"""Task data and test sets looked at before an engine is started: files that read, columns that are there, labels known.

The engine reads the same files again and says the same; but a mistake that is known now costs no run.
"""

from __future__ import annotations

from pathlib import Path

from engine.config.fit import check_answers, check_classes, check_head, check_labels
from engine.config.schema import BranchConfig, SuiteConfig
from engine.corpus.table import read_table
from engine.freeze.refs import ModelRef


def check_branch_data(config: BranchConfig, *, where: object) -> None:
    """Raise `InputError` for data that cannot teach what `config` asks. Text for `continued` is not looked at."""
    data = config.data
    classes: set[str] = set(config.classes)
    for path, key in ((data.train, "data.train"), (data.heldout, "data.heldout")):
        if not path or config.method == "continued":
            continue
        table = read_table(Path(path), data.columns, key=key)
        if config.method == "instruct":
            table.text(data.instruction, key="data.instruction")
            table.text(data.output, key="data.output")
            continue
        table.text(data.text, key="data.text")
        labels = table.text(data.label, key="data.label")
        if key == "data.train":
            check_classes(config.classes, labels, data=path, where=where)
        classes = classes or set(labels)
        lines = zip((row.line for row in table.rows), labels)
        check_labels(lines, classes, where=path, fix="mend the row, or teach that class")


def check_suite(suite: SuiteConfig, models: list[ModelRef]) -> None:
    """Raise `InputError` when a test set cannot be read, or cannot be put to one of the models."""
    for model in models:
        check_head(suite, model.card(), model.id)
    if suite.task == "language-model":
        return
    table = read_table(Path(suite.data), suite.columns, key="data")
    if suite.task == "instruction":
        table.text(suite.instruction, key="instruction")
        table.text(suite.output, key="output")
        return
    table.text(suite.text, key="text")
    labels = list(zip((row.line for row in table.rows), table.text(suite.label, key="label")))
    for model in models:
        check_answers(labels[: suite.limit or None], model.card(), model.id, where=suite.data)
