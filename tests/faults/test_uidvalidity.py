"""F6: folders that are rebuilt under another UIDVALIDITY, or under none: no old mail twice, no new mail missed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.archive import Archive
from pipeline.adapters.embedded import NETEASE, EmbeddedImap
from pipeline.adapters.source import FULL_EVERY, Cursor
from tests.support.imapscript import Mail, ScriptedImap
from tests.support.servers import START, imap_source, letter

OLD = tuple(letter(number) for number in range(1, 7))
NEW = tuple(letter(number) for number in range(7, 11))


def settle(archive: Archive, server: EmbeddedImap, cursor: Cursor, *, polls: int = FULL_EVERY) -> Cursor:
    """Poll until a full comparison has come round."""
    for _ in range(polls):
        cursor = imap_source(server).poll(cursor, keep=archive.keep).cursor
    return cursor


@pytest.mark.parametrize("validity", [1, 2, 77, 4294967295], ids=["the same", "up", "further up", "largest"])
@pytest.mark.parametrize("case", ["same mails", "other mails", "both, other order", "down again"])
def test_a_folder_rebuilt(tmp_path: Path, validity: int, case: str) -> None:
    """Rebuilt with the same, with other mails under the same numbers, with both, and back to a lower UIDVALIDITY."""
    archive = Archive(tmp_path)
    with EmbeddedImap(NETEASE) as server:
        for number, data in enumerate(OLD):
            server.deliver(data, received_at=START + timedelta(minutes=number))
        cursor = settle(archive, server, Cursor(), polls=1)
        then = {"same mails": OLD, "other mails": NEW, "both, other order": (*NEW, *OLD[::-1]), "down again": OLD}[case]
        server.rebuild(validity=validity)
        for number, data in enumerate(then):
            server.deliver(data, received_at=START + timedelta(hours=1, minutes=number))
        cursor = settle(archive, server, cursor)
        if case == "down again":
            server.rebuild(validity=1)
            for data in (*NEW, *OLD):
                server.deliver(data, received_at=START + timedelta(hours=2))
            settle(archive, server, cursor)
        wanted = {*OLD, *then, *(NEW if case == "down again" else ())}
        kept = [raw.data for raw in archive.walk()]
        assert sorted(kept) == sorted(wanted)
        assert archive.verify() == ()
        assert server.changes == []


@pytest.mark.parametrize("then", ["7", "6", ""], ids=["comes", "another", "stays away"])
def test_a_uidvalidity_that_is_missing(tmp_path: Path, then: str) -> None:
    """A server that tells none, and one that begins or stops to: the same."""
    archive = Archive(tmp_path)
    with ScriptedImap([Mail(number, data) for number, data in enumerate(OLD, start=1)], validity="") as server:
        source = imap_source(EmbeddedImap())
        source.host, source.port, source.silence = server.host, server.port, 5
        cursor = source.poll(Cursor(), keep=archive.keep).cursor
        server.validity = then
        server.mails = [Mail(number, data) for number, data in enumerate((*OLD, *NEW), start=1)]
        source.poll(cursor, keep=archive.keep)
    assert sorted(raw.data for raw in archive.walk()) == sorted((*OLD, *NEW))


@pytest.mark.parametrize("times", [1, 2])
def test_moved_away_and_back(tmp_path: Path, times: int) -> None:
    """A clerk moves a mail to junk and back, once or twice: one mail with one first receipt."""
    archive = Archive(tmp_path)
    with EmbeddedImap(NETEASE) as server:
        uid = server.deliver(OLD[0], received_at=START)
        cursor = settle(archive, server, Cursor(), polls=1)
        for _ in range(times):
            server.move(uid, to="垃圾邮件")
            cursor = settle(archive, server, cursor, polls=1)
            server.rebuild("垃圾邮件", validity=1)
            uid = server.deliver(OLD[0], received_at=START + timedelta(hours=1))
            cursor = settle(archive, server, cursor, polls=1)
        ((digest, at),) = {(raw.digest, raw.received_at) for raw in archive.walk()}
        assert (at, digest in archive) == (START, True)
