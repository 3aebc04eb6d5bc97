"""The IMAP source against 163's manners, other people's hands, and servers that lie."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.adapters.embedded import NETEASE, PLAIN, QQ, EmbeddedImap
from pipeline.adapters.imap import ImapSource, profile_of
from pipeline.adapters.source import FULL_EVERY, Cursor
from pipeline.errors import LoginError, NetworkError, SourceError
from pipeline.model import RawMessage
from tests.support.dovecot import dovecot
from tests.support.imapscript import Mail, ScriptedImap
from tests.support.servers import START, imap_source, letter


@pytest.fixture
def server() -> Iterator[EmbeddedImap]:
    """A mailbox of the 163 kind."""
    with EmbeddedImap(NETEASE) as running:
        yield running


def fill(server: EmbeddedImap, *numbers: int, folder: str = "INBOX") -> list[int]:
    """Deliver some mails; their UIDs."""
    return [
        server.deliver(letter(number), received_at=START + timedelta(minutes=number), folder=folder)
        for number in numbers
    ]


def subjects(got: list[RawMessage]) -> list[int]:
    """Numbers of the letters."""
    return sorted(int(raw.data.split(b"with SMTP id ")[1].split(b";")[0]) for raw in got)


def ignore(_: RawMessage) -> None:
    """Take a mail and forget it."""


# --------------------------------------------------------------------------- manners


def test_id_goes_first_on_every_connection(server: EmbeddedImap) -> None:
    """ID follows the login and comes before the first EXAMINE, each time."""
    fill(server, 1)
    source = imap_source(server)
    source.poll(Cursor(), keep=ignore)
    source.find_sent("<1@demo.example>")
    for words in " ".join(server.commands).split("login")[1:]:
        assert words.index(" id ") < words.index("examine")


def test_unsafe_login_is_explained(server: EmbeddedImap) -> None:
    """A server that refuses EXAMINE as unsafe ends in a login error that says what to do."""
    server.refuse("id", b"BAD unknown")
    with pytest.raises(LoginError, match="Unsafe Login"):
        imap_source(server).poll(Cursor(), keep=ignore)


def test_nothing_is_asked_that_163_lacks(server: EmbeddedImap) -> None:
    """No STATUS, IDLE, MOVE, NOOP, nor any SEARCH but by ALL; and no command that changes anything."""
    fill(server, *range(1, 40))
    cursor = imap_source(server).poll(Cursor(), keep=ignore).cursor
    imap_source(server).poll(cursor, keep=ignore, full=True)
    imap_source(server).find_sent("<1@demo.example>")
    imap_source(server).probe()
    names = {command.split(" BODY")[0].split(" RFC822")[0] for command in server.commands}
    assert names == {"capability", "login", "id", "list", "examine", "uid search", "uid fetch", "logout"}
    assert server.changes == []


def test_wrong_code_is_a_login_error(server: EmbeddedImap) -> None:
    """A refused account is told apart from a lost network, with the remedy, without the code."""
    source = replace(imap_source(server), password="canary-wrong")
    with pytest.raises(LoginError, match="授权码") as caught:
        source.poll(Cursor(), keep=ignore)
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(source)


def test_wrong_code_at_qq_is_a_login_error() -> None:
    """QQ names a wrong code, a closed service and a busy system in one sentence: no blind retry."""
    with EmbeddedImap(QQ) as server, pytest.raises(LoginError, match="授权码"):
        replace(imap_source(server), password="wrong").poll(Cursor(), keep=ignore)


@pytest.mark.parametrize("answer", [b"NO [UNAVAILABLE] try later", b"NO too many connections", b"BYE"])
def test_busy_login_is_no_login_error(server: EmbeddedImap, answer: bytes) -> None:
    """A server that is busy, or ends the connection during LOGIN, is tried again."""
    server.refuse("login", answer)
    with pytest.raises(NetworkError):
        imap_source(server).poll(Cursor(), keep=ignore)


def test_code_with_chinese_letters_is_a_login_error(server: EmbeddedImap) -> None:
    """A code pasted with its Chinese caption is explained."""
    with pytest.raises(LoginError, match="非英文字符"):
        replace(imap_source(server), password="授权码abc").poll(Cursor(), keep=ignore)


def test_closed_port_and_unknown_name_are_network_errors() -> None:
    """Nobody there: a network error in Chinese."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        source = ImapSource("127.0.0.1", sock.getsockname()[1], "a", "b", security="none", silence=2)
        with pytest.raises(NetworkError, match="连接"):
            source.poll(Cursor(), keep=ignore)


def test_password_never_goes_in_the_clear() -> None:
    """Without encryption only this machine is spoken to."""
    with pytest.raises(SourceError, match="加密"):
        ImapSource("imap.elsewhere.example", 143, "a", "b", security="none")


@pytest.mark.parametrize(
    ("personality", "name"), [(NETEASE, "netease"), (QQ, "qq"), (PLAIN, "generic")], ids=lambda value: str(value)[:8]
)
def test_provider_is_recognised(personality: object, name: str) -> None:
    """The kind of server is found by probing."""
    with EmbeddedImap(personality) as server:  # type: ignore[arg-type]
        assert imap_source(server).probe().profile.name == name


def test_hosted_coremail_is_netease_too() -> None:
    """A government's own Coremail is known by its capability."""
    assert profile_of(b"* OK ready", (b"X-CM-EXT-1",), "mail.gov.example").name == "netease"


def test_sent_and_drafts_are_never_polled(server: EmbeddedImap) -> None:
    """Only inbox and junk are read: not what was sent, drafted or deleted."""
    for number, folder in enumerate(("已发送", "草稿箱", "已删除", "垃圾邮件", "广告邮件", "订阅邮件", "病毒文件夹")):
        fill(server, number, folder=folder)
    got: list[RawMessage] = []
    result = imap_source(server).poll(Cursor(), keep=got.append)
    assert subjects(got) == [3, 4, 5, 6]
    assert result.folders == ("INBOX", "垃圾邮件", "病毒文件夹", "广告邮件", "订阅邮件")


def test_folder_asked_for_is_read(server: EmbeddedImap) -> None:
    """A folder named in the configuration is read as well; one that does not exist is no trouble."""
    fill(server, 1, folder="已删除")
    got: list[RawMessage] = []
    replace(imap_source(server), folders=("已删除", "没有这个")).poll(Cursor(), keep=got.append)
    assert subjects(got) == [1]


def test_sent_letter_is_found_by_its_id(server: EmbeddedImap) -> None:
    """A letter is found in the folder of sent mails, or as a copy in the inbox."""
    fill(server, 5, folder="已发送")
    fill(server, 6)
    source = imap_source(server)
    found = [source.find_sent(f"<{number}@wenlv.xia.example>") for number in (5, 6, 7)]
    assert found == [True, True, False]


# --------------------------------------------------------------------------- other people's hands


def test_mail_moved_to_junk_and_back_keeps_its_identity(server: EmbeddedImap) -> None:
    """A mail moved about is seen again under other numbers, with the same digest and time."""
    (uid,) = fill(server, 1)
    got: list[RawMessage] = []
    source = imap_source(server)
    cursor = source.poll(Cursor(), keep=got.append).cursor
    server.move(uid, to="垃圾邮件")
    cursor = source.poll(cursor, keep=got.append).cursor
    server.move(NETEASE.first_uid, to="INBOX", folder="垃圾邮件")
    source.poll(cursor, keep=got.append)
    assert [raw.folder for raw in got] == ["INBOX", "垃圾邮件", "INBOX"]
    assert len({(raw.digest, raw.received_at) for raw in got}) == 1


@pytest.mark.parametrize("validity", [2, 99, 4294967295])
def test_new_validity_reads_all_again(server: EmbeddedImap, validity: int) -> None:
    """A folder with another UIDVALIDITY is read from the start, and the office is told."""
    fill(server, 1, 2, 3)
    source = imap_source(server)
    cursor = source.poll(Cursor(), keep=ignore).cursor
    server.rebuild(validity=validity)
    fill(server, 1, 2, 3, 4)
    got: list[RawMessage] = []
    result = source.poll(cursor, keep=got.append)
    assert subjects(got) == [1, 2, 3, 4]
    assert any("编号已重排" in note for note in result.notes)
    assert source.poll(result.cursor, keep=got.append).kept == 0


def test_other_mails_under_old_numbers_are_found(server: EmbeddedImap) -> None:
    """A folder rebuilt with the same UIDVALIDITY and UIDs, but other mails, is found out by the full comparison."""
    fill(server, 1, 2, 3)
    source = imap_source(server)
    cursor = source.poll(Cursor(), keep=ignore).cursor
    server.rebuild(validity=1)
    fill(server, 11, 12, 13)
    got: list[RawMessage] = []
    for _ in range(FULL_EVERY):
        cursor = source.poll(cursor, keep=got.append).cursor
    assert subjects(got) == [11, 12, 13]


@pytest.mark.dovecot
def test_recreated_folder_of_a_real_server() -> None:
    """Dovecot's junk folder is deleted and made anew, with other mails under the same numbers: they are read."""
    with dovecot() as server:
        source = ImapSource(server.host, server.port, server.user, server.password, security="none", silence=20)
        for number in (1, 2):
            server.deliver(letter(number), received_at=START, folder="垃圾邮件")
        cursor = source.poll(Cursor(), keep=ignore).cursor
        with server.client() as clerk:
            clerk.delete_folder("垃圾邮件")
            clerk.create_folder("垃圾邮件")
        for number in (3, 4):
            server.deliver(letter(number), received_at=START, folder="垃圾邮件")
        got: list[RawMessage] = []
        result = source.poll(cursor, keep=got.append)
        assert (subjects(got), result.not_fetched) == ([3, 4], ())
        assert any("编号已重排" in note for note in result.notes)


def test_full_comparison_comes_round(server: EmbeddedImap) -> None:
    """Every twelfth poll compares all mails, and only that one."""
    fill(server, 1)
    source = imap_source(server)
    cursor = source.poll(Cursor(), keep=ignore).cursor
    server.commands.clear()
    for _ in range(FULL_EVERY):
        cursor = source.poll(cursor, keep=ignore).cursor
    assert sum("RFC822.SIZE" in command for command in server.commands) == 1


def test_refusing_folder_does_not_stop_the_others(server: EmbeddedImap) -> None:
    """A junk folder that refuses is told; inbox and the rest are read."""
    fill(server, 1)
    fill(server, 2, folder="订阅邮件")
    server.refuse("examine", b"", b"NO mailbox is locked")
    got: list[RawMessage] = []
    result = imap_source(server).poll(Cursor(), keep=got.append)
    assert (subjects(got), result.complete) == ([1, 2], False)
    assert "垃圾邮件" in result.notes[0]


@pytest.mark.parametrize("answer", [b"NO not now", b"BAD what", b"BYE"])
@pytest.mark.parametrize("command", ["capability", "login", "id", "list", "examine", "search", "fetch"])
def test_any_command_may_fail_once(server: EmbeddedImap, command: str, answer: bytes) -> None:
    """NO, BAD and BYE to any command: an error of ours or none, and the next poll brings every mail once."""
    fill(server, *range(1, 6))
    source = imap_source(server)
    server.refuse(command, answer)
    got: list[RawMessage] = []
    stored = [Cursor()]
    with contextlib.suppress(SourceError):
        stored.append(source.poll(Cursor(), keep=got.append, moved=stored.append).cursor)
    source.poll(stored[-1], keep=got.append)
    assert subjects(got) == [1, 2, 3, 4, 5]


# --------------------------------------------------------------------------- servers that lie


def scripted(server: ScriptedImap, **more: object) -> ImapSource:
    """A source that reads a scripted server."""
    return replace(
        ImapSource(server.host, server.port, "a", "b", security="none", silence=4),
        **more,  # type: ignore[arg-type]
    )


def mails(count: int) -> list[Mail]:
    """Some honest mails."""
    return [Mail(number, letter(number)) for number in range(1, count + 1)]


def test_empty_payload_is_tried_again() -> None:
    """A mail whose text comes empty is listed, not marked done, and comes when it comes (OTRS lost such mails)."""
    for lie in ({"instead": "NIL"}, {"instead": '""'}, {"data": b""}):
        honest = mails(3)
        spoiled = [honest[0], replace(honest[1], **lie), honest[2]]
        with ScriptedImap(spoiled) as server:
            got: list[RawMessage] = []
            result = scripted(server).poll(Cursor(), keep=got.append)
            assert (subjects(got), [missing.uid for missing in result.not_fetched]) == ([1, 3], [2])
            server.mails[1] = honest[1]
            result = scripted(server).poll(result.cursor, keep=got.append)
            assert (subjects(got), result.not_fetched) == ([1, 2, 3], ())


def test_poisonous_mail_does_not_stop_the_others() -> None:
    """A mail at which the server always drops the connection is listed; all others come."""
    spoiled = mails(40)
    spoiled[7].poison = spoiled[30].poison = True
    with ScriptedImap(spoiled) as server:
        got: list[RawMessage] = []
        result = scripted(server).poll(Cursor(), keep=got.append)
        assert len(got) == 38
        assert [missing.uid for missing in result.not_fetched] == [8, 31]
        assert all("连接中断" in missing.reason for missing in result.not_fetched)


def test_lying_size_does_not_fill_memory() -> None:
    """A literal far beyond the declared size is refused before it is read; the mail is listed, the others come."""
    spoiled = mails(5)
    spoiled[2].literal = 4_000_000_000
    with ScriptedImap(spoiled) as server:
        got: list[RawMessage] = []
        result = scripted(server).poll(Cursor(), keep=got.append)
        assert subjects(got) == [1, 2, 4, 5]
        assert [missing.uid for missing in result.not_fetched] == [3]


def test_mail_larger_than_it_says_comes_in_parts() -> None:
    """A mail that declares 10 KB and has 12 MB comes whole; over the limit it is listed with what was seen."""
    large = letter(2, size=12 * 1024 * 1024)
    with ScriptedImap([Mail(1, letter(1)), Mail(2, large, size=10_000), Mail(3, letter(3))]) as server:
        got: list[RawMessage] = []
        result = scripted(server).poll(Cursor(), keep=got.append)
        assert ({raw.data for raw in got} == {letter(1), large, letter(3)}, result.not_fetched) == (True, ())
        limited = scripted(server, max_mail=5 * 1024 * 1024).poll(Cursor(), keep=ignore)
        assert [missing.uid for missing in limited.not_fetched] == [2]
        assert "超过上限" in limited.not_fetched[0].reason


@pytest.mark.parametrize("told", [0, 1, 200, 100_000])
def test_wrong_size_is_no_reason_to_lose_a_mail(told: int) -> None:
    """Whatever size a server tells, the mail comes byte for byte."""
    with ScriptedImap([Mail(1, letter(1, size=5000), size=told)]) as server:
        got: list[RawMessage] = []
        scripted(server).poll(Cursor(), keep=got.append)
        assert [raw.data for raw in got] == [letter(1, size=5000)]


def test_server_without_parts_is_read_whole() -> None:
    """Where BODY[]<o.n> is ignored the whole mail is taken at once."""
    large = letter(1, size=9 * 1024 * 1024)
    with ScriptedImap([Mail(1, large)], parts=False) as server:
        got: list[RawMessage] = []
        scripted(server).poll(Cursor(), keep=got.append)
        assert [raw.data for raw in got] == [large]


@pytest.mark.parametrize(
    "search",
    [
        lambda: [3, 1, 2],
        lambda: [1, 1, 2, 3, 3],
        lambda: [3],
        list,
    ],
    ids=["not ascending", "double", "left out", "empty"],
)
def test_odd_search_loses_and_doubles_nothing(search: object) -> None:
    """UIDs out of order, twice, or left out of SEARCH: each mail comes once."""
    with ScriptedImap(mails(3), search=search) as server:  # type: ignore[arg-type]
        got: list[RawMessage] = []
        cursor = scripted(server).poll(Cursor(), keep=got.append).cursor
        scripted(server).poll(cursor, keep=got.append)
        assert subjects(got) == [1, 2, 3]


def test_new_mail_with_a_lower_number_is_found() -> None:
    """A server whose UIDs do not ascend loses nothing: the cursor knows numbers, not a highest one."""
    with ScriptedImap([Mail(50, letter(1))]) as server:
        got: list[RawMessage] = []
        cursor = scripted(server).poll(Cursor(), keep=got.append).cursor
        server.mails.append(Mail(7, letter(2)))
        scripted(server).poll(cursor, keep=got.append)
        assert subjects(got) == [1, 2]


def test_missing_validity_is_no_trouble() -> None:
    """A server without UIDVALIDITY is read once like any other."""
    with ScriptedImap(mails(2), validity="") as server:
        got: list[RawMessage] = []
        cursor = scripted(server).poll(Cursor(), keep=got.append).cursor
        assert (subjects(got), scripted(server).poll(cursor, keep=got.append).kept) == ([1, 2], 0)


def test_foreign_lines_in_between_are_ignored() -> None:
    """EXISTS, EXPUNGE, flags of other mails in the middle of an answer change nothing."""
    noise = ("* 9 EXISTS", "* 4 EXPUNGE", "* 1 FETCH (UID 1 FLAGS (\\Seen))", "* OK [ALERT] 系统维护")
    with ScriptedImap(mails(3), noise=noise) as server:
        got: list[RawMessage] = []
        scripted(server).poll(Cursor(), keep=got.append)
        assert subjects(got) == [1, 2, 3]


def test_mail_the_server_says_nothing_about_is_listed() -> None:
    """A number in SEARCH without any answer to FETCH is on the visible list until it is there or gone."""
    spoiled = mails(3)
    spoiled[1].silent = True
    with ScriptedImap(spoiled) as server:
        result = scripted(server).poll(Cursor(), keep=ignore)
        assert [missing.uid for missing in result.not_fetched] == [2]
        del server.mails[1]
        result = scripted(server).poll(result.cursor, keep=ignore)
        assert "已从这个文件夹删除或移走" in result.not_fetched[0].reason
        assert scripted(server).poll(result.cursor.forget("INBOX", "2"), keep=ignore).not_fetched == ()


def test_dead_server_is_given_up_after_a_few_connections() -> None:
    """When every connection is lost the poll ends as a network error and does not hammer the server."""
    spoiled = mails(30)
    for mail in spoiled:
        mail.poison = True
    with ScriptedImap(spoiled) as server:
        with pytest.raises(NetworkError):
            scripted(server).poll(Cursor(), keep=ignore)
        assert server.logins <= 6


@pytest.mark.parametrize("command", ["CAPABILITY", "LOGIN", "LIST", "EXAMINE", "SEARCH", "FETCH"])
def test_silence_ends(command: str) -> None:
    """A server that stops answering at any command is left after the time of silence."""
    with ScriptedImap(mails(2), answers={command: ["silence"] * 9}) as server:
        began = time.monotonic()
        with pytest.raises(NetworkError):
            scripted(server, silence=0.4).poll(Cursor(), keep=ignore)
        assert time.monotonic() - began < 6
