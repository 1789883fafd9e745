"""One prompt and what several models say to it: the values that the place to talk draws. No widget, no process.

    Question  ->  one Answer a model, each filled by the thread that listens to it  ->  drawn as it grows

An answer's `changes` grows with everything heard, so that whoever draws it sees cheaply whether there is something new.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import figures
from engine.dialogue import Chances, Ended, Loaded, Piece, Said, Sampling, Stop
from engine.markdown import fenced, inline


@dataclass(frozen=True)
class Question:
    """What all models are asked alike."""

    prompt: str
    given: str = ""
    """The `{input}` of a prompt template."""
    sampling: Sampling = field(default_factory=Sampling)

    def words(self) -> str:
        """The settings in one line: `temperature 0.8 · top-k 50 · 128 tokens · seed 0`."""
        how = self.sampling
        parts = ["always the likeliest" if how.temperature == 0 else f"temperature {how.temperature:g}"]
        if how.temperature and how.top_k:
            parts.append(f"top-k {how.top_k}")
        if how.temperature and how.top_p < 1:
            parts.append(f"top-p {how.top_p:g}")
        if how.temperature and how.min_p:
            parts.append(f"min-p {how.min_p:g}")
        if how.repetition != 1:
            parts.append(f"repetition {how.repetition:g}")
        parts += [f"{how.max_tokens} tokens", f"seed {how.seed}"]
        parts += [f"stops at {len(how.stop)} text{'s' * (len(how.stop) != 1)}"] * bool(how.stop)
        parts += ["raw"] * how.raw + [f"on {how.device}"] * (how.device != "auto")
        return " · ".join(parts)


@dataclass
class Answer:
    """One model's answer on its way."""

    model: str
    state: str = "waiting"
    """waiting (for a process, for torch) | speaking | done | stopped | failed"""
    text: str = ""
    tokens: int = 0
    seconds: float = 0.0
    """Speaking took so long; 0 until it is done."""
    device: str = ""
    loading: float = 0.0
    """Seconds that loading the model took."""
    classes: tuple[tuple[str, float], ...] = ()
    """A classifier's answer: class and probability, the likeliest first."""
    problem: str = ""
    began: float = 0.0
    """When it was asked, and once it speaks, when it began to; by the clock of whoever draws."""
    changes: int = 0
    stop: Stop = field(default_factory=Stop)

    @property
    def over(self) -> bool:
        return self.state in ("done", "stopped", "failed")

    def hear(self, said: Said, now: float) -> None:
        """Take in one thing that was said."""
        match said:
            case Loaded(device, seconds):
                self.state, self.device, self.loading, self.began = "speaking", device, seconds, now
            case Piece(text=text, tokens=tokens):
                self.text += text
                self.tokens = tokens
            case Chances(classes=classes):
                self.classes = classes
            case Ended(tokens, seconds):
                self.state, self.tokens, self.seconds = "done", tokens, seconds
        self.changes += 1

    def end(self, problem: str = "") -> None:
        """Nothing more will be said."""
        if not self.over:
            self.state, self.problem = ("failed", problem) if problem else ("stopped", "")
            self.changes += 1

    def speed(self, now: float) -> float:
        """Tokens per second so far."""
        seconds = self.seconds or (now - self.began)
        return self.tokens / seconds if seconds > 0 and self.tokens else 0.0

    def words(self) -> str:
        """The answer as text: what was said, or each class with its probability."""
        return "\n".join(f"{chance:6.1%}  {name}" for name, chance in self.classes) or self.text


@dataclass
class Exchange:
    """A question and every answer to it."""

    question: Question
    answers: dict[str, Answer]
    """By model id, in the order of the columns."""

    @property
    def over(self) -> bool:
        return all(answer.over for answer in self.answers.values())

    def stop(self) -> None:
        """End what is still going on."""
        for answer in self.answers.values():
            if not answer.over:
                answer.stop()


def markdown(exchange: Exchange, names: dict[str, str]) -> str:
    """The exchange as a document: the prompt, then each model's answer as a quoted block."""
    question = exchange.question
    parts = [f"# {inline(question.prompt, 72)}", "", fenced(question.prompt)]
    if question.given:
        parts += ["", "Input:", "", fenced(question.given)]
    parts += ["", f"*{question.words()}*"]
    for model, answer in exchange.answers.items():
        parts += ["", f"## {inline(names.get(model, model), 72)}", ""]
        about = [f"`{model}`"] + [f"{answer.tokens} tokens"] * bool(answer.tokens)
        about += [f"{figures.duration(answer.seconds)}"] * bool(answer.seconds) + [answer.device] * bool(answer.device)
        about += [answer.state] * (answer.state != "done")
        parts += [", ".join(about), "", fenced(answer.problem or answer.words())]
    return "\n".join(parts) + "\n"
