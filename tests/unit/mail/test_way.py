"""How a mail was handed over, and what the receiving Coremail server wrote at the foot of its header."""

from __future__ import annotations

import pytest

from pipeline.mail.parse import parse
from pipeline.mail.sender import Verdict, authentication, unused_way
from pipeline.mail.way import is_handed_in, sealed_results, way
from pipeline.model import Letter

ID = b"W8CowEC5x2JkSI1beCFHNA--.45886S3"
TOP = (
    b"Received: from qq.com (unknown [59.36.132.97])\r\n\tby mx41 (Coremail) with SMTP id " + ID
    + b";\r\n\tTue, 06 Sep 2022 10:30:00 +0800 (CST)\r\n"
)  # fmt: skip
SEAL = b"X-CM-TRANSID:" + ID + b"\r\n"
#: Cut at a fixed length, as the server does, in the middle of a word.
WORD = (
    b"Authentication-Results: mx41; spf=pass smtp.mail=zhang_1@qq.exam\r\n\tple; dk\r\n\tim=pass"
    b" header.i=@qq.example\r\n"
)
TAIL = b"X-Coremail-Antispam: 1Uf129KBjDUn29KB7ZKAUJUUUUU529Edanp\r\n\tVFW2AGmfu7bjvjm3AaLaJ3UbIYCT\r\n"
WEBMAIL = (
    b"Received: from zhang_1$qq.example ( [117.136.0.43] ) by ajax-webmail-wmsvr-40-117\r\n (Coremail) ;"
    b" Tue, 06 Sep 2022 10:30:00 +0800 (CST)\r\n"
)


def letter(top: bytes, foot: bytes = b"", *, own: bytes = b"", sender: bytes = b"zhang_1@qq.example") -> Letter:
    """A mail with these lines on top, among and below its own."""
    head = top + own + b"From: " + sender + b"\r\nSubject: x\r\nDate: Tue, 06 Sep 2022 10:29:00 +0800\r\n"
    return parse(head + foot + b"\r\nx", digest="0" * 64)


def test_the_foot_is_read_though_it_is_cut_within_words() -> None:
    """Result and properties of the server's own field, wherever its lines were broken."""
    server, results = sealed_results(letter(TOP, SEAL + WORD + TAIL))
    assert server == "mx41"
    assert results == [
        ("spf", "pass", {"smtp.mailfrom": "zhang_1@qq.example"}),
        ("dkim", "pass", {"header.i": "@qq.example"}),
    ]


OTHER_SEAL = SEAL.replace(b"W8", b"W9")


def told(clauses: bytes) -> bytes:
    """The seal and a result behind it."""
    return SEAL + b"Authentication-Results: mx41; " + clauses + b"\r\n"


#: What stands on top, among the sender's lines and at the foot → verdict without any configured server.
FEET = [
    ("sealed pass", TOP, b"", SEAL + WORD + TAIL, Verdict.PASS),
    (
        "pass for another domain", TOP, b"",
        told(b"spf=pass smtp.mail=e@evil.example; dkim=pass header.i=@evil.example"), Verdict.NONE,
    ),
    ("SPF fails, nothing is signed", TOP, b"", told(b"spf=fail smtp.mail=e@qq.example; dkim=none"), Verdict.FAIL),
    (
        "SPF fails, signed all the same, as a forwarded mail", TOP, b"",
        told(b"spf=fail smtp.mail=e@f.example; dkim=pass header.i=@qq.example"), Verdict.PASS,
    ),
    ("nothing known of the domain", TOP, b"", told(b"spf=none smtp.mail=e@qq.example; dkim=none"), Verdict.NONE),
    ("no word", TOP, b"", SEAL + TAIL, Verdict.NONE),
    ("forged among the sender's lines", TOP, WORD, SEAL + TAIL, Verdict.NONE),
    ("forged with a guessed seal", TOP, OTHER_SEAL + WORD, b"", Verdict.NONE),
    ("forged with a seal of its own before the server's", TOP, SEAL + WORD, OTHER_SEAL + TAIL, Verdict.NONE),
    ("forged with the very seal, before the server's silent one", TOP, SEAL + WORD, SEAL + TAIL, Verdict.NONE),
    ("forged beside the server's failure", TOP, WORD, told(b"spf=fail smtp.mail=e@qq.example"), Verdict.FAIL),
    ("another server's name", TOP, b"", SEAL + WORD.replace(b"mx41", b"mx42"), Verdict.NONE),
    ("a server that is no Coremail", TOP.replace(b"(Coremail)", b"(Postfix)"), b"", SEAL + WORD, Verdict.NONE),
    (
        "a machine that calls itself a Coremail",
        b"Received: from by mx41 (Coremail) with SMTP id W8CowEC5x2Jk; x (x [1.2.3.4]) by m (Postfix) id 1;\r\n",
        b"", b"X-CM-TRANSID:W8CowEC5x2Jk\r\n" + WORD, Verdict.NONE,
    ),
    (
        "an envelope address that goes on", TOP, b"",
        told(b"spf=none smtp.mail=a;dkim=pass header.i=@qq.example;x@evil.example"), Verdict.NONE,
    ),
    (
        "a quoted envelope address", TOP, b"",
        told(b'spf=none smtp.mail="a; dkim=pass header.i=@qq.example; "@evil.example'), Verdict.NONE,
    ),
    ("a clause of another kind", TOP, b"", told(b"x-own=pass header.i=@qq.example; dkim=pass"), Verdict.NONE),
    ("clauses without end", TOP, b"", told(b"; ".join([b"dkim=pass header.i=@qq.example"] * 30)), Verdict.NONE),
    ("no Received line", b"", SEAL + WORD, b"", Verdict.NONE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("top", "own", "foot", "expected"), [case[1:] for case in FEET], ids=[case[0] for case in FEET]
)
def test_only_the_servers_own_foot_is_believed(top: bytes, own: bytes, foot: bytes, expected: Verdict) -> None:
    """A field counts behind the transaction's number and from the server on top; nothing that a sender wrote does."""
    assert authentication(letter(top, foot, own=own), frozenset()).verdict is expected


def test_users_of_the_provider_are_known_by_the_host() -> None:
    """Who handed in at a host for log-ins is told apart from whom another server delivered."""
    assert is_handed_in(letter(WEBMAIL))
    assert is_handed_in(letter(TOP.replace(b"mx41", b"gzga-smtp-mtada-g0-1")))
    assert not is_handed_in(letter(TOP))
    assert not is_handed_in(letter(TOP.replace(b"from qq.com", b"from smtp.webmail.example")))
    assert not is_handed_in(letter(TOP.replace(b"mx41 (Coremail)", b"webmail (Postfix)")))


WAYS = [
    ("net:59.36", TOP),
    ("net:59.36", TOP.replace(b"from qq.com", b"from [1.2.3.4]")),
    ("net:59.36+signed", TOP + b"DKIM-Signature: v=1; a=rsa-sha256; d=qq.example; s=s; b=x\r\n"),
    ("net:59.36", TOP + b"DKIM-Signature: v=1; a=rsa-sha256; d=evil.example; s=s; b=d=qq.example\r\n"),
    ("inside:webmail", WEBMAIL),
    ("inside:smtp", TOP.replace(b"mx41", b"smtp14")),
    ("net:2409:8a55", TOP.replace(b"[59.36.132.97]", b"[IPv6:2409:8a55:33d7::1]")),
    ("net:8.8", b"Received: from in (in [10.0.0.1]) by mx.example; x\r\n" + TOP.replace(b"59.36.132.97", b"8.8.1.1")),
    ("unknown", b"Received: from x by mx.example; x\r\n"),
    ("unknown", TOP.replace(b"59.36.132.97", b"999.1.1.1")),
    ("unknown", b""),
]


@pytest.mark.parametrize(("expected", "top"), WAYS)
def test_a_way_is_what_others_cannot_choose(expected: str, top: bytes) -> None:
    """The network that the receiving server saw, or its own log-in; not the name that a machine gives itself."""
    assert way(letter(top))[0] == expected


def test_a_way_is_asked_about_once_for_an_address_and_then_when_it_is_new_to_its_domain() -> None:
    """Unknown address: asked. Confirmed: not asked. A way confirmed for a colleague of the domain: not asked."""
    first, second = letter(TOP), letter(TOP.replace(b"59.36", b"61.7"))
    assert [one.place for one in unused_way(first, frozenset())] == ["way:net:59.36"]
    agreed = frozenset({"zhang_1@qq.example way:net:59.36"})
    assert unused_way(first, agreed) == ()
    assert [one.place for one in unused_way(second, agreed)] == ["way:net:61.7"]
    assert unused_way(second, agreed | {"li@qq.example way:net:61.7"}) == ()
    other = frozenset({"li@qq.example way:net:59.36", "zhang_1@qq.example sender:li@qq.example"})
    assert [one.place for one in unused_way(first, other)] == ["way:net:59.36"]
    assert unused_way(second, agreed | {"li@evil-qq.example way:net:61.7"}) != ()
