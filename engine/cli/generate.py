"""`generate`: what a model makes of prompts, one by one as it comes or many together."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engine.cli.base import emit, examples, home_option, json_option, say
from engine.errors import InputError
from engine.plain import many_lines, one_line

if TYPE_CHECKING:
    from engine.dialogue import Chances, Ended, Request


@dataclass(frozen=True)
class Answers:
    """What was said to some prompts."""

    texts: list[str]
    device: str
    ended: Ended


@click.command(
    epilog=examples(
        "graftline generate tiny@1 'Return the length of'",
        "graftline generate helper 'What does len do?' 'What does zip do?' --temperature 0",
        "graftline generate areas --lines descriptions.txt --json",
        "graftline generate tiny@1 - --stop '\\n\\n' --min-p 0.05 < beginning.txt",
    )
)
@click.argument("model", metavar="MODEL")
@click.argument("prompts", nargs=-1, metavar="PROMPT...")
@click.option("--lines", type=click.Path(path_type=Path), metavar="FILE", help="More prompts, one a line.")
@click.option("--input", "given", default="", help="The {input} of an instruction model's prompt.")
@click.option("--raw", is_flag=True, help="Complete PROMPT as it stands, without the model's prompt template.")
@click.option("--max-tokens", default=128, show_default=True, type=click.IntRange(min=1))
@click.option("--temperature", default=0.8, show_default=True, type=click.FloatRange(min=0), help="0: always the best.")
@click.option("--top-k", default=50, show_default=True, type=click.IntRange(min=0), help="0: all tokens.")
@click.option("--top-p", default=1.0, show_default=True, type=click.FloatRange(min=0, max=1, min_open=True))
@click.option("--min-p", default=0.0, show_default=True, type=click.FloatRange(min=0, max=1, max_open=True),
              help="Leave out what is less likely than this share of the likeliest.")  # fmt: skip
@click.option("--repetition", default=1.0, show_default=True, type=click.FloatRange(min=1),
              help="Divide the logit of what was said already by this.")  # fmt: skip
@click.option("--stop", multiple=True, metavar="TEXT", help="End before this text; \\\\n is a line's end. Repeatable.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--device", default="auto", show_default=True)
@home_option
@json_option
def generate(
    model: str, prompts: tuple[str, ...], lines: Path | None, given: str, home: Path, as_json: bool, **how: Any
) -> None:
    """Complete, answer or classify prompts with any model.

    Several prompts are answered together. `-` reads one from stdin.
    """
    from engine.dialogue import Sampling
    from engine.launch.ask import request
    from engine.paths import Workspace

    sampling = Sampling(**how | {"stop": tuple(text.replace("\\n", "\n") for text in how["stop"])})
    texts = [sys.stdin.read() if one == "-" else one for one in prompts] + (_lines_of(lines) if lines else [])
    if not texts:
        raise InputError("there is no prompt", key="PROMPT", fix="give one, or --lines FILE, or - for stdin")
    ref, asked = request(Workspace(home), model, texts, given, sampling)
    answers = _listen(asked, aloud=len(texts) == 1 and not as_json)
    if as_json:
        rows = [{"prompt": prompt, "text": answer} for prompt, answer in zip(texts, answers.texts, strict=True)]
        took = {"tokens": answers.ended.tokens, "seconds": answers.ended.seconds}
        return emit({"model": ref.id, "step": ref.step, "answers": rows, **took})
    if len(texts) > 1:
        _print(texts, answers.texts)
    return _say_pace(answers)


def _lines_of(path: Path) -> list[str]:
    """A file's lines that are not blank, as prompts."""
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except FileNotFoundError:
        raise InputError("no such file", where=path, key="--lines", fix="check the path") from None
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 at byte {error.start}"
        raise InputError(problem, where=path, key="--lines", fix="save it as UTF-8") from None


def _listen(asked: Request, *, aloud: bool) -> Answers:
    """All that is said. `aloud`: the only answer is printed as it comes."""
    from engine.dialogue import Chances, Ended, Loaded, Piece
    from engine.launch.ask import Speakers

    texts, device, ended = [""] * len(asked.prompts), "", Ended(0, 0.0)
    with Speakers(slots=1) as speakers:
        for said in speakers.ask(asked):
            match said:
                case Piece() | Chances():
                    text = said.text if isinstance(said, Piece) else _chances(said)
                    texts[said.row] += text
                    if aloud:
                        print(many_lines(text), end="", flush=True)
                case Loaded():
                    device = said.device
                case Ended():
                    ended = said
    if aloud and not texts[0].endswith("\n"):
        print()
    return Answers(texts, device, ended)


def _chances(chances: Chances) -> str:
    return "".join(f"{chance:6.1%}  {name}\n" for name, chance in chances.classes)


def _print(prompts: list[str], answers: list[str]) -> None:
    """Each answer below its prompt."""
    for number, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        print("\n" * (number > 0) + f"» {one_line(prompt)}")
        print(many_lines(answer).rstrip("\n"))


def _say_pace(answers: Answers) -> None:
    tokens, seconds = answers.ended.tokens, answers.ended.seconds
    if tokens:
        say(f"{tokens:,} tokens in {seconds:.2f} s on {answers.device}: {tokens / seconds:,.0f} a second")


VERBS = (generate,)
