"""Published tensors as ours and back, by the family's table of names.

    theirs (safetensors, one file or several)  ->  Names.theirs_of(ours)  ->  ours, checked before a byte is read

Nothing but safetensors is opened: no file can run code here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.config.schema import ModelCard
from engine.errors import InputError
from engine.exchange.families import Family, Part
from engine.exchange.shape import read_json
from engine.model.transformer import GraftModel

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


class Files:
    """The tensors of a folder in the Hugging Face layout, sharded or not. A context manager; headers alone are read."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.paths = _weight_files(folder)
        self._open = ExitStack()
        self._in: dict[str, tuple[Any, Path]] = {}

    def __enter__(self) -> Files:
        for path in self.paths:
            try:
                file = self._open.enter_context(safe_open(path, framework="pt"))
            except FileNotFoundError:
                raise InputError("no such file", where=path, fix="fetch the missing part") from None
            except SafetensorError as error:
                raise InputError(f"damaged or cut off: {error}", where=path, fix="fetch the file again") from None
            self._in |= dict.fromkeys(file.keys(), (file, path))
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    @property
    def names(self) -> set[str]:
        return set(self._in)

    def where(self, name: str) -> Path:
        """The file that holds a tensor, or should: the folder's only one, else its index."""
        if name in self._in:
            return self._in[name][1]
        return self.paths[0] if len(self.paths) == 1 else self.folder / INDEX

    def shape(self, name: str) -> list[int]:
        return list(self._in[name][0].get_slice(name).get_shape())

    def read(self, name: str) -> Tensor:
        file, path = self._in[name]
        try:
            tensor: Tensor = file.get_tensor(name)
        except SafetensorError as error:
            raise InputError(f"damaged at {name}: {error}", where=path, fix="fetch the file again") from None
        if not tensor.is_floating_point() or tensor.element_size() < 2:
            fix = "take the weights in fp32, bf16 or fp16"
            raise InputError(f"{name} is {str(tensor.dtype).removeprefix('torch.')}: quantised", where=path, fix=fix)
        return tensor


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        parts = read_json(folder / INDEX).get("weight_map")
        if not isinstance(parts, dict) or not parts:
            raise InputError("names no files", where=folder / INDEX, key="weight_map", fix="fetch the file again")
        names = sorted(set(map(str, parts.values())))
        if odd := [name for name in names if Path(name).name != name]:
            problem = f"{odd[0]!r} is no file name"
            raise InputError(problem, where=folder / INDEX, key="weight_map", fix="fetch the file again")
        return [folder / name for name in names]
    pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pth"))
    what = "holds pickled weights alone, which can run code and are never opened" if pickled else "holds no weights"
    raise InputError(what, where=folder, fix=f"give a folder with {WEIGHTS}; `save_pretrained` writes one")


class Names:
    """The names of one model's tensors on both sides, with their shapes."""

    def __init__(self, family: Family, card: ModelCard):
        self.family = family
        with torch.device("meta"):
            own = GraftModel(card).state_dict()
        self.shapes = {name: list(value.shape) for name, value in own.items()}
        self.parts = dict(self._tensors(family, card))

    def _tensors(self, family: Family, card: ModelCard) -> Iterator[tuple[str, tuple[list[str], bool]]]:
        """Each published tensor and which of ours it holds, and whether it is turned."""
        gated = card.model.mlp == "swiglu"
        yield from self._of(family.trunk, family.prefix, "trunk.")
        for number in range(card.model.layers):
            theirs = f"{family.prefix}{family.layers}{number}."
            yield from self._of(family.layer, theirs, f"trunk.blocks.{number}.", gated=gated)
        yield from self._of(family.untied, "", "")

    def _of(
        self, parts: tuple[Part, ...], theirs: str, ours: str, gated: bool = True
    ) -> Iterator[tuple[str, tuple[list[str], bool]]]:
        for part in parts:
            modules = [name if gated else name.replace("mlp.gate", "mlp.up") for name in part.ours]
            for kind in ("weight", "bias"):
                names = [f"{ours}{name}.{kind}" for name in modules]
                if all(name in self.shapes for name in names):
                    yield f"{theirs}{part.theirs}.{kind}", (names, part.turned and kind == "weight")

    def published_shape(self, theirs: str) -> list[int]:
        names, turned = self.parts[theirs]
        first = self.shapes[names[0]]
        shape = [sum(self.shapes[name][0] for name in names), *first[1:]]
        return shape[::-1] if turned else shape

    def read(self, files: Files) -> Iterator[tuple[str, Tensor]]:
        """Our tensors one after the other, in the type that they are stored in.

        Before the first: raises `InputError` for a tensor that is missing, unexpected, or of another shape.
        """
        bare = self.family.prefix if not any(n.startswith(self.family.prefix) for n in files.names) else ""
        self._check(files, bare)
        seen: dict[str, Tensor] = {}
        for theirs, (names, turned) in self.parts.items():
            value = files.read(theirs.removeprefix(bare))
            value = value.T if turned else value
            for name, part in zip(names, torch.split(value, [self.shapes[n][0] for n in names])):
                if name.endswith("mlp.up.weight") and theirs.endswith("gate_proj.weight"):
                    seen[name] = part  # a gate that must be the same as `up`; compared when that comes
                    continue
                if name in seen and not torch.equal(seen.pop(name), part):
                    fix = "only a gate that equals `up` makes a squared relu"
                    raise InputError(f"{theirs} is gated by relu", where=files.where(theirs), fix=fix)
                yield name, part.contiguous()

    def _check(self, files: Files, bare: str) -> None:
        wanted = {theirs.removeprefix(bare): theirs for theirs in self.parts}
        for name in sorted(wanted):
            if name not in files.names:
                raise InputError(f"has no {name}", where=files.where(name), fix="the weights are not whole: fetch them")
            shape = self.published_shape(wanted[name])
            if (found := files.shape(name)) != shape:
                problem = f"{name} is {found}, not {shape}"
                raise InputError(problem, where=files.where(name), fix="config.json and weights do not belong together")
        tied = {"lm_head.weight"} if "lm_head.weight" not in self.shapes else set()
        odd = sorted(n for n in files.names - wanted.keys() - tied if not n.endswith(self.family.ignored or ("\0",)))
        if odd:
            fix = "config.json and weights do not belong together"
            raise InputError(f"holds {odd[0]}, which this model has not", where=files.where(odd[0]), fix=fix)

    def publish(self, ours: Mapping[str, Tensor], dtype: torch.dtype | None = None) -> dict[str, Tensor]:
        """Our tensors under their published names, in `dtype`; None: in the types they have."""
        made = {}
        for theirs, (names, turned) in self.parts.items():
            value = torch.cat([ours[name] for name in names]) if len(names) > 1 else ours[names[0]]
            value = value.T if turned else value
            # A file holds no tensor twice: one that stands under two names is written out under each.
            made[theirs] = value.to(dtype or value.dtype).clone(memory_format=torch.contiguous_format)
        return made
