"""What emptied other programs' mailboxes leaves ours as it was: one test an incident, named after its report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters.embedded import NETEASE, EmbeddedImap
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.source import Cursor
from pipeline.errors import SourceError, YuebaoError
from pipeline.flows.ingest import ingest
from pipeline.model import Opened
from tests.hostile.office_desk import START, office
from tests.support.servers import imap_source, letter


@pytest.fixture
def server() -> Iterator[EmbeddedImap]:
    """A mailbox of the 163 kind with five mails."""
    with EmbeddedImap(NETEASE) as running:
        for number in range(1, 6):
            running.deliver(letter(number), received_at=START + timedelta(minutes=number))
        yield running


def test_peer_zammad_243_a_wrong_set_up_empties_no_mailbox(server: EmbeddedImap) -> None:
    """zammad/zammad#243: after a mistake in the set-up all mails were gone. Here a refused login changes nothing."""
    for user, password in (("nobody", "wrong"), ("", "")):
        source = ImapSource(server.host, server.port, user, password, security="none", silence=2)
        with pytest.raises(SourceError):
            source.poll(Cursor(), keep=lambda _mail: None)
    assert (server.changes, len(server.mails())) == ([], 5)


def test_peer_django_mailbox_154_a_mail_that_fails_is_not_deleted(server: EmbeddedImap, tmp_path: Path) -> None:
    """coddingtonbear/django-mailbox#154, #76: what could not be processed was deleted on the server all the same."""

    def fails(_data: bytes, _digest: str) -> Opened:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "a mail that no reader likes")

    with office(tmp_path / "home", opener=fails) as desk:
        desk.source = imap_source(server)
        ingest(desk)
        assert (server.changes, len(server.mails()), len(desk.archive)) == ([], 5, 5)
        assert all(message.trouble for message in desk.ledger.messages())


def test_peer_paperless_ngx_2396_what_was_lost_on_the_way_comes_back(server: EmbeddedImap, tmp_path: Path) -> None:
    """paperless-ngx/paperless-ngx#2396: a document lost in processing was marked as read and never came again."""

    def breaks(_data: bytes, _digest: str) -> Opened:
        raise YuebaoError("读信的组件没有安装好。")

    home = tmp_path / "home"
    with office(home, opener=breaks) as desk:
        desk.source = imap_source(server)
        with pytest.raises(YuebaoError):
            ingest(desk)
        assert (len(desk.archive), len(desk.ledger.messages())) == (5, 0)
    with office(home) as desk:
        desk.source = imap_source(server)
        ingest(desk)
        assert (len(desk.ledger.messages()), server.changes) == (5, [])
