"""An estimate in words: label and value, in reading order. The command line prints them, the form shows them.

    parameters   4.10M, all of them learn
    tokens       at most 8.19M in 4,000 steps, 2 a parameter (20 is compute-optimal), 5.5 epochs
    arithmetic   212T operations, 0.02x of tiny@1
    memory       ~434 MB of 16.5 GB: weights 16.4 MB, gradients 16.4 MB, optimizer 23.9 MB, activations ~37 MB ...
    time         at most 3m20s: 49 ms a step, rehearsed on CPU, 2 threads, bf16
    cost         at most 0.03, at 0.50 an hour

Estimates carry a `~`; what a plateau may shorten says `at most`.
"""

from __future__ import annotations

from engine import figures
from engine.config.estimate import Estimate
from engine.config.hardware import SHARE_OF_PEAK
from engine.config.size import OPTIMAL_TOKENS_PER_PARAMETER, Plan


def facts(estimate: Estimate) -> list[tuple[str, str]]:
    """What the run will take, a fact a line."""
    plan = estimate.plan
    found = [
        ("parameters", _parameters(plan)),
        ("tokens", _tokens(plan, bool(estimate.base))),
        ("arithmetic", _arithmetic(estimate)),
        ("memory", _memory(estimate)),
        ("time", _time(estimate)),
    ]
    if estimate.money is not None:
        found.append(("cost", f"at most {estimate.money:.2f}, at {estimate.price_per_hour:.2f} an hour"))
    return found


def summary(plan: Plan) -> str:
    """The counts in a line, as recipes state them."""
    each = f"{figures.count(plan.tokens)} tokens ({plan.tokens_per_parameter:.3g} a parameter)"
    return f"{figures.count(plan.parameters)} parameters, {each}, {figures.flops(plan.flops)} operations"


def elsewhere(estimate: Estimate) -> str:
    """What it takes on a machine that is not at hand, in a line, as recipes state it."""
    needs = f"~{figures.size(estimate.plan.peak_bytes)} with {estimate.plan.rows} sequences at a time"
    return f"~{figures.duration(estimate.seconds)}, {needs}"


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
    return ", ".join([*parts, f"{plan.epochs:.3g} epochs" if plan.epochs else "its corpus is not built yet"])


def _arithmetic(estimate: Estimate) -> str:
    text = f"{figures.flops(estimate.plan.flops)} operations"
    if not estimate.base:
        return text
    if estimate.share_of_base is None:
        return f"{text}; what {estimate.base} took is not known"
    return f"{text}, {estimate.share_of_base:.2g}x of {estimate.base}"


def _memory(estimate: Estimate) -> str:
    plan, known = estimate.plan, estimate.rehearsed
    needs = known.peak_bytes if known else plan.peak_bytes
    total = f"{'' if known else '~'}{figures.size(needs)}"
    # How much there is matters when it is nearly used up.
    there = f" of {figures.size(estimate.room_bytes)}" if 2 * needs > estimate.room_bytes > 0 else ""
    parts = [
        f"weights {figures.size(plan.weight_bytes)}",
        f"gradients {figures.size(plan.gradient_bytes)}",
        f"optimizer {figures.size(plan.optimizer_bytes)}",
        f"activations ~{figures.size(plan.activation_bytes + plan.backward_bytes)}",
    ]
    each = f" on each of {estimate.train.devices} devices" if estimate.train.devices > 1 else ""
    return f"{total}{there}{each}: {', '.join(parts)}"


def _time(estimate: Estimate) -> str:
    took = f"at most ~{figures.duration(estimate.seconds)}"
    several = estimate.train.devices if estimate.train.devices > 1 else 0
    if (other := estimate.hardware) is not None:
        share = f"at {100 * SHARE_OF_PEAK:.0f} % of its peak (not measured)"
        return f"{took} on {several or 'one'} {other.name}, {share}"
    took += f" on {several} devices" if several else ""
    if (known := estimate.rehearsed) is not None:
        return f"{took}: {pace(known.step_seconds)} a step, rehearsed on {_device(known.device)}"
    if (run := estimate.measured) is None:
        return "no run was measured here yet"
    return f"{took}, at {figures.flops(run.flops_per_second)}/s as {run.run} on {_device(run.device)}"


def _device(words: str) -> str:
    return words.partition(" (")[0] or "this machine"


def pace(seconds: float) -> str:
    """A short time: `49 ms`, `2.31 s`."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
