"""Mails in memory → an IMAP server that behaves like 163.com or QQ, and an SMTP server that keeps what it accepts.

For the demo and the tests: real protocols on the loopback, no account, no network. Both are context managers;
each runs its own event loop in its own thread and leaves nothing behind when it stops. pymap's inner classes are
used, so its version is exact; this file is the only one that knows them.
"""

# ruff: noqa: N802, ARG002 - aiosmtpd calls handlers by its own names, with more arguments than are needed
from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import threading
from argparse import Namespace
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self, TypeVar, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.concurrent import Subsystem
from pymap.context import connection_exit
from pymap.exceptions import CloseConnection
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.command import Command
from pymap.parsing.message import AppendMessage
from pymap.parsing.response import CommandResponse, ResponseBad, ResponseNo
from pymap.parsing.response.code import Capability, MailboxId, UidNext
from pymap.parsing.response.specials import ListResponse, SearchResponse, StatusResponse
from pymap.parsing.specials.flag import Flag
from pymap.user import UserMetadata
from pysasl.creds.plain import PlainCredentials

_T = TypeVar("_T")

# aiosmtpd warns of its own old name for the login at every AUTH.
logging.getLogger("mail.log").setLevel(logging.ERROR)

LOOPBACK: Final = "127.0.0.1"
#: The one account of both servers; they listen on the loopback alone.
DEMO_USER: Final = "office@demo.example"
DEMO_CODE: Final = "demo-code"


# --------------------------------------------------------------------------- a loop in a thread


class _Loop:
    """An event loop in a thread of its own, stopped without leftovers."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine there and wait for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def stop(self) -> None:
        """Cancel what runs, let connections close, end the thread."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            self.run(self._cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    @staticmethod
    async def _cancel() -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Transports close in a callback of the next rounds.
        for _ in range(5):
            await asyncio.sleep(0)


def _listener() -> socket.socket:
    # asyncio turns Nagle off only where the protocol is named; with it, each answer waits 40 ms for an ACK.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, 0))
    sock.listen(64)
    sock.setblocking(False)
    return sock


# --------------------------------------------------------------------------- IMAP


@dataclass(frozen=True, slots=True)
class Personality:
    """How an IMAP server behaves, as far as a client notices."""

    name: str
    greeting: bytes
    capabilities: tuple[bytes, ...]
    #: Folders besides INBOX with their special-use attribute, without backslash.
    folders: tuple[tuple[str, bytes], ...]
    id_response: Mapping[bytes, bytes] | None
    #: EXAMINE and SELECT answer "Unsafe Login" until ID was sent on the connection.
    needs_id: bool = False
    #: SELECT tells UIDNEXT, STATUS tells anything.
    tells_status: bool = True
    #: UIDVALIDITY of every folder; ``None``: a fresh one.
    validity: int | None = None
    #: First UID of every folder.
    first_uid: int = 101
    #: What SEARCH by FROM, TO, SUBJECT, BODY and HEADER finds.
    search: Literal["right", "nothing", "everything"] = "right"
    login_refused: bytes = b"Login failed."


#: 163.com as seen in transcripts: no IDLE, MOVE, NAMESPACE, UIDNEXT; UIDVALIDITY always 1.
NETEASE: Final = Personality(
    name="163",
    greeting=b"Coremail System IMap Server Ready(163com[demo])",
    capabilities=(
        *(b"IMAP4rev1", b"XLIST", b"SPECIAL-USE", b"ID", b"LITERAL+", b"STARTTLS", b"APPENDLIMIT=71680000"),
        *(b"XAPPLEPUSHSERVICE", b"UIDPLUS", b"X-CM-EXT-1", b"SASL-IR", b"AUTH=XOAUTH2"),
    ),
    folders=(
        ("草稿箱", b"Drafts"),
        ("已发送", b"Sent"),
        ("已删除", b"Trash"),
        ("垃圾邮件", b"Junk"),
        ("病毒文件夹", b""),
        ("广告邮件", b""),
        ("订阅邮件", b""),
    ),
    id_response={b"name": b"Coremail Imap", b"vendor": b"Mailtech"},
    needs_id=True,
    tells_status=False,
    validity=1,
    first_uid=1320000001,
    search="nothing",
    login_refused=b"LOGIN Login error or password error",
)
#: QQ's company mailboxes as seen in a log: MOVE and IDLE, names in English, SEARCH that returns everything.
QQ: Final = Personality(
    name="qq",
    greeting=b"QQMail XMIMAP4Server ready",
    capabilities=(
        *(b"IMAP4rev1", b"XLIST", b"MOVE", b"IDLE", b"XAPPLEPUSHSERVICE", b"NAMESPACE", b"CHILDREN", b"ID", b"UIDPLUS"),
    ),
    folders=(
        ("Sent Messages", b""),
        ("Drafts", b""),
        ("Deleted Messages", b""),
        ("Junk", b""),
        ("其他文件夹", b"NoSelect"),
    ),
    id_response={b"NAME": b"QQMail"},
    first_uid=1,
    search="everything",
    login_refused=b"Login fail. Account is abnormal, service is not open, password is incorrect, "
    b"login frequency limited, or system is busy.",
)
#: pymap as it is.
PLAIN: Final = Personality(
    name="plain",
    greeting=b"IMAP4rev1 ready",
    capabilities=(b"IMAP4rev1", b"LITERAL+", b"ID", b"UIDPLUS", b"MOVE", b"IDLE"),
    folders=(("Sent", b"Sent"), ("Drafts", b"Drafts"), ("Trash", b"Trash"), ("Junk", b"Junk")),
    id_response=None,
)

#: Commands that change a mailbox; the tests demand that none ever comes.
_CHANGES: Final = frozenset(
    {"store", "copy", "move", "expunge", "append", "delete", "rename", "create", "subscribe", "unsubscribe", "close"}
)
_BLIND_KEYS: Final = frozenset({b"FROM", b"TO", b"CC", b"BCC", b"SUBJECT", b"BODY", b"TEXT", b"HEADER"})


class EmbeddedImap:
    """An IMAP server with one account, in this process."""

    def __init__(
        self,
        personality: Personality = NETEASE,
        *,
        user: str = DEMO_USER,
        password: str = DEMO_CODE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Describe the server; it runs inside its ``with`` block.

        Args:
            personality: Whose manners it has.
            user: The one account.
            password: Its code.
            tls: Certificate for STARTTLS.
        """
        self.personality = personality
        self.user = user
        self.password = password
        self.tls = tls
        self.host = LOOPBACK
        self.port = 0
        #: Every command that came, by name, with what it asked for.
        self.commands: list[str] = []
        #: Those among them that change a mailbox.
        self.changes: list[str] = []
        self._refusals: dict[str, deque[bytes]] = {}
        self._connections = 0
        self._loop: _Loop | None = None
        self._server: asyncio.AbstractServer | None = None
        self._config: Config | None = None
        self._mailboxes: MailboxSet | None = None
        self._hidden: list[tuple[MailboxData, int, Any]] = []

    def __enter__(self) -> Self:
        self._loop = _Loop(f"imap-{self.personality.name}")
        try:
            self._loop.run(self._start())
        except BaseException:
            self._loop.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.run(self._close())
            self._loop.stop()
            self._loop = None

    @property
    def connections(self) -> int:
        """Connections accepted so far."""
        return self._connections

    # ------------------------------------------------------------------ what happens in the world

    def deliver(self, data: bytes, *, received_at: datetime, folder: str = "INBOX", seen: bool = False) -> int:
        """Put a mail into a folder, also while clients are connected.

        Returns:
            Its UID.
        """
        return self._run(self._append(data, received_at=received_at, folder=folder, seen=seen))

    def remove(self, uid: int, *, folder: str = "INBOX") -> None:
        """Delete a mail, as a clerk does in the web page."""
        self._run(self._remove(uid, folder))

    def move(self, uid: int, *, to: str, folder: str = "INBOX") -> None:
        """Move a mail to another folder, as a clerk does in the web page."""
        self._run(self._move(uid, folder, to))

    def rebuild(self, folder: str = "INBOX", *, validity: int, first_uid: int | None = None) -> None:
        """Empty a folder and give it another UIDVALIDITY, as after a server's repair."""
        self._run(self._rebuild(folder, validity, first_uid or self.personality.first_uid))

    def refuse(self, command: str, *answers: bytes) -> None:
        """Answer the next commands of this name (``examine``, ``fetch`` …) with these instead.

        An answer begins with ``NO``, ``BAD`` or ``BYE``; an empty one lets the command through.
        """
        self._refusals.setdefault(command.lower(), deque()).extend(answers)

    def mails(self, folder: str = "INBOX") -> tuple[bytes, ...]:
        """The mails of a folder by UID."""
        return self._run(self._bytes(folder))

    # ------------------------------------------------------------------ inside the loop

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("the server is not running")
        return self._loop.run(coroutine)

    async def _start(self) -> None:
        args = Namespace(passlib_cfg=None, proxy_protocol=None)
        config = _Config(
            args,
            host=self.host,
            port=0,
            demo_data=False,
            demo_user=self.user,
            demo_password="",
            tls_enabled=self.tls is not None,
            ssl_context=self.tls,
            reject_dnsbl=False,
            # The default starts a pool of threads for password hashes.
            cpu_subsystem=Subsystem.for_asyncio(),
            bad_command_limit=None,
        )
        config.personality = self.personality
        config.apply_context()
        login = Login(config)
        login.users_dict[self.user] = UserMetadata(config, self.user)
        mailboxes = MailboxSet()
        for name, _ in self.personality.folders:
            await mailboxes.add_mailbox(name)
        for name in ("INBOX", *(name for name, _ in self.personality.folders)):
            mailbox = await mailboxes.get_mailbox(name)
            mailbox._max_uid = self.personality.first_uid - 1  # noqa: SLF001 - pymap has no public way
            if self.personality.validity is not None:
                mailbox._uid_validity = self.personality.validity  # noqa: SLF001
        config.set_cache[self.user] = (mailboxes, FilterSet())
        self._config, self._mailboxes = config, mailboxes

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connections += 1
            connection = IMAPConnection(config.commands, config, reader, writer, SocketInfoLocal(writer))
            async with contextlib.AsyncExitStack() as stack:
                connection_exit.set(stack)
                stack.enter_context(contextlib.closing(connection))
                with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                    await connection.run(_State(self, login, config))

        sock = _listener()
        self.port = sock.getsockname()[1]
        self._server = await asyncio.start_server(serve, sock=sock)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _folder(self, name: str) -> MailboxData:
        if self._mailboxes is None:
            raise RuntimeError("the server is not running")
        return await self._mailboxes.get_mailbox(name)

    async def _append(self, data: bytes, *, received_at: datetime, folder: str, seen: bool) -> int:
        mailbox = await self._folder(folder)
        flags = frozenset({Flag(b"\\Seen")}) if seen else frozenset()
        message = await mailbox.append(AppendMessage(data, received_at, flags), recent=True)
        return int(message.uid)

    async def _remove(self, uid: int, folder: str) -> None:
        await (await self._folder(folder)).delete([uid])

    async def _move(self, uid: int, folder: str, to: str) -> None:
        await (await self._folder(folder)).move(uid, await self._folder(to))

    async def _rebuild(self, folder: str, validity: int, first_uid: int) -> None:
        mailbox = await self._folder(folder)
        await mailbox.delete(list(mailbox._messages))  # noqa: SLF001
        mailbox._uid_validity = validity  # noqa: SLF001
        mailbox._max_uid = first_uid - 1  # noqa: SLF001

    async def _bytes(self, folder: str) -> tuple[bytes, ...]:
        mailbox = await self._folder(folder)
        ordered = sorted(mailbox._messages.items())  # noqa: SLF001
        return tuple(bytes(message._content or b"") for _, message in ordered)  # noqa: SLF001

    def next_refusal(self, command: str) -> bytes:
        """The scripted answer for this command, removed from the script; empty when there is none."""
        waiting = self._refusals.get(command)
        return waiting.popleft() if waiting else b""


class _Config(Config):
    """pymap's settings with a personality."""

    personality: Personality = PLAIN

    @property
    def greeting(self) -> bytes:
        return self.personality.greeting

    @property
    def id_response(self) -> Mapping[bytes, bytes] | None:
        return self.personality.id_response


class _State(ConnectionState):
    """One connection of a client, with the personality's manners."""

    def __init__(self, server: EmbeddedImap, login: Login, config: Config) -> None:
        super().__init__(login, config)
        self._server = server
        self._personality = server.personality
        self._identified = False

    @property
    def capability(self) -> Capability:
        return Capability(list(self._personality.capabilities))

    async def do_greeting(self) -> CommandResponse:
        response = await super().do_greeting()
        # None of the imitated servers tells its capabilities in the greeting.
        response.code = None
        return response

    async def do_command(self, cmd: Command) -> CommandResponse:
        name = self._get_func_name(cmd).removeprefix("do_")
        spoken = bytes(cmd.command).decode("ascii", "replace").lower()
        detail = " ".join(str(bytes(attribute), "ascii", "replace") for attribute in getattr(cmd, "attributes", ()))
        line = f"{spoken} {detail}".strip()
        self._server.commands.append(line)
        writes = name == "select" and not getattr(cmd, "readonly", False)
        marks = name == "fetch" and any(attribute.set_seen for attribute in getattr(cmd, "attributes", ()))
        if name in _CHANGES or writes or marks:
            self._server.changes.append(line)
        for key in dict.fromkeys((spoken.removeprefix("uid "), name)):
            answer = self._server.next_refusal(key)
            if answer.startswith(b"NO"):
                return ResponseNo(cmd.tag, answer[3:])
            if answer.startswith(b"BAD"):
                return ResponseBad(cmd.tag, answer[4:])
            if answer.startswith(b"BYE"):
                raise CloseConnection
        if name in ("move", "idle") and name.upper().encode() not in self._personality.capabilities:
            return ResponseBad(cmd.tag, cmd.command + b" command not supported")
        return await super().do_command(cmd)

    async def do_login(self, cmd: Any) -> Any:  # noqa: ANN401 - pymap's own signature is private
        given = (cmd.userid.decode("utf-8", "replace"), cmd.password.decode("utf-8", "replace"))
        if given != (self._server.user, self._server.password):
            return ResponseNo(cmd.tag, self._personality.login_refused), None
        session = await self.login.authorize(
            cast("Any", self.login).demo_user_identity, PlainCredentials(*given).authcid
        )
        self._session = await connection_exit.get().enter_async_context(session.new_session())
        from pymap.parsing.response import ResponseOk  # noqa: PLC0415 - used here alone

        return ResponseOk(cmd.tag, b"LOGIN completed"), None

    async def do_id(self, cmd: Any) -> Any:  # noqa: ANN401
        self._identified = True
        return await super().do_id(cmd)

    async def do_select(self, cmd: Any) -> Any:  # noqa: ANN401
        if self._personality.needs_id and not self._identified:
            text = cmd.command + b" Unsafe Login. Please contact the service desk for help"
            return ResponseNo(cmd.tag, text), None
        response, updates = await super().do_select(cmd)
        if not self._personality.tells_status:
            kept = [line for line in response._untagged if not isinstance(line.code, UidNext | MailboxId)]  # noqa: SLF001
            response._untagged[:] = kept  # noqa: SLF001
        return response, updates

    async def do_status(self, cmd: Any) -> Any:  # noqa: ANN401
        response, updates = await super().do_status(cmd)
        if not self._personality.tells_status:
            response._untagged[:] = [StatusResponse(cmd.mailbox, {})]  # noqa: SLF001
        return response, updates

    async def do_list(self, cmd: Any) -> Any:  # noqa: ANN401
        response, updates = await super().do_list(cmd)
        special = dict(self._personality.folders)
        for line in response._untagged:  # noqa: SLF001
            if isinstance(line, ListResponse) and special.get(line.mailbox):
                line.attrs = [*line.attrs, special[line.mailbox]]
        return response, updates

    async def do_search(self, cmd: Any) -> Any:  # noqa: ANN401
        blind = any(bytes(key.value) in _BLIND_KEYS for key in cmd.keys)
        if not blind or self._personality.search == "right":
            return await super().do_search(cmd)
        response, updates = await super().do_search(cmd)
        found: Sequence[int] = ()
        if self._personality.search == "everything":
            found = [message.uid if cmd.uid else seq for seq, message in self.selected.messages.get_all(_everything())]
        response._untagged[:] = [SearchResponse(found)]  # noqa: SLF001
        return response, updates


def _everything() -> Any:  # noqa: ANN401 - pymap's class
    from pymap.parsing.specials import SequenceSet  # noqa: PLC0415 - used here alone

    return SequenceSet.all(uid=True)


# --------------------------------------------------------------------------- SMTP

#: Answers that are no words: see :meth:`EmbeddedSmtp.say`.
DROP: Final = "<drop>"
SILENCE: Final = "<silence>"
ACCEPT_AND_DROP: Final = "<accept and drop>"
ACCEPT_AND_SILENCE: Final = "<accept and silence>"

Stage = Literal["CONNECT", "EHLO", "AUTH", "NOOP", "MAIL", "RCPT", "DATA", "DOT"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """One mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    user: str
    received_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class EmbeddedSmtp:
    """A submission server in this process: keeps what it accepts, and says what it is told to say."""

    user: str = DEMO_USER
    password: str = DEMO_CODE
    #: Like 163.com: the envelope sender must be the account.
    strict_sender: bool = True
    #: Mails to these addresses also land in this mailbox's INBOX, and every mail in its folder of sent mails.
    mailbox: EmbeddedImap | None = None
    #: Offers STARTTLS with this certificate.
    tls: ssl.SSLContext | None = None
    #: Time that accepted mails carry.
    clock: Callable[[], datetime] = _now
    #: Called with each accepted mail in the server's thread, e.g. to let departments answer.
    on_accept: Callable[[Accepted], object] | None = None
    accepted: list[Accepted] = field(default_factory=list)
    #: Recipients that are refused, with the reply.
    refused: dict[str, str] = field(default_factory=dict)
    connections: int = 0
    host: str = LOOPBACK
    port: int = 0
    _script: dict[str, deque[str]] = field(default_factory=dict)
    _clients: list[_Smtp] = field(default_factory=list, repr=False)
    _loop: _Loop | None = field(default=None, repr=False)
    _server: asyncio.AbstractServer | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        self._loop = _Loop("smtp")
        try:
            self._loop.run(self._start())
        except BaseException:
            self._loop.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.run(self._close())
            self._loop.stop()
            self._loop = None

    def say(self, stage: Stage, *replies: str) -> None:
        """Answer the next visits of a stage with these; an empty reply lets one through.

        Args:
            stage: ``CONNECT EHLO AUTH NOOP MAIL RCPT DATA DOT``; NOOP comes before each further mail of a connection,
                DOT is the answer to the whole mail.
            replies: ``"451 MI:SFQ ..."``; or ``DROP`` (end of the connection instead of an answer) and
                ``SILENCE`` (no answer at all), both without accepting; ``ACCEPT_AND_DROP`` and
                ``ACCEPT_AND_SILENCE`` keep the mail first.
        """
        self._script.setdefault(stage, deque()).extend(replies)

    def next_reply(self, stage: str) -> str:
        """The scripted reply for a stage, removed from the script; empty when there is none."""
        waiting = self._script.get(stage)
        return waiting.popleft() if waiting else ""

    def accept(self, mail: Accepted) -> None:
        """Keep a mail and hand out its copies."""
        self.accepted.append(mail)
        if self.mailbox is not None:
            sent = next((name for name, use in self.mailbox.personality.folders if use == b"Sent"), None)
            for folder in (*((sent,) if sent else ()), *(("INBOX",) if self.user in mail.recipients else ())):
                self.mailbox.deliver(mail.data, received_at=mail.received_at, folder=folder, seen=folder == sent)
        if self.on_accept is not None:
            self.on_accept(mail)

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        sock = _listener()
        self.port = sock.getsockname()[1]
        self._server = await loop.create_server(lambda: _Smtp(self, loop), sock=sock)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for client in tuple(self._clients):
            if client.transport is not None:
                cast("Any", client.transport).abort()


class _Smtp(SMTP):
    """One connection of a client."""

    line_length_limit = 1001 * 1000

    def __init__(self, server: EmbeddedSmtp, loop: asyncio.AbstractEventLoop) -> None:
        self._embedded = server
        self._stage = "CONNECT"
        super().__init__(
            _Handler(server),
            hostname="smtp.demo.example",
            ident="Yuebao demo SMTP",
            loop=loop,
            data_size_limit=64 * 1024 * 1024,
            enable_SMTPUTF8=False,
            auth_require_tls=server.tls is not None,
            tls_context=server.tls,
            authenticator=self._check_login,
            timeout=3600,
        )
        server.connections += 1
        server._clients.append(self)  # noqa: SLF001 - one thought in two classes

    def _check_login(self, _server: object, _session: object, _envelope: object, _mechanism: str, data: Any) -> Any:  # noqa: ANN401 - aiosmtpd ships no types
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self._embedded.user.encode(),
            self._embedded.password.encode(),
        )
        if right:
            return AuthResult(success=True, auth_data=self._embedded.user)
        return AuthResult(success=False, handled=False, message="535 Error: authentication failed")

    async def smtp_EHLO(self, hostname: str) -> None:
        """Greeting of the client."""
        self._stage = "EHLO"
        await super().smtp_EHLO(hostname)
        self._stage = ""

    async def smtp_AUTH(self, arg: str) -> None:
        """Login of the client."""
        reply = self._embedded.next_reply("AUTH")
        if reply:
            await self.push(reply)
            return
        await super().smtp_AUTH(arg)

    async def smtp_NOOP(self, arg: str) -> None:
        """Between two mails: is the connection still alive?"""
        self._stage = "NOOP"
        await super().smtp_NOOP(arg)

    async def smtp_DATA(self, arg: str) -> None:
        """Beginning of the text."""
        self._stage = "DATA"
        await super().smtp_DATA(arg)

    async def push(self, status: Any) -> None:  # noqa: ANN401 - text or bytes
        """Every answer leaves here: say what the script says instead, where the handler could not."""
        stage, self._stage = self._stage, ""
        reply = self._embedded.next_reply(stage) if stage else ""
        text = reply or (status.decode("utf-8", "replace") if isinstance(status, bytes) else status)
        if text == DROP:
            await self._drop()
        if text == SILENCE:
            await asyncio.Event().wait()
        await super().push(text.encode("utf-8"))

    async def _drop(self) -> None:
        transport = cast("Any", self.transport)
        raw = transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            # A linger of zero seconds sends RST instead of FIN.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        raise asyncio.CancelledError


class _Handler:
    """What the server decides; aiosmtpd calls these by name."""

    def __init__(self, server: EmbeddedSmtp) -> None:
        self._embedded = server

    async def handle_MAIL(
        self, server: _Smtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Envelope sender."""
        if reply := self._embedded.next_reply("MAIL"):
            return reply
        if not session.authenticated:
            return "553 authentication is required"
        if self._embedded.strict_sender and address != self._embedded.user:
            return "553 Mail from must equal authorized user"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 Mail OK"

    async def handle_RCPT(
        self, server: _Smtp, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Envelope recipient."""
        if reply := self._embedded.next_reply("RCPT") or self._embedded.refused.get(address, ""):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 Mail OK"

    async def handle_DATA(self, server: _Smtp, session: Session, envelope: Envelope) -> str:
        """The whole text."""
        reply = self._embedded.next_reply("DOT")
        if reply and reply not in (ACCEPT_AND_DROP, ACCEPT_AND_SILENCE):
            return reply
        mail = Accepted(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            data=bytes(envelope.original_content or b""),
            user=str(session.auth_data or ""),
            received_at=self._embedded.clock(),
        )
        # In a thread of its own: it may deliver into the IMAP server and wait for it.
        await asyncio.get_running_loop().run_in_executor(None, self._embedded.accept, mail)
        if reply == ACCEPT_AND_DROP:
            return DROP
        if reply == ACCEPT_AND_SILENCE:
            return SILENCE
        return "250 Mail OK queued as demo"
