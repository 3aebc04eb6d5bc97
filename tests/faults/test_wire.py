"""The wire between us and the mailbox is cut at every kind of byte: nothing is lost, nothing comes twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.archive import Archive
from pipeline.adapters.embedded import EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.smtp import SmtpTransport
from pipeline.adapters.source import Cursor
from pipeline.errors import NetworkError
from pipeline.model import SendVerdict
from tests.faults.proxy import Proxy, Way
from tests.faults.scale import RELEASE, seeds
from tests.support.servers import START, imap_source, letter

#: Places of a whole poll; with both ways, our own words, silence and drip the matrix's 300 before a release.
PLACES = 120 if RELEASE else 40
LETTER = b"Subject: x\r\nMessage-ID: <1@demo.example>\r\n\r\n" + b"0123456789" * 200 + b"\r\n"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[EmbeddedImap]:
    """A mailbox with mails of three sizes; reading does not change it."""
    with EmbeddedImap() as server:
        for number, size in enumerate((0, 3_000, 60_000, 0, 3_000), start=1):
            server.deliver(letter(number, size=size), received_at=START + timedelta(minutes=number))
        yield server


def spoken(mailbox: EmbeddedImap) -> int:
    """Bytes that the server says in one whole poll."""
    with Proxy(mailbox.port) as proxy:
        replace(imap_source(mailbox), port=proxy.port).poll(Cursor(), keep=lambda _: None)
        return proxy.passed


def check(mailbox: EmbeddedImap, root: Path, proxy: Proxy, silence: float) -> None:
    """Poll through the fault, then again as the service would, until all is there; nothing may be lost or doubled."""
    source = replace(imap_source(mailbox), port=proxy.port, silence=silence, slowest=64 * 1024)
    archive = Archive(root)
    stored = [Cursor()]
    for _ in range(3):
        try:
            stored.append(source.poll(stored[-1], keep=archive.keep, moved=stored.append).cursor)
        except NetworkError:
            continue
        if not stored[-1].pending:
            break
    assert sorted(raw.data for raw in Archive(root).walk()) == sorted(mailbox.mails())
    assert Archive(root).verify() == ()
    assert mailbox.changes == []


@pytest.mark.parametrize("way", ["rst", "fin"])
@pytest.mark.parametrize("place", range(PLACES))
def test_imap_cut_anywhere(mailbox: EmbeddedImap, tmp_path: Path, place: int, way: Way) -> None:
    """Cut at forty (120) places from greeting to goodbye: the next polls bring every mail once, byte for byte."""
    with Proxy(mailbox.port, at=place * spoken(mailbox) // PLACES, way=way) as proxy:
        check(mailbox, tmp_path, proxy, silence=5)


@pytest.mark.parametrize("way", ["rst", "fin"])
@pytest.mark.parametrize("place", [0, 1, 20, 47, 48, 49, 60, 100, 150, 200, 250, 300, 330, 360])
def test_imap_cut_in_what_we_say(mailbox: EmbeddedImap, tmp_path: Path, place: int, way: Way) -> None:
    """Cut in the middle of our own commands: the same."""
    with Proxy(mailbox.port, at=place, way=way, direction="up") as proxy:
        check(mailbox, tmp_path, proxy, silence=5)


@pytest.mark.parametrize("way", ["silence", "drip"])
@pytest.mark.parametrize("place", seeds(5, all_of_them=16))
def test_imap_silence_and_drip_end(mailbox: EmbeddedImap, tmp_path: Path, place: int, way: Way) -> None:
    """A server that goes silent, or drips a byte at a time, is left in time; the next polls bring everything."""
    began = time.monotonic()
    with Proxy(
        mailbox.port, at=300 + place * (spoken(mailbox) - 300) // (17 if RELEASE else 5), way=way, pause=0.3
    ) as proxy:
        check(mailbox, tmp_path, proxy, silence=1.5)
    # The drip may take what a slow but living line is given for the bytes that are due.
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("way", ["rst", "fin"])
@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("place", range(20))
def test_smtp_cut_anywhere_is_never_doubled(place: int, direction: str, way: Way) -> None:
    """Cut at twenty places each way: sent again on LATER, never on UNSURE, there is one copy or an honest UNSURE."""
    with EmbeddedSmtp() as server:
        length = 2300 if direction == "up" else 520
        with Proxy(server.port, at=place * length // 20, way=way, direction=direction) as proxy:
            for _ in range(3):
                transport = SmtpTransport(
                    server.host, proxy.port, server.user, server.password, security="none", timeout=5
                )
                result = transport.send(LETTER, sender=server.user, recipients=("a@unit.example",))
                transport.close()
                if result.verdict not in (SendVerdict.LATER, SendVerdict.OFFLINE):
                    break
        assert result.verdict in (SendVerdict.ACCEPTED, SendVerdict.UNSURE)
        assert len(server.accepted) <= 1
        if result.verdict is SendVerdict.ACCEPTED:
            assert len(server.accepted) == 1
