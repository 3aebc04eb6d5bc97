"""A Maildir → raw mails; nothing in it is moved, renamed or flagged.

Contains no business logic. INBOX is the Maildir itself; of its Maildir++ subfolders only those that hold
junk are read (see :func:`pipeline.adapters.folders.watched`). A mail's key is its file name without flags, so
that reading it in another program, which renames the file, does not make it new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from imapclient.imap_utf7 import decode as decode_utf7

from pipeline.adapters.folders import Listed, sent_folder, watched
from pipeline.adapters.source import MAX_MAIL, Cursor, Held, Keep, PollResult, arrival, hand_over, message_id, stamp
from pipeline.errors import SourceError

_HEAD: Final = 64 * 1024
#: Newest mails of the Sent folder that are looked through for a Message-ID.
_NEWEST: Final = 300


@dataclass(frozen=True, slots=True)
class MaildirSource:
    """A Maildir on this machine as a mailbox."""

    path: Path
    #: Further folders to read besides INBOX and junk, by name.
    folders: tuple[str, ...] = ()
    max_mail: int = MAX_MAIL

    @property
    def name(self) -> str:
        """Path of the Maildir."""
        return str(self.path)

    def poll(
        self,
        cursor: Cursor,
        *,
        keep: Keep,
        moved: Callable[[Cursor], object] | None = None,
        full: bool = False,  # noqa: ARG002 - every poll of a Maildir compares all
    ) -> PollResult:
        """As :meth:`pipeline.adapters.source.MailSource.poll`."""
        return hand_over(self._held(), cursor=cursor, keep=keep, moved=moved, max_mail=self.max_mail)

    def find_sent(self, message_id: str) -> bool:
        """As :meth:`pipeline.adapters.source.MailSource.find_sent`."""
        places = self._places()
        sent = sent_folder(tuple(Listed(name) for name in places))
        for folder in (sent, "INBOX"):
            if folder is None:
                continue
            newest = sorted(_files(places[folder]), key=lambda path: path.stat().st_mtime, reverse=True)[:_NEWEST]
            if any(_message_id(path) == message_id for path in newest):
                return True
        return False

    def _places(self) -> dict[str, Path]:
        if not (self.path / "cur").is_dir():
            raise SourceError(f"{self.path} 不是 Maildir（缺少 cur 目录），请检查 office.yaml 中的路径。")
        places = {"INBOX": self.path}
        for path in sorted(self.path.iterdir()):
            if path.name.startswith(".") and (path / "cur").is_dir():
                places[_decoded(path.name[1:])] = path
        return places

    def _held(self) -> Iterator[Held]:
        places = self._places()
        for folder in watched(tuple(Listed(name) for name in places), extra=self.folders):
            for path in _files(places[folder]):
                try:
                    facts = path.stat()
                    with path.open("rb") as file:
                        at = arrival(file.read(_HEAD))
                except FileNotFoundError:
                    # Another program renamed it between listing and looking; the next poll meets it again.
                    continue
                key = path.name.partition(":")[0]
                yield Held(
                    folder=folder,
                    key=key,
                    stamp=stamp(facts.st_size, datetime.fromtimestamp(0, UTC)),
                    received_at=at or datetime.fromtimestamp(int(facts.st_mtime), UTC),
                    size=facts.st_size,
                    read=partial(path.read_bytes),
                    origin=f"{folder}/{key}",
                )


def _files(place: Path) -> Iterator[Path]:
    for part in ("new", "cur"):
        if (place / part).is_dir():
            yield from sorted(path for path in (place / part).iterdir() if not path.name.startswith("."))


def _message_id(path: Path) -> str:
    with path.open("rb") as file:
        return message_id(file.read(_HEAD))


def _decoded(name: str) -> str:
    try:
        return str(decode_utf7(name.encode("ascii")))
    except (UnicodeError, ValueError):
        # Written in UTF-8 by a newer Dovecot, or by hand.
        return name
