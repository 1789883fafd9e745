"""Rules of others, written in Python and installed beside Graftline.

    [project.entry-points."graftline.rules"]
    shouting = "shouting:rules"                   an object of `CustomRules`: one measure, and what may be asked of it

A configuration that names one of its criteria in `[clean.rules]` switches it on; what is merely installed changes
nothing. Measures are stored like Graftline's own, so that a changed threshold reads no text again; text is measured
anew when the package's version or the file that the measure stands in changes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
import numpy as np

from engine.corpus.measure.batch import Batch, Columns, Measure
from engine.corpus.plugins import installed, load
from engine.corpus.rules.catalogue import CATALOGUE
from engine.corpus.rules.rules import Criterion
from engine.errors import InputError

GROUP = "graftline.rules"


class CustomRules(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry point of `graftline.rules` stands for."""

    measure: Measure
    """From a batch of documents to columns, one value a document: `Batch -> {"name": array}`."""
    criteria: tuple[Criterion, ...]
    """What `[clean.rules]` may name. Each bounds the column of its own name."""


class Installed(msgspec.Struct, frozen=True):
    """One package's rules, as far as a configuration names them."""

    point: EntryPoint
    rules: CustomRules
    names: tuple[str, ...]

    @property
    def identity(self) -> str:
        """Changes when what it measures may have."""
        source = inspect.getsourcefile(inspect.unwrap(self.rules.measure))
        content = hashlib.sha256(Path(source).read_bytes()).hexdigest()[:16] if source else ""
        package = f"{self.point.dist.name} {self.point.dist.version}" if self.point.dist else ""
        return " ".join([self.point.value, package, content, *self.names])

    def __call__(self, batch: Batch) -> Columns:
        """The columns that were named. Raises `InputError` when the package does not give them as it must."""
        columns = self.rules.measure(batch)
        return {name: self._column(columns, name, len(batch)) for name in self.names}

    def _column(self, columns: Columns, name: str, documents: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        column = np.asarray(columns.get(name, ()))
        if column.shape != (documents,) or column.dtype.kind not in "biuf":
            problem = f"{self.point.value} gives no number a document for {name!r}"
            raise InputError(problem, key=f"clean.rules.{name}", fix="mend its measure, or take the rule away")
        return column.astype(np.float32)


def custom_rules(names: Iterable[str], *, where: object = None) -> list[Installed]:
    """The installed rules behind those names of `[clean.rules]` that are none of Graftline's own.

    Raises `InputError` when a package cannot be loaded, or two claim one name.
    """
    own = {criterion.name for criterion in CATALOGUE}
    asked = set(names) - own
    found: dict[str, Installed] = {}
    for point in installed(GROUP).values() if asked else ():
        rules = _loaded(point, where)
        mine = tuple(criterion.name for criterion in rules.criteria if criterion.name in asked)
        for name in mine:
            if name in found:
                problem = f"both {found[name].point.value} and {point.value} bring it"
                raise InputError(problem, where=where, key=f"clean.rules.{name}", fix="uninstall one of the two")
            found[name] = Installed(point, rules, mine)
    return list({one.point.name: one for one in found.values()}.values())


def criteria(some: Iterable[Installed]) -> list[Criterion]:
    """What was named of them."""
    return [criterion for one in some for criterion in one.rules.criteria if criterion.name in one.names]


def _loaded(point: EntryPoint, where: object) -> CustomRules:
    rules = load(point, where=where)
    if not isinstance(rules, CustomRules):
        fix = "let the entry point name an engine.corpus.rules.custom.CustomRules"
        raise InputError(f"{point.value} is a {type(rules).__name__}", where=where, key=GROUP, fix=fix)
    return rules
