"""Languages are found offline, in short and long documents, by whichever identifier is named."""

from __future__ import annotations

import numpy as np
import pytest

from engine.corpus.measure.batch import Batch
from engine.corpus.measure.langid import Langid
from engine.corpus.measure.language import STRETCH, Language, identifier, sample
from engine.errors import InputError

TEXTS = {
    "en": "The weather was fine, and so they walked along the river until the sun had gone down.",
    "de": "Das Wetter war schön, und so gingen sie den Fluss entlang, bis die Sonne untergegangen war.",
    "fr": "Il faisait beau, alors ils ont marché le long de la rivière jusqu'au coucher du soleil.",
    "ru": "Погода была хорошая, и они гуляли вдоль реки, пока не село солнце.",
    "ja": "天気が良かったので、彼らは日が沈むまで川沿いを歩きました。",
}


@pytest.mark.parametrize("name", ["built-in", "fasttext"])
def test_it_knows_a_sentence_and_a_book_by_their_language(name: str) -> None:
    measure = Language(identifier(name))
    texts = [text for sentence in TEXTS.values() for text in (f"{sentence} " * 3, f"{sentence}\n" * 100)]
    columns = measure(Batch(texts))
    assert columns["language"].tolist() == [code for code in TEXTS for _ in "12"]
    assert columns["language_confidence"].min() > 0.65


def test_what_is_no_language_is_not_taken_for_one() -> None:
    measure = Language(identifier("built-in"))
    columns = measure(Batch(["", "12 34 4.5 | 6.7\n" * 40, TEXTS["en"] + TEXTS["de"]]))
    assert columns["language"][0] == "und" and np.isnan(columns["language_confidence"][0])
    assert columns["language_confidence"][1:].max() < 0.9
    assert measure(Batch([])).keys() == columns.keys()


def test_a_short_text_is_of_no_language_and_one_that_is_not_long_is_not_asked_how_sure_it_is() -> None:
    columns = Language(lambda text: ("en", 0.1))(Batch(["x" * 59, "x" * 60, "x" * 119, "x" * 120]))
    assert columns["language"].tolist() == ["und", "en", "en", "en"]
    assert np.isnan(columns["language_confidence"]).tolist() == [True, True, True, False]


def test_a_long_text_is_looked_at_in_three_places() -> None:
    text = "a" * STRETCH + "-" * 10_000 + "b" * STRETCH + "-" * 10_000 + "c" * STRETCH
    assert sample(text).split() == ["a" * STRETCH, "b" * STRETCH, "c" * STRETCH]
    assert sample(" two\n\nlines ") == "two lines"


def test_an_unknown_identifier_names_those_there_are() -> None:
    with pytest.raises(
        InputError, match=r"language\.identifier: no identifier 'cld3' \(one of built-in, fasttext, langid\)"
    ):
        identifier("cld3")


def test_many_texts_at_once_get_the_librarys_own_answers() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    texts = ["", "12 34", "DAS IST ALLES", "\ud800 cut", "Srpski tekst, српски текст", *TEXTS.values(), "word " * 90]
    alone = map(LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify, texts)
    together = Langid().many(texts)
    assert [(code, pytest.approx(sure, abs=1e-5)) for code, sure in alone] == together
