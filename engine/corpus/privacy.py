"""Personal data in texts, replaced by placeholders and counted: e-mail addresses, phone numbers, IP addresses, secrets.

    texts, kinds  ->  scrub  ->  texts with <secret> <email> <ip> <phone>,  counts of each kind and document

Each kind is a pattern that finds candidates and, where a pattern cannot tell, a check that refuses them: a version
number is no address, a private network's address is nobody's, a date is no phone number. What is doubtful stays: a
corpus is text first. Most documents are told by a look at their characters to hold nothing of a kind, and cost little.
A text that was scrubbed holds nothing more to scrub.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from engine.corpus.measure.batch import Columns

Check = Callable[[re.Match[str]], bool]


class Kind(NamedTuple):
    """One kind of personal data."""

    name: str
    pattern: re.Pattern[str]
    check: Check
    """Whether what the pattern found is meant."""
    marks: tuple[str, ...]
    """A text without any of these holds none."""
    digits: int = 0
    """Nor does one with fewer digits."""


def scrub(texts: Sequence[str], kinds: Sequence[str]) -> tuple[list[str], Columns]:
    """The texts without personal data of the `kinds` named (secret, email, ip, phone), and what was done.

    For each kind: `scrubbed_KIND` (documents), how many were replaced, and `scrubbed_KIND_bytes` (documents), by how
    many UTF-8 bytes the text became shorter (negative: longer).
    """
    wanted = [kind for kind in KINDS if kind.name in kinds]
    together = "\n".join(texts)  # most marks stand nowhere: once for all texts is soon known
    marks = {kind.name: [mark for mark in kind.marks if mark in together] for kind in wanted}
    counts = np.zeros((len(wanted), 2, len(texts)), dtype=np.int32)
    out = list(texts)
    for at, text in enumerate(texts):
        digits = _digits(text) if any(kind.digits for kind in wanted) else 0
        for row, kind in enumerate(wanted):
            if digits >= kind.digits and any(mark in out[at] for mark in marks[kind.name]):
                out[at], *counts[row, :, at] = _scrubbed(out[at], kind)
    names = [(f"scrubbed_{kind.name}", f"scrubbed_{kind.name}_bytes") for kind in wanted]
    return out, {name: column for pair, rows in zip(names, counts) for name, column in zip(pair, rows)}


def _scrubbed(text: str, kind: Kind) -> tuple[str, int, int]:
    """The text without one kind, how many were replaced, and by how many bytes it became shorter."""
    placeholder = f"<{kind.name}>"
    count = shorter = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal count, shorter
        if not kind.check(match):
            return match[0]
        count += 1
        shorter += len(match[0].encode("utf-8", "surrogatepass")) - len(placeholder)
        return placeholder

    return kind.pattern.sub(replaced, text), count, shorter


def _digits(text: str) -> int:
    data = text.encode("ascii", "ignore")
    return len(data) - len(data.translate(None, b"0123456789"))


# --- e-mail: what RFC 5322's dot-atom and RFC 1035's names allow, with lengths (64, 63) that keep the search linear

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w+%-][\w.+%-]{0,63}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[A-Za-z]{2,24}(?![\w@-]|\.\w)"
)
_NOBODYS = re.compile(r"(?i)(?:^|[@.])(?:example\.(?:com|net|org|edu)|(?:\w+\.)?(?:example|invalid|test|localhost))$")
"""Names kept for examples: RFC 2606."""
_FILES = re.compile(r"(?i)@\dx\.(?:png|jpe?g|gif|svg|webp)$")
"""Pictures for dense screens: `logo@2x.png`."""


def _is_email(match: re.Match[str]) -> bool:
    found = match[0]
    return not (found.startswith("git@") or _NOBODYS.search(found) or _FILES.search(found))


# --- IP addresses: public ones alone, since private, local and documentation ranges identify nobody

# This pattern and the next begin with the one character that all they find begins with, and look back only from there:
# `re` then skips to such characters without trying anything in between.
_IP = re.compile(
    r"[0-9](?:(?<![\w.:/-].)|(?<=://.))(?:[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![\w-]|\.\d)"
    r"|(?<=[23])[0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:]))"
)
_VERSION = re.compile(
    r"(?i)(?:\bv|\b(?:ver|version|release|rev|revision|build|firmware|section|chapter|sec|§)s?)[.: ]*$"
)


def _is_address(match: re.Match[str]) -> bool:
    found = match[0]
    try:
        if not ipaddress.ip_address(found).is_global:
            return False
    except ValueError:
        return False
    # Four numbers below 20 are a version or a section. One address in 27,000 looks so.
    small = ":" not in found and all(int(part) < 20 for part in found.split("."))
    return not small and not _VERSION.search(match.string, max(0, match.start() - 12), match.start())


# --- phone numbers: E.164 has 8 to 15 digits after a plus; a North American one has area and exchange from 2 on

_THREE, _END = "[2-9][0-9]{2}", "[2-9][0-9]{2}[ .-][0-9]{4}"
_HINTS = (
    "[Tt]el ",
    "[Tt]el[.:] ",
    "[Pp]hone ",
    "[Pp]hone: ",
    "[Ff]ax ",
    "[Ff]ax: ",
    "[Mm]obile: ",
    "[Cc]all ",
    "number ",
)
_PHONE = re.compile(
    r"[+(0-9](?<![\w.+-].)(?:"
    r"(?<=\+)[1-9][0-9]{0,2}(?:[ .-]?\(0?[0-9]{1,4}\))?(?:[ .-]?[0-9]{1,5}){2,6}"
    rf"|(?<=\(){_THREE}\) ?{_END}|(?<=[2-9])[0-9]{{2}}[.-]{_END}|(?<=1)[ .-](?:\({_THREE}\) ?|{_THREE}[.-]){_END}"
    rf"|(?:{'|'.join(f'(?<={hint}.)' for hint in _HINTS)})(?<!\+)[0-9]{{1,4}}\)?(?:[ .-]?[0-9]{{2,5}}){{1,5}}"
    r")(?![\w-]|[.,]\d)"
)
_DECIMAL = re.compile(r"\+?\d+\.\d+")


def _is_phone(match: re.Match[str]) -> bool:
    found = match[0]
    digits = sum(character.isdigit() for character in found)
    return (8 if found.startswith("+") else 7) <= digits <= 15 and not _DECIMAL.fullmatch(found)


# --- secrets: the forms that their issuers publish, so that scanners can find them

_SECRET = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!-)){1,16384}-----END [A-Z0-9 ]{0,40}-----"
    r"|(?<![A-Za-z0-9_-])(?:"
    r"(?:AKIA|ASIA)[A-Z2-7]{16}"  # Amazon Web Services
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{60,255}|glpat-[\w-]{20,64}"  # GitHub, GitLab
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{20,250}"  # Slack
    r"|sk-(?=[\w-]*[A-Z])(?=[\w-]*\d)(?:[a-z0-9]{2,8}-)*[\w-]{20,250}"  # OpenAI, Anthropic
    r"|AIza[\w-]{35}|ya29\.[\w-]{20,250}"  # Google
    r"|[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}"  # Stripe
    r"|hf_[A-Za-z0-9]{34}|npm_[A-Za-z0-9]{36}|pypi-AgE[\w-]{50,250}"  # Hugging Face, npm, PyPI
    r"|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,2000}"  # JSON Web Tokens: RFC 7519
    r")(?![A-Za-z0-9_-])"
    r"|(?<=https://hooks\.slack\.com/services/)T\w{5,20}/B\w{5,20}/\w{16,40}"
    r"|(?<=://)[^\s/:@<>]{1,64}:[^\s/:@<>]{3,64}(?=@)"  # a name and password before a host: RFC 3986
)
_KEY_DATA = re.compile(r"[A-Za-z0-9+/=]{20}")


def _is_secret(match: re.Match[str]) -> bool:
    """Text about keys names both ends of one with no key between them."""
    return not match[0].startswith("-----BEGIN") or bool(_KEY_DATA.search(match[0]))


_SECRET_MARKS = (
    "PRIVATE KEY", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-",
    "sk-", "AIza", "ya29.", "k_live_", "k_test_", "hf_", "npm_", "pypi-AgE", "eyJ", "hooks.slack.com", "://",
)  # fmt: skip

KINDS = (
    Kind("secret", _SECRET, _is_secret, _SECRET_MARKS),
    Kind("email", _EMAIL, _is_email, ("@",)),
    Kind("ip", _IP, _is_address, (".", ":"), digits=4),
    Kind("phone", _PHONE, _is_phone, ("+", "-", ".", " "), digits=7),
)
"""In the order of scrubbing: a password before a host would look like an e-mail address."""
