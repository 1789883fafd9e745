"""A workspace in which every text that a person, a file or a model could have written is hostile.

    poison(home)   rewrites journals, predictions, logs and reports of a finished workspace in place
    nasty(text)    the hostile text that takes the place of `text`: always the same for the same one, so that what
                   belongs together (a class and its row in the confusion) still does

Ids, kinds and references stay: they are Graftline's own words, or safe names by its own rules.
"""

from __future__ import annotations

import json
import random
import zlib
from pathlib import Path
from typing import Any

from engine.corpus.report import load_report
from engine.paths import Workspace

FRAGMENTS = (
    "[/nope]", "[bold]", "[red]x[/]", "[@click=app.quit]y[/]", "[link=file:///etc]z[/link]", "\\[", "[[", "$name",
    "{0}", "%s", "\x1b[2J", "\x1b]0;owned\x07", "\x1b]8;;http://x\x1b\\", "\x1bP+q\x1b\\", "\x9b31m", "\x90q\x9c",
    "\x07", "\x08\x08", "\x00", "\x7f", "\r", "\n", "\r\n", "\t", "\u2028", "\u202e", "\u2066", "\u200f", "\ufeff",
    "\u200b", "e\u0301\u0302\u0303", "\u0301", "日本語", "한국", "ﷺ", "👩\u200d👩\u200d👧", "❤\ufe0f", "👍🏽", "🇩🇪",
    "क\u094d\u200dष", "1\ufe0f\u20e3", "\xad", "\U000e0041", "\U0001f600", "\uffff", "a" * 90, "ａ" * 40,
    "../../etc/passwd", "'\"`", "<b>&amp;", "-5", "│┤", "⣿",
)  # fmt: skip
_KEPT = {
    "type",
    "kind",
    "method",
    "base",
    "what",
    "task",
    "run_id",
    "model",
    "parent",
    "hash",
    "boot_id",
    "fingerprint",
}
_KEPT |= {"sha256", "suite_sha256", "predictions", "phase", "target", "optimizer", "precision", "metric", "optimiser"}
"""Fields that hold Graftline's own words."""


def nasty(text: str) -> str:
    """What stands for `text`: one to five fragments with some of the text between them."""
    draw = random.Random(zlib.crc32(text.encode()))
    parts = [draw.choice(FRAGMENTS) for _ in range(draw.randint(1, 5))]
    parts.insert(draw.randint(0, len(parts)), text[:12])
    return "".join(parts)


def poison(home: Path) -> None:
    """Nothing of the workspace may be open."""
    workspace = Workspace(home)
    for folder in workspace.runs():
        _journal(folder.journal)
        for file in folder.predictions.glob("*.jsonl"):
            _predictions(file)
        with folder.log.open("ab") as log:
            log.writelines(fragment.encode() + b" in the log\n" for fragment in FRAGMENTS)
            log.write(b"\xff\xfe\x00\n" + b"\x1b[31m" * 2000 + b"\nno end")
    _journal(workspace.journal)
    for report in workspace.corpora.glob("*/*/report.json"):
        _report(report.parent)


def _journal(path: Path) -> None:
    lines = []
    for line in path.read_bytes().splitlines():
        record = json.loads(line[9:])
        event = record["event"]
        keep_target = event["type"] in ("noted", "tagged", "renamed")
        record["event"] = _poisoned(event, keep_target)
        if event["type"] == "metrics" and event["step"] % 10 == 0:
            record["event"]["values"][nasty("metric")] = 1.0
        body = json.dumps(record).encode()
        lines.append(b"%08x " % zlib.crc32(body) + body + b"\n")
    path.write_bytes(b"".join(lines))


def _poisoned(value: Any, keep_target: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _field(key, one, keep_target) for key, one in value.items()}
    if isinstance(value, list):
        return [_poisoned(one) for one in value]
    return nasty(value) if isinstance(value, str) else value


def _field(key: str, value: Any, keep_target: bool) -> Any:
    if key in ("parents", "values") or (isinstance(value, str) and key in _KEPT and (key != "target" or keep_target)):
        return value
    if key == "confusion":
        return {nasty(target): {nasty(out): n for out, n in row.items()} for target, row in value.items()}
    if key == "scores":
        return [{**one, "metric": _metric(one["metric"])} for one in value]
    return _poisoned(value)


def _metric(name: str) -> str:
    """`f1:data` belongs to a class; `accuracy` is ours."""
    kind, colon, label = name.partition(":")
    return f"{kind}:{nasty(label)}" if colon else name


def _predictions(file: Path) -> None:
    items = [json.loads(line) for line in file.read_text().splitlines()]
    texts = ("input", "target", "output", "example_id")
    items = [{key: nasty(value) if key in texts else value for key, value in item.items()} for item in items]
    file.write_text("".join(json.dumps(item) + "\n" for item in items))


_WORDS_OF_OURS = {"hash", "prepared", "step", "stage", "revision", "name"}
"""Fields of a report that hold Graftline's own words, or names that other fields refer to."""


def _report(folder: Path) -> None:
    path = folder / "report.json"
    load_report(folder)
    path.write_text(json.dumps(_poisoned_report(json.loads(path.read_text()))))


def _poisoned_report(value: Any, name: str = "") -> Any:
    """Every text of a report but Graftline's own words; sources' names, which rules count by, as their keys."""
    match value:
        case dict():
            return {
                nasty(key) if name == "by_source" else key: _poisoned_report(one, key) for key, one in value.items()
            }
        case list() if name == "sources":
            return [{**_poisoned_report(one), "name": nasty(one["name"])} for one in value]
        case list():
            return [_poisoned_report(one, name) for one in value]
        case str() if name not in _WORDS_OF_OURS:
            return nasty(value) * (3 if name in ("text", "kept_text") else 1)
    return value
