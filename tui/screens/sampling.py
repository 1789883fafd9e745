"""A dialog for how models are asked: temperature and its like, and the `{input}` of a prompt template."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.dialogue import Sampling
from tui import keys
from tui.text import one_line, words

_FIELDS: dict[str, tuple[str, str]] = {
    "temperature": ("temperature", "0: always the likeliest token"),
    "top_k": ("top-k", "draw from so many; 0: from all"),
    "top_p": ("top-p", "draw from this much probability"),
    "min_p": ("min-p", "0.05: drop what is 20x less likely than the best"),
    "repetition": ("repetition", "1: off; 1.1 repeats itself less"),
    "stop": ("stop at", "texts, | between them; \\n is a line's end"),
    "max_tokens": ("most tokens", "the context may end it before"),
    "seed": ("seed", "the same seed, the same words"),
    "raw": ("raw", "yes: without the prompt template"),
    "device": ("device", "auto, cpu, cuda, mps"),
    "given": ("input", "the template's {input}; may be empty"),
}


class SamplingScreen(ModalScreen[tuple[Sampling, str] | None]):
    """Sampling and input as they were left with enter; None with escape."""

    CSS = """
    SamplingScreen { align: center middle; background: $background 60%; }
    SamplingScreen > VerticalScroll {
        width: 66; max-width: 96%; height: auto; max-height: 96%; background: $panel; border: round $border;
        padding: 0 1;
    }
    SamplingScreen .title { text-style: bold; margin-bottom: 1; }
    SamplingScreen Horizontal { height: 1; }
    SamplingScreen .label { width: 13; color: $muted; }
    SamplingScreen Input { width: 16; border: none; height: 1; padding: 0 1; background: $surface; }
    SamplingScreen Input:focus { background: $block-cursor-background; }
    SamplingScreen #given { width: 1fr; }
    SamplingScreen .about { width: 1fr; padding: 0 0 0 1; color: $faint; text-wrap: nowrap; text-overflow: ellipsis; }
    SamplingScreen .problem { color: $error; height: auto; }
    SamplingScreen .hint { color: $muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = keys.SAMPLING

    def __init__(self, sampling: Sampling, given: str):
        super().__init__()
        self._values = msgspec.structs.asdict(sampling) | {
            "raw": "yes" if sampling.raw else "no",
            "stop": " | ".join(text.replace("\n", "\\n") for text in sampling.stop),
            "given": given,
        }

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("How to ask", classes="title")
            for name, (label, about) in _FIELDS.items():
                with Horizontal():
                    yield Static(label, classes="label")
                    yield Input(one_line(str(self._values[name])), id=name, select_on_focus=False)
                    if name != "given":
                        yield Static(about, classes="about")
            with Vertical(classes="problem"):
                yield Static("", id="problem")
            yield Static("enter when done, escape to leave, ↑↓ to move", classes="hint")

    def action_done(self) -> None:
        typed = {name: self.query_one(f"#{name}", Input).value.strip() for name in _FIELDS}
        given = typed.pop("given")
        raw = typed.pop("raw").lower()
        try:
            if raw not in ("yes", "no"):
                raise msgspec.ValidationError("Expected `yes` or `no` - at `$.raw`")
            stop = [text.strip().replace("\\n", "\n") for text in typed.pop("stop").split("|") if text.strip()]
            sampling = msgspec.convert({**typed, "raw": raw == "yes", "stop": stop}, Sampling, strict=False)
        except msgspec.ValidationError as error:
            self._refuse(str(error))
            return
        self.dismiss((sampling, given))

    def _refuse(self, problem: str) -> None:
        """`Expected float >= 0.0 - at $.temperature` as a sentence, with the cursor where it is."""
        wanted, _, where = problem.partition(" - at ")
        name = where.strip("`$.")
        label = _FIELDS[name][0] if name in _FIELDS else name
        wish = wanted.replace("Expected", "wants").replace("`", "").replace("int64", "int").replace("int", "a number")
        self.query_one("#problem", Static).update(words(f"{label} {wish.replace('float', 'a number')}"))
        if name in _FIELDS:
            self.query_one(f"#{name}", Input).focus()
