"""Nights of mails from nobody: they cost the office one letter and one decision, and bury no question that matters."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from pipeline.app import Work
from pipeline.errors import YuebaoError
from pipeline.flows import facts, replay
from pipeline.flows.deliver import deliver
from pipeline.flows.desk import Desk
from pipeline.flows.remind import queue_due, recheck
from pipeline.flows.review import decide, open_questions
from pipeline.model import Action, Decision, NoticeKind, OutgoingLetter
from tests.faults.scale import RELEASE
from tests.hostile.generators.material import REGISTERED, REPORT, plain
from tests.hostile.office_desk import ZONE, accepted, clock_of, office, parsed, take, texts
from tests.hostile.spoofs import opened_here

NIGHT = datetime(2022, 9, 6, 1, 0, tzinfo=ZONE)
MORNING = datetime(2022, 9, 6, 9, 0, tzinfo=ZONE)
#: Three letters a day about single mails of strangers, and one every four hours between 8:30 and 18:00.
CEILING = 3 + 3
#: Somebody of a department with an address that nobody has registered.
REAL = "wenlv_xiaozhang@126.example"


def spam(number: int, *, address: str = "") -> bytes:
    """A mail that says that it is a department's, from nobody."""
    sender = address or f"user{number}@stranger{number % 50}.example"
    body = REPORT.replace("二、支持企业融资。组织银企对接会2场，达成意向1200万元。\n", "")
    return plain(Random(f"spam-{number}"), sender=sender.encode(), body=body)


def asked(desk: Desk) -> list[OutgoingLetter]:
    """Letters about mails that wait, in the order in which they were written."""
    return sorted(desk.ledger.letters(kinds=(NoticeKind.QUESTION,), with_data=True), key=lambda one: one.queued_at)


def night(desk: Desk, count: int) -> None:
    """A flood of strangers from one o'clock on, and among it one real report and one question about a known unit."""
    for number in range(count):
        clock_of(desk).set(NIGHT + timedelta(seconds=number))
        take(desk, spam(number))
        if number == count // 2:
            body = REPORT.replace("县财政局", "县文旅局")
            take(desk, plain(Random("real"), sender=REAL.encode(), body=body))
            take(desk, plain(Random("forged"), (b"Sender: eve@evil.example",), sender=REGISTERED.encode()))


def test_a_night_of_strangers_is_one_letter_and_one_decision(tmp_path: Path) -> None:
    """300 spam mails of as many addresses, one real report among them and one doubt about a registered address."""
    with office(tmp_path / "home", start=NIGHT, opener=opened_here) as desk:
        night(desk, 300)
        single = asked(desk)
        assert len(single) == 3 + 1
        assert [parsed(one)["Subject"] for one in single if "县财政局" in one.unit] != []
        queue_due(desk)
        assert len(asked(desk)) == 4, "at night nothing is collected"
        clock_of(desk).set(MORNING)
        queue_due(desk)
        queue_due(desk)
        (letter,) = asked(desk)[4:]
        text = texts(letter)[0]
        assert "301封" in parsed(letter)["Subject"]
        assert "301个通讯录以外的地址" in text
        assert text.index(REAL) < text.index("user"), "the likeliest report comes first"
        assert text.count("【陌生来件】") <= 11
        code = re.findall(r"strangers-[0-9a-f]{8}", text)[0]

        work = Work(desk)
        listed = work.questions(at=None)
        assert len(listed[0]) > 300
        assert len(listed[1]) < 40
        assert code in "".join(listed[1])
        work.decide(REAL, answer=("unit", "县文旅局"), by="", note="")
        with pytest.raises(YuebaoError, match="有变化"):
            work.decide(code, answer=("refuse", True), by="", note="")
        fresh = re.findall(r"strangers-[0-9a-f]{8}", "".join(work.questions(at=None)[1]))[0]
        work.decide(fresh, answer=("refuse", True), by="", note="")
        assert [one.message.sender for one in open_questions(desk) if one.question.holds] == [REGISTERED]
        counted = [message.sender for message, held in facts.settled_filings(desk, until=desk.now()) if held.counts]
        assert counted == [REAL]

        clock_of(desk).set(MORNING + timedelta(hours=5))
        for number in range(300, 310):
            take(desk, spam(number, address=f"user{number - 300}@stranger{number - 300}.example"))
        queue_due(desk)
        assert len(asked(desk)) == 5, "of whom the office has said that they are nobody, it hears no more"
        assert replay.check(desk).differences == ()


def test_the_list_of_the_day_names_strangers_in_few_lines(tmp_path: Path) -> None:
    """The daily letter after such a night: the doubt about the registered address comes first, the crowd in few lines."""
    with office(tmp_path / "home", start=NIGHT, opener=opened_here) as desk:
        night(desk, 100)
        clock_of(desk).set(MORNING)
        lines = Work(desk).digest(at=None, send=False)
        text = "\n".join(lines)
        assert text.count("【陌生来件】") <= 11
        assert text.index("eve@evil.example") < text.index("【陌生来件】")
        assert "陌生地址101个《共101封，见待答问题》" in text
        assert len(text) < 6000


def test_one_answer_settles_all_mails_of_an_address(tmp_path: Path) -> None:
    """Refused, none of its mails is asked about, then or later; taken back, all are; confirmed, all count."""
    with office(tmp_path / "home", start=MORNING, opener=opened_here) as desk:
        work = Work(desk)
        for number in range(4):
            take(desk, plain(Random(number), sender=REAL.encode()), at=MORNING + timedelta(minutes=number))
        clock_of(desk).set(MORNING + timedelta(minutes=10))
        assert len(asked(desk)) == 1, "of one address one letter a day"
        with pytest.raises(YuebaoError, match="没有收到过"):
            work.decide(f"x{REAL}", answer=("refuse", True), by="", note="")
        work.decide(REAL.upper(), answer=("refuse", True), by="", note="")
        assert open_questions(desk) == ()
        clock_of(desk).set(MORNING + timedelta(minutes=30))
        take(desk, plain(Random(9), sender=REAL.encode()))
        assert open_questions(desk) == ()
        key = next(line.split()[0] for line in work.lessons() if REAL in line)
        work.revoke(key)
        assert len({one.message.digest for one in open_questions(desk)}) == 5
        work.decide(REAL, answer=("unit", "县财政局"), by="", note="")
        assert open_questions(desk) == ()
        assert sum(held.counts for _, held in facts.settled_filings(desk, until=desk.now())) == 5
        with pytest.raises(YuebaoError, match="已确认为县财政局的邮箱"):
            work.decide(REAL, answer=("refuse", True), by="", note="")
        assert replay.check(desk).differences == ()


def test_a_registered_address_is_never_refused_for_good(tmp_path: Path) -> None:
    """A unit's own address can be answered mail by mail only; its forged mails of now are refused at one word."""
    with office(tmp_path / "home", start=MORNING, opener=opened_here) as desk:
        forged = (b"Sender: eve@evil.example",)
        for number in range(3):
            take(
                desk, plain(Random(number), forged, sender=REGISTERED.encode()), at=MORNING + timedelta(minutes=number)
            )
        clock_of(desk).set(MORNING + timedelta(minutes=10))
        with pytest.raises(YuebaoError, match="在通讯录中"):
            decide(desk, Decision(desk.now(), Action.STRANGER, value=REGISTERED))
        Work(desk).decide(REGISTERED, answer=("refuse", True), by="", note="")
        assert open_questions(desk) == ()
        take(desk, plain(Random(9), sender=REGISTERED.encode()))
        assert sum(held.counts for _, held in facts.settled_filings(desk, until=desk.now())) == 1


def test_an_address_that_gets_on_the_list_is_heard_again(tmp_path: Path) -> None:
    """Refused as a stranger, then written into the directory: its mails count without anything taken back."""
    with office(tmp_path / "home", start=MORNING, opener=opened_here) as desk:
        take(desk, plain(Random(1), sender=REAL.encode()))
        Work(desk).decide(REAL, answer=("refuse", True), by="", note="")
        path = tmp_path / "home" / "config" / "units.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(REGISTERED, f"{REGISTERED}\n      - {REAL}"), encoding="utf-8")
        clock_of(desk).set(MORNING + timedelta(hours=1))
        take(desk, plain(Random(2), sender=REAL.encode()))
        assert [held.counts for _, held in facts.settled_filings(desk, until=desk.now())][-1]


def test_a_thousand_strangers_get_no_mail_and_the_office_few(tmp_path: Path) -> None:
    """1,000 unknown senders before a release, 150 at every change: 0 letters to them, six a day at most to the office."""
    count, days = (1000, 3) if RELEASE else (150, 2)
    addresses = [f"user{number}@stranger{number % 50}.example" for number in range(count)]
    with office(tmp_path / "home", start=NIGHT, opener=opened_here) as desk:
        for number, address in enumerate(addresses):
            when = NIGHT + timedelta(days=days) * number / count
            clock_of(desk).set(when)
            take(desk, plain(Random(number), sender=address.encode()), at=when)
            if number % 5 == 0:
                queue_due(desk)
                deliver(desk, recheck=recheck)
        deliver(desk, recheck=recheck)
        assert [to for to in accepted(desk) if set(to) & set(addresses)] == []
        by_day = Counter(letter.queued_at.astimezone(ZONE).date() for letter in asked(desk))
        assert len(by_day) >= days
        assert max(by_day.values()) <= CEILING
        data, _ = Work(desk).questions(at=None)
        assert {one["sender"] for one in data} == set(addresses), "none is lost from the list"
