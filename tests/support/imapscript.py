"""An IMAP server that lies, drops and stalls as it is told: the odd servers that pymap and Dovecot are not."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

#: Internal date of every mail.
DATE = '"08-Sep-2022 09:00:00 +0800"'


@dataclass
class Mail:
    """One mail as this server shows it."""

    uid: int
    data: bytes
    #: RFC822.SIZE it tells; the truth by default.
    size: int = -1
    #: Literal length it announces; the truth by default.
    literal: int = -1
    #: What BODY[] gives instead of a literal, e.g. ``NIL`` or ``""``.
    instead: str = ""
    #: Ends the connection when this mail is asked for.
    poison: bool = False
    #: Leaves it out of every answer to FETCH.
    silent: bool = False
    #: Sends what ``literal`` announces beyond the data, as zeros.
    endless: bool = False

    def told(self) -> int:
        """Size in the list."""
        return len(self.data) if self.size < 0 else self.size


@dataclass
class ScriptedImap:
    """A server with one folder."""

    mails: list[Mail]
    validity: str = "7"
    #: UIDs as SEARCH gives them; of all mails by default.
    search: Callable[[], list[int]] | None = None
    #: Answers by command instead of the right ones: text after the tag, or ``drop``, ``silence``.
    answers: dict[str, list[str]] = field(default_factory=dict)
    #: Honours BODY.PEEK[]<o.n>.
    parts: bool = True
    exists: int = -1
    #: Lines sent in front of every answer to FETCH.
    noise: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    logins: int = 0
    commands: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._sock = socket.create_server((self.host, 0))
        self._sock.settimeout(0.1)
        self.port = self._sock.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._sock.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                client, _ = self._sock.accept()
            except TimeoutError:
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(0.1)
            try:
                client.sendall(b"* OK scripted\r\n")
                buffer = b""
                while not self._stop.is_set():
                    while b"\r\n" not in buffer:
                        try:
                            more = client.recv(65536)
                        except TimeoutError:
                            if self._stop.is_set():
                                return
                            continue
                        if not more:
                            return
                        buffer += more
                    line, _, buffer = buffer.partition(b"\r\n")
                    client.settimeout(30)
                    if not self._answer(client, line.decode()):
                        return
                    client.settimeout(0.1)
            except OSError:
                return

    def _drop(self, client: socket.socket) -> bool:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _answer(self, client: socket.socket, line: str) -> bool:
        tag, _, rest = line.partition(" ")
        name = rest.upper().removeprefix("UID ").split(" ")[0]
        self.commands.append(rest if name != "LOGIN" else name)
        if self.answers.get(name):
            answer = self.answers[name].pop(0)
            if answer == "drop":
                return self._drop(client)
            if answer == "silence":
                self._stop.wait(20)
                return False
            if answer:
                client.sendall(
                    f"{tag} {answer}\r\n".encode() if not answer.startswith("*") else f"{answer}\r\n".encode()
                )
                return not answer.startswith("* BYE")
        send = client.sendall
        match name:
            case "CAPABILITY":
                send(b"* CAPABILITY IMAP4rev1 ID\r\n")
            case "LOGIN":
                self.logins += 1
            case "LIST":
                send(b'* LIST () "/" "INBOX"\r\n')
            case "EXAMINE":
                exists = len(self.mails) if self.exists < 0 else self.exists
                send(f"* {exists} EXISTS\r\n* FLAGS ()\r\n".encode())
                if self.validity:
                    send(f"* OK [UIDVALIDITY {self.validity}] ok\r\n".encode())
            case "SEARCH":
                uids = self.search() if self.search else [mail.uid for mail in self.mails]
                send(f"* SEARCH {' '.join(map(str, uids))}\r\n".encode())
            case "FETCH":
                if not self._fetch(client, rest):
                    return self._drop(client)
            case "LOGOUT":
                send(b"* BYE\r\n")
        send(f"{tag} OK done\r\n".encode())
        return name != "LOGOUT"

    def _fetch(self, client: socket.socket, rest: str) -> bool:
        words = rest.split(" ", 3 if rest.upper().startswith("UID") else 2)
        numbers = _numbers(words[-2])
        by_uid = rest.upper().startswith("UID")
        part = re.search(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>", rest)
        for noise in self.noise:
            client.sendall(f"{noise}\r\n".encode())
        for place, mail in enumerate(self.mails, start=1):
            if (mail.uid if by_uid else place) not in numbers or mail.silent:
                continue
            if "BODY" not in rest:
                client.sendall(
                    f"* {place} FETCH (UID {mail.uid} RFC822.SIZE {mail.told()} INTERNALDATE {DATE})\r\n".encode()
                )
                continue
            if mail.poison:
                return False
            key, data = "BODY[]", mail.data
            if part and self.parts:
                start, count = int(part[1]), int(part[2])
                key, data = f"BODY[]<{start}>", mail.data[start : start + count]
            if mail.instead:
                client.sendall(f"* {place} FETCH (UID {mail.uid} {key} {mail.instead})\r\n".encode())
                continue
            length = len(data) if mail.literal < 0 else mail.literal
            client.sendall(f"* {place} FETCH (UID {mail.uid} {key} {{{length}}}\r\n".encode() + data)
            self.send_literal(client, length - len(data) if mail.endless else 0)
            client.sendall(b")\r\n")
        return True

    def send_literal(self, client: socket.socket, length: int) -> None:
        """So many bytes more of a literal that this server does not hold, a mebibyte at a time."""
        block = (b"0" * 62 + b"\r\n") * 16384
        for start in range(0, length, len(block)):
            client.sendall(block[: length - start])


def _numbers(text: str) -> set[int]:
    found: set[int] = set()
    for piece in text.split(","):
        low, _, high = piece.partition(":")
        found |= set(range(int(low), int(high or low) + 1))
    return found
