"""What a configuration file may say: one struct per stage, each field documented where it stands.

A file names its stage with `kind = "corpus" | "pretrain" | "branch" | "evaluate"`; a suite is `kind = "suite"`.
Unknown keys and wrong types are errors. Relative paths are taken from the file's own folder.
All structs are frozen: a run's configuration never changes once it is resolved.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from engine.config.base import Config as _Config
from engine.config.base import Count, Fraction, Positive, Rate, Text
from engine.config.corpus import (
    CleanConfig,
    ContaminationConfig,
    CorpusConfig,
    DedupConfig,
    LanguageConfig,
    PrivacyConfig,
    RepairConfig,
    SourceConfig,
    TokenizerConfig,
    ToxicityConfig,
)

# --- model ----------------------------------------------------------------------------------------


class RopeScaling(_Config, frozen=True, kw_only=True):
    """How rotary angles are slowed down for a context longer than the one first trained on."""

    type: Literal["linear", "llama3"]
    """`linear`: all by `factor`. `llama3`: long waves by `factor`, short ones not, those between by degrees."""
    factor: Rate
    low_freq_factor: Rate = 1.0
    """llama3: waves longer than `original_context` / this are slowed by the whole factor."""
    high_freq_factor: Rate = 4.0
    """llama3: waves shorter than `original_context` / this are left alone."""
    original_context: Positive = 8192
    """llama3: the context first trained on, in tokens."""


class ModelConfig(_Config, frozen=True, kw_only=True):
    """A decoder-only transformer's shape."""

    block: Literal["modern", "llama", "qwen2", "olmo2", "gpt2"] = "modern"
    """`modern`: RMSNorm before each part, rotary positions, QK-norm, no biases, as Qwen3. `llama`: without QK-norm.
    `qwen2`: `llama` with biases on queries, keys and values. `olmo2`: RMSNorm after each part, and on all queries and
    all keys. `gpt2`: LayerNorm, learned positions, biases."""
    layers: Positive = 4
    width: Positive = 256
    """Of the residual stream."""
    heads: Positive = 4
    kv_heads: Count = 0
    """Key and value heads for grouped-query attention; 0: as many as `heads`."""
    head_size: Count = 0
    """Of one head; 0: width / heads."""
    mlp: Literal["swiglu", "relu2", "gelu"] = "relu2"
    mlp_width: Count = 0
    """0: 4 times the width (8/3 for swiglu, rounded up to a multiple of 64)."""
    context: Positive = 256
    """Longest sequence, in tokens."""
    vocab_size: Count = 0
    """0: the corpus's."""
    tie_embeddings: bool = True
    norm_eps: Rate = 1e-5
    """Added to the variance in every norm."""
    rope_base: Rate = 10_000.0
    rope_scaling: RopeScaling | None = None
    window: Count = 0
    """Sliding-window attention: how many tokens back, itself included, a token sees; 0: all of them."""
    dropout: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.0


class TemplateConfig(_Config, frozen=True, kw_only=True):
    """How an instruction becomes a prompt. `{instruction}` and `{input}` are replaced, nothing else."""

    with_input: str = "### Question\n{instruction}\n\n### Input\n{input}\n\n### Answer\n"
    without_input: str = "### Question\n{instruction}\n\n### Answer\n"


class LoraConfig(_Config, frozen=True, kw_only=True):
    """Low-rank adapters beside every matrix inside the blocks."""

    rank: Positive = 8
    """Of what is added to a matrix."""
    alpha: Rate = 16.0
    """What is added is scaled by alpha / rank."""


class ModelCard(_Config, frozen=True, kw_only=True):
    """`config.json` beside a model's weights: all that is needed to build and use it."""

    model: ModelConfig
    head: Literal["lm", "classify"] = "lm"
    classes: tuple[str, ...] = ()
    """Class names in the order of the head's outputs."""
    template: TemplateConfig | None = None
    lora: LoraConfig | None = None
    """The adapters that stand beside the weights, where there are any."""


# --- training -------------------------------------------------------------------------------------


class TrainConfig(_Config, frozen=True, kw_only=True):
    """What pretraining and branching share. A step is one optimizer update."""

    steps: Count = 0
    """The step limit; 0: from `epochs`."""
    epochs: Annotated[float, Meta(ge=0.0)] = 0.0
    """Passes over the data, when `steps` is 0."""
    batch: Positive = 16
    """Sequences per step, over all micro-batches."""
    micro_batch: Count | Literal["auto"] = 0
    """Sequences per forward pass of one device; 0: all of its share; auto: as many as the memory has room for, chosen
    when the run is queued. Gradients are accumulated in between."""
    recompute: bool = False
    """Keep only what each block is given for the backward pass, and work the rest out again: about a third more time,
    a fraction of the memory for activations."""
    optimizer: Literal["muon", "adamw"] = "muon"
    """`muon`: Muon for the matrices inside the blocks, AdamW for the rest."""
    lr: Rate = 3e-3
    """AdamW's peak learning rate."""
    muon_lr: Rate = 2e-2
    """Muon's peak learning rate."""
    weight_decay: Annotated[float, Meta(ge=0.0)] = 0.1
    beta1: Fraction = 0.9
    beta2: Fraction = 0.95
    clip: Annotated[float, Meta(ge=0.0)] = 1.0
    """Largest gradient norm; 0: no clipping."""
    warmup: Count = 20
    """Steps from zero to the peak learning rate."""
    decay: Fraction = 0.2
    """Length of the final decay, as a share of the steps done before it begins."""
    final_lr: Fraction = 0.0
    """Learning rate at the end of the decay, as a share of the peak."""
    eval_every: Positive = 50
    """Steps between looks at the held-out loss."""
    eval_batches: Positive = 16
    """Most batches of held-out data in one look."""
    patience: Count = 3
    """Looks without enough gain before the loss counts as flat; 0: never."""
    min_gain: Fraction = 0.005
    """Smallest relative fall of the best held-out loss that counts as a gain."""
    checkpoint_every: Positive = 200
    keep: Positive = 3
    """Newest checkpoints kept, besides `best` and `last`."""
    log_every: Positive = 5
    on_nan: Literal["stop", "skip", "rollback"] = "stop"
    """When a loss or gradient is no number: end the run; drop that update; or go back to the last checkpoint and halve
    the learning rates (three times at most). The step's batch is kept in any case: see `graftline batch`."""
    on_spike: Literal["note", "stop", "skip", "rollback"] = "note"
    """The same for a loss far above the recent ones; `note`: record it and its batch, and go on. On a GPU, `skip`
    makes each step wait for its loss."""
    spike: Annotated[float, Meta(ge=0.0)] = 6.0
    """How far above the median of the last 128 losses a spike begins, in robust standard deviations; 0: nowhere."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    device: str = "auto"
    """`auto`: CUDA, else MPS, else CPU. Or a torch device such as `cuda:1` or `cpu`."""
    devices: Positive = 1
    """How many GPUs of this machine share each step; on the CPU, how many processes."""
    parallel: Literal["ddp", "fsdp"] = "ddp"
    """Several devices: `ddp` keeps the whole model on each; `fsdp` a part, and fetches the rest layer by layer."""
    price_per_hour: Annotated[float, Meta(ge=0.0)] = 0.0
    """Of one device, in whatever currency; 0: costs are shown in time only."""

    @property
    def share(self) -> int:
        """Sequences of a step that one device takes."""
        return max(1, self.batch // self.devices)

    @property
    def rows(self) -> int:
        """Sequences per forward pass of one device."""
        return self._given or self.share

    @property
    def heldout_rows(self) -> int:
        """Most sequences in one look at held-out data: the same on any number of devices."""
        return self.eval_batches * (self._given or self.batch)

    @property
    def _given(self) -> int:
        return self.micro_batch if isinstance(self.micro_batch, int) else 0


class PretrainConfig(_Config, tag_field="kind", tag="pretrain", frozen=True, kw_only=True):
    name: Text
    corpus: Text
    """A corpus by name (its newest build) or `name/hash`."""
    model: ModelConfig = ModelConfig()
    train: TrainConfig = TrainConfig(steps=2000)
    seed: Count = 0


class TuneConfig(TrainConfig, frozen=True, kw_only=True):
    """The same for a branch, with a branch's defaults: weights that have learned already want small, short changes."""

    epochs: Annotated[float, Meta(ge=0.0)] = 3.0
    optimizer: Literal["muon", "adamw"] = "adamw"
    lr: Rate = 3e-4
    patience: Count = 0
    """A branch ends at its step limit: task data is small, and each look at it is noisy."""
    spike: Annotated[float, Meta(ge=0.0)] = 0.0
    """Off: a few hard examples make a small batch's loss many times the median, and mean nothing."""


# --- branching ------------------------------------------------------------------------------------


class DataConfig(_Config, frozen=True, kw_only=True):
    """Task data. A path is .jsonl, .json (a list of objects), .csv or .tsv; the first line of the last two
    names the columns, unless `columns` does."""

    train: str = ""
    heldout: str = ""
    """A file of its own; when empty, `heldout_fraction` of `train` is set apart by hash."""
    heldout_fraction: Annotated[float, Meta(gt=0.0, le=0.5)] = 0.1
    columns: tuple[str, ...] = ()
    """.csv and .tsv without a header line: the columns' names."""
    text: str = "text"
    """classify: the column with the text."""
    label: str = "label"
    """classify: the column with the class name."""
    instruction: str = "instruction"
    input: str = "input"
    output: str = "output"
    corpus: str = ""
    """continued: a built corpus, by name or `name/hash` (tokenised again with the base's tokenizer)."""


class BranchConfig(_Config, tag_field="kind", tag="branch", frozen=True, kw_only=True):
    name: Text
    method: Literal["classify", "instruct", "continued"]
    base: str = ""
    """A frozen model `name@n` (or `name`: its newest), or a run `id[@step]`, which is then frozen first."""
    data: DataConfig
    what: Literal["full", "last-block", "head", "lora"] = "full"
    """Which weights learn. `head` is for classify only; `lora`: adapters beside the base's, and a new head."""
    lora: LoraConfig = LoraConfig()
    """what = "lora": the adapters."""
    scratch: bool = False
    """Start from random weights of the base's shape: a control that shows what the base gives."""
    classes: tuple[str, ...] = ()
    """classify: the class names in order; when empty, those of the training data, sorted."""
    template: TemplateConfig = TemplateConfig()
    """instruct: the prompt."""
    train: TuneConfig = TuneConfig()
    seed: Count = 0


# --- evaluation -----------------------------------------------------------------------------------


class RuleConfig(_Config, frozen=True, kw_only=True):
    """A check of an instruction answer that needs no reference. All that are given must hold."""

    min_words: Count = 0
    max_words: Count = 0
    """0: no ceiling."""
    must_contain: tuple[str, ...] = ()
    """Each must occur, upper and lower case alike; `{input}`-style column names in braces are replaced."""
    must_match: str = ""
    """A regular expression that must match somewhere."""
    must_end: bool = False
    """The model must have ended its answer itself, rather than been cut off."""


class SuiteConfig(_Config, tag_field="kind", tag="suite", frozen=True, kw_only=True):
    """A task's test set and how answers to it are scored."""

    name: Text
    task: Literal["classification", "instruction", "language-model"]
    data: str
    """The test set, in one of the formats of `DataConfig`; language-model: a text file or built corpus name."""
    columns: tuple[str, ...] = ()
    text: str = "text"
    label: str = "label"
    instruction: str = "instruction"
    input: str = "input"
    output: str = "output"
    rule: RuleConfig = RuleConfig()
    max_new_tokens: Positive = 64
    limit: Count = 0
    """Only the first so many items; 0: all."""


class EvaluateConfig(_Config, tag_field="kind", tag="evaluate", frozen=True, kw_only=True):
    name: Text = "evaluate"
    models: tuple[str, ...]
    """Frozen models, or runs `id[@step]`."""
    suites: tuple[SuiteConfig, ...]
    batch: Positive = 32
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    seed: Count = 0


class ImportConfig(_Config, tag_field="kind", tag="import", frozen=True, kw_only=True):
    """Open weights, in the Hugging Face layout, to be frozen as a base."""

    name: Text
    """The base's; its version is the next."""
    source: Text
    """A local folder, or a hub id such as `Qwen/Qwen3-0.6B`."""
    revision: str = ""
    """Hub: a branch, tag or commit; empty: the main branch."""
    context: Count = 0
    """Longest sequence, in tokens, of the base and what is branched off it; 0: as long as it was made for."""
    endpoint: str = ""
    """Hub: its address; empty: the public one. From HF_ENDPOINT of whoever asks for the import."""
    cache: str = ""
    """Hub: the folder of what was fetched; empty: the usual one. From HF_HUB_CACHE or HF_HOME."""
    offline: bool = False
    """Hub: take it from the cache alone. From HF_HUB_OFFLINE."""


RunConfig = CorpusConfig | PretrainConfig | BranchConfig | EvaluateConfig | ImportConfig
AnyConfig = RunConfig | SuiteConfig

__all__ = [
    "AnyConfig",
    "BranchConfig",
    "CleanConfig",
    "ContaminationConfig",
    "CorpusConfig",
    "DataConfig",
    "DedupConfig",
    "EvaluateConfig",
    "ImportConfig",
    "LanguageConfig",
    "LoraConfig",
    "ModelCard",
    "ModelConfig",
    "PretrainConfig",
    "PrivacyConfig",
    "RepairConfig",
    "RopeScaling",
    "RuleConfig",
    "RunConfig",
    "SourceConfig",
    "SuiteConfig",
    "TemplateConfig",
    "TokenizerConfig",
    "ToxicityConfig",
    "TrainConfig",
    "TuneConfig",
]  # fmt: skip
