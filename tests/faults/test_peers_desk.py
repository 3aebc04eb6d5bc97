"""What answered machines, sent twice or stopped for one mail in other programs does not happen here: by its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.adapters.lock import process_lock
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.source import MemorySource
from pipeline.errors import AlreadyRunning
from pipeline.flows.tick import tick
from pipeline.mail.compose import message_id_for
from pipeline.mail.parse import parse
from pipeline.model import NoticeKind
from tests.faults.desks import ROOT, desk_in
from tests.faults.month import at, mail, write_config

REPORT = "县文旅局2022年8月服务业工作报告\n1. 发展乡村旅游：8月新建民宿3家，累计建成民宿18家。\n"
SENDER = "wlj@unit.example"


def receipts(home: Path, *mails: bytes) -> int:
    """Answers to mails that came at 10 o'clock on the 7th."""
    source = MemorySource()
    with desk_in(home, at(7), source=source) as desk:
        tick(desk)
    for data in mails:
        source.deliver(data, received_at=at(7, 10))
    with desk_in(home, at(7, 11), source=source) as desk:
        tick(desk)
        return sum(letter.kind == NoticeKind.RECEIPT for letter in desk.ledger.letters())


def test_a_report_is_answered_once(tmp_path: Path) -> None:
    """What the refusals below are compared with: a person's report gets its one receipt."""
    assert receipts(tmp_path, mail(1, at(7, 10), sender=SENDER, subject="8月报告", body=REPORT)) == 1


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param("Auto-Submitted: auto-replied\r\n", id="osticket_1041_out_of_office"),
        pytest.param("Return-Path: <>\r\nAuto-Submitted: auto-generated\r\n", id="osticket_1467_non_delivery"),
        pytest.param("X-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated\r\n", id="helpdesk_3628"),
        pytest.param("Precedence: auto_reply\r\nX-Autoreply: yes\r\n", id="faveo_helpdesk_150"),
        pytest.param("List-Id: <all.unit.example>\r\nPrecedence: list\r\n", id="alga_psa_2772"),
    ],
)
def test_peer_answer_loops(tmp_path: Path, extra: str) -> None:
    """osTicket#1041, #1467, frappe/helpdesk#3628, faveo-helpdesk#150, alga-psa#2772: machines were answered."""
    assert receipts(tmp_path, mail(1, at(7, 10), sender=SENDER, subject="8月报告", body=REPORT, extra=extra)) == 0


def test_peer_chatwoot_5131_noreply_is_not_answered(tmp_path: Path) -> None:
    """chatwoot/chatwoot#5131: mail from a noreply address was answered for ever; even one that a unit registered."""
    write_config(tmp_path, ROOT)
    units = tmp_path / "config" / "units.yaml"
    units.write_text(units.read_text(encoding="utf-8").replace(SENDER, "noreply@unit.example"), encoding="utf-8")
    data = mail(1, at(7, 10), sender="noreply@unit.example", subject="8月报告", body=REPORT)
    assert receipts(tmp_path, data) == 0


def test_peer_freescout_2445_two_robots_end(tmp_path: Path) -> None:
    """freescout#2445: two ticket systems answered each other. Twenty mails of a robot get three answers a day."""
    mails = [mail(n, at(7, 10), sender=SENDER, subject=f"8月报告{n}", body=f"{REPORT}{n}\n") for n in range(20)]
    source, transport = MemorySource(), MemoryTransport()
    with desk_in(tmp_path, at(7), source=source, transport=transport) as desk:
        tick(desk)
    before = len(transport.accepted)
    for data in mails:
        source.deliver(data, received_at=at(7, 10))
    for minute in range(0, 60, 20):
        with desk_in(tmp_path, at(7, 11, minute), source=source, transport=transport) as desk:
            tick(desk)
    assert sum(SENDER in one.recipients for one in transport.accepted[before:]) <= 3


def test_peer_posthog_92017_own_mail_is_marked(tmp_path: Path) -> None:
    """PostHog#92017: own mail lacked Auto-Submitted, so that other robots answered it."""
    transport = MemoryTransport()
    source = MemorySource()
    with desk_in(tmp_path, at(8), source=source, transport=transport) as desk:
        source.deliver(mail(1, at(8), sender=SENDER, subject="8月报告", body=REPORT), received_at=at(8))
        tick(desk)
    assert transport.accepted
    assert all(b"\r\nAuto-Submitted: auto-" in one.data for one in transport.accepted)


def test_peer_paperless_ngx_12155_one_mail_counts_once(tmp_path: Path) -> None:
    """paperless-ngx#12155: one mail processed twice. The same bytes under two numbers: one filing, one receipt."""
    data = mail(1, at(7, 10), sender=SENDER, subject="8月报告", body=REPORT)
    assert receipts(tmp_path, data, data) == 1


def test_peer_hermes_55383_an_odd_mail_stops_nobody(tmp_path: Path) -> None:
    """hermes-agent#55383, messaging-daemon#6, django-mailbox#20: one mail that could not be read stopped the folder."""
    odd = (
        b"From: =?x-unknown?Q?=FF=FE?= <a@b.example>\r\nContent-Type: text/plain; charset=martian\r\n\r\n\xff\x00\r\n",
        (
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
            b"Content-Type: message/delivery-status\r\n\r\n\xff\r\n"
        ),
        b"Subject: \xed\xa0\x80\xed\xb0\x80\r\nFrom: <wlj@unit.example>\r\n\r\n\xed\xa0\x80\r\n",
        b'From: "\x00\r\n\x00: \r\n',
    )
    good = mail(9, at(7, 10), sender=SENDER, subject="8月报告", body=REPORT)
    assert receipts(tmp_path, *odd, good) == 1


@pytest.mark.parametrize("report", ["bagofwords_356", "dnn_5863", "miru_2099"])
def test_peer_two_schedulers_send_once(tmp_path: Path, report: str) -> None:
    """bagofwords#356, Dnn.Platform#5863, miru-web#2099: a second scheduler sent all again. Here it is refused."""
    transport = MemoryTransport()
    with process_lock(tmp_path), pytest.raises(AlreadyRunning, match="只能运行一份"), process_lock(tmp_path):
        pytest.fail(report)
    for minute in (0, 0, 1):
        with desk_in(tmp_path, at(8, 9, minute), transport=transport) as desk:
            tick(desk)
    ids = [parse(one.data, digest="0" * 64).message_id for one in transport.accepted]
    assert len(ids) == len(set(ids)) > 0


def test_peer_londonhackspace_153_a_missed_day_heals(tmp_path: Path) -> None:
    """londonhackspace#153: not run on the right date it never sent; run twice it sent twice."""
    transport = MemoryTransport()
    for moment in (at(1), at(9), at(9, 10)):
        with desk_in(tmp_path, moment, transport=transport) as desk:
            tick(desk)
            keys = [letter.key for letter in desk.ledger.letters() if letter.kind == NoticeKind.REMINDER]
    # The 12th is a holiday: the 9th is the day of the last step, and the step slept through is not made up for.
    assert sorted(keys) == [f"remind:2022-08:{unit}:2" for unit in sorted(("县商务局", "县文旅局", "县财政局"))]


def test_peer_itop_253_same_sender_subject_and_second_are_two_mails(tmp_path: Path) -> None:
    """itop-jb-mail-to-ticket-automation-v2#253: mails with one sender, subject and second were taken as one."""
    twins = [mail(n, at(7, 10), sender=SENDER, subject="8月报告", body=f"{REPORT}{n}\n") for n in (1, 2)]
    source = MemorySource()
    with desk_in(tmp_path, at(7), source=source) as desk:
        for data in twins:
            source.deliver(data, received_at=at(7, 10))
        tick(desk)
        assert len(desk.ledger.messages()) == len(desk.archive) == 2
    assert message_id_for("a", domain="x.example") != message_id_for("b", domain="x.example")
