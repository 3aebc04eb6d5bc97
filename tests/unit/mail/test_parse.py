"""The measured cases of Chinese mail: names, subjects, charsets and parts come out right."""

from __future__ import annotations

import base64
import hashlib
import quopri
import time
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.mail.parse import moment, parse
from pipeline.mail.split import MAX_PARTS
from pipeline.mail.unpack import unpack
from pipeline.model import Letter

DOCX = b"PK\x03\x04" + b"\x14\x00" * 11 + b"\x13\x00\x00\x00[Content_Types].xml" + bytes(range(256)) * 3
GBK_NAME = "朱镕喆同志关于堃峣项目.docx"


def read(data: bytes) -> Letter:
    """Parse with the real digest."""
    return parse(data, digest=hashlib.sha256(data).hexdigest())


def b64(data: bytes, width: int = 76) -> bytes:
    """Base64 in lines."""
    text = base64.b64encode(data)
    return b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def word(text: str, charset: str, label: str | None = None, kind: str = "B") -> bytes:
    """One encoded word whose label may lie."""
    raw = text.encode(charset)
    coded = base64.b64encode(raw) if kind == "B" else "".join(f"={octet:02X}" for octet in raw).encode()
    return f"=?{label or charset}?{kind}?".encode() + coded + b"?="


def mail(
    disposition: bytes | None = b"attachment",
    *,
    content_type: bytes = b"application/octet-stream",
    payload: bytes = DOCX,
    encoded: bytes | None = None,
    subject: bytes = b"x",
) -> bytes:
    """A mail with a short body and one attachment under the given raw fields."""
    shown = b"Content-Disposition: " + disposition + b"\r\n" if disposition is not None else b""
    return (
        b"From: a@b.example\r\nTo: c@d.example\r\nSubject: " + subject + b"\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n'
        b"--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n"
        b"--B\r\nContent-Type: "
        + content_type
        + b"\r\n"
        + shown
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + (encoded if encoded is not None else b64(payload))
        + b"\r\n--B--\r\n"
    )


def single(content_type: bytes, body: bytes, subject: bytes = b"x", encoding: bytes = b"8bit") -> bytes:
    """A mail of one part."""
    return (
        b"From: a@b.example\r\nSubject: "
        + subject
        + b"\r\nMIME-Version: 1.0\r\nContent-Type: "
        + content_type
        + b"\r\nContent-Transfer-Encoding: "
        + encoding
        + b"\r\n\r\n"
        + body
    )


def named(raw: bytes) -> bytes:
    """Content-Disposition with a raw filename parameter."""
    return b"attachment;\r\n filename=" + raw


def percent(raw: bytes) -> bytes:
    """Every octet as %XX."""
    return "".join(f"%{octet:02X}" for octet in raw).encode()


GOOD = "8月份工作总结.docx"
FOUR = "䶮先生与㙦项目.docx"
HALF = "总结".encode()

NAMES: list[tuple[str, bytes, str]] = [
    ("utf-8 word, quoted", named(b'"' + word(GOOD, "utf-8") + b'"'), GOOD),
    ("gb18030 four octets", named(b'"' + word(FOUR, "gb18030") + b'"'), FOUR),
    ("RFC 2231 utf-8", named(b"x").replace(b"filename=x", b"filename*=utf-8''" + percent(GOOD.encode())), GOOD),
    ("RFC 2231 gbk", b"attachment; filename*=gbk''" + percent(GOOD.encode("gbk")), GOOD),
    ("raw utf-8", named(b'"' + GOOD.encode() + b'"'), GOOD),
    ("path in the name", named(b'"../../' + b'etc.docx"'), "etc.docx"),
    ("gb2312 label, GBK octets", named(b'"' + word(GBK_NAME, "gbk", "gb2312") + b'"'), GBK_NAME),
    (
        "RFC 2231 gb2312 label, GBK octets",
        b"attachment; filename*=gb2312''" + percent(GBK_NAME.encode("gbk")),
        GBK_NAME,
    ),
    ("gbk label, four octets", named(b'"' + word(FOUR, "gb18030", "gbk") + b'"'), FOUR),
    ("x-gbk", named(b'"' + word(GBK_NAME, "gbk", "x-gbk") + b'"'), GBK_NAME),
    ("cp936", named(b'"' + word(GBK_NAME, "gbk", "cp936") + b'"'), GBK_NAME),
    ("GB_2312-80", named(b'"' + word(GBK_NAME, "gbk", "GB_2312-80") + b'"'), GBK_NAME),
    ("raw GBK", named(b'"' + GBK_NAME.encode("gbk") + b'"'), GBK_NAME),
    ("raw GBK, second octet a backslash", named(b'"' + "絓県乗.docx".encode("gbk") + b'"'), "絓県乗.docx"),
    ("gbk word unquoted", named(word(GOOD, "gbk")), GOOD),
    (
        "word cut inside a character",
        named(
            b'"=?utf-8?B?'
            + base64.b64encode(("月" * 4).encode() + HALF[:2])
            + b"?=\r\n =?utf-8?B?"
            + base64.b64encode(HALF[2:] + b".docx")
            + b'?="'
        ),
        "月月月月总结.docx",
    ),
    ("two words without blank", named(b'"' + word("8月份", "gbk") + word("总结.docx", "gbk") + b'"'), "8月份总结.docx"),
    (
        "RFC 2231 sections cut inside a character",
        b"attachment;\r\n filename*0*=utf-8''"
        + percent(GOOD.encode()[:5])
        + b";\r\n filename*1*="
        + percent(GOOD.encode()[5:]),
        GOOD,
    ),
    (
        "filename* wins over filename",
        b"attachment; filename=\"8___.docx\"; filename*=utf-8''" + percent(GOOD.encode()),
        GOOD,
    ),
    ("percent signs without star", named(b'"' + percent(GOOD.encode()) + b'"'), GOOD),
    ("unquoted with blanks", named("8月 总结.docx".encode()), "8月 总结.docx"),
    (
        "base64 cut between words",
        named(b'"=?gbk?B?ONTCt92' + b'5?= =?gbk?B?pNf3.?="').replace(b".?=", b"?="),
        "8月份工作",
    ),
    ("quote that never closes", b'attachment; filename="' + GOOD.encode("gbk"), GOOD),
    (
        "sections with plain tail",
        b"attachment; filename*0*=utf-8''" + percent("总".encode()) + b'; filename*1="ab.docx"',
        "总ab.docx",
    ),
    ("language in the word", named(b'"=?utf-8*zh-CN?B?' + base64.b64encode(GOOD.encode()) + b'?="'), GOOD),
    ("semicolon inside quotes", named(b'"a;b.docx"'), "a;b.docx"),
]


@pytest.mark.parametrize(("raw", "expected"), [case[1:] for case in NAMES], ids=[case[0] for case in NAMES])
def test_attachment_names(raw: bytes, expected: str) -> None:
    """A file name in any spelling that mailers use is read, and the bytes are the bytes."""
    files = [part for part in read(mail(raw)).parts if part.path != "body"]
    assert [(expected, DOCX)] == [(part.name, part.data) for part in files]


SUBJECTS: list[tuple[str, bytes, str]] = [
    ("gb2312 label, GBK octets", word("朱镕喆项目", "gbk", "gb2312"), "朱镕喆项目"),
    ("raw GBK", "关于报送8月总结".encode("gbk"), "关于报送8月总结"),
    ("raw utf-8", "关于报送8月总结".encode(), "关于报送8月总结"),
    (
        "word cut inside a character",
        b"=?utf-8?B?" + base64.b64encode(HALF[:4]) + b"?=\r\n =?utf-8?B?" + base64.b64encode(HALF[4:]) + b"?=",
        "总结",
    ),
    (
        "fold inside a word",
        b"=?utf-8?B?" + base64.b64encode(HALF)[:4] + b"\r\n " + base64.b64encode(HALF)[4:] + b"?=",
        "总结",
    ),
    ("Q with underscores", b"=?utf-8?Q?8=E6=9C=88_=E6=80=BB?=", "8月 总"),
    ("text beside words", b"Re: " + word("总结", "gbk") + b" (2)", "Re: 总结 (2)"),
    ("unknown charset", word("总结", "utf-8", "x-nobody-knows"), "总结"),
    ("gb2312 label, utf-8 octets", word("关于报送的通知", "utf-8", "gb2312"), "关于报送的通知"),
    ("utf-8 label, GBK octets", word("关于报送的通知", "gbk", "utf-8"), "关于报送的通知"),
    ("line break hidden in a word", word("a\r\nBcc: x@y.example", "utf-8"), "a Bcc: x@y.example"),
]


@pytest.mark.parametrize(("raw", "expected"), [case[1:] for case in SUBJECTS], ids=[case[0] for case in SUBJECTS])
def test_subjects(raw: bytes, expected: str) -> None:
    """A subject in any spelling is read on one line."""
    assert expected == read(single(b"text/plain", b"x", raw)).subject


BODIES: list[tuple[str, bytes, bytes, str]] = [
    ("gb2312 label, GBK octets", b"text/plain; charset=gb2312", "朱镕喆同志".encode("gbk"), "朱镕喆同志"),
    ("raw GBK without charset", b"text/plain", "本月完成总结".encode("gbk"), "本月完成总结"),
    ('charset "gb 2312"', b'text/plain; charset="gb 2312"', "本月完成总结".encode("gbk"), "本月完成总结"),
    ("charset utf8 with blanks", b"text/plain; charset= UTF8 ", "本月".encode(), "本月"),
    ("one misfit in GBK", b"text/plain; charset=gbk", "本月完成".encode("gbk") + b"\xff ok", "ok"),
    ("latin-1 label, GBK octets", b"text/plain; charset=iso-8859-1", "本月完成总结".encode("gbk"), "本月完成总结"),
    (
        "latin-1 label, French",
        b"text/plain; charset=iso-8859-1",
        "déjà vu à Paris".encode("latin-1"),
        "déjà vu à Paris",
    ),
    ("utf-16 text", b"text/plain; charset=utf-16le", "总结".encode("utf-16-le"), "总结"),
    ("hz", b"text/plain; charset=hz-gb-2312", "总结".encode("hz"), "总结"),
    ("HTML tells its charset itself", b"text/html", b'<meta charset="gbk"><p>' + "总结".encode("gbk"), "总结"),
]


@pytest.mark.parametrize(("kind", "body", "expected"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
def test_bodies(kind: bytes, body: bytes, expected: str) -> None:
    """A body is read in the charset it is in, whatever the label says."""
    assert expected in read(single(kind, body)).body


def test_body_part_is_utf8_and_html_says_so() -> None:
    """The body parts that readers get are UTF-8, and an HTML body no longer claims another charset."""
    raw = b'<html><meta http-equiv="Content-Type" content="text/html; charset=GB2312"><p>' + "总结".encode("gbk")
    part = read(single(b"text/html; charset=gbk", raw)).parts[0]
    assert (part.path, "总结".encode() in part.data, b"charset=utf-8" in part.data) == ("body-html", True, True)


def test_name_only_in_content_type() -> None:
    """A name in Content-Type makes an attachment, inline or without disposition."""
    kind = b'application/msword; name="' + word(GOOD, "gbk") + b'"'
    for disposition in (None, b"inline"):
        files = [part for part in read(mail(disposition, content_type=kind)).parts if part.path == "1"]
        assert [(GOOD, DOCX, disposition == b"inline")] == [(part.name, part.data, part.inline) for part in files]


@pytest.mark.parametrize(
    "encoded", [b64(DOCX).replace(b"A", b" A"), base64.b64encode(DOCX).rstrip(b"="), b64(DOCX) + b"\r\n!!"]
)
def test_broken_base64(encoded: bytes) -> None:
    """Stray blanks, missing padding and trailing rubbish do not change the bytes."""
    assert [part.data for part in read(mail(named(b"a.docx"), encoded=encoded)).parts[1:]] == [DOCX]


def test_base64_with_a_lone_character_at_its_end_keeps_what_it_has() -> None:
    """A cut base64 text gives the octets that are there."""
    part = read(mail(named(b"a.docx"), encoded=base64.b64encode(b"abcdef")[:5])).parts[1]
    assert part.data == b"abc"


def test_truncated_mail() -> None:
    """A mail cut in the middle of an attachment keeps what came, and says so."""
    letter = read(mail(named(b"a.docx"))[:-200])
    assert (DOCX.startswith(letter.parts[1].data), any("未传完整" in each for each in letter.defects)) == (True, True)


def test_text_attachment_keeps_its_octets() -> None:
    """A GBK text file stays byte for byte; only bodies are decoded."""
    octets = "说明：总结\r\n".encode("gbk")
    part = read(mail(named(b"a.txt"), content_type=b"text/plain; charset=gbk", payload=octets)).parts[1]
    assert octets == part.data


def test_nameless_parts_are_named_by_place_and_content() -> None:
    """Parts without name or disposition are kept; the name is made from place and bytes and never changes."""
    data = mail(None, payload=DOCX)
    assert [[part.path for part in read(data).parts] for _ in range(2)] == [["body", "1"]] * 2
    assert [read(data).parts[1].name for _ in range(2)] == ["附件1.docx"] * 2
    logo = mail(b"inline", content_type=b"image/png", payload=b"\x89PNG\r\n\x1a\n")
    assert (read(logo).parts[1].name, read(logo).parts[1].inline) == ("附件1.png", True)


@pytest.mark.parametrize("disposition", [None, b"attachment"])
def test_enclosed_mail_counts_once(disposition: bytes | None) -> None:
    """message/rfc822 is one part with its bytes; its own attachment is reached by unpacking."""
    inner = mail(named(b'"' + word(GOOD, "gbk") + b'"'))
    outer = (
        b"From: a@b.example\r\nSubject: fw\r\nContent-Type: multipart/mixed; boundary=OUT\r\n\r\n--OUT\r\n"
        b"Content-Type: text/plain\r\n\r\nsee\r\n--OUT\r\nContent-Type: message/rfc822\r\n"
        + (b"Content-Disposition: " + disposition + b"\r\n" if disposition else b"")
        + b"\r\n"
        + inner
        + b"\r\n--OUT--\r\n"
    )
    letter = read(outer)
    assert [("body", 3), ("1", len(inner))] == [(part.path, len(part.data)) for part in letter.parts]
    opened = unpack(letter)
    assert [(each.path, each.data) for each in opened.parts] == [("body", b"see"), ("1/body", b"hello"), ("1/1", DOCX)]
    assert [path for path, _ in opened.enclosed] == ["1"]


def test_uuencoded_file_in_a_plain_body() -> None:
    """A uuencoded file becomes an attachment and leaves the body."""
    import binascii

    lines = b"".join(binascii.b2a_uu(DOCX[at : at + 45]) for at in range(0, len(DOCX), 45))
    body = b"see file\n\nbegin 644 " + GOOD.encode("gbk") + b"\n" + lines + b"`\nend\nregards"
    letter = read(single(b"text/plain", body))
    assert [(part.name, part.data) for part in letter.parts[1:]] == [(GOOD, DOCX)]
    assert (letter.body.split("\n")[0], letter.body.split("\n")[-1]) == ("see file", "regards")


def test_sentence_that_begins_like_uuencode_stays() -> None:
    """The word begin in a letter is no file."""
    text = "begin 100 projects\nthis is a plain sentence, longer than its count\nend\n"
    assert text == read(single(b"text/plain", text.encode())).body


def test_text_interleaved_with_attachments_is_one_body() -> None:
    """Apple Mail cuts the text around its attachments; all of it is the body."""
    data = mail(named(b"a.docx")).replace(
        b"\r\n--B--", b"\r\n--B\r\nContent-Type: text/plain\r\n\r\nsecond half\r\n--B--"
    )
    assert read(data).body == "hello\nsecond half"


def test_empty_plain_part_gives_way_to_html() -> None:
    """A body is what is said, not an empty text part."""
    data = (
        b"From: a@b.example\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\n \r\n--B\r\nContent-Type: text/html\r\n\r\n"
        b"<table><tr><td>a</td><td>b</td></tr></table><p>c&nbsp;d</p>\r\n--B--\r\n"
    )
    assert read(data).body == "a\tb\nc d"


def test_wrong_boundary_is_found_in_the_body() -> None:
    """A header that names another boundary than the body uses loses nothing."""
    letter = read(mail(named(b"a.docx")).replace(b'boundary="B"', b'boundary="C"'))
    assert (
        [part.path for part in letter.parts],
        any("分隔线与信头所写不符" in each for each in letter.defects),
    ) == (["body", "1"], True)


def test_header_line_broken_without_indentation() -> None:
    """A subject broken by its mailer does not cut the header off."""
    letter = read(mail(named(b"a.docx"), subject=b"first half\r\nsecond half"))
    assert (letter.subject, len(letter.parts)) == ("first half second half", 2)


def test_quoted_printable_body() -> None:
    """Soft line ends and octets of quoted-printable are undone."""
    text = "服务业提质增效工作总结，" * 20
    letter = read(
        single(b"text/plain; charset=utf-8", quopri.encodestring(text.encode()), encoding=b"quoted-printable")
    )
    assert text == letter.body


DATES = [
    ("Tue, 06 Sep 2022 15:20:58 +0800", datetime(2022, 9, 6, 7, 20, 58, tzinfo=UTC)),
    ("Tue, 06 Sep 2022 15:20:58 +0800 (CST)", datetime(2022, 9, 6, 7, 20, 58, tzinfo=UTC)),
    ("2022-09-08 09:00:00", datetime(2022, 9, 8, 9, tzinfo=timezone(timedelta(hours=8)))),
    ("2022年9月8日 9:05", datetime(2022, 9, 8, 9, 5, tzinfo=timezone(timedelta(hours=8)))),
    ("8 Sep 2022 09:00:00 -0000", datetime(2022, 9, 8, 9, tzinfo=UTC)),
    ("8 Sep 2022 09:00:00", datetime(2022, 9, 8, 9, tzinfo=timezone(timedelta(hours=8)))),
    ("yesterday", None),
    ("Tue, 06 Sep 1850 15:20:58 +0800", None),
    ("99 Foo 2022 99:99:99 +9999", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), DATES)
def test_moments(text: str, expected: datetime | None) -> None:
    """Dates of mailers are aware datetimes; what is no date is None."""
    assert expected == moment(text)


def test_received_is_the_topmost_line() -> None:
    """The collecting server's own time is taken, not an older hop's and not the Date header's."""
    data = (
        b"Received: from x (unknown [192.0.2.1])\r\n\tby mx2 (Coremail; a) with SMTP id 1\r\n\tfor <a@b.example>; "
        b"Fri, 02 Sep 2022 11:05:03 +0800 (CST)\r\nReceived: from y by z; Fri, 02 Sep 2022 01:00:00 +0800\r\n"
        b"Date: Thu, 01 Sep 2022 00:00:00 +0800\r\nFrom: a@b.example\r\n\r\nx"
    )
    assert datetime(2022, 9, 2, 3, 5, 3, tzinfo=UTC) == read(data).received


ATTACKS: list[tuple[str, bytes]] = [
    ("20,000 encoded words", b"Subject: " + b" ".join([b"=?utf-8?B?5oC7?="] * 20_000) + b"\r\n"),
    (
        "50,000 parameters",
        b"Content-Type: text/plain;" + b"".join(b" filename*%d*=a;" % n for n in range(50_000)) + b"\r\n",
    ),
    ("200,000 addresses", b"To: " + b", ".join([b"a@b.example"] * 200_000) + b"\r\n"),
    ("500 nested comments", b"To: " + b"(" * 500 + b")" * 500 + b" a@b.example\r\n"),
    ("30,000 nested comments in Received", b"Received: " + b"(" * 30_000 + b"; " + b")" * 30_000 + b"\r\n"),
    ("100,000 fields", b"".join(b"X-%d: a\r\n" % n for n in range(100_000))),
    ("one field of 20 MB", b"X-Big: " + b"a" * 20_000_000 + b"\r\n"),
    ("folds without end", b"Subject: a\r\n" + b" b\r\n" * 200_000),
    ("quotes without end", b'Content-Disposition: attachment; filename="' + b'\\"' * 30_000 + b"\r\n"),
    ("question marks", b"Subject: " + b"=?" * 30_000 + b"\r\n"),
    ("references", b"References: " + b"<a@b>" * 10_000 + b"\r\n"),
    ("carriage returns", b"Subject: a" + b"\r" * 60_000 + b"b\r\n"),
    ("blanks", b"Subject: a" + b" \t" * 30_000 + b"b\r\n"),
    ("dates", b"Date: " + b"1" * 60_000 + b"\r\n"),
]


@pytest.mark.slow
@pytest.mark.parametrize("block", [case[1] for case in ATTACKS], ids=[case[0] for case in ATTACKS])
def test_header_attacks_cost_little(block: bytes) -> None:
    """A hostile header costs less than two seconds and 256 MB, and the mail is still read."""
    data = b"From: a@b.example\r\n" + block + b"\r\nhello"
    tracemalloc.start()
    begun = time.process_time()
    letter = read(data)
    spent, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # tracemalloc itself makes the code several times slower, so the limit is the stricter for it.
    assert (spent < 2, peak < 256 * 2**20, letter.parts[0].data == b"hello") == (True, True, True)


def test_cut_header_is_told_and_its_sender_not_believed() -> None:
    """Behind the cut may stand a second From line, so the first is not taken."""
    letter = read(b"From: a@b.example\r\n" + b"X: y\r\n" * 2000 + b"From: c@d.example\r\n\r\nhello")
    assert (letter.sender, any("信头过长" in each for each in letter.defects)) == (None, True)


def test_too_many_and_too_deep_parts_are_told() -> None:
    """Parts over the limits are left out with a sentence, not an error."""
    many = (
        b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"
        + b"--B\r\nContent-Type: image/png\r\n\r\nx\r\n" * 5000
        + b"--B--"
    )
    letter = read(b"From: a@b.example\r\n" + many)
    assert (len(letter.parts), any("其余未读取" in each for each in letter.defects)) == (MAX_PARTS, True)
    deep = b"From: a@b.example\r\n"
    for level in range(200):
        deep += b"Content-Type: multipart/mixed; boundary=B%d\r\n\r\n--B%d\r\n" % (level, level)
    assert any("嵌套超过" in each for each in read(deep + b"\r\nend").defects)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\r\n\r\n", b":", b"\x00" * 100, b"From", b"Content-Type: multipart/mixed\n\n", b"--", b"a\n b: c"],
)
def test_nearly_nothing(data: bytes) -> None:
    """Any bytes give a letter."""
    assert tuple(part for part in read(data).parts if part.path != "body") == ()


def test_nothing_of_a_mail_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """What a hostile mail makes the library say stays out of logs and terminals."""
    data = b"From: a@b.example\r\nContent-Type: multipart/mi\x1b[31mxed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--"
    read(data)
    read(mail(named(b'"=?utf-8?B?SECRET\xff?="'), content_type=b"odd/odd"))
    assert caplog.records == []
