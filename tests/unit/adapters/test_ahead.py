"""Mails that are opened ahead say the same as mails that are opened when they are asked for."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from pipeline.adapters.ahead import Opening
from pipeline.adapters.child import open_mail
from pipeline.adapters.kept import Kept
from pipeline.errors import ArchiveError
from pipeline.model import Opened

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="waits on pipes")


def mails(count: int) -> list[bytes]:
    """Small mails, each its own."""
    found = []
    for number in range(count):
        message = EmailMessage()
        message["From"], message["Subject"] = "a@unit.example", f"第{number}封"
        message.set_content(f"正文{number}。" * 2000)
        found.append(bytes(message))
    return found


def digest_of(raw: bytes) -> str:
    """Its name."""
    return hashlib.sha256(raw).hexdigest()


def ways(raws: list[bytes]) -> list[Callable[[], bytes]]:
    """Ways to get at mails."""
    return [partial(bytes, raw) for raw in raws]


def late(_raw: bytes, _digest: str) -> Opened:
    """Nothing should be opened here any more."""
    raise AssertionError


def test_expected_mails_are_opened_ahead(tmp_path: Path) -> None:
    """Every expected mail comes from the children, equal to opening it now, in whatever order it is asked for."""
    raws = mails(7)
    opening = Opening(Kept(tmp_path), children=2, now=late)
    opening.expect(ways(raws))
    try:
        for raw in (raws[1], raws[0], *raws[2:]):
            assert opening.open(raw, digest_of(raw)) == open_mail(raw, digest_of(raw))
        assert not opening._idle
        assert not opening._busy
    finally:
        opening.close()


def test_what_cannot_be_fetched_or_dies_is_opened_when_asked_for() -> None:
    """A mail that is gone from the archive is passed over; a child that is killed costs nothing but time."""

    def gone() -> bytes:
        raise ArchiveError("没有了")

    raws = mails(4)
    opening = Opening(children=2)
    opening.expect([gone, *ways(raws)])
    try:
        for keeper in list(opening._busy):
            assert keeper._process is not None
            keeper._process.kill()
        for raw in raws:
            assert opening.open(raw, digest_of(raw)).letter.digest == digest_of(raw)
    finally:
        opening.close()


def test_an_unexpected_mail_is_opened_at_once() -> None:
    """A mail that nobody announced does not wait for those that were."""
    raws = mails(3)
    opening = Opening(children=2)
    opening.expect(ways(raws[:2]))
    try:
        assert opening.open(raws[2], digest_of(raws[2])).letter.subject == "第2封"
    finally:
        opening.close()
