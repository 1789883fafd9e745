"""Put a suite's questions to a model, in batches of like length. The torch side of evaluating."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.config.schema import TemplateConfig
from engine.corpus.suite import Suite
from engine.corpus.tokenizer import Tokenizer
from engine.journal.events import Progress
from engine.model.devices import Device
from engine.model.generate import generate
from engine.model.items import pad, templated, text_tokens
from engine.model.transformer import GraftModel
from engine.stage import StageContext

_SAY_SECONDS = 0.5


class StopAsked(Exception):
    """Somebody asked the run to stop between two batches."""


@dataclass
class Asker:
    """One model, ready to be asked. Call its methods without gradients."""

    context: StageContext
    model: GraftModel
    tokenizer: Tokenizer
    device: Device
    size: int
    """Items in a batch."""
    phase: str = ""
    """What is going on, for the progress bar."""
    tokens: int = 0
    """Read or written by the model so far."""
    _said: float = field(default=0.0, repr=False)

    @property
    def room(self) -> int:
        """The model's context in tokens."""
        return self.model.card.model.context

    def batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Which items go together: longest first, so that what does not fit the memory shows at once.

        Raises `StopAsked` between two batches.
        """
        order = sorted(range(len(lengths)), key=lambda at: -lengths[at])
        for start in range(0, len(order), self.size):
            if self.context.stop_asked:
                raise StopAsked
            yield order[start : start + self.size]
            self.progress(min(start + self.size, len(order)), len(order))

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._said >= _SAY_SECONDS:
            self._said = now
            self.context.record(Progress(phase=self.phase, done=done, total=total))

    def classes(self, suite: Suite) -> list[str]:
        """The class that the model gives each item."""
        rows, cut = text_tokens(self.tokenizer, [item.text for item in suite.items], self.room)
        self._say_cut(cut, len(rows), "text", suite.name)
        outputs = [""] * len(rows)
        for chosen in self.batches([len(row) for row in rows]):
            tokens, lengths = pad([rows[at] for at in chosen], self.device.torch_device)
            best = self.model.class_logits(tokens, lengths).argmax(dim=1).tolist()
            for at, number in zip(chosen, best):
                outputs[at] = self.model.card.classes[number]
            self.tokens += int(lengths.sum())
        return outputs

    def answers(self, suite: Suite) -> tuple[list[str], list[bool]]:
        """The model's greedy answer to each instruction, and whether it ended the answer itself."""
        template = self.model.card.template
        if template is None:
            template = TemplateConfig()
            self.context.say(f"{self.phase}: the model has no prompt template of its own; the usual one is used")
        prompts = templated(self.tokenizer, template, [(item.text, item.input) for item in suite.items])
        new = min(suite.config.max_new_tokens, max(1, self.room // 2))
        longest = self.room - new
        self._say_cut(sum(len(p) > longest for p in prompts), len(prompts), "prompt", suite.name)
        prompts = [prompt[-longest:] for prompt in prompts]
        outputs, ended = [""] * len(prompts), [False] * len(prompts)
        for chosen in self.batches([len(prompt) for prompt in prompts]):
            asked = [prompts[at] for at in chosen]
            made = generate(self.model, asked, max_new_tokens=new, end=self.tokenizer.end_of_text)
            for at, one in zip(chosen, made):
                outputs[at], ended[at] = self.tokenizer.decode(one.tokens).strip(), one.ended
                self.tokens += len(prompts[at]) + len(one.tokens)
        return outputs, ended

    def _say_cut(self, cut: int, total: int, what: str, suite: str) -> None:
        if cut:
            self.context.say(f"{suite}: {cut:,} of {total:,} {what}s do not fit {self.room} tokens and are cut")
