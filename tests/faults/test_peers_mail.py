"""What lost or doubled mail in other programs does not happen here: one test an incident, named after its report."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters import failpoints
from pipeline.adapters.archive import Archive
from pipeline.adapters.embedded import ACCEPT_AND_SILENCE, NETEASE, Accepted, EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import SmtpTransport
from pipeline.adapters.source import Cursor, raw_message
from pipeline.errors import ArchiveError
from pipeline.model import RawMessage, SendVerdict
from tests.support.imapscript import Mail, ScriptedImap
from tests.support.servers import START, imap_source, letter


@pytest.fixture
def server() -> Iterator[EmbeddedImap]:
    """A mailbox of the 163 kind."""
    with EmbeddedImap(NETEASE) as running:
        yield running


def fill(server: EmbeddedImap, *numbers: int) -> list[int]:
    """Deliver some mails; their UIDs."""
    return [server.deliver(letter(number), received_at=START + timedelta(minutes=number)) for number in numbers]


def ids(archive: Archive) -> list[bytes]:
    """First words of the archived mails."""
    return sorted(raw.data for raw in archive.walk())


def test_peer_parsedmarc_242_mail_leaves_the_list_only_when_stored(server: EmbeddedImap, tmp_path: Path) -> None:
    """domainaware/parsedmarc#242: mails were moved before their result was stored. Here nothing is moved at all."""
    fill(server, 1, 2, 3)
    archive = Archive(tmp_path)

    def fails(_: RawMessage) -> None:
        raise ArchiveError("存不下。")

    stored: list[Cursor] = []
    with pytest.raises(ArchiveError):
        imap_source(server).poll(Cursor(), keep=fails, moved=stored.append)
    assert (stored, server.changes, len(server.mails())) == ([], [], 3)
    imap_source(server).poll(Cursor(), keep=archive.keep)
    assert len(archive) == 3


def test_peer_osticket_6979_deletions_in_between_skip_nothing(server: EmbeddedImap, tmp_path: Path) -> None:
    """osTicket/osTicket#6979: by sequence numbers, every second mail was skipped. UIDs do not shift."""
    uids = fill(server, *range(1, 61))
    archive = Archive(tmp_path)
    doomed = iter(uids[:25])

    def keep_and_delete(raw: RawMessage) -> None:
        archive.keep(raw)
        if (uid := next(doomed, None)) is not None:
            server.remove(uid)

    cursor = imap_source(server).poll(Cursor(), keep=keep_and_delete).cursor
    imap_source(server).poll(cursor, keep=archive.keep)
    assert ids(archive) == sorted(letter(number) for number in range(1, 61))


def test_peer_paperless_ngx_8944_same_uid_after_new_validity_is_another_mail(
    server: EmbeddedImap, tmp_path: Path
) -> None:
    """paperless-ngx/paperless-ngx#8944: a new mail under an old UID was taken as already processed."""
    (uid,) = fill(server, 1)
    archive = Archive(tmp_path)
    cursor = imap_source(server).poll(Cursor(), keep=archive.keep).cursor
    server.rebuild(validity=2)
    assert fill(server, 2) == [uid]
    imap_source(server).poll(cursor, keep=archive.keep)
    assert ids(archive) == sorted((letter(1), letter(2)))


def test_peer_paperless_ngx_8329_full_disk_is_tried_again(
    server: EmbeddedImap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paperless-ngx/paperless-ngx#8329: with the disk full a mail was marked as done and never tried again."""
    fill(server, *range(1, 6))
    archive = Archive(tmp_path)
    stored = [Cursor()]
    monkeypatch.setenv(failpoints.VARIABLE, "archive.after_write:3=enospc")
    with pytest.raises(ArchiveError, match="磁盘已满"):
        imap_source(server).poll(stored[-1], keep=archive.keep, moved=stored.append)
    monkeypatch.delenv(failpoints.VARIABLE)
    imap_source(server).poll(stored[-1], keep=archive.keep)
    assert ids(archive) == sorted(letter(number) for number in range(1, 6))


def test_peer_otrs_694_missing_payload_is_no_mail(tmp_path: Path) -> None:
    """OTRS/otrs#694: a mail was deleted although the server had returned no payload. Here it is listed."""
    mails = [Mail(1, letter(1)), Mail(2, letter(2), instead="NIL"), Mail(3, letter(3))]
    with ScriptedImap(mails) as server:
        source = ImapSource(server.host, server.port, "a", "b", security="none", silence=2)
        archive = Archive(tmp_path)
        result = source.poll(Cursor(), keep=archive.keep)
        assert ([missing.uid for missing in result.not_fetched], len(archive)) == ([2], 2)


def test_peer_zammad_78_interrupted_fetch_does_not_repeat(server: EmbeddedImap, tmp_path: Path) -> None:
    """zammad/zammad#78, #1662, osTicket/osTicket#5645: interrupted fetches made the same tickets again and again."""
    fill(server, *range(1, 8))
    for stop in range(1, 8):
        archive = Archive(tmp_path)
        count = 0

        def keep(raw: RawMessage) -> None:
            nonlocal count
            archive.keep(raw)  # noqa: B023 - used within this round only
            count += 1
            if count == stop:  # noqa: B023 - as above
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            imap_source(server).poll(Cursor(), keep=keep)
    assert ids(Archive(tmp_path)) == sorted(letter(number) for number in range(1, 8))
    assert len(list(Archive(tmp_path).sightings())) == 7


def test_peer_paperless_664_undecodable_mail_stops_nobody(server: EmbeddedImap, tmp_path: Path) -> None:
    """the-paperless-project/paperless#664, jonaswinkler/paperless-ng#404, NousResearch/hermes-agent#55383.

    A mail that no parser likes is archived like any other: here nothing is parsed before it is safe.
    """
    odd = [
        (
            b"From: =?x-unknown?Q?=FF=FE?= <a@b.example>\r\n"
            b"Content-Type: text/plain; charset=martian\r\n\r\n\xff\xfe\x00x\r\n"
        ),
        b"Subject: \xd5\xe3\r\nDate: never\r\nContent-Type: multipart/mixed\r\n\r\nno boundary\r\n",
        b"\r\n\r\nno header at all\r\n",
        b"Received: \xff\xff;\xff\r\n\r\n",
    ]
    for number, data in enumerate(odd):
        server.deliver(data, received_at=START + timedelta(minutes=number))
    fill(server, 10, 11)
    archive = Archive(tmp_path)
    imap_source(server).poll(Cursor(), keep=archive.keep)
    assert ids(archive) == sorted((*odd, letter(10), letter(11)))


def test_peer_chasquid_78_mail_is_on_disk_before_it_is_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """albertito/chasquid#78: a mail was confirmed without fsync, so a power cut could leave an empty file."""
    steps: list[str] = []
    fsync, link = os.fsync, os.link

    def recorded_fsync(handle: int) -> None:
        target = Path(f"/proc/self/fd/{handle}").resolve()
        steps.append(f"sync {target.relative_to(tmp_path.resolve()).parts[0] if target != tmp_path else '.'}")
        fsync(handle)

    def recorded_link(source: Path, target: Path) -> None:
        steps.append("link")
        link(source, target)

    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc: the order of fsync cannot be watched here")
    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "link", recorded_link)
    archive = Archive(tmp_path)
    archive.keep(raw_message(letter(1), received_at=START, folder="INBOX", origin="1"))
    archive.keep(raw_message(letter(2), received_at=START, folder="INBOX", origin="2"))
    second = steps[steps.index("link") + 2 :]
    assert second == ["sync tmp", "sync index.jsonl", "link", "sync 2022"]


def test_peer_freescout_5457_timeout_after_the_text_is_no_failure() -> None:
    """freescout-help-desk/freescout#5457, pimalaya/core#46: after a time-out behind DATA the mail was sent again."""
    with EmbeddedSmtp() as server:
        server.say("DOT", ACCEPT_AND_SILENCE)
        transport = SmtpTransport(
            server.host, server.port, server.user, server.password, security="none", timeout=5, timeout_after_dot=1.0
        )
        result = transport.send(letter(1), sender=server.user, recipients=("a@unit.example",))
        transport.close()
        assert (result.verdict, result.wait_seconds, len(server.accepted)) == (SendVerdict.UNSURE, 0, 1)


def test_peer_swiftmailer_828_late_answer_is_waited_for() -> None:
    """swiftmailer/swiftmailer#828: 30 seconds were too short for the answer to the final dot; RFC 5321 asks for 600."""
    assert SmtpTransport("smtp.x.example", 465, "a", "b").timeout_after_dot == 600

    def slowly(_: Accepted) -> None:
        threading.Event().wait(2.0)

    with EmbeddedSmtp(on_accept=slowly) as server:
        transport = SmtpTransport(server.host, server.port, server.user, server.password, security="none", timeout=1.2)
        assert transport.send(letter(1), sender=server.user, recipients=("a@unit.example",)).code == 250
        transport.close()
