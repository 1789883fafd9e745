"""`show`: all about one run, model or corpus, gathered into one value and printed as a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from engine import figures
from engine.cli import render
from engine.errors import InputError
from engine.plain import one_line
from engine.store.rows import CheckpointRow, CorpusRow, EvalRow, EventRow, ModelRow, Node, RunRow

if TYPE_CHECKING:
    from rich.console import RenderableType

    from engine.launch.client import Client

VITALS = {
    "lr": "lr", "muon_lr": "Muon's", "grad_norm": "gradient norm", "epoch": "passes over the data", "mfu": "MFU",
    "memory_bytes": "memory", "update_ratio_embed": "embedding", "update_ratio_attention": "attention",
    "update_ratio_mlp": "MLP", "update_ratio_head": "head", "update_ratio_rest": "rest",
}  # fmt: skip
"""Measurements that tell how a run fares, and what they are called here."""
_DECISIONS = {"decision", "failed", "stopped"}


class RunCard(Struct, tag_field="what", tag="run", frozen=True, kw_only=True):
    run: RunRow
    config: dict[str, Any]
    """As resolved; empty when its file is gone or damaged."""
    checkpoints: list[CheckpointRow]
    evaluations: list[EvalRow]
    """Of the model this run made, or for an evaluation, those it made."""
    decisions: list[EventRow]
    newest: dict[str, float] = {}
    """The last value of each of `VITALS` that it has measured."""


class ModelCard(Struct, tag_field="what", tag="model", frozen=True, kw_only=True):
    model: ModelRow
    run: RunRow | None
    evaluations: list[EvalRow]
    branches: list[RunRow]
    tags: tuple[str, ...] = ()
    note: str = ""


class CorpusCard(Struct, tag_field="what", tag="corpus", frozen=True, kw_only=True):
    corpus: CorpusRow
    report: Any
    """`engine.corpus.report.CorpusReport`, or None when it is missing."""
    runs: list[RunRow]
    """Those that build on it."""


Card = RunCard | ModelCard | CorpusCard


def card(client: Client, thing: RunRow | ModelRow | CorpusRow) -> Card:
    match thing:
        case RunRow():
            return run_card(client, thing)
        case ModelRow():
            return model_card(client, thing)
        case CorpusRow():
            return corpus_card(client, thing)


def run_card(client: Client, run: RunRow) -> RunCard:
    return RunCard(
        run=run,
        config=config_of(client, run.id),
        checkpoints=client.checkpoints(run.id),
        evaluations=[row for row in client.evals() if run.id in (row.model_id, row.run_id)],
        decisions=[event for event in client.events(run.id) if event.type in _DECISIONS],
        newest=_newest(client, run.id),
    )


def _newest(client: Client, run_id: str) -> dict[str, float]:
    import msgspec

    (row,) = client.sql(f"SELECT last_metrics FROM runs WHERE id = '{run_id}'").rows  # an id has no quotes
    found = msgspec.json.decode(str(row[0]), type=dict[str, float])
    return {name: found[name] for name in VITALS if name in found}


def model_card(client: Client, model: ModelRow) -> ModelCard:
    runs = client.runs()
    node = _node(client.lineage().roots, model.id)
    return ModelCard(
        model=model,
        run=next((run for run in runs if run.id == model.run_id), None),
        evaluations=[row for row in client.evals() if row.model_id in (model.id, model.run_id)],
        branches=[run for run in runs if run.kind == "branch" and f"model:{model.id}" in run.parents],
        tags=node.tags if node else (),
        note=node.note if node else "",
    )


def _node(nodes: tuple[Node, ...], model_id: str) -> Node | None:
    for node in nodes:
        found = node if model_id in (node.id, *node.frozen_as) else _node(node.children, model_id)
        if found is not None:
            return found
    return None


def corpus_card(client: Client, corpus: CorpusRow) -> CorpusCard:
    from engine.corpus.report import load_report

    try:
        report = load_report(client.workspace.corpora / corpus.name / corpus.hash)
    except InputError:
        report = None  # the tokens are what matters; a lost report costs its part of the card
    runs = [run for run in client.runs() if f"corpus:{corpus.id}" in run.parents]
    return CorpusCard(corpus=corpus, report=report, runs=runs)


def config_of(client: Client, run_id: str) -> dict[str, Any]:
    """A run's resolved configuration as plain data; empty when it cannot be read."""
    from engine.config.load import read_toml

    try:
        return read_toml(client.workspace.run(run_id).config)
    except InputError:
        return {}


def print_card(card: Card) -> None:
    match card:
        case RunCard():
            render.show(*_run_parts(card))
        case ModelCard():
            render.show(*_model_parts(card))
        case CorpusCard():
            _print_corpus(card)


def ending(run: RunRow) -> str:
    """How a run ended, in one line, and what one may do next."""
    loss = f", held-out loss {run.heldout_loss:.4f}" if run.heldout_loss is not None else ""
    steps = f" after {run.step:,} steps" if run.step else ""
    following = {
        "corpus": f"; next: graftline pretrain CONFIG --set corpus={run.name}",
        "pretrain": f"; next: graftline freeze {run.id} --as NAME",
        "import": f"; next: graftline branch CONFIG --base {run.name}",
        "branch": f"; next: graftline evaluate {run.id} --suite SUITE",
        "evaluate": "; next: graftline compare --suite SUITE",
    }
    return f"{run.name} {run.state}{steps} in {render.duration(run.cost.seconds)}{loss}{following.get(run.kind, '')}"


def _run_parts(card: RunCard) -> list[RenderableType]:
    run = card.run
    steps = f"{run.step:,} of {run.steps:,}" if run.steps else f"{run.step:,}"
    rows: list[tuple[str, object]] = [
        ("run", run.id),
        ("name", run.name),
        ("kind", " ".join(part for part in (run.kind, run.method or "", "(scratch control)" * run.scratch) if part)),
        ("state", render.state(run.state)),
        ("created", render.moment(run.created)),
        ("grows from", ", ".join(run.parents) or figures.UNKNOWN),
        ("device", run.device or figures.UNKNOWN),
        ("steps", steps),
        ("loss", f"train {render.number(run.train_loss)}, held-out {render.number(run.heldout_loss)}"),
        *vitals(card.newest),
        *cost_rows(run.cost),
        *_plan_rows(run),
        *marks(run.tags, run.note),
    ]
    if run.error:
        rows.append(("error", render.text(run.error, "red")))
    parts: list[RenderableType] = [render.facts(rows)]
    if card.decisions:
        parts += ["", render.facts([("decisions" if i == 0 else "", e.text) for i, e in enumerate(card.decisions)])]
    if card.checkpoints:
        table = render.table(">STEP", ">TOKENS", ">HELD-OUT", "", "SHA-256")
        for row in card.checkpoints:
            loss, best = render.number(row.heldout_loss), "best" if row.best else ""
            table.add_row(f"{row.step:,}", figures.count(row.tokens), loss, best, render.text(row.sha256[:16]))
        parts += ["", table]
    return [*parts, *_scores(card.evaluations)]


def _plan_rows(run: RunRow) -> list[tuple[str, object]]:
    """What was expected, and what came of it."""
    return [("plan", run.expectation)] if run.expectation else []


def vitals(newest: dict[str, float]) -> list[tuple[str, object]]:
    """How the steps fare: rates and norms, how far updates go, what of the machine is used."""

    def said(name: str) -> str:
        value = newest[name]
        shown = f"{value:.1%}" if name == "mfu" else figures.size(value) if name == "memory_bytes" else f"{value:.3g}"
        return f"{VITALS[name]} {shown}"

    rows = (
        ("newest", ("lr", "muon_lr", "grad_norm", "epoch")),
        ("update / weight", tuple(name for name in VITALS if name.startswith("update_ratio"))),
        ("uses", ("mfu", "memory_bytes")),
    )
    told = [(title, ", ".join(said(name) for name in names if name in newest)) for title, names in rows]
    return [(title, text) for title, text in told if text]


def cost_rows(cost: Any) -> list[tuple[str, object]]:
    words = [
        render.duration(cost.seconds),
        f"{figures.count(cost.tokens)} tokens",
        f"{figures.flops(cost.flops)} FLOPs",
    ]
    rows: list[tuple[str, object]] = [("cost", ", ".join(words))]
    return rows if cost.money is None else [*rows, ("price", f"{cost.money:.2f}")]


def marks(tags: tuple[str, ...], note: str) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    if tags:
        rows.append(("tags", ", ".join(tags)))
    if note:
        rows.append(("note", note))
    return rows


def _model_parts(card: ModelCard) -> list[RenderableType]:
    model = card.model
    rows: list[tuple[str, object]] = [
        ("model", model.id),
        ("kind", " ".join(part for part in (model.kind, model.method or "") if part)),
        ("grows from", model.parent_id or figures.UNKNOWN),
        ("run", f"{model.run_id}" + (f" at step {model.step:,}" if model.step is not None else "")),
        ("parameters", f"{model.parameters:,}"),
        ("frozen", render.moment(model.frozen_at)),
        ("sha-256", model.sha256),
        *marks(card.tags, card.note),
    ]
    if card.run is not None:
        rows += [("held-out loss", render.number(card.run.best_heldout_loss)), *cost_rows(card.run.cost)]
        rows += _plan_rows(card.run)
    parts: list[RenderableType] = [render.facts(rows)]
    if card.branches:
        table = render.table("BRANCH", "METHOD", "STATE", ">HELD-OUT")
        for run in card.branches:
            loss = render.number(run.best_heldout_loss)
            table.add_row(render.text(run.name), render.text(run.method or ""), render.state(run.state), loss)
        parts += ["", table]
    return [*parts, *_scores(card.evaluations)]


def _scores(evaluations: list[EvalRow]) -> list[RenderableType]:
    if not evaluations:
        return []
    table = render.table("SUITE", "MODEL", "METRIC", ">SCORE [95 %]", ">N")
    for row in evaluations:
        for score in row.scores:
            cells = (render.text(row.suite), render.text(row.model_id), render.text(score.metric))
            table.add_row(*cells, render.score(score), f"{score.n:,}")
    return ["", table]


def _print_corpus(card: CorpusCard) -> None:
    from engine.cli import corpus_words

    if card.report is not None:
        render.show(*corpus_words.card(card.report))
        return
    row = card.corpus
    facts: list[tuple[str, object]] = [
        ("corpus", row.id),
        ("documents", f"{row.documents:,}, {row.heldout_documents:,} of them held out"),
        ("tokens", f"{row.train_tokens:,} to train on, {row.heldout_tokens:,} held out"),
        ("vocabulary", f"{row.vocab_size:,}"),
        ("built", render.moment(row.built)),
        ("report", "missing"),
        ("used by", ", ".join(one_line(run.name) for run in card.runs) or figures.UNKNOWN),
    ]
    render.show(render.facts(facts))
