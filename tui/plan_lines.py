"""The plan beside the form: what a run will take, in the words and units of the rest of the app.

    parameters   4.10M, all of them learn
    tokens       at most 8.19M (4,000 steps), 2.0 a parameter (20 is compute-optimal), 5.5 epochs
    arithmetic   212T operations, 0.02x of tiny@1
    memory       ~94 MB: weights 16, gradients 16, optimizer 24, activations ~37 MB
    time         at most 3m20s, at 1.06T/s as tiny on CPU, 2 threads, fp32
    cost         at most 0.03, at 0.50 an hour

Estimates carry a `~`; what a plateau may shorten says `at most`.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from textual.content import Content

from engine import figures
from engine.config.size import OPTIMAL_TOKENS_PER_PARAMETER, Estimate, Plan
from tui import theme
from tui.text import one_line

_LABEL = 12
NOTHING_YET = "shows as soon as the form says enough"


@dataclass(frozen=True)
class Sweep:
    """Several runs that one form makes."""

    runs: int
    tag: str
    seconds: float | None
    """Of all together, one after the other; None where the past tells nothing."""


def plan_lines(estimate: Estimate | None, width: int, sweep: Sweep | None = None) -> Content:
    """The block in `width` cells; values that are longer go on below themselves. Of a sweep, its first run's plan."""
    rows = _row("sweep", _sweep(sweep), width) if sweep else []
    head = Content.styled("what the first of them will take" if sweep else "what it will take", theme.MUTED)
    if estimate is None:
        return Content("\n").join([*rows, head, Content.styled(NOTHING_YET, theme.FAINT)])
    return Content("\n").join([*rows, head, *(line for fact in _facts(estimate) for line in _row(*fact, width))])


def _sweep(sweep: Sweep) -> str:
    together = f", at most ~{figures.duration(sweep.seconds)} together" if sweep.seconds is not None else ""
    return f"{sweep.runs} runs{together}, tagged {sweep.tag}"


def _row(label: str, value: str, width: int) -> list[Content]:
    pieces = textwrap.wrap(one_line(value), max(16, width - _LABEL)) or [""]
    return [
        Content.assemble((f"{label if n == 0 else '':<{_LABEL}}", theme.MUTED), piece) for n, piece in enumerate(pieces)
    ]


def _facts(estimate: Estimate) -> list[tuple[str, str]]:
    plan = estimate.plan
    facts = [
        ("parameters", _parameters(plan)),
        ("tokens", _tokens(plan, bool(estimate.base))),
        ("arithmetic", _arithmetic(estimate)),
        ("memory", _memory(plan)),
        ("time", _time(estimate)),
    ]
    if estimate.money is not None:
        facts.append(("cost", f"at most {estimate.money:.2f}, at {estimate.price_per_hour:.2f} an hour"))
    return facts


def _parameters(plan: Plan) -> str:
    if plan.learning == plan.parameters:
        return f"{figures.count(plan.parameters)}, all of them learn"
    learning = f"{figures.count(plan.learning)} of them" if plan.learning else "only a new head"
    return f"{figures.count(plan.parameters)}, {learning} learn{'' if plan.learning else 's'}"


def _tokens(plan: Plan, branch: bool) -> str:
    parts = [f"{'~' if branch else 'at most '}{figures.count(plan.tokens)} in {plan.steps:,} steps"]
    if not branch:
        optimal = f"{OPTIMAL_TOKENS_PER_PARAMETER} is compute-optimal"
        parts.append(f"{plan.tokens_per_parameter:.3g} a parameter ({optimal})")
    return ", ".join([*parts, f"{plan.epochs:.3g} epochs"])


def _arithmetic(estimate: Estimate) -> str:
    text = f"{figures.flops(estimate.plan.flops)} operations"
    if not estimate.base:
        return text
    if estimate.share_of_base is None:
        return f"{text}; what {estimate.base} took is not known"
    return f"{text}, {estimate.share_of_base:.2g}x of {estimate.base}"


def _memory(plan: Plan) -> str:
    total = figures.size(plan.state_bytes + plan.activation_bytes)
    parts = [
        f"weights {figures.size(plan.weight_bytes)}",
        f"gradients {figures.size(plan.gradient_bytes)}",
        f"optimizer {figures.size(plan.optimizer_bytes)}",
        f"activations ~{figures.size(plan.activation_bytes)}",
    ]
    return f"~{total}: {', '.join(parts)}"


def _time(estimate: Estimate) -> str:
    measured = estimate.measured
    if measured is None:
        return "no run was measured here yet"
    took, speed = figures.duration(estimate.seconds), figures.flops(measured.flops_per_second)
    return f"at most ~{took}, at {speed}/s as {measured.run} on {measured.device.partition(' (')[0] or 'this machine'}"
