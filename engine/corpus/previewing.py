"""`python -m engine.corpus.previewing HOME NAME/HASH CONFIG`: questions on standard input, answers on standard output.

Both are lines of JSON, as `engine.corpus.thresholds` has them. The app runs this in a process of its own, so that it
holds neither the measures nor DuckDB itself. The process ends with its input, and when nothing is asked for a while:
whoever asks again starts another.
"""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.config.load import load
from engine.config.schema import CorpusConfig
from engine.corpus.manifest import find_corpus
from engine.corpus.preview import Preview, preview
from engine.corpus.report import load_report
from engine.corpus.thresholds import Answer, Question
from engine.errors import GraftlineError
from engine.paths import Workspace

IDLE_SECONDS = 300.0
"""Without a question for so long, its memory is given back."""


def answer(session: Preview, question: Question, config: Path) -> Answer:
    """One question's answer; a refusal is one too."""
    try:
        asked = load(config, CorpusConfig, question.overrides)
        if measure := question.measure:
            inside = session.just_inside(asked, measure, question.source)
            return Answer(histogram=session.histogram(measure, question.source), inside=inside)
        return Answer(report=session.report(asked))
    except GraftlineError as error:
        return Answer(refused=str(error))


def main(home: str, ref: str, config: str) -> None:
    workspace, where = Workspace(Path(home)), Path(config)
    encode, read = msgspec.json.Encoder().encode, msgspec.json.Decoder(Question).decode
    try:
        built = load(where, CorpusConfig)
        with preview(workspace, load_report(find_corpus(workspace, ref).path), built) as session:
            for line in _lines():
                _say(encode(answer(session, read(line), where)))
    except GraftlineError as error:
        for _ in _lines():
            _say(encode(Answer(refused=str(error))))


def _lines() -> Iterator[bytes]:
    """Questions, until there are none any more. One at a time is asked, so none waits in a buffer unseen."""
    while select.select([sys.stdin.buffer], [], [], IDLE_SECONDS)[0]:
        if not (line := sys.stdin.buffer.readline()):
            return
        yield line


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
