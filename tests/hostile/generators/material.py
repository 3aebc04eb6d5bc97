"""What every generator builds with: a hostile mail as a value, and mails put together byte by byte."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

#: A registered unit and a stranger: a hostile file must be survived from both.
REGISTERED = "xxczj@163.example"
STRANGER = "someone@far-away.example"
OFFICE = "fwytzzx2022bs@163.example"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One hostile mail and the threat it stands for."""

    #: ``T20/overlap/17``: threat, generator, running number; enough to make it again with the same seed.
    name: str
    data: bytes


#: Makes the bytes of one mail.
Generator = Callable[[Random], bytes]


@dataclass(frozen=True, slots=True)
class File:
    """An attachment with exactly the bytes given."""

    name: str
    data: bytes
    media: str = "application/octet-stream"


REPORT = (
    "现将我局2022年8月份推进服务业提质增效行动计划工作情况报告如下：\n\n"
    "一、留抵退税工作。本月办理留抵退税23户，金额586.4万元，累计187户。\n"
    "二、支持企业融资。组织银企对接会2场，达成意向1200万元。\n\n县财政局\n2022年9月5日\n"
)


def headers(
    rng: Random, *, sender: bytes | None = None, subject: bytes = b"=?utf-8?B?OOaciOS7veW3peS9nOaDheWGtQ==?="
) -> list[bytes]:
    """Header lines of an ordinary mail, as bytes so that nothing corrects them."""
    who = sender if sender is not None else rng.choice((REGISTERED, STRANGER)).encode()
    return [
        b"Received: from mx (unknown [10.0.0.1]) by mx.163.example; Tue, 06 Sep 2022 10:30:00 +0800 (CST)",
        b"From: " + who,
        b"To: " + OFFICE.encode(),
        b"Subject: " + subject,
        b"Date: Tue, 06 Sep 2022 10:29:00 +0800",
        b"Message-ID: <%032x@mail.example>" % rng.getrandbits(128),
        b"MIME-Version: 1.0",
    ]


def plain(rng: Random, extra: tuple[bytes, ...] = (), *, body: str = REPORT, **fields: bytes) -> bytes:
    """A mail of one plain text."""
    lines = [*headers(rng, **fields), *extra, b"Content-Type: text/plain; charset=utf-8", b"", body.encode()]
    return b"\r\n".join(lines)


def with_files(rng: Random, *files: File, body: str = REPORT, **fields: bytes) -> bytes:
    """A mail with attachments whose names stand as they are."""
    mark = b"=_%016x" % rng.getrandbits(64)
    lines = [*headers(rng, **fields), b'Content-Type: multipart/mixed; boundary="' + mark + b'"', b""]
    lines += [b"--" + mark, b"Content-Type: text/plain; charset=utf-8", b"", body.encode()]
    for file in files:
        name = b"=?utf-8?B?" + base64.b64encode(file.name.encode("utf-8", "surrogatepass")) + b"?="
        lines += [
            b"--" + mark,
            b"Content-Type: " + file.media.encode() + b'; name="' + name + b'"',
            b'Content-Disposition: attachment; filename="' + name + b'"',
            b"Content-Transfer-Encoding: base64",
            b"",
            base64.encodebytes(file.data).replace(b"\n", b"\r\n"),
        ]
    lines += [b"--" + mark + b"--", b""]
    return b"\r\n".join(lines)


def zipped(members: dict[str, bytes], *, stored: bool = False) -> bytes:
    """A well-formed zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


#: Strings that break what they are put into without care: formula, HTML, template, SQL, log, terminal, path.
AWKWARD: tuple[str, ...] = (
    "=1+1", "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://e.example")',
    '=WEBSERVICE("http://e.example")', '=DDE("cmd";"/c calc";"x")', "%0A=1", "'=1", '"=1"', "=IMPORTXML(1,2)",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "<iframe src=//e.example>",
    "javascript:alert(1)", '<a href="javascript:1">x</a>', "<style>*{display:none}</style>", "<!--", "]]>", "--!>",
    "</td></tr></table><h1>x", "&lt;b&gt;", "&#60;b&#62;", "<base href=//e.example>", "<meta http-equiv=refresh content=0>",
    "<link rel=stylesheet href=//e.example>", "<object data=x>", "<math><mi>x", "'-alert(1)-'", "`${1}`", "<b/onclick=1>",
    "{{7*7}}", "{% raw %}", "{{ ''.__class__.__mro__ }}", "{{config}}", "{#x#}", "${7*7}", "#{7*7}", "<%= 7*7 %>",
    "{{ 'a'*10**9 }}", "{%for x in range(9)%}x{%endfor%}", "%s%s%n", "{0}", "{}", "%(x)s", "$(reboot)", "`reboot`",
    "'; DROP TABLE messages; --", '" OR 1=1 --', "1); DELETE FROM outbox; --", "%' OR '1'='1", "\\'; --", "x'00'",
    "a\r\nBcc: eve@evil.example", "a\nX-Evil: 1", "a\r\n\r\n<b>body</b>", "a\u2028Bcc: eve@evil.example",
    "a\u0085Bcc: eve@evil.example", "a\x0bBcc: x", "a\x0cBcc: x", "=?utf-8?B?YQ0KQmNjOiBlQGUuZXhhbXBsZQ==?=",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J", "\x9b31m", "\x00null", "a\x00b", "\x07bell", "\x08\x08\x08", "\x7f",
    "\x1b]8;;http://e.example\x1b\\x\x1b]8;;\x1b\\", "\ufeffbom", "\u200bzero", "\u202egnp.exe", "\u2066x\u2069", "\u061cx",
    "a\u2029b", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), "\ufffe", "\uffff", "\ue000",
    "\U0001f4a9", "e\u0301" * 40, "\u0e47" * 60, "﷽" * 20, "ﬀ", "ſ", "İ", "ı", "＜script＞", "\u202ecod.exe\u202c", "\u3000" * 30,
    "../../etc/passwd", "..\\..\\windows", "/etc/passwd", "C:\\con", "CON", "NUL.txt", "aux.docx", "COM1", "a" * 300,
    "file.", "file ", ".hidden", "~/.ssh/id", 'a/b\\c:d*e?f"g<h>i|j', "%2e%2e%2f", "x.docx\x00.exe", "x.docx .exe", "-rf",
    "\\\\server\\share", "file:///etc/passwd", "http://169.254.169.254/", "mailto:eve@evil.example", "//e.example/x",
    "A" * 5000, "一" * 3000, "9" * 400, "1e999", "NaN", "-inf", "0x1F", "1,000,000,000,000,000", "１２３", "一二三", "½",
    "null", "undefined", "None", "true", "[]", "\\", "\\\\", "\\n", '"', "'", "''", '""', "`", ";", "|", "&&", ">", "<", "*",
    "附件：请点击启用宏", "系统管理员", "【重要】密码过期", "县财政局\u202e局政财县", "县财政局\n县教育局", "县财政局\x1b[8m",
    "2022-13-45", "2022年99月", "9999-12-31", "0000-00-00", "1970年1月", "二〇二二年十三月", "8月8月8月8月",
    "第0项", "第99999项", "（一）（一）（一）", "一、一、一、", "①②③④⑤⑥⑦⑧⑨⑩", "1.1.1.1.1.1.1.1.1.1",
    "截至8月底累计-5户", "完成率1e308%", "0.0000000000001万元", "-1户", "100000000000000000000户", "12.3.4.5万元",
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "&b;", "<w:p>", "</w:t>", '<c t="s">',
    "%PDF-1.4", "PK\x03\x04", "MZ\x90", "From - Tue", "From nobody Tue", ".\r\n", "\r\n.\r\nMAIL FROM:<e>", "--=_", "begin 644 x",
    'IMAGE("http://e.example")', "{{=<% %>=}}", "{php}1{/php}", "__import__('os')", "eval(1)", "!!python/object:x", "- - -",
    "&anchor *anchor", "yes: no", "? !", "#comment", "key: {", "@@version", "xp_cmdshell", "SLEEP(9)", "LOAD_FILE('x')",
)  # fmt: skip
