"""Lines of a web page that lead elsewhere and say nothing: menus, sharing buttons, cookie notices, legal footers."""

from __future__ import annotations

import re

_NAMES = frozenset(
    name.strip()
    for line in """
    about | about us | accept | accept all | accept all cookies | accept cookies | add a comment | add to cart
    advertisement | advertisements | all rights reserved | all rights reserved. | archives | back to top
    cancel reply | careers | cart | categories | checkout | close | close menu | comments | contact | contact us
    continue reading | cookie policy | cookie settings | create account | email this | facebook | faq | follow us
    follow us on twitter | forgot password? | got it | help | home | i agree | instagram | learn more
    leave a comment | leave a reply | like us on facebook | linkedin | load more | loading... | log in | log out
    login | main menu | manage cookies | menu | my account | navigation | newer posts | next | next page | next post
    no comments | older posts | open menu | pin it | pinterest | popular posts | post a comment
    powered by wordpress | prev | previous | previous page | previous post | print | print this page | privacy
    privacy policy | read more | read more » | read more... | recent posts | register | reject all
    related articles | related posts | reply | rss | rss feed | search | search this site | see all | see more
    share | share on facebook | share on linkedin | share on pinterest | share on twitter | share on whatsapp
    share on x | share this | share this article | share this post | share via email | show more | sign in
    sign out | sign up | site map | sitemap | skip to content | skip to main content | skip to navigation
    sponsored | subscribe | subscribe now | tags | terms | terms & conditions | terms and conditions
    terms of service | terms of use | toggle menu | toggle navigation | top | tweet | twitter | view all | whatsapp
    wishlist | you may also like | youtube
    """.strip().splitlines()
    for name in line.split("|")
)
_LONGEST_NAME = max(map(len, _NAMES))
_COOKIES = re.compile(
    r"\b(?:we|(?:web)?site|page) (?:also )?uses? (?:\w+ ){0,3}cookies\b"
    r"|\buse of cookies\b|\baccept (?:all |our )?cookies\b"
    r"|\bcookies\b.*\b(?:best experience|on our (?:web)?site|you (?:agree|consent))",
    re.IGNORECASE,
)
_FOOTER = re.compile(r"(?:copyright\s*)?(?:©|\(c\))\s*\d{4}.{0,100}|copyright\s+\d{4}.{0,100}", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+[|•·»›>/]\s+|\s*[|•·»›]\s*")
_LONGEST_NOTICE = 400


def without_navigation(text: str) -> tuple[str, int]:
    """Without such lines, and how many they were."""
    kept, lines = [], text.split("\n")
    for line in lines:
        size = len(line)
        if size > _LONGEST_NOTICE or not size or not _leads_elsewhere(line.strip()):
            kept.append(line)
    gone = len(lines) - len(kept)
    return ("\n".join(kept), gone) if gone else (text, 0)


def _leads_elsewhere(line: str) -> bool:
    if len(line) <= _LONGEST_NAME and line.lower() in _NAMES:
        return True
    if "ookie" in line and _COOKIES.search(line):
        return True
    if ("©" in line or line[:1] in "cC(") and _FOOTER.fullmatch(line):
        return True
    return any(mark in line for mark in "|•·»›") and _is_menu(line)


def _is_menu(line: str) -> bool:
    """Four or more names of at most three words with marks between, such as `Home | About | Blog | Contact`."""
    names = [name for name in _BETWEEN.split(line) if name]
    return len(names) >= 4 and line[0] != "|" and all(map(_is_name, names))


def _is_name(name: str) -> bool:
    return name[0].isalpha() and len(name) <= 30 and len(name.split()) <= 3
