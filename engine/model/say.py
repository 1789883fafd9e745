"""`python -m engine.model.say`: one JSON request on standard input, the model's answer as text on standard output.

The command line runs this in a process of its own, so that it never loads torch itself. Text comes as it is made.
Exit codes as everywhere: 0 done, 1 the machine's trouble, 2 the request's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import torch

from engine.corpus.tokenizer import Tokenizer
from engine.errors import GraftlineError, InputError
from engine.model.devices import choose
from engine.model.generate import steps
from engine.model.items import prompt_tokens, render
from engine.model.transformer import GraftModel
from engine.model.weights import load_model


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say."""

    folder: str
    """With model.safetensors and config.json."""
    tokenizer: str
    """The tokenizer's folder."""
    prompt: str
    input: str = ""
    """Goes into the prompt template's `{input}`, for models that have a template."""
    raw: bool = False
    """Complete the prompt as it stands, template or not."""
    max_new_tokens: int = 128
    temperature: float = 0.8
    top_k: int = 50
    top_p: float = 1.0
    seed: int = 0
    device: str = "auto"


def answer(request: Request) -> Iterator[str]:
    """The answer in pieces: a completion, or for a classifier each class with its probability."""
    device = choose(request.device, key="device")
    model = load_model(Path(request.folder), device.torch_device).eval()
    tokenizer = Tokenizer.load(Path(request.tokenizer))
    template = None if request.raw else model.card.template
    prompt = render(template, request.prompt, request.input) if template else request.prompt
    (ids,) = prompt_tokens(tokenizer, [prompt])
    if model.card.head == "classify":
        yield from _classes(model, ids)
        return
    made: list[int] = []
    shown = ""
    for (token,) in steps(
        model,
        [ids],
        max_new_tokens=request.max_new_tokens,
        end=tokenizer.end_of_text,
        temperature=request.temperature,
        top_k=request.top_k,
        top_p=request.top_p,
        seed=request.seed,
    ):
        if token != tokenizer.end_of_text:
            made.append(token)
        text = tokenizer.decode(made)
        # A character's bytes can come in several tokens; half of one decodes as U+FFFD and is held back.
        if not text.endswith("\ufffd"):
            yield text[len(shown) :]
            shown = text
    yield tokenizer.decode(made)[len(shown) :]


def _classes(model: GraftModel, ids: list[int]) -> Iterator[str]:
    device = model.trunk.embed.weight.device
    tokens = torch.tensor([ids[: model.card.model.context]], device=device)
    with torch.no_grad():
        chances = model.class_logits(tokens, torch.tensor([tokens.shape[1]], device=device)).softmax(-1)[0].tolist()
    for name, chance in sorted(zip(model.card.classes, chances, strict=True), key=lambda pair: -pair[1]):
        yield f"{chance:6.1%}  {name}\n"


def main() -> int:
    try:
        request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
        for piece in answer(request):
            sys.stdout.write(piece)
            sys.stdout.flush()
    except msgspec.MsgspecError as error:
        print(InputError(f"not a request: {error}", where="stdin"), file=sys.stderr)
        return 2
    except GraftlineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
