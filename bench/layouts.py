"""Documents as the world has them: pages of a book, of the web, of a manual; and what stands around and between them.

Everything here gives one text from a supply of prose. Nothing knows which document is a copy of which.
"""

from __future__ import annotations

import random
import re
import string
import textwrap

from bench.prose import Prose

GUTENBERG_START = "*** START OF THE PROJECT GUTENBERG EBOOK {title} ***"
GUTENBERG_END = "*** END OF THE PROJECT GUTENBERG EBOOK {title} ***"
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT."""
_MENU = [
    "Home",
    "About us",
    "Contact",
    "Sign in",
    "Register",
    "My account",
    "Cart (0)",
    "Checkout",
    "Search",
    "Menu",
    "Skip to content",
    "Next page",
    "Share",
    "Previous",
    "Newsletter",
    "Archive",
    "Categories",
    "Tags",
    "Help",
    "FAQ",
    "Careers",
    "Press",
    "Site map",
    "Facebook",
    "Twitter",
    "Print",
    "Back to top",
    "Leave a comment",
    "Reply",
    "Log out",
    "Privacy policy",
    "Terms of use",
    "Cookie settings",
    "All rights reserved",
    "Read more",
]
_CONSONANTS = "bcdfghjklmnpqrstvwxz"


def book(prose: Prose, lot: random.Random, size: int) -> str:
    """Narrative with conversations, a third of it hard-wrapped as plain-text books are."""
    parts = _until(size, lambda: prose.said() if lot.random() < 0.3 else prose.paragraph(3, 9))
    if lot.random() < 0.33:
        parts = [textwrap.fill(part, 72) for part in parts]
    return "\n\n".join(parts)


def page(prose: Prose, lot: random.Random, size: int) -> str:
    """A headline and paragraphs, some with a list in between."""
    parts = [prose.sentence(4, 9)[:-1], *_until(size, lambda: prose.paragraph(2, 6))]
    if lot.random() < 0.3:
        parts.insert(2, "\n".join(f"- {prose.sentence(5, 12)}" for _ in range(lot.randint(3, 6))))
    return "\n\n".join(parts)


def manual(prose: Prose, lot: random.Random, size: int) -> str:
    """Reference text: names of functions in sentences, numbered steps, an example."""
    parts = [prose.sentence(2, 5)[:-1], *_until(size, lambda: _explained(prose, lot))]
    if lot.random() < 0.4:
        steps = [f"{number}. {prose.sentence(6, 14)}" for number in range(1, lot.randint(4, 7))]
        parts.insert(len(parts) // 2, "\n".join(steps))
    if lot.random() < 0.4:
        left, right, given = prose.words(3)
        parts.insert(2, f"    {left} = {right}({given}, {lot.randint(1, 99)})\n    print({left})")
    return "\n\n".join(parts)


def _explained(prose: Prose, lot: random.Random) -> str:
    a, b = prose.words(2)
    return f"{prose.paragraph(1, 3)} Call {a}_{b}() with {lot.randint(2, 64)} of them. {prose.paragraph(1, 4)}"


def _until(size: int, part) -> list[str]:  # type: ignore[no-untyped-def]
    parts, total = [], 0
    while total < size:
        parts.append(part())
        total += len(parts[-1]) + 2
    return parts


PROSE = {"books": book, "web": page, "technical": manual}


def letters(prose: Prose, lot: random.Random, size: int) -> str:
    """Keys hit at random."""
    words = ["".join(lot.choices(_CONSONANTS + "aeiou;,.'", k=lot.randint(2, 12))) for _ in range(size // 8)]
    return _lines(words, 12)


def symbols(prose: Prose, lot: random.Random, size: int) -> str:
    """What is left of a drawing or a binary file."""
    return _lines(["".join(lot.choices("#|~^*=+<>/\\_-%@", k=lot.randint(1, 9))) for _ in range(size // 6)], 10)


def numbers(prose: Prose, lot: random.Random, size: int) -> str:
    """A dump of figures."""
    return _lines([f"{lot.getrandbits(32):08x}" if lot.random() < 0.5 else str(lot.randint(0, 99999))
                   for _ in range(size // 8)], 8)  # fmt: skip


def salad(prose: Prose, lot: random.Random, size: int) -> str:
    """Search terms: words, none of them a function word, no sentence."""
    words = [word for word in prose.words(size // 4) if len(word) > 6]
    return ", ".join(words)


GIBBERISH = {"letters": letters, "symbols": symbols, "numbers": numbers, "word salad": salad}


def repeated_lines(prose: Prose, lot: random.Random, size: int) -> str:
    """Prose with one line again and again between its paragraphs."""
    line = prose.sentence(6, 12)
    parts = _until(size // 2, lambda: prose.paragraph(2, 4))
    return "\n".join(f"{part}\n{line}\n{line}" for part in parts)


def repeated_paragraphs(prose: Prose, lot: random.Random, size: int) -> str:
    parts = _until(size // 4, lambda: prose.paragraph(2, 4))
    return "\n\n".join(lot.choice(parts) for _ in range(4 * len(parts)))


def repeated_words(prose: Prose, lot: random.Random, size: int) -> str:
    """A generator that got stuck: a few words in a loop, in the middle of prose."""
    loop = " ".join(prose.words(lot.randint(3, 7)))
    stuck = " ".join([loop] * (size // 3 // len(loop) + 1))
    return f"{prose.paragraph(6, 9)}\n\n{stuck}.\n\n" + "\n\n".join(_until(size // 3, lambda: prose.paragraph(3, 5)))


REPETITION = {"lines": repeated_lines, "paragraphs": repeated_paragraphs, "words": repeated_words}


def navigation(prose: Prose, lot: random.Random, size: int) -> str:
    """A page with nothing but its menus."""
    lines = []
    while sum(map(len, lines)) < size // 3:
        kind = lot.random()
        lines.append(lot.choice(_MENU) if kind < 0.5 else " | ".join(lot.sample(_MENU, 4)) if kind < 0.7
                     else " ".join(prose.words(lot.randint(1, 4))).title())  # fmt: skip
    return "\n".join(lines)


def gutenberg(prose: Prose, text: str) -> str:
    """A book with Project Gutenberg's lines around it."""
    title = " ".join(prose.words(3)).upper()
    head = f"The Project Gutenberg eBook of {title.title()}\n\nThis ebook is for the use of anyone anywhere in the \
United States and\nmost other parts of the world at no cost and with almost no restrictions\nwhatsoever. You may copy \
it, give it away or re-use it under the terms\nof the Project Gutenberg License included with this ebook or online\n\
at www.gutenberg.org.\n\nTitle: {title.title()}\n\nAuthor: {prose.name()} {prose.name()}\n\nLanguage: English\n\n"
    foot = (
        "\n\nUpdated editions will replace the previous one—the old editions will\nbe renamed.\n\nCreating the works \
from print editions not protected by U.S. copyright\nlaw means that no one owns a United States copyright in these \
works.\n\nSection 1. General Terms of Use and Redistributing Project Gutenberg\nelectronic works\n"
    )
    return f"{head}{GUTENBERG_START.format(title=title)}\n\n{text}\n\n{GUTENBERG_END.format(title=title)}{foot}"


def licensed(prose: Prose, text: str) -> str:
    """A file with a licence in a comment at its top."""
    header = f"Copyright (c) {prose.name()} {prose.name()}\n\n{MIT}"
    return "\n".join(f"# {line}".rstrip() for line in header.split("\n")) + "\n\n" + text


def foreign(told: str, lot: random.Random, size: int) -> str:
    """Another language's words, one following another as they do in `told`, with a jump now and then."""
    words = told.split()
    text, at = [], lot.randrange(len(words))
    while sum(map(len, text[-1:])) >= 0 and len(text) * 6 < size:
        text.append(words[at])
        at = lot.randrange(len(words)) if lot.random() < 0.4 or at + 1 == len(words) else at + 1
    sentences = re.split(r"(?<=[.;]) ", " ".join(text))
    return "\n\n".join(" ".join(sentences[first : first + 5]) for first in range(0, len(sentences), 5))


def personal(lot: random.Random) -> dict[str, str]:
    """One of each kind that can be scrubbed. Numbers and names are from the ranges set aside for examples."""
    secret = "".join(lot.choices(string.ascii_letters + string.digits, k=36))
    return {
        "email": f"{lot.choice(['info', 'j.smith', 'sales+eu', 'anna_b'])}{lot.randint(1, 999)}@example.{lot.choice(['com', 'org'])}",
        "phone": lot.choice([f"+1 202-555-01{lot.randint(10, 99)}", f"(415) 555-01{lot.randint(10, 99)}",
                             f"+44 20 7946 0{lot.randint(100, 999)}"]),
        "ip": lot.choice([f"203.0.113.{lot.randint(1, 254)}", f"2001:db8::{lot.randint(1, 9999):x}:{lot.randint(1, 999):x}"]),
        "secret": lot.choice([f"ghp_{secret}", f"AKIA{secret[:16].upper()}"]),
    }  # fmt: skip


def _lines(words: list[str], many: int) -> str:
    return "\n".join(" ".join(words[first : first + many]) for first in range(0, len(words), many))
