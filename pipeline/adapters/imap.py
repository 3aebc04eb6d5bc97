"""An IMAP mailbox → raw mails; read with EXAMINE and BODY.PEEK, so nothing in it changes.

Contains no business logic. Asks for nothing that 163.com, QQ or an old Coremail lacks: no UIDNEXT, IDLE, MOVE,
STATUS, CONDSTORE, ENVELOPE, and of SEARCH only ALL. ID follows the login on every connection, before the first
EXAMINE, or 163.com answers "Unsafe Login". Mails come in batches by declared size; servers lie about it, so a
batch that brings too much, or nothing, or the end of the connection, is tried again mail by mail, and the one
mail that spoils it is listed while all others go on.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timezone
from functools import partial
from typing import Any, Final, Literal, Self, TypeAlias

from imapclient import IMAPClient, SocketTimeout

from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.folders import Listed, sent_folder, unwatched, watched
from pipeline.adapters.masking import masked
from pipeline.adapters.source import (
    FULL_EVERY,
    MAX_MAIL,
    Cursor,
    Keep,
    Mark,
    PollResult,
    arrival,
    raw_message,
    stamp,
    too_large,
)
from pipeline.errors import LoginError, NetworkError, SourceError
from pipeline.model import NotFetched

log = logging.getLogger(__name__)

Security: TypeAlias = Literal["ssl", "starttls", "none"]

MIB: Final = 1024 * 1024
#: Mails above this declared size are fetched in parts, so that one answer never needs more memory.
_PARTS_FROM: Final = 8 * MIB
_PART: Final = MIB
#: UIDs in one FETCH: longer lines are refused by some servers.
_LINE: Final = 400
#: Newest mails of a folder that are looked through for a Message-ID.
_NEWEST: Final = 300
#: Connections that one poll may lose before it gives up.
_LOSSES: Final = 5
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
#: Words of a refused login that mean "not you", whatever else is said: QQ names every cause in one sentence.
_WRONG: Final = ("password", "authenticationfailed", "authoriz", "credential", "service is not open", "not enabled")
#: Words of a refused login that mean "not now" rather than "not you".
_BUSY: Final = ("unavailable", "inuse", "limit", "busy", "too many", "try again", "temporar", "later", "timeout")

# imaplib refuses lines over 1 MB; the answer to UID SEARCH ALL over 100,000 mails with ten-digit UIDs is longer.
imaplib._MAXLINE = max(imaplib._MAXLINE, 16 * MIB)  # type: ignore[attr-defined]  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class ProviderProfile:
    """What is known of a kind of server; found by probing, shown by ``doctor``."""

    name: Literal["netease", "qq", "generic"]
    #: Mails and declared bytes of one batch, whichever comes first.
    batch_mails: int
    batch_bytes: int
    remark: str


NETEASE: Final = ProviderProfile(
    "netease", 25, 16 * MIB, "网易/Coremail：登录后须发送 ID；没有 UIDNEXT、IDLE、MOVE，按主题搜索无效。"
)
QQ: Final = ProviderProfile("qq", 10, 8 * MIB, "腾讯 QQ/企业邮箱：按发件人、主题搜索会返回全部邮件。")
GENERIC: Final = ProviderProfile("generic", 25, 16 * MIB, "标准 IMAP 服务器。")


def profile_of(welcome: bytes, capabilities: Iterable[bytes], host: str) -> ProviderProfile:
    """Which kind of server this is, from its greeting and capabilities; the host's name only helps for QQ."""
    if b"coremail" in welcome.lower() or b"X-CM-EXT-1" in set(capabilities):
        return NETEASE
    if b"qqmail" in welcome.lower() or b"xmimap" in welcome.lower() or host.endswith((".qq.com", "exmail.qq.com")):
        return QQ
    return GENERIC


@dataclass(frozen=True, slots=True)
class Probe:
    """What ``doctor`` learns from one connection."""

    profile: ProviderProfile
    greeting: str
    capabilities: tuple[str, ...]
    #: Whether the server took our ID; None where it does not know the command.
    identified: bool | None
    folders: tuple[str, ...]
    watched: tuple[str, ...]
    #: Folders that people made and that are not read.
    unwatched: tuple[str, ...]
    sent: str | None
    #: Mails and time of the oldest one in INBOX.
    mails: int
    oldest: datetime | None


@dataclass(slots=True)
class ImapSource:
    """A mailbox on an IMAP server, e.g. imap.163.com:993."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Security = "ssl"
    #: Further folders to read besides INBOX and junk, by name.
    folders: tuple[str, ...] = ()
    max_mail: int = MAX_MAIL
    #: Seconds of silence that end a connection.
    silence: float = 45.0
    #: Bytes a second below which a line that still says something counts as dead.
    slowest: int = 8 * 1024
    #: Certificates to trust instead of the system's.
    context: ssl.SSLContext | None = field(default=None, repr=False)
    #: What we tell the server about ourselves (RFC 2971); 163.com insists on hearing something.
    identity: Mapping[str, str] = field(
        default_factory=lambda: {"name": "yuebao", "version": "1.0", "vendor": "yuebao", "support-email": ""}
    )

    def __post_init__(self) -> None:
        """Refuse to send a password in the clear.

        Raises:
            SourceError: No encryption to a machine that is not this one.
        """
        if self.security == "none" and self.host not in _LOOPBACK:
            raise SourceError(f"收信服务器 {self.host} 必须使用加密连接，请把 office.yaml 中的 security 改为 ssl。")

    @property
    def name(self) -> str:
        """``user@host``, never the password."""
        return f"{self.user} @ {self.host}"

    def poll(
        self,
        cursor: Cursor,
        *,
        keep: Keep,
        moved: Callable[[Cursor], object] | None = None,
        full: bool = False,
    ) -> PollResult:
        """As :meth:`pipeline.adapters.source.MailSource.poll`."""
        compare = full or cursor.polls + 1 >= FULL_EVERY
        with _Session(self) as session:
            run = _Run(session, cursor, keep, moved, self.max_mail, compare=compare)
            for folder in watched(session.list_folders(), extra=self.folders):
                run.folder(folder)
        after = Cursor(run.cursor.marks, run.cursor.pending, 0 if compare else cursor.polls + 1)
        return PollResult(
            cursor=after,
            kept=run.kept,
            listed=run.listed,
            not_fetched=after.pending,
            folders=tuple(run.read),
            notes=tuple(run.notes),
            complete=run.complete,
        )

    def find_sent(self, message_id: str) -> bool:
        """As :meth:`pipeline.adapters.source.MailSource.find_sent`.

        Looks itself instead of asking SEARCH HEADER, which 163.com answers with nothing.
        """
        wanted = message_id.strip().encode("utf-8")
        with _Session(self) as session:
            for folder in dict.fromkeys((sent_folder(session.list_folders()), "INBOX")):
                if folder is None:
                    continue
                session.examine(folder)
                if any(wanted == found for found in session.message_ids(session.uids()[-_NEWEST:])):
                    return True
        return False

    def probe(self) -> Probe:
        """Connect, log in, look around and leave.

        Raises:
            SourceError: As for :meth:`poll`.
        """
        with _Session(self) as session:
            listed = session.list_folders()
            exists, _ = session.examine("INBOX")
            uids = session.uids()
            facts = session.facts(uids)
            return Probe(
                profile=session.profile,
                greeting=session.greeting,
                capabilities=session.capabilities,
                identified=session.identified,
                folders=tuple(folder.name for folder in listed),
                watched=watched(listed, extra=self.folders),
                unwatched=unwatched(listed, extra=self.folders),
                sent=sent_folder(listed),
                mails=exists,
                oldest=min((at for _, at in facts.values()), default=None),
            )


class _Session:
    """One connection, logged in and identified; its methods raise only our errors."""

    def __init__(self, source: ImapSource) -> None:
        self._source = source
        self._client: Any = None
        self._watch: _Watch | None = None
        self.profile = GENERIC
        self.greeting = ""
        self.capabilities: tuple[str, ...] = ()
        self.identified: bool | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ coming and going

    def open(self) -> None:
        """Connect, encrypt, log in, say who we are."""
        source = self._source
        try:
            with self._talk("连接", seconds=None):
                self._client = IMAPClient(
                    source.host,
                    source.port,
                    ssl=source.security == "ssl",
                    ssl_context=source.context,
                    timeout=SocketTimeout(min(20.0, source.silence), source.silence),
                )
                # imapclient leaves this at 5, and imaplib then formats every mail twice for a log nobody reads.
                self._client._imap.debug = 0  # noqa: SLF001
                self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                # Aware times instead of the machine's own zone.
                self._client.normalise_times = False
                self._watch = _Watch(partial(self._cut, self._client), tick=min(1.0, source.silence / 10))
            if source.security == "starttls":
                with self._talk("加密"):
                    self._client.starttls(ssl_context=source.context)
            self._log_in()
            self._identify()
        except BaseException:
            self.close()
            raise

    def _log_in(self) -> None:
        source = self._source
        try:
            with self._talk("登录"):
                self._client.login(source.user, source.password)
        except UnicodeError as error:
            raise LoginError("邮箱账号或授权码中有非英文字符，请重新填写（授权码只含英文字母和数字）。") from error
        except NetworkError:
            raise
        except SourceError as error:
            said = self._masked(error.__cause__ or error)
            # imapclient calls a connection lost during LOGIN a login error too.
            if isinstance(getattr(error.__cause__, "__context__", None), imaplib.IMAP4.abort | OSError):
                raise NetworkError(f"登录 {source.host} 时连接中断，稍后自动重试。") from error
            if _only_busy(said):
                raise NetworkError(
                    f"邮箱服务器 {source.host} 暂时不接受登录（{_short(said)}），稍后自动重试。"
                ) from error
            raise LoginError(
                f"邮箱 {source.user} 登录被拒（{_short(said)}）：授权码错误或已过期，或 IMAP 服务未开启。"
                "请在网页邮箱“设置”中检查 IMAP 服务并重新生成授权码。"
            ) from error

    def _masked(self, error: BaseException) -> str:
        return masked(str(error), user=self._source.user, password=self._source.password)

    def _identify(self) -> None:
        client = self._client
        with self._talk("查询功能"):
            capabilities = tuple(client.capabilities())
        self.capabilities = tuple(name.decode("ascii", "replace") for name in capabilities)
        welcome = bytes(client.welcome or b"")
        self.greeting = welcome.decode("utf-8", "replace")
        self.profile = profile_of(welcome, capabilities, self._source.host)
        if b"ID" in capabilities or self.profile is NETEASE:
            try:
                with self._talk("表明身份"):
                    client.id_({key: value for key, value in self._source.identity.items() if value})
                self.identified = True
            except NetworkError:
                raise
            except SourceError:
                # A server that dislikes ID but lets us read is good enough; one that insists says so at EXAMINE.
                self.identified = False

    def close(self) -> None:
        """Leave politely where that is possible; never raise."""
        client, self._client = self._client, None
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.end()
        if client is None:
            return
        with contextlib.suppress(Exception):
            client.socket().settimeout(min(5.0, self._source.silence))
            client.logout()
        with contextlib.suppress(Exception):
            client.shutdown()

    def reopen(self, folder: str, validity: int) -> None:
        """A new connection with the same folder open.

        Raises:
            NetworkError: There is none, or the folder is another one now.
        """
        self.close()
        self.open()
        if self.examine(folder)[1] != validity:
            raise NetworkError(f"邮箱文件夹“{folder}”在收取途中被重建，下次收取时重新核对。")

    # ------------------------------------------------------------------ asking

    def list_folders(self) -> tuple[Listed, ...]:
        """Every folder of the mailbox."""
        with self._talk("列出文件夹"):
            found = self._client.list_folders()
        return tuple(
            Listed(
                name=name if isinstance(name, str) else name.decode("utf-8", "replace"),
                attributes=frozenset(bytes(flag).decode("ascii", "replace").lower() for flag in flags),
                delimiter=(delimiter or b"").decode("ascii", "replace"),
            )
            for flags, delimiter, name in found
        )

    def examine(self, folder: str) -> tuple[int, int]:
        """Open a folder for reading only.

        Returns:
            How many mails it holds, and its UIDVALIDITY (0 where the server tells none).
        """
        with self._talk(f"打开文件夹“{folder}”"):
            answer = self._client.select_folder(folder, readonly=True)
        return int(answer.get(b"EXISTS", 0)), int(answer.get(b"UIDVALIDITY", 0))

    def uids(self) -> tuple[int, ...]:
        """Every UID of the folder, ascending, once each."""
        with self._talk("列出邮件"):
            return tuple(sorted({int(uid) for uid in self._client.search(["ALL"])}))

    def uids_by_place(self, exists: int) -> tuple[int, ...]:
        """Every UID again, asked by position: for a server whose SEARCH leaves some out."""
        found: set[int] = set()
        self._client.use_uid = False
        try:
            for start in range(1, exists + 1, _LINE):
                with self._talk("核对邮件"):
                    places = list(range(start, min(start + _LINE, exists + 1)))
                    for answer in self._client.fetch(places, ["UID"]).values():
                        if isinstance(answer.get(b"UID"), int):
                            found.add(answer[b"UID"])
        finally:
            self._client.use_uid = True
        return tuple(sorted(found))

    def facts(self, uids: Iterable[int]) -> dict[int, tuple[int, datetime]]:
        """Declared size in bytes and time of receipt of each mail; mails that are gone are left out."""
        found: dict[int, tuple[int, datetime]] = {}
        for some in _chunks(uids, _LINE):
            with self._talk("查询邮件大小"):
                answers = self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE"])
            for uid, answer in answers.items():
                size, at = answer.get(b"RFC822.SIZE"), answer.get(b"INTERNALDATE")
                if isinstance(size, int):
                    found[uid] = (size, _aware(at))
        return found

    def bodies(self, uids: list[int], expected: int) -> dict[int, bytes]:
        """Whole mails, in one answer; those that came empty are left out.

        Args:
            uids: At most a batch.
            expected: Sum of the declared sizes: what comes may be half as much again, but no more.
        """
        with self._talk("收取邮件", expected=expected), self._at_most(expected + expected // 2 + 4 * MIB):
            answers = self._client.fetch(uids, ["BODY.PEEK[]"])
        return {uid: data for uid in uids if (data := _body(answers.get(uid, {})))}

    def in_parts(self, uid: int, limit: int) -> bytes:
        """One mail in parts of 1 MiB, until the server has no more of it, over a file instead of memory.

        Raises:
            _TooMuch: It goes on beyond ``limit`` bytes.
        """
        with tempfile.TemporaryFile() as spool:
            while True:
                offset = spool.tell()
                with self._talk("分段收取邮件", expected=_PART), self._at_most(limit + MIB):
                    answers = self._client.fetch([uid], [f"BODY.PEEK[]<{offset}.{_PART}>"])
                part = _body(answers.get(uid, {}))
                if b"BODY[]" in answers.get(uid, {}) and offset == 0:
                    # A server that does not know parts sends the whole.
                    return part
                spool.write(part)
                if spool.tell() > limit:
                    raise _TooMuch(spool.tell())
                if len(part) < _PART:
                    break
            spool.seek(0)
            return spool.read()

    def message_ids(self, uids: Iterable[int]) -> Iterator[bytes]:
        """Message-ID of each mail, in brackets."""
        for some in _chunks(uids, 100):
            with self._talk("查找已发送的邮件"):
                answers = self._client.fetch(some, ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"])
            for answer in answers.values():
                for key, value in answer.items():
                    if key.startswith(b"BODY[HEADER") and isinstance(value, bytes):
                        yield b"".join(value.partition(b":")[2].split())

    # ------------------------------------------------------------------ guarding

    @contextlib.contextmanager
    def _talk(self, doing: str, *, expected: int = 0, seconds: float | None = 0.0) -> Iterator[None]:
        """Turn every way in which a server can fail into our errors, and end what goes on too long.

        The socket's time-out ends silence; the watch ends a server that sends one byte a second.
        """
        watch = None if seconds is None else self._watch
        if watch is not None:
            watch.until = time.monotonic() + self._source.silence + expected / self._source.slowest
        host = self._source.host
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise SourceError(
                f"收信服务器 {host} 的证书不可信，为安全起见没有登录。请检查服务器地址和本机时间。"
            ) from error
        except socket.gaierror as error:
            raise NetworkError(f"找不到收信服务器 {host}，请检查网络和 office.yaml 中的服务器地址。") from error
        except (imaplib.IMAP4.abort, OSError) as error:
            raise NetworkError(
                f"{doing}时与收信服务器 {host} 的连接中断（{_short(self._masked(error))}），稍后自动重试。"
            ) from error
        except UnicodeError:
            raise
        except (imaplib.IMAP4.error, ValueError, KeyError, TypeError, IndexError, AssertionError) as error:
            # imapclient and imaplib meet an answer against the rules with any of these.
            if "unsafe login" in str(error).lower():
                raise LoginError(
                    "邮箱服务器以“Unsafe Login”拒绝打开信箱：它没有认可本程序表明的身份。"
                    "请登录网页邮箱确认 IMAP 服务已开启、账号无安全提醒，必要时联系邮箱客服。"
                ) from error
            raise SourceError(f"{doing}时收信服务器 {host} 答复异常（{_short(self._masked(error))}）。") from error
        finally:
            if watch is not None:
                watch.until = None

    @staticmethod
    def _cut(client: Any) -> None:  # noqa: ANN401 - imapclient ships no types
        with contextlib.suppress(Exception):
            # The plain socket's method: TLS would first ask a peer that does not answer.
            socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _at_most(self, allowed: int) -> Iterator[None]:
        """Refuse literals beyond this many bytes in all, before they are in memory (sizes are only declared)."""
        imap = self._client._imap  # noqa: SLF001
        read = imap.read
        left = allowed

        def guarded(size: int) -> bytes:
            nonlocal left
            left -= size
            if left < 0:
                raise imaplib.IMAP4.abort(f"literal of {size} bytes where at most {allowed} were due")
            data: bytes = read(size)
            return data

        imap.read = guarded
        try:
            yield
        finally:
            imap.read = read


class _Watch:
    """Cuts a conversation that goes on too long: one thread for a connection, since one for each command is dear."""

    def __init__(self, cut: Callable[[], None], *, tick: float) -> None:
        #: When the answer under way must have come, by the monotonic clock; ``None`` between commands.
        self.until: float | None = None
        self._cut = cut
        self._tick = tick
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no longer."""
        self._over.set()
        self._thread.join(1.0)

    def _look(self) -> None:
        while not self._over.wait(self._tick):
            until = self.until
            if until is not None and time.monotonic() > until:
                self._cut()


class _TooMuch(Exception):
    """A mail that goes on beyond the limit, with the bytes seen."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class _Run:
    """One poll under way: goes from folder to folder and remembers what it did."""

    def __init__(
        self,
        session: _Session,
        cursor: Cursor,
        keep: Keep,
        moved: Callable[[Cursor], object] | None,
        max_mail: int,
        *,
        compare: bool,
    ) -> None:
        self._session = session
        self.cursor = cursor
        self._keep = keep
        self._moved = moved
        self._max_mail = max_mail
        self._compare = compare
        self._losses = 0
        self.kept = 0
        self.listed = 0
        self.complete = True
        self.read: list[str] = []
        self.notes: list[str] = []

    def folder(self, folder: str) -> None:
        """Bring the cursor up to one folder."""
        try:
            exists, validity = self._session.examine(folder)
        except (LoginError, NetworkError):
            raise
        except SourceError as error:
            if folder.upper() == "INBOX":
                raise
            self.complete = False
            self.notes.append(f"文件夹“{folder}”这次没有读到：{error.message}")
            return
        before = self.cursor.validity(folder)
        if before is not None and before != validity:
            self.notes.append(f"邮箱文件夹“{folder}”的编号已重排，这次从头核对，已存档的邮件不会重复登记。")
        known = dict(self.cursor.mark(folder, validity).known)
        uids = self._list(exists)
        self.listed += len(uids)
        self.read.append(folder)
        present = {str(uid) for uid in uids}
        # Gone from the server: forgotten here, so that the cursor is never larger than the mailbox.
        known = {key: seen for key, seen in known.items() if key in present}
        pending = {
            missing.uid: missing if before in (None, validity) and str(missing.uid) in present else _gone(missing)
            for missing in self.cursor.pending
            if missing.folder == folder
        }
        facts = self._session.facts(uids if self._compare else [uid for uid in uids if str(uid) not in known])
        for uid, (size, at) in facts.items():
            if str(uid) in known and known[str(uid)] != stamp(size, at):
                # Another mail under an old number: folders rebuilt on 163.com keep UIDVALIDITY 1.
                del known[str(uid)]
        work = _Folder(folder, validity, known, pending, facts)
        self._fetch(work, [uid for uid in uids if str(uid) not in known])
        self._store(work)

    def _list(self, exists: int) -> tuple[int, ...]:
        uids = self._session.uids()
        if len(uids) < exists:
            # 163.com's SEARCH is known to leave mails out; what EXISTS counts must be found.
            uids = tuple(sorted({*uids, *self._session.uids_by_place(exists)}))
        return uids

    def _fetch(self, work: _Folder, uids: list[int]) -> None:
        """Hand over what is new, in batches, the rest one by one; note what cannot be had."""
        batch: list[int] = []
        for uid in uids:
            if uid not in work.facts:
                # Listed, but the server says nothing about it: deleted this moment, or out of order.
                work.miss(uid, 0, "服务器列出了这封邮件却不给出内容，下次收取时再试。")
                continue
            size = work.facts[uid][0]
            if size > self._max_mail:
                work.miss(uid, size, too_large(size, self._max_mail, f"{work.folder} 中编号 {uid} 的邮件"))
                continue
            if size > _PARTS_FROM:
                self._batch(work, batch)
                batch = []
                self._single(work, uid)
                continue
            profile = self._session.profile
            if batch and (len(batch) >= profile.batch_mails or work.size([*batch, uid]) > profile.batch_bytes):
                self._batch(work, batch)
                batch = []
            batch.append(uid)
        self._batch(work, batch)

    def _batch(self, work: _Folder, uids: list[int]) -> None:
        if not uids:
            return
        bodies: dict[int, bytes] = {}
        try:
            bodies = self._session.bodies(uids, work.size(uids))
            self._losses = 0
        except NetworkError as error:
            self._lost(work, error)
        except LoginError:
            raise
        except SourceError as error:
            log.warning("batch refused, going mail by mail: %s", error)
        for uid in uids:
            data = bodies.pop(uid, b"")
            if data and _plausible(len(data), work.facts[uid][0]):
                self._hand_over(work, uid, data)
            else:
                self._single(work, uid, at_first=data)
        self._store(work)

    def _single(self, work: _Folder, uid: int, *, at_first: bytes = b"") -> None:
        """One mail that is large, or that its batch did not bring whole."""
        size = work.facts[uid][0]
        try:
            data = self._session.in_parts(uid, self._max_mail)
            self._losses = 0
        except _TooMuch as error:
            work.miss(uid, error.size, too_large(error.size, self._max_mail, f"{work.folder} 中编号 {uid} 的邮件"))
            return
        except NetworkError as error:
            self._lost(work, error)
            work.miss(uid, size, "收取这封邮件时连接中断，下次收取时再试。")
            return
        except LoginError:
            raise
        except SourceError as error:
            work.miss(uid, size, f"收取这封邮件时出错（{error.message}），下次收取时再试。")
            return
        data = max(data, at_first, key=len)
        if not data:
            work.miss(uid, size, "服务器给出的是空邮件，下次收取时再试。")
            return
        if not _plausible(len(data), size):
            log.warning("mail %s in %s declared %d bytes and has %d", uid, work.folder, size, len(data))
        self._hand_over(work, uid, data)
        if size > _PARTS_FROM:
            self._store(work)

    def _lost(self, work: _Folder, error: NetworkError) -> None:
        """Get a new connection, unless too many were lost."""
        self._store(work)
        self._losses += 1
        if self._losses >= _LOSSES:
            raise error
        self._session.reopen(work.folder, work.validity)

    def _hand_over(self, work: _Folder, uid: int, data: bytes) -> None:
        _, at = work.facts[uid]
        if at == _NO_TIME:
            at = arrival(data) or at
        origin = f"{work.folder}/{work.validity}/{uid}"
        self._keep(raw_message(data, received_at=at, folder=work.folder, origin=origin))
        failpoint("imap.kept")
        work.have(uid)
        self.kept += 1

    def _store(self, work: _Folder) -> None:
        cursor = self.cursor.with_mark(Mark(work.folder, work.validity, tuple(work.known.items())))
        cursor = cursor.with_pending(work.folder, work.pending.values())
        if cursor != self.cursor:
            self.cursor = cursor
            if self._moved is not None:
                self._moved(cursor)


@dataclass(slots=True)
class _Folder:
    """A folder being read."""

    folder: str
    validity: int
    known: dict[str, str]
    pending: dict[int, NotFetched]
    facts: dict[int, tuple[int, datetime]]

    def size(self, uids: Iterable[int]) -> int:
        """Declared bytes of these mails."""
        return sum(self.facts[uid][0] for uid in uids)

    def miss(self, uid: int, size: int, reason: str) -> None:
        """Put a mail on the visible list of what is not in our hands."""
        self.pending[uid] = NotFetched(self.folder, uid, size, reason)

    def have(self, uid: int) -> None:
        """Note a mail as handed over."""
        size, at = self.facts[uid]
        self.known[str(uid)] = stamp(size, at)
        self.pending.pop(uid, None)


def _only_busy(said: str) -> bool:
    """Whether a refused login is worth another try by itself; in doubt it is not, for tries lock the account."""
    lower = said.lower()
    return any(word in lower for word in _BUSY) and not any(word in lower for word in _WRONG)


def _gone(missing: NotFetched) -> NotFetched:
    return NotFetched(
        missing.folder, missing.uid, missing.size, "还没有取到就已从这个文件夹删除或移走，请在网页邮箱中查找。"
    )


def _plausible(length: int, declared: int) -> bool:
    """Whether a mail may be whole: servers count line ends in several ways, some by a few per cent."""
    return abs(length - declared) <= 256 + declared // 20


def _body(answer: Mapping[bytes, object]) -> bytes:
    """The text in one FETCH answer; empty when there is none, or when it is no text."""
    for key, value in answer.items():
        if key.startswith(b"BODY[]") and isinstance(value, bytes):
            return value
    return b""


def _aware(at: object) -> datetime:
    """Time of receipt with its zone; where the server tells none, the mail's own headers will."""
    if not isinstance(at, datetime):
        return _NO_TIME
    # imapclient's own class of zones does not belong into values that live long.
    offset = at.utcoffset()
    return at.replace(tzinfo=UTC if offset is None else timezone(offset))


def _chunks(uids: Iterable[int], size: int) -> Iterator[list[int]]:
    some = list(uids)
    for start in range(0, len(some), size):
        yield some[start : start + size]


def _short(text: str) -> str:
    """A server's words on one line, at most 160 characters."""
    # imaplib puts the repr of bytes into some of its errors.
    text = text[2:-1] if text[:2] in ("b'", 'b"') else text
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:160]
