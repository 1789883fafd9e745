"""What is mended is mended, what is text stays text, and each step says what it did."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.corpus import RepairConfig
from engine.corpus.manifest import CorpusFolder
from engine.corpus.repair.characters import decoded_again, normalised, without_control
from engine.corpus.repair.gutenberg import without_gutenberg
from engine.corpus.repair.licence import without_licence
from engine.corpus.repair.lines import joined
from engine.corpus.repair.navigation import without_navigation
from engine.corpus.repair.texts import repair
from engine.corpus.report import load_report
from tests.corpus.conftest import SENTENCES

PROSE = (
    "The heron that lives by the old mill came down to the water early in the morning, and stood there for so long "
    "that the children took it for a post; then, without any haste, it bent its neck and caught a fish, which nobody "
    "had seen until it was gone. “It is always like this,” said the miller -- he had come out to look at the weir -- "
    "and went back to his work, for the wheel was turning and the sacks were not yet filled."
)
VERSE = """\
    Whose woods are these? I never knew,
    Though every day I passed them by,
    Nor did I ask the owner who
    Had let the tallest of them die.

    A crow sat on the highest limb
    And watched me with a yellow eye;
    I lifted up my hat to him,
    And he saw no need for reply.

    The snow came down, the road was white,
    And all the world was far and small;
    I think there never was a night
    So like to nothing much at all."""
LIST = "- the first thing to bring along on that day\n- the second thing, which is somewhat longer\n- the third"
TABLE = "wheat      12 sacks   14 shillings the sack\nbarley      7 sacks   11 shillings the sack"


def wrap(text: str, width: int = 72) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False))


@pytest.mark.parametrize("width", [50, 72, 90])
def test_wrapped_prose_is_joined_and_what_is_not_prose_stays(width: int) -> None:
    parts = ["CHAPTER I\nThe Mill", wrap(PROSE, width), VERSE, LIST, wrap(PROSE, width), TABLE]
    ((text, count),) = joined(["\n\n".join(parts)])
    assert text == "\n\n".join([parts[0], PROSE, VERSE, LIST, PROSE, TABLE])
    assert count == 2 * wrap(PROSE, width).count("\n")


@pytest.mark.parametrize(
    "text",
    [
        VERSE,
        "\n".join([LIST] * 8),
        "\n".join([TABLE] * 8),
        PROSE,
        "\n\n".join([PROSE] * 8),
        "def wrap(text, width=72):\n    lines = []\n    for word in text.split():\n        if fits(word):\n"
        "            lines[-1] += word\n        else:\n            lines.append(word)\n    return lines\n" * 5,
        "".join(f"{n:040x},{n * n:040x}\n" for n in range(9)),
        "Я помню старый дом у тихой и холодной реки\nИ мельницу, что спала на другом берегу,\n" * 12,
        "鹭鸟清早来到水边，站了很久，孩子们都以为它是一根木桩；后来它不慌不忙地低下头，叼起了一条鱼。\n" * 12,
    ],
)
def test_documents_that_are_not_wrapped_stay_as_they_are(text: str) -> None:
    assert joined([text]) == [(text, 0)]


def test_prose_in_another_alphabet_is_joined() -> None:
    text = "Цапля, которая живёт у старой мельницы, рано утром пришла к воде и стояла так долго, что дети приняли её "
    text += "за столб; потом она не спеша согнула шею и поймала рыбу, которой никто не видел, пока её не стало, и ушла."
    wrapped = "\n\n".join([wrap(text, 44)] * 2)
    assert joined([wrapped]) == [(f"{text}\n\n{text}", 2 * wrap(text, 44).count("\n"))]


def test_many_documents_are_joined_each_by_itself() -> None:
    texts = [
        wrap(PROSE),
        VERSE,
        "",
        "\n\n\n",
        wrap(PROSE, 60).replace("“", '"').replace("”", '"'),
        wrap(PROSE, 45),
        f"--\n{wrap(PROSE, 45)}",
        "x",
    ]
    assert joined(texts) == [joined([text])[0] for text in texts]
    assert [count > 0 for _, count in joined(texts)] == [True, False, False, False, True, True, True, False]
    assert joined(texts, "always") == [joined([text], "always")[0] for text in texts]


def test_a_hyphen_at_a_line_end_goes_when_the_document_has_the_word_without_it() -> None:
    text = (
        wrap(PROSE, 72) + "\n\nwith-\nout a well-\nknown and half-told story--\nthat is all he said, and said it\ntwice"
    )
    ((found, _),) = joined([text], "always")
    assert found.endswith("without a well-known and half-told story--that is all he said, and said it twice")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="ab é\n\t-.|\u4e00", max_size=200), max_size=4))
def test_joining_changes_nothing_but_space_and_hyphens(texts: list[str]) -> None:
    for mode in ("auto", "always"):
        for text, (found, count) in zip(texts, joined([*texts, wrap(PROSE)], mode)):
            bare = str.maketrans("", "", " \n\t-")
            assert found.translate(bare) == text.translate(bare)
            assert found.count("\n") == text.count("\n") - count


MOJIBAKE = "l’été — “déjà vu” costs 5 €"


def test_wrong_decoding_is_undone_and_right_text_left() -> None:
    broken = MOJIBAKE.encode().decode("cp1252", "replace").replace("\ufffd", "\x9d")
    assert decoded_again(f"{MOJIBAKE}\n{broken}\nend") == (f"{MOJIBAKE}\n{MOJIBAKE}\nend", 1)
    for right in (MOJIBAKE, "NÃO É, Â NÃO ÂNGULO", "Ã la carte", "plain"):
        assert decoded_again(right) == (right, 0)


def test_control_characters_go_and_line_ends_stay() -> None:
    assert without_control("a\x00b\tc\r\nd\re\x0cf\x1b[0m\x7f") == ("ab\tc\nd\nef", 6)
    assert without_control("\ufeffsoft\xadhy\x85phen é") == ("softhyphen é", 3)
    assert without_control("a\tb\nc") == ("a\tb\nc", 0)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_normal_forms_are_those_of_the_standard_library(text: str) -> None:
    assert normalised(text, "NFC")[0] == unicodedata.normalize("NFC", text)
    assert normalised(text, "NFKC")[0] == unicodedata.normalize("NFKC", text)


HEADER = """\
The Project Gutenberg EBook of The Mill, by Nobody

This eBook is for the use of anyone anywhere at no cost and with
almost no restrictions whatsoever.

Title: The Mill

*** START OF THIS PROJECT GUTENBERG EBOOK THE MILL AND
WHAT STOOD BESIDE IT ***



Produced by Some Body and the Online Distributed
Proofreading Team at http://www.pgdp.net

Transcriber's Note:

Obvious misprints have been corrected.

"""
FOOTER = """

Transcriber's Notes

Page 7: "mil" changed to "mill".




End of Project Gutenberg's The Mill, by Nobody

*** END OF THIS PROJECT GUTENBERG EBOOK THE MILL ***

***** This file should be named 1.txt or 1.zip *****
*** START: FULL LICENSE ***
"""
OLD_HEADER = """\
**The Project Gutenberg Etext of The Mill, by Nobody**

***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***
Why is this "Small Print!" statement here?  You know: lawyers.
*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*


This etext was prepared by Some Body <some@body.example>

"""
BOOK = "THE MILL\n\nBy Nobody\n\n" + "\n\n".join([wrap(PROSE)] * 3) + "\n\nTHE END"


@pytest.mark.parametrize(
    ("header", "footer"),
    [
        (HEADER, FOOTER),
        (OLD_HEADER, "\n\nEnd of this Project Gutenberg Etext of The Mill\n"),
        (HEADER, ""),
        ("", FOOTER),
    ],
)
def test_of_a_gutenberg_book_the_book_is_left(header: str, footer: str) -> None:
    assert without_gutenberg(header + BOOK + footer) == (BOOK, bool(header) + bool(footer))


def test_a_text_that_speaks_of_gutenberg_is_left() -> None:
    text = f"Johannes Gutenberg printed.\n\n{BOOK}\n\nProject Gutenberg has it, and its licence says so."
    assert without_gutenberg(text) == (text, 0)


MIT = "Copyright (c) 2020 Some Body\n\nPermission is hereby granted, free of charge, to any person"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"/*\n{textwrap.indent(MIT, ' * ')}\n */\n\nint main() {{}}\n", "int main() {}\n"),
        ("#!/bin/sh\n# SPDX-License-Identifier: MIT\n\n# Says hello.\necho hello\n", None),
        ("// Copyright 2020 Some Body\n// All rights reserved.\npackage main\n", "package main\n"),
        (f'"""{MIT}"""\nimport os\n', "import os\n"),
        (
            "# Copyright\n\nThe law of copyright begins in 1710.\n",
            "# Copyright\n\nThe law of copyright begins in 1710.\n",
        ),
        ("# The Apache License 2.0 explained\n\nIt is.\n", "# The Apache License 2.0 explained\n\nIt is.\n"),
        ("/* A queue. */\nint x;\n", "/* A queue. */\nint x;\n"),
        ("#include <stdio.h>\n/* Copyright 2020 */\n", "#include <stdio.h>\n/* Copyright 2020 */\n"),
    ],
)
def test_a_licence_in_front_of_code_goes(text: str, left: str | None) -> None:
    left = "#!/bin/sh\n# Says hello.\necho hello\n" if left is None else left
    assert without_licence(text) == (left, int(left != text))


def test_lines_that_lead_elsewhere_go_from_a_page() -> None:
    body = [
        "The home page of the mill | a history in 12 short parts, told by the miller",
        "He went home.",
        "| a | b | c | d |",
    ]
    menu = [
        "Skip to content",
        "Home | About us | Blog | Contact",
        "We use cookies to improve it.",
        "© 2024 The Mill",
        "Log in",
    ]
    page = "\n".join([*menu[:3], *body, *menu[3:]])
    assert without_navigation(page) == ("\n".join(body), 5)
    assert without_navigation("\n".join(body)) == ("\n".join(body), 0)


def test_each_step_is_counted_and_shown() -> None:
    texts = [HEADER + BOOK + FOOTER, "a\x00b", "fine", "cafe\u0301", "it’s".encode().decode("cp1252")]
    mended, done, samples = repair(texts, RepairConfig())
    assert mended[1:] == ["ab", "fine", "café", "it’s"]
    assert PROSE in mended[0]
    counts = {name: column.tolist() for name, column in done.items() if not name.endswith("_bytes")}
    assert counts["mended_control"] == [0, 1, 0, 0, 0]
    assert counts["mended_join_lines"] == [3 * wrap(PROSE).count("\n"), 0, 0, 0, 0]
    assert {name: sum(map(bool, column)) for name, column in counts.items()} == {
        "mended_mojibake": 1, "mended_control": 1, "mended_unicode": 1, "mended_boilerplate_gutenberg": 1,
        "mended_boilerplate_licence": 0, "mended_join_lines": 1,
    }  # fmt: skip
    shorter = sum(column for name, column in done.items() if name.endswith("_bytes"))
    assert shorter.tolist() == [len(a.encode()) - len(b.encode()) for a, b in zip(texts, mended)]
    assert [(*row,) for row in zip(*samples.values())][:2] == [
        (4, "mojibake", texts[4], "it’s"),
        (1, "control", "a\x00b", "ab"),
    ]


def test_a_step_that_is_off_leaves_the_text() -> None:
    texts = [HEADER + BOOK, "a\x00b", "cafe\u0301", "it’s".encode().decode("cp1252")]
    off = RepairConfig(unicode="none", mojibake=False, control=False, join_lines="never", boilerplate=())
    mended, done, samples = repair(texts, off)
    assert (mended, done, len(samples["step"])) == (texts, {}, 0)


def test_a_report_says_what_was_mended_in_documents_that_were_kept(
    build: Callable[[dict[str, Any]], CorpusFolder], tmp_path: Path
) -> None:
    texts = [*SENTENCES, "\x00" + SENTENCES[0], "A\x07 heron by the river eats cafe\u0301 food."]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode({"text": text}) + b"\n" for text in texts))
    corpus = build({"sources": [{"path": str(path), "name": "birds"}], "tokenizer": {"vocab_size": 300}})
    changes = load_report(corpus.path).changes
    assert [(c.step, c.documents, c.count, c.bytes) for c in changes] == [("control", 1, 1, 1), ("unicode", 1, 1, 1)]
    (sample,) = changes[0].samples
    assert (sample.id, sample.source, sample.after) == (
        "a.jsonl:56",
        "birds",
        "A heron by the river eats cafe\u0301 food.",
    )
