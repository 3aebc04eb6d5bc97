"""Hostile mail headers, addresses and MIME (T1, T2, T3, T8, T11)."""

from __future__ import annotations

import base64
from random import Random

from tests.hostile.generators.material import AWKWARD, OFFICE, REGISTERED, File, Generator, headers, plain, with_files

_EVIL = "eve@evil.example"


def forged_results(rng: Random) -> bytes:
    """T1: Authentication-Results of the sender's own making, above or below the border's Received line."""
    claim = (
        b"Authentication-Results: " + rng.choice((b"mx.163.example", b"163.example", b"mx.evil.example", b'"mx"'))
        + b"; spf=" + rng.choice((b"pass", b"fail", b"none", b"softfail"))
        + b" smtp.mailfrom=" + rng.choice((b"xxczj@163.example", b"e@evil.example"))
        + b"; dkim=" + rng.choice((b"pass header.d=163.example", b"fail", b"pass header.d=evil.example"))
        + b"; dmarc=" + rng.choice((b"pass", b"fail")) + b" header.from=163.example"
    )  # fmt: skip
    mail = plain(rng, (claim,) * rng.randint(0, 2), sender=REGISTERED.encode())
    return claim + b"\r\n" + mail if rng.random() < 0.5 else mail


_FROM: tuple[bytes, ...] = (
    b"xxczj@163.example <eve@evil.example>",
    b"<xxczj@163.example> <eve@evil.example>",
    b"xxczj@163.example, eve@evil.example",
    b"Group: xxczj@163.example, eve@evil.example;",
    b"(xxczj@163.example) eve@evil.example",
    b"eve@evil.example (xxczj@163.example)",
    b"xxczj@163.example\x00eve@evil.example",
    b"xxczj@163.example.",
    b'"xxczj@163.example"@evil.example',
    b'"xxczj@163.example" <eve@evil.example>',
    b"<@163.example:eve@evil.example>",
    b"<eve@evil.example",
    b"xxczj@[127.0.0.1]",
    b"xxczj@163.example\r\n eve@evil.example",
    b"=?utf-8?B?eHhjempAMTYzLmV4YW1wbGU=?= <eve@evil.example>",
    b"=?utf-8?B?eHhjempAMTYzLmV4YW1wbGU=?=",
    b"=?utf-8?Q?=3Cxxczj=40163=2Eexample=3E?= <eve@evil.example>",
    b"",
    b"   ",
    b"undisclosed",
    b"\xff\xfe\xfd",
    b"<>",
    b"a" * 3000 + b"@163.example",
    b"xxczj@" + b"a." * 1500 + b"example",
)


def tricky_from(rng: Random) -> bytes:
    """T2: From lines that fool parsers, sometimes two of them."""
    line = rng.choice(_FROM)
    extra = (b"From: " + rng.choice(_FROM),) if rng.random() < 0.3 else ()
    more = (b"Sender: " + REGISTERED.encode(), b"Reply-To: " + _EVIL.encode()) if rng.random() < 0.3 else ()
    return plain(rng, extra + more, sender=line)


def look_alike(address: str, rng: Random) -> str:
    """T3: an address that a careless eye takes for the given one."""
    local, _, domain = address.partition("@")
    swaps = {"a": "а", "c": "с", "e": "е", "o": "0", "l": "1", "i": "l", "x": "х", "p": "р", "1": "l", "0": "o"}
    places = [index for index, sign in enumerate(local) if sign in swaps]
    choices = [
        f"{local}@{domain}.cn", f"{local}@{domain}.com.cn", f"{local}@{domain.replace('.', '-')}.example",
        f"{local}＠{domain}", f"{local}@evil-{domain}", f"{local}@{domain}.evil.example", f"{local}_@{domain}",
        f"{local}1@{domain}", f"{local[:-1]}@{domain}", f"{local[0]}{local}@{domain}", f"{local}@xn--{domain}",
        f"{local}@m.{domain}", f"{local}\u200b@{domain}", f"{local.upper()}@{domain}.example",
        f"{local[1]}{local[0]}{local[2:]}@{domain}", f"{local}@{domain[:-1]}",
    ]  # fmt: skip
    if places:
        at = rng.choice(places)
        choices += [local[:at] + swaps[local[at]] + local[at + 1 :] + "@" + domain] * 6
    chosen = rng.choice(choices)
    return chosen if chosen != address else f"{local}-@{domain}"


def imitated(rng: Random) -> bytes:
    """T3: a look-alike address under the department's own display name."""
    shown = rng.choice(("夏县财政局", "县财政局", "财政局", ""))
    name = b"=?utf-8?B?" + base64.b64encode(shown.encode()) + b"?= " if shown else b""
    return plain(rng, sender=name + b"<" + look_alike(REGISTERED, rng).encode() + b">")


def injected(rng: Random) -> bytes:
    """T8: subjects, names and ids that try to become header lines of an answer."""
    text = rng.choice(AWKWARD)
    word = b"=?utf-8?B?" + base64.b64encode(f"8月份工作情况{text}".encode("utf-8", "replace")) + b"?="
    display = b'"' + base64.b64encode(text.encode("utf-8", "replace"))[:40] + b'" <' + REGISTERED.encode() + b">"
    extra = (b"Reply-To: " + word, b"References: <a@b>\r\n <c@d>\r\n\t<" + b"x" * 900 + b"@e>", b"In-Reply-To: " + word)
    return plain(rng, extra[: rng.randint(0, 3)], subject=word, sender=display)


def exhausting(rng: Random) -> bytes:
    """T11: headers that cost a parser minutes or gigabytes."""
    many = rng.choice((2_000, 8_000, 20_000))
    match rng.randrange(12):
        case 0:
            return plain(rng, subject=b"\r\n ".join([b"=?utf-8?B?5LiA?="] * many))
        case 1:
            names = b";\r\n ".join(b"filename*%d*=%%41" % number for number in range(many))
            return plain(rng, (b"Content-Disposition: attachment; " + names,))
        case 2:
            return plain(rng, (b"Cc: " + b", ".join([b"a@b.example"] * many),))
        case 3:
            return plain(rng, (b"X-Comment: " + b"(" * many + b")" * many,), sender=b"(" * 600 + REGISTERED.encode())
        case 4:
            return plain(rng, tuple(b"X-%d: y" % number for number in range(many)))
        case 5:
            return plain(rng, (b"X-Long: " + b"y" * many * 100,))
        case 6:
            return plain(rng, tuple(b"Received: from a by b; Tue, 06 Sep 2022 10:30:00 +0800" for _ in range(many)))
        case 7:
            return plain(rng, (b"References: " + b" ".join(b"<%d@x>" % number for number in range(many)),))
        case 8:
            return plain(rng, subject=b"=?" * many + b"?=" * many)
        case 9:
            return plain(rng, (b"Content-Type: text/plain" + b"; a=b" * many,))
        case 10:
            return plain(rng, sender=b'"' + b'\\"' * many + b'" <' + REGISTERED.encode() + b">")
        case _:
            return plain(rng, (b"Date: " + b"9" * many,), subject=b"\xe5" * many)


def nested(rng: Random) -> bytes:
    """T11: mails in mails, multiparts without end, boundaries that begin one another."""
    depth = rng.choice((5, 25, 120, 400))
    match rng.randrange(5):
        case 0:
            mail = plain(rng)
            for _ in range(min(depth, 60)):
                mail = b"\r\n".join([*headers(rng), b"Content-Type: message/rfc822", b"", mail])
            return mail
        case 1:
            inner = b"Content-Type: text/plain\r\n\r\nx\r\n"
            for number in range(depth):
                mark = b"b%d" % number
                inner = (
                    b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n"
                    + inner + b"\r\n--" + mark + b"--\r\n"
                )  # fmt: skip
            return b"\r\n".join([*headers(rng), inner])
        case 2:
            parts = b"".join(
                b'--x\r\nContent-Disposition: attachment; filename="%d.txt"\r\n\r\nx\r\n' % number
                for number in range(depth * 20)
            )
            return b"\r\n".join([*headers(rng), b"Content-Type: multipart/mixed; boundary=x", b"", parts, b"--x--"])
        case 3:
            return b"\r\n".join([*headers(rng), b'Content-Type: multipart/mixed; boundary=""', b"", b"--\r\n" * depth])
        case _:
            return b"\r\n".join(
                [*headers(rng), b"Content-Type: multipart/alternative; boundary=a", b"", b"--a", b"--ab"]
            )


def miscoded(rng: Random) -> bytes:
    """Odd encodings and charsets, truncated bodies, delivery reports of nonsense."""
    charset = rng.choice(
        (b"utf-7", b"hz-gb-2312", b"x-unknown", b"utf-16", b"gb18030", b"\xff\xff", b"cp65001", b"base64")
    )
    coding = rng.choice((b"base64", b"quoted-printable", b"x-uuencode", b"8bit", b"nonsense", b"binary", b"7bit"))
    body = rng.choice(
        (REPORT_BYTES, b"====", b"=ZZ=\r\n" * 50, b"begin 644 ../x\r\n#8V%T\r\n`\r\nend\r\n", bytes(range(256)) * 20)
    )
    kind = rng.choice(
        (b"text/plain", b"text/html", b"message/delivery-status", b"multipart/report", b"application/ms-tnef", b"x")
    )
    lines = [*headers(rng), b"Content-Type: " + kind + b"; charset=" + charset, b"Content-Transfer-Encoding: " + coding]
    return b"\r\n".join([*lines, b"", body])


REPORT_BYTES = base64.encodebytes("一、本月办理留抵退税23户。".encode("gb18030"))


def named(rng: Random) -> bytes:
    """T21: attachment names that try to be paths, other types, or header lines."""
    name = rng.choice(AWKWARD).replace("\ud800", "")
    return with_files(rng, File(f"8月{name}.txt", "一、本月办理留抵退税23户。".encode()), File(name, b"x" * 50))


def empty(rng: Random) -> bytes:
    """Hardly a mail at all."""
    return rng.choice(
        (b"", b"\r\n", b"\x00" * 500, b"From: " + OFFICE.encode(), b"\n\n\n", rng.randbytes(4000), b":" * 500, b"a:b" * 9000)
    ) + b"%d" % rng.randrange(10**6)  # fmt: skip


GENERATORS: tuple[tuple[str, Generator], ...] = (
    ("T1/results", forged_results),
    ("T2/from", tricky_from),
    ("T3/imitated", imitated),
    ("T8/injected", injected),
    ("T11/exhausting", exhausting),
    ("T11/nested", nested),
    ("T11/miscoded", miscoded),
    ("T21/named", named),
    ("T11/empty", empty),
)
