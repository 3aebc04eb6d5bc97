"""Automatic mail is told from mail of people, and a person is never taken for a machine."""

# ruff: noqa: E501 - words of mailers stay on the line on which they stand

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.mail.parse import parse
from pipeline.mail.screen import RULES, screen, takes_no_answer
from pipeline.model import Screening, Verdict

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
OWN = frozenset({"office@163.example"})
IDS = frozenset({"<yuebao.1@163.example>"})


def judged(data: bytes) -> Screening:
    """The verdict on a mail."""
    return screen(parse(data, digest=hashlib.sha256(data).hexdigest()), own=OWN, own_ids=IDS)


def mail(head: str = "", body: str = "你好。", *, sender: str = "xxjtj@163.example", subject: str = "8月总结") -> bytes:
    """A plain mail with more header lines."""
    lines = f"From: {sender}\nTo: office@163.example\nSubject: {subject}\n{head}"
    return lines.rstrip("\n").encode() + b"\nContent-Type: text/plain; charset=utf-8\n\n" + body.encode()


def report(kind: str, part: str, *, body: str = "x", sender: str = "MAILER-DAEMON@mx.example.example") -> bytes:
    """A multipart/report."""
    return (
        f"From: {sender}\nTo: office@163.example\nSubject: s\nContent-Type: multipart/report; report-type={kind}; boundary=B\n\n"
        f"--B\nContent-Type: text/plain; charset=utf-8\n\n{body}\n--B\nContent-Type: message/{kind}\n\n{part}\n--B--\n"
    ).encode()


FAILED = "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; Old@Dept.example\nAction: failed\nStatus: {}\nDiagnostic-Code: smtp; {}"

CASES: list[tuple[str, bytes, Verdict]] = [
    ("delivery-status", report("delivery-status", FAILED.format("5.1.1", "550 User not found")), Verdict.BOUNCE),
    (
        "delivered",
        report("delivery-status", "Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0"),
        Verdict.RECEIPT,
    ),
    (
        "disposition",
        report(
            "disposition-notification", "Disposition: manual-action/MDN-sent-manually; displayed", sender="x@b.example"
        ),
        Verdict.RECEIPT,
    ),
    ("our own mark", mail("X-Yuebao-Id: abc"), Verdict.OWN),
    ("our own Message-ID", mail("Message-ID: <yuebao.1@163.example>"), Verdict.OWN),
    ("our own address", mail(sender="Office@163.example"), Verdict.OWN),
    ("postmaster", mail(sender="Postmaster@163.example", subject="通知"), Verdict.AUTOMATIC),
    (
        "postmaster bounce",
        mail(sender="postmaster@163.example", subject="系统退信", body="收件人：old@dept.example 550 User not found"),
        Verdict.BOUNCE,
    ),
    (
        "mailer-daemon",
        mail(sender="MAILER-DAEMON@qq.example", subject="Undelivered Mail Returned to Sender"),
        Verdict.BOUNCE,
    ),
    (
        "QQ bounce",
        mail(
            sender="PostMaster@qq.example",
            subject="来自qq.example的退信",
            body="很抱歉您发送的邮件被退回，收件人 old@dept.example 邮箱空间已满",
        ),
        Verdict.BOUNCE,
    ),
    ("Auto-Submitted", mail("Auto-Submitted: auto-replied"), Verdict.AUTOMATIC),
    ("Auto-Submitted with words", mail("Auto-Submitted: auto-generated; type=x (y)"), Verdict.AUTOMATIC),
    ("Auto-Submitted no", mail("Auto-Submitted: no"), Verdict.PERSON),
    ("X-Autoreply", mail("X-Autoreply: yes"), Verdict.AUTOMATIC),
    ("Precedence auto_reply", mail("Precedence: auto_reply"), Verdict.AUTOMATIC),
    ("empty Return-Path", mail("Return-Path: <>"), Verdict.BOUNCE),
    ("empty Return-Path, vacation", mail("Return-Path: <>", subject="自动回复：催报"), Verdict.AUTOMATIC),
    ("full Return-Path", mail("Return-Path: <a@b.example>"), Verdict.PERSON),
    ("bulk", mail("Precedence: bulk"), Verdict.BULK),
    ("list", mail("List-Id: <x.example>"), Verdict.BULK),
    ("List-Unsubscribe", mail("List-Unsubscribe: <http://x.example>"), Verdict.BULK),
    ("vacation in the subject", mail(subject="自动回复:关于报送8月总结"), Verdict.AUTOMATIC),
    ("vacation as 假期自动回复", mail(subject="假期自动回复", body="本人休假。"), Verdict.AUTOMATIC),
    (
        "QQ vacation in the body",
        mail(subject="回复：催报", body="这是来自QQ邮箱的假期自动回复邮件。\n您好，我最近休假。"),
        Verdict.AUTOMATIC,
    ),
    ("vacation in English", mail(subject="Automatic reply: x"), Verdict.AUTOMATIC),
    ("out of office", mail(subject="Out of Office: x"), Verdict.AUTOMATIC),
    ("system note in the body", mail(body="您的邮件已收到。此邮件为系统自动回复，请勿直接回复。"), Verdict.AUTOMATIC),
    ("已读", mail(subject="已读: 催报", body="这是对您发送给 a@b.example 的邮件的回执"), Verdict.RECEIPT),
    ("read receipt", mail(subject="Read: x", body="Your message was read"), Verdict.RECEIPT),
    (
        "退信 in words",
        mail(subject="退信通知", body="抱歉，您的邮件被退回，原因 5.1.1 old@dept.example"),
        Verdict.BOUNCE,
    ),
    # People.
    ("suppress header alone", mail("X-Auto-Response-Suppress: All"), Verdict.PERSON),
    (
        "reply to our letter",
        mail("In-Reply-To: <yuebao.1@163.example>\nReferences: <yuebao.1@163.example>", subject="回复：催报"),
        Verdict.PERSON,
    ),
    (
        "reply quoting an automatic letter",
        mail(
            subject="回复：自动回复测试",
            body="任务12无进展。\n\n-----原始邮件-----\n发件人：a\n主题：b\n收件人：c\n本邮件由系统自动发送，请勿直接回复。",
        ),
        Verdict.PERSON,
    ),
    (
        "report on automation",
        mail(subject="关于退信问题的说明", body="上次发送失败，现重新报送8月总结。"),
        Verdict.PERSON,
    ),
    (
        "resent after a bounce",
        mail(subject="退信后重发：8月总结", body="上月总结因邮箱满被退回，请收。"),
        Verdict.PERSON,
    ),
    ("report of reading", mail(subject="已读通知，8月总结如下", body="一、进展……"), Verdict.PERSON),
    ("ordinary report", mail(), Verdict.PERSON),
]


@pytest.mark.parametrize(("data", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_verdicts(data: bytes, expected: Verdict) -> None:
    """Each kind of automatic mail is told by its rule, and people stay people."""
    verdict = judged(data)
    assert (expected, True) == (verdict.verdict, bool(verdict.because))


FAILURES = [
    (report("delivery-status", FAILED.format("5.1.1", "550 no")), "old@dept.example", True),
    (report("delivery-status", FAILED.format("5.2.2", "552 full")), "old@dept.example", False),
    (report("delivery-status", FAILED.format("4.4.1", "x").replace("failed", "delayed")), "old@dept.example", False),
    (report("delivery-status", "", body="<old@dept.example>: 550 5.1.1 no such user"), "old@dept.example", True),
    (mail("X-Failed-Recipients: Old@dept.example"), "old@dept.example", True),
    (
        mail(sender="postmaster@a.example", subject="系统退信", body="收件人 old@dept.example 用户不存在"),
        "old@dept.example",
        True,
    ),
    (
        mail(sender="postmaster@a.example", subject="系统退信", body="收件人 old@dept.example 邮箱空间已满"),
        "old@dept.example",
        False,
    ),
]


@pytest.mark.parametrize(("data", "address", "permanent"), FAILURES)
def test_bounces_name_the_address_and_its_permanence(data: bytes, address: str, permanent: bool) -> None:  # noqa: FBT001 - pytest hands parameters on by name
    """A bounce says which address failed and whether for good; a full mailbox heals."""
    verdict = judged(data)
    assert (Verdict.BOUNCE, address, permanent) == (verdict.verdict, verdict.failed_address, verdict.permanent)


def test_every_rule_has_its_mail() -> None:
    """No rule stands without a stored mail on which it is the first to speak."""
    spoken = set()
    for _, data, _ in CASES:
        letter = parse(data, digest="0" * 64)
        from pipeline.mail.quote import own_words
        from pipeline.mail.screen import _Known

        known = _Known(OWN, IDS, own_words(letter.body)[0])
        spoken |= {rule.name for rule in RULES if rule.judge(letter, known)}
    assert {rule.name for rule in RULES} == spoken


@pytest.mark.parametrize(
    ("name", "address", "permanent"),
    [("first/mails/A09", "xxgxs-old@163.example", True), ("second/mails/D28", "xxdx@chinatelecom.example", False)],
)
def test_bounces_are_understood_without_their_parts(name: str, address: str, permanent: bool) -> None:  # noqa: FBT001 - pytest hands parameters on by name
    """A letter whose parts' bytes were left in the archive still tells its failure from the words of the bounce."""
    letter = parse((CORPUS / f"{name}.eml").read_bytes(), digest="0" * 64)
    emptied = replace(letter, parts=tuple(replace(part, data=b"") for part in letter.parts))
    for each in (letter, emptied):
        verdict = screen(each, own=OWN, own_ids=IDS)
        assert (verdict.failed_address, verdict.permanent) == (address, permanent)


MACHINES = {
    "first": {"A04": Verdict.AUTOMATIC, "A09": Verdict.BOUNCE, "A25": Verdict.BULK, "A28": Verdict.RECEIPT},
    "second": {"D27": Verdict.AUTOMATIC, "D28": Verdict.BOUNCE},
}


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_labelled_mails(name: str) -> None:
    """On the labelled sets exactly the machines' mails are screened out, none of them a report."""
    labels = json.loads((CORPUS / name / "truth.json").read_text("utf-8"))
    found = {}
    for label in labels:
        verdict = judged((CORPUS / name / "mails" / label["mail"]).read_bytes()).verdict
        if verdict is not Verdict.PERSON:
            assert label["kind"] == "other"
            found[label["mail"].removesuffix(".eml")] = verdict
    assert MACHINES[name] == found


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("noreply@a.example", True), ("No-Reply@a.example", True), ("do-not-reply@a.example", True),
        ("report.noreply@a.example", True), ("noreply+7@a.example", True), ("donotreply@a.example", True),
        ("norepl@a.example", False), ("xxczj@163.example", False), ("piano.reply@a.example", False),
        ("reply@noreply.example", False),
    ],
)  # fmt: skip
def test_addresses_that_take_no_answer(address: str, expected: bool) -> None:  # noqa: FBT001 - parametrized
    """What an address says of itself is taken at its word."""
    assert takes_no_answer(address) is expected
