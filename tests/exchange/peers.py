"""Tiny models of every published family, made by `transformers` with random weights, and tokenizers for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SIZES: dict[str, Any] = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
}
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 500_000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}  # fmt: skip
PLAIN = {"rope_type": "default", "rope_theta": 1e6}
WINDOW = {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 0}
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "gpt2": ("gpt2", {"vocab_size": 320, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}),
    "llama2": ("llama", SIZES | {"num_key_value_heads": 4}),
    "llama3": ("llama", SIZES | {"rope_parameters": LLAMA3, "rms_norm_eps": 1e-5}),
    "linear": ("llama", SIZES | {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 4.0}}),
    "smollm": ("llama", SIZES | {"tie_word_embeddings": True}),
    "mistral": ("mistral", SIZES | {"sliding_window": 5}),
    "qwen2": ("qwen2", SIZES | {"tie_word_embeddings": True, "rope_parameters": PLAIN}),
    "qwen3": ("qwen3", SIZES | {"head_dim": 16}),
    "qwen3-window": ("qwen3", SIZES | {"head_dim": 8, **WINDOW}),
    "olmo2": ("olmo2", SIZES),
}  # fmt: skip


def model(name: str, seed: int = 0, classes: int = 0) -> Any:
    """A model of `transformers` whose every weight is random, norms and biases too. `classes`: with such a head."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

    kind, values = CONFIGS[name]
    config = AutoConfig.for_model(kind, **values, attn_implementation="sdpa", pad_token_id=0, eos_token_id=0)
    torch.manual_seed(seed)
    if classes:
        config.num_labels = classes
        made = AutoModelForSequenceClassification.from_config(config)
    else:
        made = AutoModelForCausalLM.from_config(config)
    for weight in made.parameters():
        weight.data = torch.randn_like(weight) * 0.1 + (1.0 if weight.ndim == 1 else 0.0)
    made.tie_weights()
    return made.eval()


_TEXT = ["The quick brown fox jumps over the lazy dog. It's 12345, don't you see?\n\n  def f(x):\n\treturn x**2"] * 4
SPLITS = {
    "gpt2": r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""",
    "llama3": r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+""",
    "qwen2": r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"""
    r"""|\s*[\r\n]+|\s+(?!\S)|\s+""",
}  # fmt: skip


def tokenizer(kind: str) -> Tokenizer:
    """`gpt2`, `llama3`, `qwen2`: byte-level BPE; `llama2`: as sentencepiece, with bytes for what it does not know."""
    if kind == "llama2":
        return _sentencepiece_like()
    made = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
    split = pre_tokenizers.Split(_regex(SPLITS[kind]), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    if kind == "qwen2":
        made.normalizer = normalizers.NFC()
    special = ["<|endoftext|>"] + (["<|begin|>"] if kind == "llama3" else [])
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=310, special_tokens=special, initial_alphabet=letters, show_progress=False)
    made.train_from_iterator(_TEXT, trainer)
    if kind == "llama3":
        made.post_processor = processors.TemplateProcessing("<|begin|> $A", special_tokens=[("<|begin|>", 1)])
    return made


def _regex(pattern: str) -> Any:
    from tokenizers import Regex

    return Regex(pattern)


def _sentencepiece_like() -> Tokenizer:
    made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=315, special_tokens=special, show_progress=False)
    made.train_from_iterator(_TEXT, trainer)
    made.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", 1)])
    return made


def write(folder: Path, made: Any, kind: str = "gpt2", *, shards: bool = False) -> Path:
    """A folder in the Hugging Face layout, as `save_pretrained` writes it."""
    from transformers import PreTrainedTokenizerFast

    end = "</s>" if kind == "llama2" else "<|endoftext|>"
    made.save_pretrained(folder, max_shard_size="20KB" if shards else "1GB")
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer(kind), eos_token=end, pad_token=end)
    fast.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    fast.save_pretrained(folder)
    return folder
