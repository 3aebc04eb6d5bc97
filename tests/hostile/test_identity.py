"""Forged, imitated and hijacked senders through the whole flow: none counts, none is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from pipeline.flows import facts, replay
from pipeline.flows.deliver import deliver
from pipeline.flows.desk import Desk
from pipeline.flows.remind import recheck
from pipeline.flows.review import decide
from pipeline.model import Action, Decision
from tests.hostile import spoofs
from tests.hostile.generators.material import REGISTERED, REPORT, plain
from tests.hostile.office_desk import START, accepted, clock_of, letters, office, take


def send_all(desk: Desk) -> None:
    """Let everything leave that may."""
    deliver(desk, recheck=recheck)


def counting(desk: Desk) -> list[str]:
    """Senders of the mails that count."""
    at = desk.now() + timedelta(hours=1)
    return [message.sender for message, settled in facts.settled_filings(desk, until=at) if settled.counts]


def test_no_spoof_counts_without_the_office(tmp_path: Path) -> None:
    """48 From lines that fool parsers and 200 different look-alike addresses: 0 count, 0 are answered."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        assert spoofs.played(desk, spoofs.tricky()) == spoofs.Outcome(48, 0, 0)
        assert spoofs.played(desk, spoofs.imitated(desk)) == spoofs.Outcome(200, 0, 0)


#: The receiving server, as the office has configured it, and its own Received line.
_SERVER = "mx.163.example"
_BORDER = b"Received: from mx (unknown [10.0.0.1]) by mx.163.example; Tue, 06 Sep 2022 10:30:00 +0800 (CST)\r\n"
_PASS = b"Authentication-Results: mx.163.example; spf=pass smtp.mailfrom=xxczj@163.example; dmarc=pass header.from=163.example\r\n"
_TRUE = REGISTERED.encode()
#: Header lines above and below the border's Received line of a mail that carries the department's very address.
FORGED: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"", ()),
    (b"", (_PASS.strip(),)),
    (_PASS.replace(b"mx.163", b"mx.evil"), ()),
    (_PASS.replace(b"mx.163", b"evil.example mx.163"), ()),
    (b"Authentication-Results: mx.163.example; dmarc=fail header.from=163.example\r\n", (_PASS.strip(),)),
    (b"Authentication-Results: mx.163.example; spf=softfail smtp.mailfrom=163.example\r\n", ()),
    (b"Authentication-Results: mx.163.example; spf=pass smtp.mailfrom=eve@evil.example\r\n", ()),
    (b"Authentication-Results: mx.163.example; dkim=pass header.d=evil.example\r\n", ()),
    (b"Authentication-Results: mx.163.example; none\r\n", ()),
    (b"Authentication-Results: mx.163.example; spf=none (dmarc=pass header.from=163.example)\r\n", ()),
    (b"Received-SPF: fail (evil) receiver=mx.163.example; envelope-from=xxczj@163.example\r\n", ()),
    (b"Received-SPF: pass (x) receiver=mx.163.example; envelope-from=eve@evil.example\r\n", ()),
    (b"Received-SPF: pass (x) receiver=mx.evil.example; envelope-from=xxczj@163.example\r\n", ()),
    (b"", (b"Received-SPF: pass receiver=mx.163.example; envelope-from=xxczj@163.example",)),
    (b"Return-Path: <eve@evil.example>\r\n", ()),
    (b"", (b"Sender: eve@evil.example",)),
    (b"", (b"Sender: xxczj@163.example", b"Sender: eve@evil.example")),
    (b"", (b"Resent-From: eve@evil.example",)),
    (b"", (b"From: eve@evil.example",)),
    (b"", (b"X-Sender: eve@evil.example",)),
)
#: Those that show themselves without any word of the server.
_SHOWN = [(above, below) for above, below in FORGED if b"evil" in b"".join(below) or above.startswith(b"Return")]


def believing(home: Path) -> None:
    """The office has written down what its receiving server calls itself."""
    path = home / "config" / "office.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("servers: []", f"servers: [{_SERVER}]"), encoding="utf-8")


def sent(number: int, above: bytes = b"", below: tuple[bytes, ...] = ()) -> bytes:
    """A report from the registered address with more header lines around the border's."""
    return above + plain(Random(f"forged-{number}"), below, sender=_TRUE)


def confirmed(*, at: bytes = b"") -> bytes:
    """The same with the server's word for it: of the configured server, or of a Coremail server."""
    return at_coremail(0, _TOP, (), (_SEAL, _WORD)) if at else sent(0, _PASS)


def test_no_forged_address_counts_once_the_server_has_vouched(tmp_path: Path) -> None:
    """The very address of a department, 20 ways and 6 times: after one mail that the server confirmed, 0 count."""
    with office(tmp_path / "home", opener=spoofs.opened_here, edit=believing) as desk:
        take(desk, sent(0, _PASS), at=START)
        for number in range(6 * len(FORGED)):
            above, below = FORGED[number % len(FORGED)]
            take(desk, sent(number + 1, above, below), at=START + timedelta(minutes=number + 1))
        assert counting(desk) == [REGISTERED]
        asked = [
            [one.kind for one in desk.ledger.filing(mail.digest).questions if one.holds]  # type: ignore[union-attr]
            for mail in desk.ledger.messages()
        ]
        assert [kinds for kinds in asked[1:] if kinds != ["forged"]] == []
        send_all(desk)
        assert len([to for to in accepted(desk) if REGISTERED in to]) == 1


#: As a Coremail server (163.com) hands a mail out: its Received line on top, its seal and its word at the foot.
_ID = b"W8CowEC5x2JkSI1beCFHNA--.45886S3"
_TOP = (
    b"Received: from mail (unknown [59.36.132.97])\r\n\tby mx41 (Coremail) with SMTP id " + _ID
    + b";\r\n\tTue, 06 Sep 2022 10:30:00 +0800 (CST)"
)  # fmt: skip
_SEAL = b"X-CM-TRANSID:" + _ID
_WORD = (
    b"Authentication-Results: mx41; spf=pass smtp.mail=xxczj@163.exam\r\n\tple; dk\r\n\tim=pass header.i=@163.example"
)
_EVIL_TOP = _TOP.replace(b"59.36.132.97", b"6.6.6.6").replace(b"from mail", b"from 163.example")
#: The very address of a department: Received line on top, the forger's lines, the foot.
FORGED_AT_COREMAIL: tuple[tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]], ...] = (
    (_EVIL_TOP, (), ()),
    (_EVIL_TOP, (), (_SEAL,)),
    (_EVIL_TOP, (_WORD,), (_SEAL,)),
    (_EVIL_TOP, (_SEAL, _WORD), (_SEAL,)),
    (_EVIL_TOP, (_SEAL.replace(b"W8", b"W9"), _WORD), ()),
    (_EVIL_TOP, (_WORD, _WORD), (_SEAL, b"X-Coremail-Antispam: 1Uf129KBjDUn29KB7")),
    (_EVIL_TOP, (_WORD,), (_SEAL, b"Authentication-Results: mx41; spf=fail smtp.mail=xxczj@163.example; dkim=none")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; spf=softfail smtp.mail=xxczj@163.example;")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; spf=none smtp.mail=xxczj@163.example;")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; spf=neutral smtp.mail=xxczj@163.example; dkim=fail")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; spf=temperror smtp.mail=xxczj@163.example;")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; spf=pass smtp.mail=eve@evil.example;")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; dkim=pass header.i=@evil.example")),
    (_EVIL_TOP, (), (_SEAL, b"Authentication-Results: mx41; spf=pass smtp.mail=a;dkim=pass header.i=@163.example;@e.example")),
    (_EVIL_TOP, (), (_SEAL, b'Authentication-Results: mx41; spf=pass smtp.mail="a;dkim=pass header.i=@163.example;"@e.example')),
    (_EVIL_TOP, (), (_SEAL, _WORD.replace(b"mx41", b"mx42"))),
    (_EVIL_TOP, (), (_WORD,)),
    (_EVIL_TOP.replace(b"(Coremail)", b"(Postfix)"), (_SEAL, _WORD), ()),
    (_EVIL_TOP.replace(b"mx41 (Coremail) with SMTP id " + _ID, b"mx.evil.example"), (_TOP, _SEAL, _WORD), ()),
    (_EVIL_TOP, (b"DKIM-Signature: v=1; a=rsa-sha256; d=163.example; s=s; bh=x; b=x",), (_SEAL,)),
)  # fmt: skip


def at_coremail(number: int, top: bytes, below: tuple[bytes, ...] = (), foot: tuple[bytes, ...] = ()) -> bytes:
    """A report from the registered address as a Coremail server hands it out."""
    head, blank, body = plain(Random(f"coremail-{number}"), sender=_TRUE).partition(b"\r\n\r\n")
    _received, *lines = head.split(b"\r\n")
    return b"\r\n".join([top, *below, *lines, *foot]) + blank + body


def test_no_forged_address_counts_at_a_coremail_server_that_has_vouched(tmp_path: Path) -> None:
    """Nothing configured, as shipped: after one mail that 163.com confirmed, 20 forged ones of the address count 0."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        take(desk, at_coremail(0, _TOP, (), (_SEAL, _WORD)), at=START)
        for number, (top, below, foot) in enumerate(FORGED_AT_COREMAIL, 1):
            filing = take(desk, at_coremail(number, top, below, foot), at=START + timedelta(minutes=number))
            assert [one.kind for one in filing.questions if one.holds] == ["forged"], (number, foot)
        assert len(FORGED) + len(FORGED_AT_COREMAIL) == 40
        assert counting(desk) == [REGISTERED]
        send_all(desk)
        assert len([to for to in accepted(desk) if REGISTERED in to]) == 1


def test_a_user_of_the_offices_own_provider_is_no_silence(tmp_path: Path) -> None:
    """Of mail between its own users the server writes no result: after it vouched for the domain they still count."""
    webmail = (
        b"Received: from xxczj$163.example ( [117.136.0.43] ) by ajax-webmail-wmsvr50\r\n (Coremail) ;"
        b" Tue, 06 Sep 2022 10:30:00 +0800 (CST)"
    )
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        take(desk, at_coremail(0, _TOP, (), (_SEAL, _WORD)), at=START)
        take(desk, at_coremail(1, webmail), at=START + timedelta(minutes=1))
        take(desk, at_coremail(2, _TOP.replace(b"mx41", b"smtp14"), (), (_SEAL,)), at=START + timedelta(minutes=2))
        assert counting(desk) == [REGISTERED] * 3


def by_habit(home: Path) -> None:
    """The office wants each address confirmed once where the server says nothing."""
    path = home / "config" / "office.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("mode: when_present", "mode: habit"), encoding="utf-8")


def test_by_habit_a_silent_server_is_asked_about_once_and_a_forger_each_time(tmp_path: Path) -> None:
    """Mode habit, a server without a word: one question for the address, none for five more; 40 from elsewhere: 0 count."""
    silent = _TOP.replace(b"(Coremail)", b"(Postfix)")
    with office(tmp_path / "home", opener=spoofs.opened_here, edit=by_habit) as desk:
        first = take(desk, at_coremail(0, silent), at=START)
        assert [one.kind for one in first.questions if one.holds] == ["forged"]
        clock_of(desk).set(START + timedelta(minutes=5))
        decide(desk, Decision(desk.now(), Action.ACCEPT, first.digest, by="办公室"))
        for number in range(1, 6):
            near = silent.replace(b"132.97", b"%d.%d" % (number * 20, number))
            take(desk, at_coremail(number, near), at=START + timedelta(minutes=10 + number))
        assert counting(desk) == [REGISTERED] * 6
        for number in range(40):
            elsewhere = silent.replace(b"59.36", b"%d.%d" % (60 + number, number))
            take(desk, at_coremail(100 + number, elsewhere), at=START + timedelta(minutes=20 + number))
        assert counting(desk) == [REGISTERED] * 6
        assert replay.check(desk).differences == ()


def test_other_hands_in_the_header_are_asked_about_without_any_server(tmp_path: Path) -> None:
    """Where no server's word is configured, a second sender or another envelope still makes the mail a question."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        for number, (above, below) in enumerate(_SHOWN):
            take(desk, sent(number, above, below), at=START + timedelta(minutes=number))
        assert len(_SHOWN) >= 6
        assert counting(desk) == []


def test_other_hands_are_asked_about_where_one_office_reports_for_another(tmp_path: Path) -> None:
    """A listed office that says for whom it reports is believed, but not with somebody else in the header."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        body = "受县教育局委托代为报送。\n\n" + REPORT.replace("我局", "县教育局").replace("县财政局", "县教育局")
        subject = "代县教育局报送8月份工作情况".encode()
        honest = plain(Random(1), sender=_TRUE, body=body, subject=subject)
        forged = plain(Random(2), (b"Sender: eve@evil.example",), sender=_TRUE, body=body, subject=subject)
        first = take(desk, honest, at=START)
        assert (first.unit, [one.kind for one in first.questions if one.holds]) == ("县教育局", [])
        filing = take(desk, forged, at=START + timedelta(minutes=1))
        assert [one.kind for one in filing.questions if one.holds] == ["forged"]


def test_an_ordinary_mail_counts_before_the_server_has_vouched(tmp_path: Path) -> None:
    """Where the server never writes the field, a registered address without it is accepted as before."""
    with office(tmp_path / "home", opener=spoofs.opened_here, edit=believing) as desk:
        take(desk, sent(1), at=START)
        assert counting(desk) == [REGISTERED]


def test_what_the_office_confirmed_is_not_asked_again(tmp_path: Path) -> None:
    """A unit whose mails are handed in by another address is asked about once; a third address is asked about anew."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        first = take(desk, sent(1, below=(b"Sender: office@163.example",)), at=START)
        assert [one.kind for one in first.questions if one.holds] == ["forged"]
        clock_of(desk).set(START + timedelta(minutes=5))
        decide(desk, Decision(desk.now(), Action.ACCEPT, first.digest, by="办公室"))
        later = take(desk, sent(2, below=(b"Sender: office@163.example",)), at=START + timedelta(minutes=10))
        assert [one.kind for one in later.questions if one.holds] == []
        third = take(desk, sent(3, below=(b"Sender: eve@163.example",)), at=START + timedelta(minutes=20))
        assert [one.kind for one in third.questions if one.holds] == ["forged"]


def test_replay_reads_the_same_doubts(tmp_path: Path) -> None:
    """Who had vouched by when follows from the archive: the rebuilt ledger is the same."""
    with office(tmp_path / "home", opener=spoofs.opened_here, edit=believing) as desk:
        for number, above in enumerate((b"", _PASS, b"", _PASS, b"")):
            take(desk, sent(number, above), at=START + timedelta(minutes=number))
        assert replay.check(desk).differences == ()


def test_the_registered_address_counts_and_is_answered(tmp_path: Path) -> None:
    """The suite above would prove nothing if nobody at all counted."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        take(desk, plain(Random(1), sender=REGISTERED.encode()))
        assert counting(desk) == [REGISTERED]
        assert [letter.to for letter in letters(desk) if letter.kind == "receipt"] == [(REGISTERED,)]


def test_a_reply_to_gets_nothing(tmp_path: Path) -> None:
    """Receipts go to the registered address, whatever Reply-To and Sender say."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        extra = (
            b"Reply-To: eve@evil.example",
            b"Sender: eve@evil.example",
            b"Disposition-Notification-To: eve@evil.example",
        )
        take(desk, plain(Random(1), extra, sender=REGISTERED.encode()))
        send_all(desk)
        assert accepted(desk) != []
        assert [to for to in accepted(desk) if "eve@evil.example" in to] == []


def test_a_robot_that_answers_everything_ends_soon(tmp_path: Path) -> None:
    """A registered mailbox whose robot answers each of our letters gets no more than three in a day."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        for number in range(12):
            take(desk, plain(Random(number), sender=REGISTERED.encode()), at=START + timedelta(minutes=number))
            send_all(desk)
        assert len([to for to in accepted(desk) if REGISTERED in to]) <= desk.settings.office.per_address_limit


def test_the_stop_file_and_the_ceiling_hold(tmp_path: Path) -> None:
    """With STOP in the home nothing leaves; a day's ceiling is never passed."""
    with office(tmp_path / "home", opener=spoofs.opened_here) as desk:
        take(desk, plain(Random(1), sender=REGISTERED.encode()))
        (desk.home / "STOP").touch()
        assert deliver(desk, recheck=recheck).sent == 0
        (desk.home / "STOP").unlink()
        assert deliver(desk, recheck=recheck).sent > 0
