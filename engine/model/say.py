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
from engine.dialogue import Chances, Ended, Loaded, Piece, Refused, Request, Said
from engine.errors import GraftlineError, InputError
from engine.model.devices import choose
from engine.model.generate import steps
from engine.model.items import prompt_tokens, render
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
        prompt = render(template, request.prompt, request.input) if template else request.prompt
        (ids,) = prompt_tokens(tokenizer, [prompt])
        tokens = 0
        if model.card.head == "classify":
            yield _chances(model, ids)
        else:
            for piece in _pieces(model, tokenizer, ids, request):
                tokens = piece.tokens
                yield piece
        yield Ended(tokens, time.monotonic() - loaded)

    def _load(self, request: Request) -> tuple[GraftModel, Tokenizer]:
        key = (request.folder, request.tokenizer, request.sampling.device)
        if self._held is None or key != self._key:
            self._held = None  # its memory is free before the next one's is asked for
            device = choose(request.sampling.device, key="device")
            model = load_model(Path(request.folder), device.torch_device).eval()
            self._key, self._held = key, (model, Tokenizer.load(Path(request.tokenizer)))
        return self._held


def _pieces(model: GraftModel, tokenizer: Tokenizer, ids: list[int], request: Request) -> Iterator[Piece]:
    sampling = request.sampling
    made: list[int] = []
    shown = ""
    for (token,) in steps(
        model,
        [ids],
        max_new_tokens=sampling.max_tokens,
        end=tokenizer.end_of_text,
        temperature=sampling.temperature,
        top_k=sampling.top_k,
        top_p=sampling.top_p,
        seed=sampling.seed,
    ):
        if token != tokenizer.end_of_text:
            made.append(token)
        text = tokenizer.decode(made)
        # A character's bytes can come in several tokens; half of one decodes as U+FFFD and is held back.
        if not text.endswith("\ufffd"):
            yield Piece(text[len(shown) :], len(made))
            shown = text
    if rest := tokenizer.decode(made)[len(shown) :]:
        yield Piece(rest, len(made))


def _chances(model: GraftModel, ids: list[int]) -> Chances:
    device = model.trunk.embed.weight.device
    tokens = torch.tensor([ids[: model.card.model.context]], device=device)
    with torch.no_grad():
        chances = model.class_logits(tokens, torch.tensor([tokens.shape[1]], device=device)).softmax(-1)[0].tolist()
    return Chances(tuple(sorted(zip(model.card.classes, chances, strict=True), key=lambda pair: -pair[1])))


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
