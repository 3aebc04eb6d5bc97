"""The embedded servers behave as 163 and QQ do, and stop without leftovers."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientError

from pipeline.adapters.embedded import NETEASE, PLAIN, QQ, EmbeddedImap, EmbeddedSmtp, Personality
from pipeline.adapters.source import Cursor
from pipeline.model import RawMessage
from tests.support.servers import START, imap_source, letter


@contextmanager
def client(server: EmbeddedImap, *, identified: bool = True) -> Iterator[IMAPClient]:
    """A client that is logged in."""
    with IMAPClient(server.host, server.port, ssl=False, timeout=10) as made:
        made.login(server.user, server.password)
        if identified:
            made.id_({"name": "test"})
        yield made


def test_163_refuses_until_it_knows_who_asks() -> None:
    """SELECT and EXAMINE are refused as unsafe before ID, on every connection anew."""
    with EmbeddedImap(NETEASE) as server:
        for _ in range(2):
            with client(server, identified=False) as imap:
                for readonly in (True, False):
                    with pytest.raises(IMAPClientError, match="Unsafe Login"):
                        imap.select_folder("INBOX", readonly=readonly)
                imap.id_({"name": "test"})
                assert imap.select_folder("INBOX", readonly=True)[b"UIDVALIDITY"] == 1


def test_163_lacks_what_163_lacks() -> None:
    """No UIDNEXT, an empty STATUS, no MOVE, no IDLE, a SEARCH that finds no sender and no subject."""
    with EmbeddedImap(NETEASE) as server:
        server.deliver(letter(1), received_at=START)
        with client(server) as imap:
            assert b"UIDNEXT" not in imap.select_folder("INBOX")
            assert imap.folder_status("INBOX", ["UIDNEXT", "MESSAGES"]) == {}
            with pytest.raises(CapabilityError):
                imap.move([1], "已删除")
            with pytest.raises(CapabilityError):
                imap.idle()
            found = [imap.search(key) for key in (["ALL"], ["UNSEEN"], ["FROM", "wenlv"], ["SUBJECT", "1"])]
            assert found == [[NETEASE.first_uid], [NETEASE.first_uid], [], []]
            assert imap.find_special_folder(b"\\Junk") == "垃圾邮件"
            imap.copy([NETEASE.first_uid], "已删除")
            imap.delete_messages([NETEASE.first_uid])
            imap.uid_expunge([NETEASE.first_uid])
        assert (server.mails(), len(server.mails("已删除"))) == ((), 1)
        assert {change.split()[0] for change in server.changes} == {"select", "uid"}


def test_qq_finds_everything() -> None:
    """QQ has UIDNEXT and MOVE, no special-use names, and a SEARCH that ignores what is searched."""
    with EmbeddedImap(QQ) as server:
        for number in range(3):
            server.deliver(letter(number), received_at=START)
        with client(server) as imap:
            assert imap.select_folder("INBOX")[b"UIDNEXT"] == 4
            assert imap.search(["FROM", "nobody"]) == [1, 2, 3]
            flags = {name: attributes for attributes, _, name in imap.list_folders()}
            assert b"\\Sent" not in flags["Sent Messages"]
            assert b"\\NoSelect" in flags["其他文件夹"]


@pytest.mark.parametrize("personality", [NETEASE, QQ, PLAIN], ids=lambda value: value.name)
def test_mail_arrives_while_clients_are_connected(personality: Personality) -> None:
    """A mail delivered during a connection is seen by the next look."""
    with EmbeddedImap(personality) as server, client(server) as imap:
        imap.select_folder("INBOX", readonly=True)
        assert imap.search(["ALL"]) == []
        uid = server.deliver(letter(1), received_at=START)
        imap.noop()
        assert imap.search(["ALL"]) == [uid]
        assert imap.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"] == letter(1)


def test_many_clients_at_once() -> None:
    """Eight polls at the same time each see every mail."""
    with EmbeddedImap() as server:
        for number in range(60):
            server.deliver(letter(number, size=2000), received_at=START + timedelta(minutes=number))
        counts: list[int] = []

        def poll() -> None:
            counts.append(imap_source(server).poll(Cursor(), keep=lambda _: None).kept)

        threads = [threading.Thread(target=poll) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert counts == [60] * 8


def test_servers_stop_with_clients_connected() -> None:
    """Stopping ends connections, threads and ports, without a warning; starting again works."""
    before = threading.active_count()
    for _ in range(3):
        with EmbeddedImap() as imap, EmbeddedSmtp() as smtp:
            connected = IMAPClient(imap.host, imap.port, ssl=False, timeout=5)
            connected.login(imap.user, imap.password)
            mail = smtplib.SMTP(smtp.host, smtp.port, timeout=5)
            mail.ehlo()
        connected.shutdown()
        mail.close()
    assert threading.active_count() == before


def test_use_after_stop_is_a_mistake() -> None:
    """A stopped server takes no mail."""
    with EmbeddedImap() as server:
        pass
    with pytest.raises(RuntimeError, match="not running"):
        server.deliver(letter(1), received_at=START)


def test_sent_mail_lands_where_163_puts_it() -> None:
    """An accepted mail is in 已发送, seen; its copy to ourselves in the inbox, with the server's time."""
    with EmbeddedImap() as mailbox, EmbeddedSmtp(mailbox=mailbox, clock=lambda: START) as smtp:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=5) as out:
            out.login(smtp.user, smtp.password)
            out.sendmail(smtp.user, ["a@unit.example", smtp.user], letter(1))
        assert mailbox.mails("已发送") == mailbox.mails() == (letter(1),)
        got: list[RawMessage] = []
        imap_source(mailbox).poll(Cursor(), keep=got.append)
        assert [raw.received_at for raw in got] == [START]


def test_departments_may_answer_at_once() -> None:
    """What is called on acceptance may deliver into the mailbox."""
    with EmbeddedImap() as mailbox:
        smtp = EmbeddedSmtp(on_accept=lambda _: mailbox.deliver(letter(9), received_at=START))
        with smtp, smtplib.SMTP(smtp.host, smtp.port, timeout=5) as out:
            out.login(smtp.user, smtp.password)
            out.sendmail(smtp.user, ["a@unit.example"], letter(1))
        assert mailbox.mails() == (letter(9),)
