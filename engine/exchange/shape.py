"""A published `config.json` as our card, and our card as one. Torch is not needed here.

What cannot be said on the other side is refused by its key, never left out: a model that is a little another one would
load without complaint and answer a little wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from engine.config.schema import ModelCard, ModelConfig, RopeScaling
from engine.config.size import head_size, mlp_width
from engine.errors import InputError
from engine.exchange.families import BY_TYPE, FAMILIES, Family

CONFIG = "config.json"
CLASSIFIER = "ForSequenceClassification"
"""The end of the name of every family's class with a classification head."""


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object. Raises `InputError` naming the file."""
    try:
        found = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        raise InputError("no such file", where=path, fix="name a folder in the Hugging Face layout") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not JSON: {error}", where=path, fix="fetch the file again") from None
    if not isinstance(found, dict):
        raise InputError("holds no JSON object", where=path, fix="fetch the file again")
    return found


# --- theirs to ours -----------------------------------------------------------------------------------


class Published:
    """One `config.json`, asked key by key. Every error names the file and the key."""

    def __init__(self, raw: dict[str, Any], where: Path):
        self.raw, self.where = raw, where
        kind = raw.get("model_type")
        if kind not in BY_TYPE:
            fix = f"families that can be read: {', '.join(BY_TYPE)}"
            raise InputError(f"{kind!r} is a family that is not known here", where=where, key="model_type", fix=fix)
        self.family: Family = BY_TYPE[str(kind)]

    def get(self, key: str) -> Any:
        """The value of a key, or what its absence means."""
        return self.raw[key] if self.raw.get(key) is not None else self.family.defaults.get(key)

    def refuse(self, key: str, problem: str) -> InputError:
        return InputError(problem, where=self.where, key=key, fix="see docs/open-weights.md for what can be read")

    def card(self) -> ModelCard:
        """Shape, head and classes."""
        for key, wanted in self.family.required.items():
            if (found := self.raw.get(key, wanted)) != wanted:
                raise self.refuse(key, f"is {found!r}; only {wanted!r} can be run here")
        language, classifier = self.family.stem + self.family.language, self.family.stem + CLASSIFIER
        name = (self.raw.get("architectures") or [language])[0]
        if name == language:
            return ModelCard(model=self.model())
        if name != classifier:
            raise self.refuse("architectures", f"is {name!r}; known are {language} and {classifier}")
        return ModelCard(model=replace(self.model(), tie_embeddings=True), head="classify", classes=self._classes())

    def model(self) -> ModelConfig:
        """The shape. Raises `InputError` for what our blocks have no switch for."""
        activation = self.get(self.family.keys["activation"])
        if activation not in self.family.activations:
            known = ", ".join(self.family.activations)
            raise self.refuse(self.family.keys["activation"], f"is {activation!r}; known are {known}")
        sizes = {ours: self.get(key) for ours, key in self.family.keys.items() if ours != "activation"}
        given = {ours: value for ours, value in sizes.items() if value is not None}
        for ours in ("width", "layers", "heads", "context", "vocab_size"):
            if ours not in given:
                raise self.refuse(self.family.keys[ours], "is missing")
        # What our own configuration would leave out, so that one shape has one card.
        if given.get("kv_heads") == given["heads"]:
            del given["kv_heads"]
        if given.get("head_size") == given["width"] // max(1, given["heads"]):
            del given["head_size"]
        rotary = self._rotary() if self.family.rotary else {}
        plain = {"block": self.family.block, "mlp": self.family.activations[activation], "window": self._window()}
        plain["mlp_width"] = given.pop("mlp_width", 4 * given["width"])
        try:
            return msgspec.convert({**plain, **given, **rotary}, ModelConfig)
        except msgspec.ValidationError as error:
            raise InputError(f"is not such a configuration: {error}", where=self.where, fix="fetch it again") from None

    def _rotary(self) -> dict[str, Any]:
        """Base and scaling; the newer files keep both in one table, the older apart."""
        key = "rope_parameters" if self.raw.get("rope_parameters") else "rope_scaling"
        table = dict(self.raw.get(key) or {})
        base = float(table.get("rope_theta", self.raw.get("rope_theta", 10_000.0)))
        kind = table.get("rope_type", table.get("type", "default"))
        if float(table.get("partial_rotary_factor", self.raw.get("partial_rotary_factor") or 1.0)) != 1.0:
            raise self.refuse("partial_rotary_factor", "turns only a part of each head, which is not known here")
        if kind == "default":
            return {"rope_base": base}
        if kind not in ("linear", "llama3"):
            raise self.refuse(f"{key}.rope_type", f"is {kind!r}; known are default, linear and llama3")
        scaling = {"type": kind, "factor": table.get("factor")}
        if kind == "llama3":
            scaling |= {name: table.get(name) for name in ("low_freq_factor", "high_freq_factor")}
            scaling["original_context"] = table.get("original_max_position_embeddings")
        if missing := [name for name, value in scaling.items() if value is None]:
            raise self.refuse(key, f"says no {missing[0]}")
        return {"rope_base": base, "rope_scaling": scaling}

    def _window(self) -> int:
        """Tokens that a token sees: the same in every layer, or none of them."""
        if not self.family.window or (self.family.window == "switch" and not self.raw.get("use_sliding_window")):
            return 0
        first = self.raw.get("max_window_layers", 0) if self.family.window == "switch" else 0
        kinds = set(self.raw.get("layer_types") or (["sliding_attention"] if not first else ["full_attention", ""]))
        if kinds == {"full_attention"}:
            return 0
        if kinds != {"sliding_attention"}:
            key = "layer_types" if self.raw.get("layer_types") else "max_window_layers"
            raise self.refuse(key, "gives some layers a sliding window and others none, which is not known here")
        return int(self.raw.get("sliding_window", self.family.defaults["sliding_window"]) or 0)

    def _classes(self) -> tuple[str, ...]:
        """Class names by their number; a head without names has LABEL_0, LABEL_1, as published code calls them."""
        names = self.raw.get("id2label") or {str(n): f"LABEL_{n}" for n in range(int(self.raw.get("num_labels", 2)))}
        try:
            return tuple(str(name) for _, name in sorted((int(number), name) for number, name in names.items()))
        except (ValueError, AttributeError):
            raise self.refuse("id2label", "does not number the classes") from None


# --- ours to theirs -----------------------------------------------------------------------------------


def family_of(model: ModelConfig, *, where: object) -> Family:
    """The published family that a shape is one of, exactly. Raises `InputError` naming the key that is in the way."""
    problems = []
    for family in FAMILIES:
        if family.block != model.block:
            continue
        if (problem := _in_the_way(family, model)) is None:
            return family
        problems.append(problem)
    key, why = problems[0]
    fix = "export fits families that exist; see docs/open-weights.md"
    raise InputError(why, where=where, key=f"model.{key}", fix=fix)


def _in_the_way(family: Family, model: ModelConfig) -> tuple[str, str] | None:
    """The first key of a shape that a family has no word for, and why."""
    if model.mlp not in family.activations.values():
        return "mlp", f"{family.stem}'s block has no {model.mlp} MLP"
    if model.window and not family.window:
        return "window", f"{family.stem} has no sliding window"
    if "kv_heads" not in family.keys and model.kv_heads not in (0, model.heads):
        return "kv_heads", f"{family.stem} has as many key and value heads as query heads"
    if "head_size" not in family.keys and head_size(model) * model.heads != model.width:
        return "head_size", f"{family.stem}'s heads share out the width"
    return None


def published(family: Family, card: ModelCard, *, dtype: str, ends: Mapping[str, int]) -> dict[str, Any]:
    """The `config.json` of a card. `dtype`: float32, bfloat16 or float16; `ends`: the tokens around a text, by key."""
    model = card.model
    mlp = next(name for name, ours in family.activations.items() if ours == model.mlp)
    sizes: dict[str, Any] = {
        "width": model.width,
        "layers": model.layers,
        "heads": model.heads,
        "kv_heads": model.kv_heads or model.heads,
        "head_size": head_size(model),
        "mlp_width": mlp_width(model),
        "context": model.context,
        "vocab_size": model.vocab_size,
        "norm_eps": model.norm_eps,
        "tie_embeddings": model.tie_embeddings,
        "activation": mlp,
    }
    head = family.language if card.head == "lm" else CLASSIFIER
    return {
        "architectures": [family.stem + head],
        "model_type": family.model_type,
        **{key: sizes[ours] for ours, key in family.keys.items()},
        **family.required,
        **(_rope(model) if family.rotary else {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}),
        **_window(family, model),
        **_labels(card),
        **ends,
        "dtype": dtype,
        "torch_dtype": dtype,
        "use_cache": True,
    }


def _rope(model: ModelConfig) -> dict[str, Any]:
    """Written both ways: newer readers take the table, older ones the two keys."""
    scaling = _scaling(model.rope_scaling) if model.rope_scaling else None
    table = {"rope_theta": model.rope_base, **(scaling or {"rope_type": "default"})}
    return {"rope_parameters": table, "rope_theta": model.rope_base, "rope_scaling": scaling}


def _scaling(scaling: RopeScaling) -> dict[str, Any]:
    said: dict[str, Any] = {"rope_type": scaling.type, "factor": scaling.factor}
    if scaling.type == "llama3":
        said |= {"low_freq_factor": scaling.low_freq_factor, "high_freq_factor": scaling.high_freq_factor}
        said["original_max_position_embeddings"] = scaling.original_context
    return said


def _window(family: Family, model: ModelConfig) -> dict[str, Any]:
    if not family.window:
        return {}
    said: dict[str, Any] = {"sliding_window": model.window or None}
    if family.window == "switch":
        said |= {"use_sliding_window": bool(model.window), "max_window_layers": 0 if model.window else model.layers}
    return said


def _labels(card: ModelCard) -> dict[str, Any]:
    if card.head == "lm":
        return {}
    return {
        "id2label": {str(number): name for number, name in enumerate(card.classes)},
        "label2id": {name: number for number, name in enumerate(card.classes)},
        "num_labels": len(card.classes),
        "problem_type": "single_label_classification",
    }
