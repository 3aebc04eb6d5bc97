"""A notice becomes a mail that every mailer reads and nobody's words can break open."""

from __future__ import annotations

import email
import email.policy
import itertools
from dataclasses import replace
from datetime import UTC, datetime

import mailparser
import pytest

from pipeline.mail.compose import compose, key_hash, message_id_for
from pipeline.mail.parse import parse
from pipeline.mail.screen import screen
from pipeline.model import Address, Attachment, Notice, NoticeKind, Verdict

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SENDER = Address("office@163.example", "夏县服务业专班办公室")
WHEN = datetime(2022, 9, 8, 1, tzinfo=UTC)
NOTICE = Notice(
    key="remind:2022-08:县文旅局:2",
    kind=NoticeKind.REMINDER,
    period="2022-08",
    unit="县文旅局",
    to=("xxwlj@163.example",),
    copies=(),
    subject="【催报】县文旅局8月份总结",
    text="您好：\n任务9、12尚未报送。\n",
    html="<p>您好：</p><p>任务9、12尚未报送。</p>",
    attachments=(Attachment("县文旅局8月预填表.xlsx", XLSX, b"PK\x03\x04" + bytes(range(256))),),
    in_reply_to="<1@163.example>",
    references=("<0@163.example>", "<1@163.example>"),
)


def written(notice: Notice = NOTICE) -> bytes:
    """The mail of a notice."""
    return compose(notice, sender=SENDER, message_id=message_id_for(notice.key, domain="163.example"), date=WHEN)


def test_same_notice_same_bytes() -> None:
    """Nothing in a mail is left to chance or the clock."""
    assert written() == written()
    assert message_id_for("a", domain="163.example") == message_id_for("a", domain="163.example")
    assert message_id_for("a", domain="163.example") != message_id_for("b", domain="163.example")


def test_round_trip() -> None:
    """What was written is what a reader reads."""
    letter = parse(written(), digest="0" * 64)
    assert (NOTICE.subject, SENDER, "", (Address("xxwlj@163.example"),)) == (
        letter.subject,
        letter.sender,
        letter.sender_trouble,
        letter.recipients,
    )
    assert (NOTICE.text, NOTICE.html) == (letter.body, letter.parts[1].data.decode().strip())
    assert [("1", "县文旅局8月预填表.xlsx", XLSX, NOTICE.attachments[0].data)] == [
        (part.path, part.name, part.declared, part.data) for part in letter.parts[2:]
    ]
    assert (
        letter.in_reply_to,
        letter.references,
        letter.date,
        letter.defects,
    ) == ("<1@163.example>", ("<0@163.example>", "<1@163.example>"), WHEN, ())


def test_marks_against_loops() -> None:
    """Receipts are auto-replied, the rest auto-generated; every letter carries our mark and comes back as our own."""
    kinds = {kind: parse(written(replace(NOTICE, kind=kind)), digest="0" * 64) for kind in NoticeKind}
    replied = {kind for kind, letter in kinds.items() if letter.header("auto-submitted") == "auto-replied"}
    assert {NoticeKind.RECEIPT, NoticeKind.REPLY} == replied
    assert {key_hash(NOTICE.key)} == {letter.header("x-yuebao-id") for letter in kinds.values()}
    verdicts = {screen(letter, own=frozenset(), own_ids=frozenset()).verdict for letter in kinds.values()}
    assert {Verdict.OWN} == verdicts


def test_never_a_bcc_and_only_ascii() -> None:
    """Blind copies are the envelope's business; eight-bit octets would not survive every server."""
    data = written()
    assert (data.isascii(), b"bcc" in data.lower(), b"\n" in data.replace(b"\r\n", b"")) == (True, False, False)
    assert max(len(line) for line in data.split(b"\r\n")) <= 998


def test_other_readers_see_the_same_names() -> None:
    """The standard library in both manners and mail-parser read the attachment's name."""
    name = "关于报送2022年8月份服务业提质增效行动计划工作进展情况的说明（县文旅局）.xlsx"
    data = written(replace(NOTICE, attachments=(Attachment(name, XLSX, b"x"),)))
    for policy in (email.policy.default, email.policy.compat32):
        parts = email.message_from_bytes(data, policy=policy).walk()
        assert [name] == [part.get_filename() for part in parts if part.get_filename()]
    assert [name] == [each["filename"] for each in mailparser.parse_from_bytes(data).attachments]
    # The older spelling for who knows no filename*.
    part = list(email.message_from_bytes(data, policy=email.policy.default).walk())[-1]
    assert name == part["content-type"].params["name"]


def test_equal_and_empty_names_become_different() -> None:
    """Two attachments of one name do not overwrite each other when saved; a nameless one gets a name."""
    files = tuple(Attachment(name, "text/csv", b"x") for name in ("a.csv", "A.csv", "a.csv", "", "CON.txt"))
    parts = parse(written(replace(NOTICE, attachments=files)), digest="0" * 64).parts[2:]
    assert [part.name for part in parts] == ["a.csv", "A(2).csv", "a(3).csv", "附件4.bin", "_CON.txt"]


def test_text_only_and_many_recipients() -> None:
    """Without HTML the mail is plain; copies are shown."""
    notice = replace(NOTICE, html="", attachments=(), to=("a@b.example", "c@d.example"), copies=("e@f.example",))
    letter = parse(written(notice), digest="0" * 64)
    assert [each.addr for each in letter.recipients] == ["a@b.example", "c@d.example", "e@f.example"]
    assert [part.path for part in letter.parts] == ["body"]


@pytest.mark.parametrize(
    "to", [(), ("",), ("a@b.example\r\nBcc: x@y.example",), ("a@b.example, c@d.example",), ("甲@b.example",)]
)
def test_no_recipient_no_letter(to: tuple[str, ...]) -> None:
    """A recipient that is no address is a bug and says so."""
    with pytest.raises(ValueError, match=r"recipient|address"):
        written(replace(NOTICE, to=to))


BREAKS = [
    "\r\n",
    "\n",
    "\r",
    "\x00",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\u202e",
    "\ud800",
    "\x7f",
    "\t",
    "\u200b",
]
PAYLOADS = [
    "Bcc: victim@x.example",
    "Subject: other",
    "X-Injected: 1",
    "Content-Type: text/html",
    "\r\n<script>",
    "From: a@b.example",
    "=?utf-8?B?DQpCY2M6IHZpY3RpbUB4LmV4YW1wbGU=?=",
    "=?utf-8?Q?=0D=0ABcc:_v@x.example?=",
    '";name="x',
    "--=_yuebao_0",
]
NASTY = [
    f"{before}{brk}{payload}{after}"
    for brk, payload in itertools.product(BREAKS, PAYLOADS)
    for before, after in (("总结", ""), ("", "总结"), ("a" * 70, brk))
]


def test_nasty_list_is_long_enough() -> None:
    """At least 500 names are tried."""
    assert len(set(NASTY)) >= 500


FIELDS = {
    *("date", "from", "to", "subject", "message-id", "in-reply-to", "references", "auto-submitted"),
    *("x-auto-response-suppress", "x-yuebao-id", "mime-version", "content-type"),
}


def test_nothing_injects_a_header() -> None:
    """Names, subjects, file names, media types, keys and references with every kind of break add no field."""
    for text in NASTY:
        notice = replace(
            NOTICE,
            key=text,
            subject=text,
            text=text,
            html=text,
            in_reply_to=text,
            references=(text, "<0@163.example>"),
            attachments=(Attachment(text, text, b"x"), Attachment(text + ".docx", "message/rfc822", b"x")),
        )
        sender = Address("office@163.example", text)
        data = compose(notice, sender=sender, message_id=message_id_for(text, domain=text), date=WHEN)
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert {name.lower() for name in message} <= FIELDS
        assert len(message.keys()) == len(set(message.keys()))
        assert message.defects == []
        parts = [part for part in message.walk() if not part.is_multipart()]
        assert len(parts) == 4
        allowed = {"content-type", "content-transfer-encoding", "content-disposition"}
        assert all({name.lower() for name in part} <= allowed for part in parts)
        letter = parse(data, digest="0" * 64)
        assert (letter.sender.addr if letter.sender else None) == "office@163.example"
