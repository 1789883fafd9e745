"""Verbs for open weights: import makes a base of a published model, export a published folder of any model."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.base import emit, examples, home_option, json_option, workspace
from engine.cli.launch import submit

DTYPES = ("keep", "fp32", "bf16", "fp16")


@click.command(
    "import",
    epilog=examples(
        "graftline import ~/models/SmolLM-135M --as smollm",
        "graftline import Qwen/Qwen3-0.6B --as qwen3 --context 2048",
        "graftline import meta-llama/Llama-3.2-1B --as llama --revision main --no-wait",
    ),
)
@click.argument("source", metavar="SOURCE")
@click.option("--as", "name", required=True, metavar="NAME", help="The base's name; the version is the next.")
@click.option("--revision", default="", metavar="REV", help="Hub: a branch, tag or commit.")
@click.option("--context", default=0, type=click.IntRange(min=0), metavar="N", help="Tokens; 0: as it was made for.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Return when it is frozen, or at once.")
@home_option
@json_option
def import_weights(source: str, name: str, revision: str, context: int, wait: bool, home: Path, as_json: bool) -> None:
    """Freeze open weights as a base.

    SOURCE is a folder in the Hugging Face layout or a hub id ORG/NAME: GPT-2, Llama, Mistral, Qwen2, Qwen3, SmolLM or
    OLMo-2. HF_ENDPOINT, HF_HUB_CACHE, HF_HOME and HF_HUB_OFFLINE are heeded.
    """
    from engine.config.asked import as_asked_here
    from engine.config.schema import ImportConfig
    from engine.freeze.source import check_source

    config = as_asked_here(ImportConfig(name=name, source=source, revision=revision, context=context))
    check_source(config.source)
    submit(home, config, None, wait=wait, as_json=as_json)


@click.command(
    epilog=examples(
        "graftline export tiny@1 ~/models/tiny",
        "graftline export areas ~/models/areas --dtype bf16",
        "graftline export areas-lora ~/models/areas-adapter --adapter",
    )
)
@click.argument("model", metavar="MODEL")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--dtype", default="keep", show_default=True, type=click.Choice(DTYPES), help="What weights are kept in.")
@click.option("--adapter", is_flag=True, help="Of a LoRA variant: what it adds to its base, for `peft`.")
@home_option
@json_option
def export(model: str, folder: Path, dtype: str, adapter: bool, home: Path, as_json: bool) -> None:
    """Write any model as a folder that `transformers` loads, with the same logits."""
    from engine.launch.exported import export_model

    with workspace(home):
        made = export_model(home, model, folder.expanduser().absolute(), "adapter" if adapter else dtype)
    emit(made) if as_json else print(f"{made.folder}: {made.architecture}, {made.dtype}")


VERBS = (import_weights, export)
