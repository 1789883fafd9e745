"""Documents as the world has them: pages of a book, of the web, of a manual; and what stands around and between them.

Everything here gives one text from a supply of prose. Nothing knows which document is a copy of which.
"""

from __future__ import annotations

import random
import re
import string
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path

from bench.prose import Prose

GUTENBERG_START = "*** START OF THE PROJECT GUTENBERG EBOOK {title} ***"
GUTENBERG_END = "*** END OF THE PROJECT GUTENBERG EBOOK {title} ***"
_LISTS = tomllib.loads(Path(__file__).with_name("words.toml").read_text())
_MENU = _LISTS["menu"].split("|")
FOREIGN = [*_LISTS["foreign"].items()]
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


def _until(size: int, part: Callable[[], str]) -> list[str]:
    """Parts until they are so many characters together."""
    parts: list[str] = []
    total = 0
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
    head = _LISTS["gutenberg_head"].format(title=title.title(), author=f"{prose.name()} {prose.name()}")
    foot = _LISTS["gutenberg_foot"]
    return f"{head}{GUTENBERG_START.format(title=title)}\n\n{text}\n\n{GUTENBERG_END.format(title=title)}{foot}"


def licensed(prose: Prose, text: str) -> str:
    """A file with a licence in a comment at its top."""
    header = f"Copyright (c) {prose.name()} {prose.name()}\n\n{_LISTS['mit'].strip()}"
    return "\n".join(f"# {line}".rstrip() for line in header.split("\n")) + "\n\n" + text


def foreign(told: str, lot: random.Random, size: int) -> str:
    """Another language's words, one following another as they do in `told`, with a jump now and then."""
    words = told.split()
    text, at = [], lot.randrange(len(words))
    while len(text) * 6 < size:
        text.append(words[at])
        at = lot.randrange(len(words)) if lot.random() < 0.4 or at + 1 == len(words) else at + 1
    sentences = re.split(r"(?<=[.;]) ", " ".join(text))
    return "\n\n".join(" ".join(sentences[first : first + 5]) for first in range(0, len(sentences), 5))


def personal(lot: random.Random) -> dict[str, str]:
    """One of each kind that can be scrubbed, and something that looks alike and is nobody's. All made up."""
    code = "".join(lot.choices(string.ascii_letters + string.digits, k=36))
    key = "".join(lot.choices(string.ascii_uppercase + "234567", k=16))
    name, house = lot.choice(["info", "j.smith", "sales+eu", "anna_b"]), "".join(lot.choices(_CONSONANTS, k=7))
    number, small = lot.randint(100, 999), lot.randint(11, 99)  # 10.x.y.z is nobody's
    return {
        "email": f"{name}{number}@{house}.{lot.choice(['com', 'org', 'co.uk'])}",
        "phone": lot.choice([f"+1 202-555-01{small}", f"(415) 555-01{small}", f"+44 20 7946 0{number}"]),
        "ip": lot.choice([f"{small}.47.{number % 250}.{small}", f"2a02:{number}::{small}:{number}"]),
        "secret": lot.choice([f"ghp_{code}", f"AKIA{key}"]),
        "harmless": lot.choice([
            f"info{number}@example.com", f"192.168.{small}.{small}", f"version 1.{small}.{small}",
            f"1987-11-{small % 20 + 10}", f"978-3-16-14{number % 10}410-0", f"{number},{number},{number}",
        ]),
    }  # fmt: skip


def _lines(words: list[str], many: int) -> str:
    return "\n".join(" ".join(words[first : first + many]) for first in range(0, len(words), many))
