"""What a classifier says of documents: a probability each, from a process of its own, kept beside the parts.

    kept documents of a part  ->  a process with the model  ->  part-00000/scores-<model>.npy  (NaN: never asked)

A scorer is an entry point of the group `graftline.document_scores`: a function of a model's name, a label and the
workspace's folder that returns one from texts to probabilities. `toxic@1` is asked of Graftline's own scorer, which
takes `classify` variants; `NAME:MODEL` of the one installed as NAME. It is loaded by name in a process that is started
only where something is left to score, so that building a corpus loads no torch. A stop or a crash loses the part that
was under way; other thresholds find every score that was ever given.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import ToxicityConfig
from engine.config.schema import ModelCard
from engine.corpus.plugins import installed, load
from engine.corpus.pool import apart
from engine.corpus.prepared import Part, Prepared
from engine.corpus.telling import Teller
from engine.errors import InputError
from engine.paths import Workspace, write_atomic

GROUP = "graftline.document_scores"
OWN = EntryPoint("graftline", "engine.evaluate.document_scores:classifier", GROUP)
_BATCH = 64
"""Documents handed over at once: few enough that a stop is heard soon."""

Scores: TypeAlias = NDArray[np.float32]
Scorer: TypeAlias = Callable[[Sequence[str]], Sequence[float]]


def check_label(card: ModelCard, label: str, model: str, *, where: object = None) -> None:
    """Raises `InputError` unless the model is a classifier that knows the label."""
    if card.head != "classify":
        fix = "name a variant of method classify"
        raise InputError(f"{model} is no classifier", where=where, key="toxicity.model", fix=fix)
    if label not in card.classes:
        fix = f"one of {', '.join(card.classes)}"
        raise InputError(f"{model} has no label {label!r}", where=where, key="toxicity.label", fix=fix)


class Judge:
    """A configuration's classifier, and the scores that it has given."""

    def __init__(self, workspace: Workspace, config: ToxicityConfig, *, where: object = None):
        """Raises `InputError` for a scorer or a model that is not here."""
        name, colon, model = config.model.partition(":")
        points = {**installed(GROUP), OWN.name: OWN}
        if colon and name not in points:
            fix = f"one of {', '.join(points)}"
            raise InputError(f"no scorer {name!r} is installed", where=where, key="toxicity.model", fix=fix)
        self._point = points[name] if colon else OWN
        self._model, self._label = model if colon else name, config.label
        self._workspace, self._where = workspace, where
        self.file = f"scores-{hashlib.sha256(self._identity().encode()).hexdigest()[:16]}.npy"

    def _identity(self) -> str:
        """Two of one identity give the same scores."""
        manifest = self._workspace.bases / self._model / "manifest.json"
        frozen = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
        version = f"{self._point.dist.name} {self._point.dist.version}" if self._point.dist else ""
        return "\n".join([self._point.value, version, self._model, self._label, frozen])

    def given(self, prepared: Prepared) -> Scores:
        """(documents): the scores there are."""
        return np.concatenate([self._of(part) for part in prepared.parts])

    def judge(self, prepared: Prepared, kept: NDArray[np.bool_], teller: Teller) -> Scores:
        """(documents): as `given`, once every document of `kept` has one."""
        missing = kept & np.isnan(self.given(prepared))
        if missing.any():
            make = partial(_scorer, self._point, self._model, self._label, self._workspace.home)
            with apart(make) as score:
                for part in prepared.parts:
                    first = part.info.first
                    rows = np.flatnonzero(missing[first : first + part.info.documents])
                    if len(rows):
                        self._add(part, rows, score, teller)
        return self.given(prepared)

    def _add(self, part: Part, rows: NDArray[np.int64], score: Scorer, teller: Teller) -> None:
        scores = self._of(part)
        for at in range(0, len(rows), _BATCH):
            some = rows[at : at + _BATCH]
            texts = list(part.texts(some))
            scores[some] = np.clip(np.asarray(score(texts), dtype=np.float32), 0.0, 1.0)
            teller.step(len(texts), sum(map(len, texts)))
        whole = io.BytesIO()
        np.save(whole, scores)
        write_atomic(part.path / self.file, whole.getvalue())

    def _of(self, part: Part) -> Scores:
        try:
            scores: Scores = np.load(part.path / self.file)
        except FileNotFoundError:
            return np.full(part.info.documents, np.nan, dtype=np.float32)
        return scores


def judge_of(workspace: Workspace, config: ToxicityConfig, *, where: object = None) -> Judge | None:
    """The classifier that a configuration names; None when it names none. Raises as `Judge`."""
    return Judge(workspace, config, where=where) if config.model else None


def _scorer(point: EntryPoint, model: str, label: str, home: Path) -> Scorer:
    """In the other process: the loaded model."""
    made: Scorer = load(point)(model, label, home)
    return made
