"""A finished letter → the server's answer, classified; or the certainty that there was none.

Contains no business logic: what to do next is the outbox's decision. The point on which all turns is the final
dot. Trouble before it means that nobody got the letter (``LATER``, ``REFUSED``, ``STOP``); silence after it means
that nobody knows (``UNSURE``), and RFC 5321 §4.5.3.2.6 asks to wait ten minutes before calling it silence.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol, TypeAlias

from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.masking import masked
from pipeline.adapters.smtpcodes import MINUTE, classify, printable
from pipeline.errors import TransportError
from pipeline.model import SendResult, SendVerdict

Security: TypeAlias = Literal["ssl", "starttls", "none"]

#: NetEase counts mails per connection (450 MI:DMC); ten is below every limit reported.
PER_CONNECTION: Final = 10
_CHUNK: Final = 64 * 1024
#: What can stand in an envelope: ASCII without blanks, angle brackets and control characters.
_ADDRESS: Final = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Transport(Protocol):
    """Something that takes letters to their recipients."""

    def send(self, message: bytes, *, sender: str, recipients: tuple[str, ...], attempts: int = 0) -> SendResult:
        """Try once to hand a letter over.

        Args:
            message: The frozen bytes of the letter, headers and all.
            sender: Envelope sender; the mailbox that logs in.
            recipients: Envelope recipients, copies and the blind copy to ourselves included.
            attempts: Tries before this one; some replies mean another thing the second time.

        Returns:
            The classified answer. Trouble on the wire is a value, not an exception.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; the transport can be used again."""
        ...


@dataclass(slots=True)
class SmtpTransport:
    """A submission server, e.g. smtp.163.com:465."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: Security = "ssl"
    #: Seconds of silence that end a step before the final dot.
    timeout: float = 60.0
    #: Seconds to wait for the answer to the final dot.
    timeout_after_dot: float = 600.0
    #: Certificates to trust instead of the system's; for servers with a certificate of their own.
    context: ssl.SSLContext | None = None
    #: Name given in EHLO; the machine's own name is no business of the server.
    helo: str = "[127.0.0.1]"
    #: Opens a connection to (host, port) with a time-out; tests put one in whose waits pass on a clock of their own.
    dial: Callable[[tuple[str, int], float], socket.socket] = field(default=socket.create_connection, repr=False)
    #: Called once the whole text is out, just before the final dot; may commit "from here on unsure".
    before_dot: Callable[[], object] | None = None
    _client: smtplib.SMTP | None = field(default=None, init=False, repr=False)
    _sent: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse to send a password in the clear.

        Raises:
            TransportError: No encryption to a machine that is not this one.
        """
        if self.security == "none" and self.host not in _LOOPBACK:
            raise TransportError(f"发信服务器 {self.host} 必须使用加密连接，请把 office.yaml 中的 security 改为 ssl。")

    def send(self, message: bytes, *, sender: str, recipients: tuple[str, ...], attempts: int = 0) -> SendResult:
        """As :meth:`Transport.send`; the connection is kept for the next letter, ten letters at most."""
        if not recipients:
            return SendResult(SendVerdict.REFUSED, 0, "", "这封信没有收件人，没有发送。")
        if odd := [address for address in (sender, *recipients) if not _ADDRESS.fullmatch(address)]:
            because = f"地址写法不对，没有发送：{'、'.join(map(printable, odd))}。请在单位通讯录中更正。"
            return SendResult(SendVerdict.REFUSED, 0, "", because)
        spoken = False
        try:
            failpoint("smtp.before_connect")
            result = self._connect()
            spoken = True
            if result is None:
                result = self._submit(_Job(self._ready(), message, sender, recipients), attempts=attempts)
        except ssl.SSLCertVerificationError as error:
            self.close()
            because = f"发信服务器 {self.host} 的证书不可信，为安全起见没有登录。请检查服务器地址和本机时间。"
            return SendResult(SendVerdict.STOP, 0, printable(str(error)), because)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            result = self._masked(_later(self.host, error))
            offline = not spoken and result.verdict is SendVerdict.LATER
            return replace(result, verdict=SendVerdict.OFFLINE) if offline else result
        except BaseException:
            # The caller's hook failed in the middle of a letter: no dot, no letter.
            self.close()
            raise
        if result.verdict is not SendVerdict.ACCEPTED:
            # A server in a bad mood is met afresh; NetEase counts failures per connection.
            self.close()
        elif self._sent >= PER_CONNECTION:
            self.close()
        return self._masked(result)

    def _masked(self, result: SendResult) -> SendResult:
        return replace(result, reply=masked(result.reply, user=self.user, password=self.password))

    def check(self) -> SendResult:
        """Connect, log in and leave; for ``doctor``."""
        self.close()
        try:
            result = self._connect()
        except ssl.SSLCertVerificationError as error:
            return SendResult(SendVerdict.STOP, 0, printable(str(error)), f"发信服务器 {self.host} 的证书不可信。")
        except (OSError, smtplib.SMTPException) as error:
            return self._masked(_later(self.host, error))
        finally:
            self.close()
        return self._masked(result) if result else SendResult(SendVerdict.ACCEPTED, 235, "", "登录成功。")

    def close(self) -> None:
        """As :meth:`Transport.close`."""
        client, self._client, self._sent = self._client, None, 0
        if client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                # Not quit(): it would wait for an answer from a server that may have gone silent.
                client.putcmd("QUIT")
            client.close()

    def _ready(self) -> smtplib.SMTP:
        if self._client is None:
            raise smtplib.SMTPServerDisconnected
        return self._client

    def _connect(self) -> SendResult | None:
        """Have a connection that is logged in; a result when the server refuses."""
        if self._client is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if self._client.noop()[0] == 250:
                    return None
            self.close()
        client = self._open()
        self._client = client
        code, reply = client.connect(self.host, self.port)
        if code != 220:
            return classify(code, _text(reply))
        if (refused := self._greet(client)) is not None:
            return refused
        if self.security == "starttls":
            # smtplib raises when the server does not offer it: a password never goes out in the clear.
            code, reply = client.starttls(context=self.context or ssl.create_default_context())
            if code != 220:
                return classify(code, _text(reply))
            if (refused := self._greet(client)) is not None:
                return refused
        return self._log_in(client) if self.user else None

    def _log_in(self, client: smtplib.SMTP) -> SendResult | None:
        """Log in by one way only: smtplib's own login() tries the next, and each failure counts towards a lock."""
        ways: dict[str, Any] = {
            "PLAIN": client.auth_plain,
            "LOGIN": client.auth_login,
            "CRAM-MD5": client.auth_cram_md5,
        }
        offered = client.esmtp_features.get("auth", "").upper().split()
        way = next((name for name in ways if name in offered), None)
        if way is None:
            because = f"发信服务器 {self.host} 不提供可用的登录方式，请检查服务器地址、端口与 security 设置。"
            return SendResult(SendVerdict.STOP, 0, " ".join(offered), because)
        client.user, client.password = self.user, self.password
        try:
            client.auth(way, ways[way])
        except smtplib.SMTPAuthenticationError as error:
            return _login_refused(error.smtp_code, _text(error.smtp_error))
        except UnicodeError:
            because = "发信账号或授权码中有非英文字符，请重新填写（授权码只含英文字母和数字）。"
            return SendResult(SendVerdict.STOP, 0, "", because)
        return None

    def _open(self) -> smtplib.SMTP:
        client: _PlainCall | _SecretCall
        if self.security == "ssl":
            context = self.context or ssl.create_default_context()
            client = _SecretCall(timeout=self.timeout, local_hostname=self.helo, context=context)
        else:
            client = _PlainCall(timeout=self.timeout, local_hostname=self.helo)
        client.dial = self.dial
        # TLS looks the host name up here, and it is only set by a constructor that connects at once.
        client._host = self.host  # noqa: SLF001
        return client

    def _greet(self, client: smtplib.SMTP) -> SendResult | None:
        code, reply = client.ehlo()
        return None if 200 <= code < 300 else classify(code, _text(reply))

    def _submit(self, job: _Job, *, attempts: int) -> SendResult:
        """One mail transaction; raises only before the final dot is out."""
        failpoint("smtp.before_mail")
        eight_bit = not job.message.isascii() and job.client.has_extn("8bitmime")
        code, reply = job.client.mail(job.sender, ("BODY=8BITMIME",) if eight_bit else ())
        if not 200 <= code < 300:
            return classify(code, _text(reply), attempts=attempts)
        refused: dict[str, SendResult] = {}
        for address in job.recipients:
            code, reply = job.client.rcpt(address)
            if 200 <= code < 300:
                continue
            result = classify(code, _text(reply), attempts=attempts)
            if result.verdict is not SendVerdict.REFUSED:
                # Nobody has it yet, so the whole letter may wait without anyone getting it twice.
                return result
            refused[address] = result
        if len(refused) == len(job.recipients):
            return replace(next(iter(refused.values())), refused=tuple(refused))
        failpoint("smtp.before_data")
        code, reply = job.client.docmd("DATA")
        if code != 354:
            return classify(code, _text(reply), attempts=attempts) if code >= 400 else _confused(code, reply)
        text = _dotted(job.message)
        for start in range(0, len(text), _CHUNK):
            # The time-out of a send is for the whole of it: pieces, or a big letter fails on a slow line.
            job.client.send(text[start : start + _CHUNK])
        if self.before_dot is not None:
            self.before_dot()
        failpoint("smtp.before_dot")
        result = self._dot(job.client, attempts=attempts)
        if result.verdict is SendVerdict.ACCEPTED and refused:
            because = f"服务器已接收，但拒收了这些地址：{'、'.join(refused)}。{next(iter(refused.values())).because}"
            return replace(result, because=because, refused=tuple(refused))
        return result

    def _dot(self, client: smtplib.SMTP, *, attempts: int) -> SendResult:
        """The final dot and its answer: from here on there is no exception, only a verdict."""
        self._sent += 1
        try:
            if client.sock is not None:
                client.sock.settimeout(self.timeout_after_dot)
            client.send(b".\r\n")
            failpoint("smtp.after_dot")
            code, reply = client.getreply()
            failpoint("smtp.after_reply")
            if client.sock is not None:
                client.sock.settimeout(self.timeout)
        except (OSError, smtplib.SMTPException) as error:
            because = "信已发出，但没有等到服务器的答复，不知道是否送达；不会重发，先到“已发送”中核对。"
            return SendResult(SendVerdict.UNSURE, 0, printable(str(error)), because)
        if code < 200 or 300 <= code < 400:
            because = "信已发出，但服务器的答复看不懂，不知道是否送达；不会重发，先到“已发送”中核对。"
            return SendResult(SendVerdict.UNSURE, code, printable(_text(reply)), because)
        return classify(code, _text(reply), attempts=attempts)


class _PlainCall(smtplib.SMTP):
    """A client that opens its connection by the transport's own way."""

    dial: Callable[[tuple[str, int], float], socket.socket]
    _host: str

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.dial((host, port), timeout)


class _SecretCall(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    dial: Callable[[tuple[str, int], float], socket.socket]
    _host: str

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(self.dial((host, port), timeout), server_hostname=self._host)


@dataclass(frozen=True, slots=True)
class _Job:
    client: smtplib.SMTP
    message: bytes
    sender: str
    recipients: tuple[str, ...]


def _text(reply: bytes | str) -> str:
    """A server's words; NetEase answers in UTF-8, others in GBK."""
    if isinstance(reply, str):
        return reply
    for charset in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return reply.decode(charset).replace("\n", " ")
    return reply.decode("ascii", "replace").replace("\n", " ")


def _later(host: str, error: Exception) -> SendResult:
    because = f"连不上发信服务器 {host}，或连接中断；信没有发出，五分钟后再试。"
    if isinstance(error, socket.gaierror):
        because = f"找不到发信服务器 {host}，请检查网络和 office.yaml 中的服务器地址；五分钟后再试。"
    elif isinstance(error, smtplib.SMTPNotSupportedError):
        because = f"发信服务器 {host} 不支持要求的加密方式（STARTTLS），信没有发出，请检查 security 设置。"
        return SendResult(SendVerdict.STOP, 0, printable(str(error)), because)
    return SendResult(SendVerdict.LATER, 0, printable(str(error)), because, 5 * MINUTE)


def _login_refused(code: int, text: str) -> SendResult:
    """A refused login stops the queue unless the server says that it is busy: trying on locks the account."""
    result = classify(code, text)
    if result.verdict in (SendVerdict.STOP, SendVerdict.LATER) and code != 535:
        return result
    return replace(classify(535, ""), code=code, reply=printable(text))


def _confused(code: int, reply: bytes) -> SendResult:
    because = "服务器的答复不合规范，信没有发出，五分钟后再试。"
    return SendResult(SendVerdict.LATER, code, printable(_text(reply)), because, 5 * MINUTE)


def _dotted(message: bytes) -> bytes:
    """The text as it goes over the wire, with CRLF and doubled dots, without the final dot (RFC 5321 §4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    dotted = re.sub(rb"(?m)^\.", b"..", lines)
    return dotted if dotted.endswith(b"\r\n") else dotted + b"\r\n"


# --------------------------------------------------------------------------- in memory


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter that a server accepted."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


class Crash(BaseException):
    """The plug was pulled in the middle of a send; nothing may catch this but the test that asked for it."""


@dataclass(slots=True)
class MemoryTransport:
    """A server in memory: for simulations, and for tests of the outbox."""

    accepted: list[Delivered] = field(default_factory=list)
    #: Answers for the next sends, in order; when they run out every letter is accepted.
    answers: list[SendResult] = field(default_factory=list)
    #: Where the process dies: before anything is on the wire, or after the server took the letter.
    crash_at: Literal["", "before_wire", "after_wire"] = ""
    #: Which send dies, counted from 1.
    crash_on: int = 1
    #: Called with each accepted letter, e.g. to let departments answer.
    on_accept: Callable[[Delivered], object] | None = None
    #: As in :class:`SmtpTransport`.
    before_dot: Callable[[], object] | None = None
    tried: int = 0

    def send(self, message: bytes, *, sender: str, recipients: tuple[str, ...], attempts: int = 0) -> SendResult:  # noqa: ARG002 - the protocol's; memory has no moods
        """As :meth:`Transport.send`."""
        self.tried += 1
        dies = self.tried == self.crash_on
        if dies and self.crash_at == "before_wire":
            raise Crash(self.crash_at)
        answer = self.answers.pop(0) if self.answers else classify(250, "Mail OK")
        if self.before_dot is not None:
            self.before_dot()
        if answer.verdict in (SendVerdict.ACCEPTED, SendVerdict.UNSURE):
            taken = tuple(address for address in recipients if address not in answer.refused)
            delivered = Delivered(sender, taken, message)
            self.accepted.append(delivered)
            if self.on_accept is not None:
                self.on_accept(delivered)
        if dies and self.crash_at == "after_wire":
            raise Crash(self.crash_at)
        return answer

    def close(self) -> None:
        """As :meth:`Transport.close`."""
