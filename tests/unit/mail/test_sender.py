"""Who sent a mail: one From line, one plain address, and nobody is believed on his word."""

from __future__ import annotations

import base64
import itertools

import pytest

from pipeline.mail.parse import parse
from pipeline.mail.sender import Verdict, authentication, looks_like, read_from
from pipeline.model import Address

REGISTERED = frozenset(
    {
        "xxjtj@163.example",
        "fgj_fwyk@qq.example",
        "xxsw@shanxi.tax.example",
        "county.wlj@gov.example",
        "xxyd10086@chinamobile.example",
    }
)
EVIL = "eve@evil.example"

GOOD_FORMS = [
    (b"xxjtj@163.example", "xxjtj@163.example", ""),
    (b"<xxjtj@163.example>", "xxjtj@163.example", ""),
    (b'"fwytz" <xxjtj@163.EXAMPLE>', "xxjtj@163.example", "fwytz"),
    (b'"=?gb18030?B?08i+rcDt?=" <ltxx_zhenqi@qq.example>', "ltxx_zhenqi@qq.example", "尤经理"),
    (b"=?utf-8?B?6LW156eR?=\r\n <fgj_fwyk@qq.example>", "fgj_fwyk@qq.example", "赵科"),
    ("县交通局 <xxjtj@163.example>".encode("gbk"), "xxjtj@163.example", "县交通局"),
    ("县交通局（办公室） <xxjtj@163.example>".encode(), "xxjtj@163.example", "县交通局（办公室）"),
    (b'"xxjtj@163.example" <xxjtj@163.example>', "xxjtj@163.example", "xxjtj@163.example"),
    (
        b"Mail Delivery Subsystem <MAILER-DAEMON@mx.example>".replace(b"mx.", b"mx3.163."),
        "MAILER-DAEMON@mx3.163.example",
        "Mail Delivery Subsystem",
    ),
    (b"J. Smith <j.smith+a@mail.gov.example>", "j.smith+a@mail.gov.example", "J. Smith"),
    (b'"Smith, J." <j@gov.example>', "j@gov.example", "Smith, J."),
]


@pytest.mark.parametrize(("raw", "addr", "display"), GOOD_FORMS)
def test_plain_forms_are_taken(raw: bytes, addr: str, display: str) -> None:
    """``addr`` and ``[display] <addr>`` give their address and their display name."""
    assert (Address(addr, display), "") == read_from((raw,))


def encoded(text: str) -> str:
    """An encoded word."""
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def quoted_q(text: str) -> str:
    """An encoded word in Q."""
    return "=?utf-8?Q?" + "".join(f"={octet:02X}" for octet in text.encode()) + "?="


LOOK_ALIKE = str.maketrans(
    {"a": "а", "e": "е", "o": "о", "x": "х", "c": "с", "p": "р", "y": "у", "j": "ј", "i": "і", "s": "ѕ"}
)


def spoofs(real: str) -> list[tuple[bytes, ...]]:
    """Ways to look like a registered address without being it, as the From fields of a mail."""
    local, domain = real.split("@")
    texts = [
        # Two addresses in one line.
        f"{real} <{EVIL}>",
        f"<{real}> <{EVIL}>",
        f"{EVIL} <{real}>, <{EVIL}>",
        f"{real}, {EVIL}",
        f"{EVIL}, {real}",
        f"{real}; {EVIL}",
        f"{real} {EVIL}",
        f'"{real}" <{EVIL}>',
        f'"{real}"{EVIL}',
        f"{encoded(real)} <{EVIL}>",
        f"{quoted_q(real)} <{EVIL}>",
        f'"{encoded(real)}" <{EVIL}>',
        f"县交通局 {real} <{EVIL}>",
        f"{real.replace('@', '＠')} <{EVIL}>",
        f"{encoded(real.replace('@', '﹫'))} <{EVIL}>",
        # Groups, routes, comments.
        f"undisclosed: {real};",
        f"{real}: {EVIL};",
        f"<@{domain},@evil.example:{EVIL}>",
        f"<@evil.example:{real}>",
        f"{real} ({EVIL})",
        f"({EVIL}) {real}",
        f"<{real}>({EVIL})",
        f"{local}(comment)@{domain}",
        f"{local}@(comment){domain}",
        f"<{local}@{domain} (x)>",
        # Quoting.
        f'"{local}"@{domain}',
        f'<"{local}"@{domain}>',
        f'"{real}"@evil.example',
        f'<"{real}"@evil.example>',
        f'"{local}\\"@{domain}',
        f"<{local}\\@{domain}>",
        # Blanks, dots, controls.
        f"<{local} @{domain}>",
        f"<{local}@ {domain}>",
        f"< {real}>",
        f"<{real} >",
        f"<{real}.>",
        f"{real}.",
        f"<{local}.@{domain}>",
        f"<.{local}@{domain}>",
        f"<{local}..{local}@{domain}>",
        f"<{real}\x00>",
        f"{local}\x00@{domain}",
        f"<{real}\x00@evil.example>",
        f"<{local}@{domain}\x7f>",
        f"<{local}@{domain}\t>",
        f"<{real}\r\n\x00>",
        f"<{real}%evil.example@evil.example>",
        f"<{real}@evil.example>",
        f"<evil.example!{real}>",
        f"<{local}@[192.0.2.1]>",
        f"<{local}@192.0.2.1>",
        # Look-alikes.
        f"<{local.translate(LOOK_ALIKE)}@{domain}>",
        f"<{local}@{domain.translate(LOOK_ALIKE)}>",
        f"<{real.replace('@', '＠')}>",
        f"<{local}@{domain.replace('.', '。')}>",
        f"<{local}@{domain.replace('e', 'ｅ', 1)}>",
        f"<{local}\u200b@{domain}>",
        f"<{local}@\u202e{domain}>",
        f"<{local}@xn--{domain}>",
        f"<{local}@{domain}.cn>",
        f"<{local}@{domain}.evil.example>",
        f"<{local}@evil-{domain}>",
        f"<{local[0]}{local}@{domain}>",
        f"<{local}1@{domain}>",
        f"<{local}@{domain.replace('.', '-', 1)}>",
        # Encoded addresses.
        f"{encoded(real)}",
        f"<{encoded(real)}>",
        f"<{encoded(local)}@{domain}>",
        f"{encoded(f'<{real}>')}",
        f"{encoded(f'局 <{real}>')} <{EVIL}>",
        f"&lt;{real}&gt; <{EVIL}>",
        # Broken brackets.
        f"<{real}",
        f"{real}>",
        f"<<{real}>>",
        f"<{real}><{real}>",
        f"x <{real}> y",
        f"<{EVIL}> {real}",
        f"<>{real}",
        f"{real} <>",
        "",
        "<>",
        f"@{domain}",
        f"{local}",
        f"{local}@",
        f"mailto:{real}",
        f"<mailto:{real}>",
    ]
    lines: list[tuple[bytes, ...]] = [(text.encode("utf-8", "surrogateescape"),) for text in texts]
    return [*lines, (real.encode(), EVIL.encode()), (EVIL.encode(), real.encode()), (real.encode(), real.encode()), ()]


FORMS = list(itertools.chain.from_iterable(spoofs(real) for real in sorted(REGISTERED)))


def test_suite_is_large_enough() -> None:
    """At least 240 different forms are tried."""
    assert len(set(FORMS)) >= 240


@pytest.mark.parametrize("fields", FORMS)
def test_no_spoof_is_accepted(fields: tuple[bytes, ...]) -> None:
    """No trick gives a registered address; what is refused is refused with a reason in Chinese."""
    address, trouble = read_from(fields)
    assert address is None or address.addr.lower() not in REGISTERED
    assert (address is None) == bool(trouble)


@pytest.mark.parametrize("fields", FORMS)
def test_no_spoof_is_accepted_in_a_whole_mail(fields: tuple[bytes, ...]) -> None:
    """The same through the header of a mail, where line breaks and cuts come in."""
    data = b"".join(b"From: " + each + b"\r\n" for each in fields) + b"Subject: x\r\n\r\nx"
    letter = parse(data, digest="0" * 64)
    assert letter.sender is None or letter.sender.addr.lower() not in REGISTERED


def test_looks_like_names_the_imitated_address() -> None:
    """An address that the eye takes for a registered one is told; the registered one and strangers are not."""
    imitations = [
        ("xxjtj@163.com.example", None),
        ("xxjtj@163.example.cn", "xxjtj@163.example"),
        ("xxjtj@126.example", "xxjtj@163.example"),
        ("xxjjtj@163.example", "xxjtj@163.example"),
        ("xxjt@163.example", "xxjtj@163.example"),
        ("xxjtj@l63.example", "xxjtj@163.example"),
        ("хxjtj@163.example", "xxjtj@163.example"),
        ("fgj-fwyk@qq.example", "fgj_fwyk@qq.example"),
        ("fgj_fvvyk@qq.example", "fgj_fwyk@qq.example"),
        ("xxyd1oo86@chinamobile.example", "xxyd10086@chinamobile.example"),
        ("xxsw@shanxi-tax.example", "xxsw@shanxi.tax.example"),
        ("county.wlj@evil-gov.example", "county.wlj@gov.example"),
        ("XXJTJ@163.example", "xxjtj@163.example"),
        ("xxjtj@163.example", None),
        ("somebody@else.example", None),
        ("", None),
        ("no-address", None),
    ]
    # The same name at another host is an imitation whatever the host is.
    imitations[0] = ("xxjtj@163.com.example", "xxjtj@163.example")
    assert imitations == [(addr, looks_like(addr, REGISTERED)) for addr, _ in imitations]


BORDER = b"Received: from x by mx.163.example; Fri, 02 Sep 2022 11:05:03 +0800\r\n"
PASS = b"Authentication-Results: 163.example; dmarc=pass header.from=xian.example\r\n"


def verdict(head: bytes, *, sender: bytes = b"a@xian.example", hops: int = 1) -> Verdict:
    """Verdict on a mail with these fields on top."""
    letter = parse(head + b"From: " + sender + b"\r\n\r\nx", digest="0" * 64)
    return authentication(letter, frozenset({"163.example"}), hops=hops).verdict


AUTHENTICATIONS = [
    ("aligned DMARC above the border", PASS + BORDER, Verdict.PASS),
    ("forged below the border", BORDER + PASS, Verdict.NONE),
    ("another server's word", PASS.replace(b"163.example;", b"evil.example;") + BORDER, Verdict.NONE),
    ("no field at all", BORDER, Verdict.NONE),
    ("DMARC failed", PASS.replace(b"=pass", b"=fail") + BORDER, Verdict.FAIL),
    ("failed above, passed below", PASS.replace(b"=pass", b"=fail") + BORDER + PASS, Verdict.FAIL),
    ("passed for another domain", PASS.replace(b"xian.example", b"evil.example") + BORDER, Verdict.NONE),
    (
        "SPF of the same domain",
        PASS.replace(b"dmarc=pass header.from=", b"spf=pass (ok) smtp.mailfrom=x@") + BORDER,
        Verdict.PASS,
    ),
    (
        "SPF of another domain",
        PASS.replace(b"dmarc=pass header.from=xian", b"spf=pass smtp.mailfrom=x@evil") + BORDER,
        Verdict.NONE,
    ),
    (
        "DKIM of a subdomain",
        PASS.replace(b"dmarc=pass header.from=", b"dkim=pass header.d=mail.") + BORDER,
        Verdict.PASS,
    ),
    (
        "DKIM of a shared suffix",
        PASS.replace(b"dmarc=pass header.from=xian.example", b"dkim=pass header.d=example") + BORDER,
        Verdict.NONE,
    ),
    ("SPF failed", PASS.replace(b"dmarc=pass header.from=", b"spf=softfail smtp.mailfrom=x@") + BORDER, Verdict.FAIL),
    (
        "the receiving server's own failure at the foot of the header",
        BORDER + b"Authentication-Results: mx7.163.example; spf=fail smtp.mailfrom=a@xian.example; dkim=none\r\n",
        Verdict.FAIL,
    ),
    (
        "its SPF failure beside an aligned signature, as a forwarded mail has",
        BORDER + b"Authentication-Results: mx.163.example; spf=fail smtp.mailfrom=f@else.example;"
        b" dkim=pass header.d=xian.example\r\n",
        Verdict.NONE,
    ),
    (
        "its soft failure, which half of the offices' domains earn",
        BORDER + b"Authentication-Results: mx.163.example; spf=softfail smtp.mailfrom=a@xian.example\r\n",
        Verdict.NONE,
    ),
    (
        "a failure told by a server on the way",
        BORDER + b"Authentication-Results: mx.gate.example; dmarc=fail header.from=xian.example\r\n",
        Verdict.NONE,
    ),
    ("none", b"Authentication-Results: 163.example; none\r\n" + BORDER, Verdict.NONE),
    (
        "pass inside a comment",
        b"Authentication-Results: 163.example; spf=none (dmarc=pass header.from=xian.example)\r\n" + BORDER,
        Verdict.NONE,
    ),
    (
        "pass inside the server's name",
        b"Authentication-Results: evil.example 163.example; dmarc=pass header.from=xian.example\r\n" + BORDER,
        Verdict.NONE,
    ),
    (
        "version and capitals",
        b"Authentication-Results: 163.Example 1; DMARC=Pass header.from=XIAN.example\r\n" + BORDER,
        Verdict.PASS,
    ),
]


@pytest.mark.parametrize(
    ("head", "expected"), [case[1:] for case in AUTHENTICATIONS], ids=[case[0] for case in AUTHENTICATIONS]
)
def test_authentication(head: bytes, expected: Verdict) -> None:
    """Only the trusted server's own word, written after the mail arrived and about the From domain, counts."""
    assert expected == verdict(head)


def test_authentication_behind_an_inner_hop() -> None:
    """A provider with an inner relay is told by the number of its own Received lines."""
    assert [verdict(BORDER + PASS + BORDER, hops=hops) for hops in (1, 2)] == [Verdict.NONE, Verdict.PASS]


def test_authentication_without_a_sender() -> None:
    """Where there is no plain sender there is nothing to prove."""
    assert verdict(PASS + BORDER, sender=b"a@xian.example, b@xian.example") == Verdict.NONE
