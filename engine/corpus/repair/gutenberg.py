"""What Project Gutenberg puts around a book: header, licence, and what its transcribers say about their work.

    licence | *** START OF ... ***  credits, notes | THE BOOK | notes  End of ... | *** END OF ... *** licence

Also the forms of the 1990s, whose licence stands in front as "small print", and the copyright notices that one early
collection repeats between acts. Text without any of these marks is left as it is.
"""

from __future__ import annotations

import re

_START = re.compile(
    r"^[ \t]*\*\*\*[ ]?START OF (?:THE|THIS) PROJECT GUTENBERG.*(?:\n(?!\s*\n).*){0,3}?\*\*\*[ \t]*$"
    r"|^\*+END\*?[* ]*THE SMALL PRINT.*$"
    r"|^\*+[ ]*SMALL PRINT! FOR __ .*\n(?:\[.*\]\n)?",
    re.MULTILINE | re.IGNORECASE,
)
_END = re.compile(
    r"^[ \t]*\*\*\*[ ]?END OF (?:THE|THIS) PROJECT GUTENBERG"
    r"|^[ \t]*\**[ ]?(?:End of|Ende) (?:the |this |of )?Project Gutenberg"
    r"|^[ \t]*\**[ ]?End of this (?:Project Gutenberg )?E(?:text|book) of"
    r"|^[ \t]*\*\*\*[ ]?START: FULL LICENSE",
    re.MULTILINE | re.IGNORECASE,
)
_NOTICE = re.compile(r"<<THIS ELECTRONIC VERSION OF[^<>]{0,2000}>>\s*")

_CREDIT = re.compile(
    r"\W*(?:"
    r"(?:(?:this|the) )?(?:e-?(?:text|book)|text|html|file|edition|plain[- ]text)s?(?: (?:version|file|edition)s?)?"
    r" (?:(?:was|were|is|has been) )?(?:first )?"
    r"(?:produced|prepared|transcribed|created|scanned|typed|made|posted|by)\b"
    r"|(?:produced|prepared|transcribed|scanned|digiti[sz]ed|typed|proofed|proofread|converted|modified|updated)"
    r"(?: and \w+)?(?: by\b| (?:from|form) (?:images|the)\b| for\b)"
    r"|based on (?:scans|images)|images (?:of the|provided|generously)|with images? generously"
    r"|this (?:e-?text|e-?book|file) (?:was|is|uses|has|contains)\b"
    r"|note: *project gutenberg|note: *images of the original|project gutenberg (?:also )?has"
    r"|this file was|see \d+-h\.|\(?https?://\S*gutenberg|special thanks|many thanks|online distributed"
    r"|the internet wiretap"
    r")",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\W*(?:transcri(?:ber|ption)s?|preparers?|redactors?|editors? of this e)[\W_]*(?:['’]|&\w+;)?\s?s?['’]?"
    r"\s+(?:end)?notes?\b|\W*(?:note by the|notes? from the) transcriber|\W*note on the e-?text"
    r"|\W*about the (?:online|electronic) edition",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"spelling|punctuat|hyphen|typograph|printer|misprint|inconsisten|transcri|italic|underscore|bold|small cap"
    r"|footnote|ligature|represents|retained|preserved|corrected"
    r"|\btypos?\b|should (?:possibly )?be|cross-reference|end of (?:the|this) (?:book|file|text)"
    r"|e-?text|e-?book|scan|original (?:text|book|edition|page|image|print)",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)
_ELSEWHERE = re.compile(r"Project Gutenberg|\betext\b|gutenberg\.(?:net|org)", re.IGNORECASE)
"""Says in a short paragraph in front where else the book, or more of its kind, is."""
_ALONE = re.compile(r".*notes?\W*\Z", re.IGNORECASE)

_FRONT, _BACK, _LICENCE = 6_000, 12_000, 40_000
"""Characters at either end of a book in which notes are looked for, and in which a header or licence must stand."""
_LONGEST, _SHORT = 3_000, 1_600
"""Characters of a note's paragraph, and of a pointer to other files."""


def without_gutenberg(text: str) -> tuple[str, int]:
    """The book alone, and how many pieces around it went."""
    if "utenberg" not in text and "UTENBERG" not in text:
        return text, 0
    begin = max((match.end() for match in _START.finditer(text, 0, _LICENCE)), default=0)
    found = _END.search(text, max(begin, len(text) - _LICENCE))
    book = text[begin : found.start() if found else len(text)]
    if begin or found:
        book = _without_end_note(_without_credits(book))
    book, notices = _NOTICE.subn("", book)
    count = bool(begin) + bool(found) + notices
    return (book.strip("\n"), count) if count else (text, 0)


def _without_credits(book: str) -> str:
    """Without the paragraphs in front that say who made the file, and notes on how it was made."""
    kept, credits, note, alone, done = [], True, False, False, 0
    for match in _PARAGRAPH.finditer(book):
        if match.start() > _FRONT:
            break
        paragraph = match[0]
        heading = len(paragraph) < _LONGEST and bool(_NOTE.match(paragraph))
        # What follows a heading that stands alone is the note, whatever it says; more of it is known by its words.
        note = heading or alone or (note and len(paragraph) < _LONGEST and bool(_ABOUT.search(paragraph)))
        alone = heading and bool(_ALONE.match(paragraph))
        credit = credits and bool(_CREDIT.match(paragraph) or (paragraph[0] == "[" and _ABOUT.search(paragraph)))
        if not (note or credit or (len(paragraph) < _SHORT and _ELSEWHERE.search(paragraph))):
            kept.append(book[done : match.end()])
            credits = False
        done = match.end()
    return "".join([*kept, book[done:]])


def _without_end_note(book: str) -> str:
    """Without a transcriber's notes after the text: from a heading of their own to the end, or a paragraph."""
    tail = max(len(book) - _BACK, len(book) // 2)
    for match in _PARAGRAPH.finditer(book, tail):
        if _NOTE.match(match[0]):
            if _ALONE.match(match[0]):
                return book[: match.start()]
            if match.end() > len(book) - _LONGEST:
                return book[: match.start()] + book[match.end() :]
    return book
