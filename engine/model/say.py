"""`python -m engine.model.say`: requests on standard input, what the model says to each on standard output.

Both are lines of JSON, as `engine.dialogue` has them. The command line and the app run this in a process of its own,
so that neither loads torch itself; text goes out as it is made. The process ends with its input. Exit codes as
everywhere: 0 done, else that of the last refusal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch

from engine.corpus.tokenizer import Tokenizer
from engine.dialogue import Chances, Ended, Loaded, Piece, Refused, Request, Said, Sampling
from engine.errors import GraftlineError, InputError
from engine.model.devices import choose
from engine.model.generate import steps
from engine.model.items import prompt_tokens, templated
from engine.model.text_stream import TextStream
from engine.model.transformer import GraftModel
from engine.model.weights import load_model


@dataclass
class Speaker:
    """Answers requests, with the model of the last one still in memory."""

    _key: tuple[str, str, str] = ("", "", "")
    _held: tuple[GraftModel, Tokenizer] | None = field(default=None, repr=False)

    def answer(self, request: Request) -> Iterator[Said]:
        """All that is said to one request. Raises a `GraftlineError` for what cannot be done."""
        began = time.monotonic()
        model, tokenizer = self._load(request)
        loaded = time.monotonic()
        yield Loaded(str(model.trunk.embed.weight.device), loaded - began)
        template = None if request.sampling.raw else model.card.template
        if template:
            rows = templated(tokenizer, template, [(one, request.input) for one in request.prompts])
        else:
            rows = prompt_tokens(tokenizer, request.prompts)
        tokens = [0] * len(rows)
        if model.card.head == "classify":
            yield from (_chances(model, ids, row) for row, ids in enumerate(rows))
        else:
            for piece in _pieces(model, tokenizer, rows, request.sampling):
                tokens[piece.row] = piece.tokens
                yield piece
        yield Ended(sum(tokens), time.monotonic() - loaded)

    def _load(self, request: Request) -> tuple[GraftModel, Tokenizer]:
        key = (request.folder, request.tokenizer, request.sampling.device)
        if self._held is None or key != self._key:
            self._held = None  # its memory is free before the next one's is asked for
            device = choose(request.sampling.device, key="device")
            model = load_model(Path(request.folder), device.torch_device).eval()
            self._key, self._held = key, (model, Tokenizer.load(Path(request.tokenizer)))
        return self._held


def _pieces(model: GraftModel, tokenizer: Tokenizer, rows: list[list[int]], sampling: Sampling) -> Iterator[Piece]:
    """Every row's text as it is made; a row of which nothing more comes says the rest at once."""
    end = tokenizer.end_of_text
    streams = [TextStream(tokenizer, sampling.stop) for _ in rows]
    over: set[int] = set()
    for tokens in steps(
        model, rows, max_new_tokens=sampling.max_tokens, end=end, sampling=sampling, enough=over
    ):  # fmt: skip
        for row, token in enumerate(tokens):
            if row in over:
                continue
            stream = streams[row]
            text = stream.rest() if token == end else stream.add(token)
            if token == end or stream.stopped:
                over.add(row)
            if text or token != end:
                yield Piece(text, stream.tokens, row)
    for row, stream in enumerate(streams):
        if rest := stream.rest():
            yield Piece(rest, stream.tokens, row)


def _chances(model: GraftModel, ids: list[int], row: int) -> Chances:
    device = model.trunk.embed.weight.device
    tokens = torch.tensor([ids[: model.card.model.context]], device=device)
    with torch.no_grad():
        chances = model.class_logits(tokens, torch.tensor([tokens.shape[1]], device=device)).softmax(-1)[0].tolist()
    return Chances(tuple(sorted(zip(model.card.classes, chances, strict=True), key=lambda pair: -pair[1])), row)


def main() -> int:
    speaker, code = Speaker(), 0
    for line in sys.stdin.buffer:
        code = 0
        try:
            for said in speaker.answer(msgspec.json.decode(line, type=Request)):
                _write(said)
        except msgspec.MsgspecError as error:
            code = _refuse(InputError(f"not a request: {error}", where="stdin"))
        except GraftlineError as error:
            code = _refuse(error)
    return code


def _refuse(error: GraftlineError) -> int:
    _write(Refused(str(error), error.exit_code))
    return error.exit_code


def _write(said: Said) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
