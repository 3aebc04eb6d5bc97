"""Forged, imitated and hijacked senders through the whole flow: none counts, none is answered."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

from pipeline.adapters.opening import open_in_process
from pipeline.flows import facts
from pipeline.flows.deliver import deliver
from pipeline.flows.desk import Desk
from pipeline.flows.remind import recheck
from pipeline.model import Opened
from pipeline.readers import Tools
from tests.hostile.generators import envelope
from tests.hostile.generators.material import REGISTERED, plain
from tests.hostile.office_desk import START, accepted, letters, office, take


def opened_here(data: bytes, digest: str) -> Opened:
    """These mails are plain text of our own making: they need no child."""
    return open_in_process(data, digest, tools=Tools())


def send_all(desk: Desk) -> None:
    """Let everything leave that may."""
    deliver(desk, recheck=recheck)


def counting(desk: Desk) -> list[str]:
    """Senders of the mails that count."""
    at = desk.now() + timedelta(hours=1)
    return [message.sender for message, settled in facts.settled_filings(desk, until=at) if settled.counts]


def test_no_spoof_counts_without_the_office(tmp_path: Path) -> None:
    """240 forged From lines and look-alike addresses: 0 count, 0 are answered."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        for number in range(240):
            rng = Random(f"spoof-{number}")
            if number % 2:
                take(desk, envelope.imitated(rng), at=START)
            else:
                line = envelope._FROM[(number // 2) % len(envelope._FROM)]
                take(desk, plain(rng, sender=line), at=START)
        assert counting(desk) == []
        send_all(desk)
        assert [to for to in accepted(desk) if to != ("fgb_office@163.example",)] == []


def test_the_registered_address_counts_and_is_answered(tmp_path: Path) -> None:
    """The suite above would prove nothing if nobody at all counted."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        take(desk, plain(Random(1), sender=REGISTERED.encode()))
        assert counting(desk) == [REGISTERED]
        assert [letter.to for letter in letters(desk) if letter.kind == "receipt"] == [(REGISTERED,)]


def test_a_reply_to_gets_nothing(tmp_path: Path) -> None:
    """Receipts go to the registered address, whatever Reply-To and Sender say."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        extra = (
            b"Reply-To: eve@evil.example",
            b"Sender: eve@evil.example",
            b"Disposition-Notification-To: eve@evil.example",
        )
        take(desk, plain(Random(1), extra, sender=REGISTERED.encode()))
        send_all(desk)
        assert accepted(desk) != []
        assert [to for to in accepted(desk) if "eve@evil.example" in to] == []


def test_strangers_get_no_mail(tmp_path: Path) -> None:
    """300 unknown senders: not one letter to any of them."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        strangers = [f"user{number}@stranger{number % 50}.example" for number in range(300)]
        for number, address in enumerate(strangers):
            take(desk, plain(Random(number), sender=address.encode()), at=START + timedelta(seconds=number))
        send_all(desk)
        assert [to for to in accepted(desk) if set(to) & set(strangers)] == []


def test_a_robot_that_answers_everything_ends_soon(tmp_path: Path) -> None:
    """A registered mailbox whose robot answers each of our letters gets no more than three in a day."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        for number in range(12):
            take(desk, plain(Random(number), sender=REGISTERED.encode()), at=START + timedelta(minutes=number))
            send_all(desk)
        assert len([to for to in accepted(desk) if REGISTERED in to]) <= desk.settings.office.per_address_limit


def test_the_stop_file_and_the_ceiling_hold(tmp_path: Path) -> None:
    """With STOP in the home nothing leaves; a day's ceiling is never passed."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        take(desk, plain(Random(1), sender=REGISTERED.encode()))
        (desk.home / "STOP").touch()
        assert deliver(desk, recheck=recheck).sent == 0
        (desk.home / "STOP").unlink()
        assert deliver(desk, recheck=recheck).sent > 0
