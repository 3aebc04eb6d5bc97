"""SMTP replies as 163, QQ and others say them, and what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.adapters.smtpcodes import DAY, RULES, classify, printable
from pipeline.model import SendVerdict

LATER, REFUSED, SPAM, STOP = SendVerdict.LATER, SendVerdict.REFUSED, SendVerdict.SPAM, SendVerdict.STOP

#: The table of reference §2.7, with texts as servers send them.
TABLE = [
    (250, "Mail OK queued as smtp1", SendVerdict.ACCEPTED, 0),
    (421, "HL:ICC 163 smtp0,too many connections from your ip", LATER, 1800),
    (421, "HL:IFC 163 smtp2", LATER, 1800),
    (421, "HL:REP 163 smtp3", LATER, 1800),
    (450, "MI:DMC 163 smtp1", LATER, 60),
    (450, "RP:DRC 163 smtp1", LATER, 60),
    (451, "MI:SFQ 163 smtp1,too many mails in 15 minutes", LATER, 1200),
    (451, "RP:QRC 163 smtp1", LATER, 3600),
    (451, "DT:SPM 163 smtp1, please try again", LATER, 150),
    (550, "RP:TRC 163 smtp1", STOP, DAY),
    (554, "MI:STC 163 smtp1", STOP, DAY),
    (554, "5.5.0 MI:STC", STOP, DAY),
    (550, "RP:RCL 163 smtp1", STOP, DAY),
    (554, "DT:SPM 163 smtp14,DtGowAAXH0xxx", SPAM, 0),
    (550, "DT:SPM 126 smtp4", SPAM, 0),
    (554, "MI:SPB 163 smtp1", STOP, 0),
    (550, "User suspended", STOP, 0),
    (535, "Error: authentication failed", STOP, 0),
    (550, "User has no permission", STOP, 0),
    (451, "too much fail authentication from your ip", STOP, 0),
    (554, "IP is rejected, smtp auth error limit exceed", STOP, 0),
    (553, "Mail from must equal authorized user", STOP, 0),
    (501, "mail from address must be same as authorization user", STOP, 0),
    (554, "DT:SUM 信封发件人和信头发件人不匹配", STOP, 0),
    (553, "Local user only", STOP, 0),
    (552, "Illegal Attachment", REFUSED, 0),
    (552, "Requested mail action aborted: exceeded mailsize limit", REFUSED, 0),
    (550, "User not found: a@unit.example", REFUSED, 0),
    (550, "Mailbox not found", REFUSED, 0),
    (550, "5.1.1 The email account that you tried to reach does not exist", REFUSED, 0),
    (552, "Mailbox is full", LATER, 4 * 3600),
    (452, "4.2.2 Over quota", LATER, 4 * 3600),
    (450, "4.2.0 Greylisted, see http://x.example", LATER, 600),
    (550, "Ip frequency limited", LATER, 1800),
    (550, "Mail content denied", SPAM, 0),
    (554, "5.7.1 Service unavailable; Client host blocked using zen.spamhaus.example", STOP, 0),
    (550, "5.7.26 Unauthenticated email is not accepted due to DMARC policy, authentication failed", REFUSED, 0),
    (554, "something nobody wrote down", REFUSED, 0),
    (471, "something nobody wrote down", LATER, 1800),
    (-1, "garbage", LATER, 1800),
]


@pytest.mark.parametrize(("code", "text", "verdict", "wait"), TABLE, ids=[f"{row[0]} {row[1]}"[:40] for row in TABLE])
def test_reply_means(code: int, text: str, verdict: SendVerdict, wait: int) -> None:
    """Each published reply has its meaning and its wait."""
    result = classify(code, text)
    assert (result.verdict, result.wait_seconds, result.code) == (verdict, wait, code)
    assert result.because.endswith("。")


def test_content_that_was_to_be_tried_again_becomes_spam() -> None:
    """451 DT:SPM is tried again; the third time its text must change."""
    verdicts = [classify(451, "DT:SPM please try again", attempts=attempts).verdict for attempts in (0, 1, 2)]
    assert verdicts == [LATER, LATER, SPAM]


@given(st.integers(-1, 999), st.text(max_size=400), st.integers(0, 9))
def test_any_reply_has_a_meaning(code: int, text: str, attempts: int) -> None:
    """No reply raises; only 2xx is accepted; LATER always waits; nothing unprintable gets through."""
    result = classify(code, text, attempts=attempts)
    assert (result.verdict is SendVerdict.ACCEPTED) == (200 <= code < 300)
    assert (result.wait_seconds > 0) >= (result.verdict is LATER)
    assert result.reply.isprintable()
    assert len(result.reply) <= 300


def test_every_rule_can_be_reached() -> None:
    """Every line of the table is hit by some reply above: none is dead."""
    hit = {(classify(code, text).because) for code, text, _, _ in TABLE}
    missing = {rule.because for rule in RULES} - hit
    assert missing == {
        "服务器要求先登录才能发信，请检查发信账号与授权码。",
        "今天的发信数量已到上限，明天继续；请按电话通知名单联系未收到的单位。",
    }
    assert classify(530, "Authentication required").verdict is STOP
    assert classify(550, "Daily user quota reached").verdict is STOP


def test_control_characters_do_not_reach_the_log() -> None:
    """A reply with escapes and line ends becomes one plain line."""
    assert printable("550 \x1b[31mred\r\nnext\x00") == "550 [31mred next"
