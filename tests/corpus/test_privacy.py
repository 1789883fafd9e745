"""Personal data goes, and what only looks like it stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.corpus.privacy import KINDS, scrub

ALL = [kind.name for kind in KINDS]
A36, JWT = "Ab1" * 12, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLWhlcmU"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx7+ab/\nIBAAKC=\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        *(("email", text) for text in ("a@b.co", "J.Doe+new@mail.some-firm.co.uk", "müller@straße.de", "x_1@y.travel")),
        *(("ip", text) for text in ("93.184.216.34", "8.8.4.44", "2606:2800:220:1:248:1893:25c8:9", "2a00:1450::200e")),
        *(("phone", text) for text in ("+1 415 555 2671", "+14155552671", "+44 (0)20 7946 0958", "+49-30-901820")),
        *(("phone", text) for text in ("(212) 555-0187", "212-555-0187", "415.555.2671", "1-800-555-0199")),
        *(("secret", text) for text in ("AKIAIOSFODNN7EXAMPLE", f"ghp_{A36}", f"github_pat_{A36}{A36}", JWT, KEY)),
        *(("secret", text) for text in ("xoxb-1234567890-abcdefGHIJ", f"sk-proj-{A36}", f"sk-{A36}", f"hf_{A36[:34]}")),
        *(("secret", text) for text in (f"sk_live_{A36}", "AIza" + A36[:35], f"npm_{A36}")),
    ],
)  # fmt: skip
def test_it_is_replaced_wherever_it_stands(kind: str, found: str) -> None:
    texts = [found, f"Write to {found}.", f"({found}), or", f"one\n{found}\ntwo {found}"]
    scrubbed, columns = scrub(texts, ALL)
    assert scrubbed == [text.replace(found, f"<{kind}>") for text in texts]
    assert columns[f"scrubbed_{kind}"].tolist() == [1, 1, 1, 2]
    shorter = [len(before.encode()) - len(after.encode()) for before, after in zip(texts, scrubbed)]
    assert columns[f"scrubbed_{kind}_bytes"].tolist() == shorter
    assert sum(int(column.sum()) for name, column in columns.items() if kind not in name) == 0


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:a/b.git, @app.route, a @ b, user@localhost, me@example.org, logo@2x.png, x@1.2.3",
        "v1.25.38.40, version 21.30.4.1, Section 2.21.3.4, 1.2.3.4, 10.0.0.1, 192.168.1.20, 127.0.0.1, 300.1.1.1",
        "3.11.25.40.2, 1.20.300, ::1, fe80::1, 2001:db8::1, std::vector, 12:30:45, a::b, 2024:10:11 12:13:14",
        "2024-11-24, 24.11.2026, 1914-1918, 1,234,567,890, 978-0-306-40615-7, 0-306-40615-2, 3.14159265358979",
        "+12.3456789, +3, x+1234, 1234567890, 2026-11-24T10:11:12+02:00, 123-456-7890, 555-1234, 212 555 0187 4",
        "pages 212-555, ISSN 2049-3630, 4111 1111 1111 1111, $1.500.000, 2.345.678.901, CVE-2021-44228",
        "sk-fading-circle-container-wide, task-oriented-dialogue, AKIA, hf_model_name, PRIVATE KEY, https://a.b/c:d@e",
        "-----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY-----, npm_config_registry, eyJ, xoxo, https://example.com/path?x=1",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    scrubbed, columns = scrub([text], ALL)
    assert scrubbed == [text]
    assert not any(column.any() for column in columns.values())


def test_a_number_after_the_word_phone_needs_no_country() -> None:
    texts = ["Tel: 020 7946 0958", "phone 0171-2345678", "Fax: 01234 567890.", "call 911", "Tel Aviv 1948"]
    assert scrub(texts, ["phone"])[0] == ["Tel: <phone>", "phone <phone>", "Fax: <phone>.", *texts[3:]]


def test_a_password_in_an_address_is_a_secret_and_no_mail() -> None:
    scrubbed, columns = scrub(["postgres://ann:hunter2@db.firm.io/x"], ALL)
    assert scrubbed == ["postgres://<secret>@db.firm.io/x"]
    assert columns["scrubbed_email"].tolist() == [0]


def test_only_the_kinds_that_were_asked_for_go() -> None:
    scrubbed, columns = scrub(["a@b.co 93.184.216.34"], ["ip"])
    assert scrubbed == ["a@b.co <ip>"]
    assert sorted(columns) == ["scrubbed_ip", "scrubbed_ip_bytes"]
    assert scrub(["a@b.co"], []) == (["a@b.co"], {})


PIECES = [
    "a@b.co",
    "93.184.216.34",
    "+1 415 555 2671",
    "x",
    " ",
    "-",
    ".",
    "@",
    ":",
    "\n",
    "12",
    "AKIAIOSFODNN7EXAMPLE",
]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map(" ".join))
def test_what_was_scrubbed_holds_nothing_more_to_scrub(text: str) -> None:
    once = scrub([text], ALL)[0]
    assert scrub(once, ALL)[0] == once
