"""A folder of .eml files → raw mails, in the order in which they arrived.

Contains no business logic. A mail's time is that of its topmost Received line, else its Date, else the
file's; nothing in the folder is changed. A file that changes is another mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from pipeline.adapters.source import MAX_MAIL, Cursor, Held, Keep, PollResult, arrival, hand_over, message_id, stamp
from pipeline.errors import SourceError

#: Bytes read to find a mail's time; its headers.
_HEAD: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class EmlFolder:
    """The .eml files of a folder and its subfolders as a mailbox.

    A file directly in the folder is in INBOX, one in a subfolder in the folder of that name.
    """

    path: Path
    max_mail: int = MAX_MAIL

    @property
    def name(self) -> str:
        """Path of the folder."""
        return str(self.path)

    def poll(
        self,
        cursor: Cursor,
        *,
        keep: Keep,
        moved: Callable[[Cursor], object] | None = None,
        full: bool = False,  # noqa: ARG002 - every poll of a folder compares all
    ) -> PollResult:
        """As :meth:`pipeline.adapters.source.MailSource.poll`."""
        return hand_over(self.listed(), cursor=cursor, keep=keep, moved=moved, max_mail=self.max_mail)

    def find_sent(self, message_id: str) -> bool:
        """Whether a file of the folder has this Message-ID: a copy to ourselves, put there by another program."""
        return any(self._message_id(path) == message_id for path in self._files())

    def _message_id(self, path: Path) -> str:
        with path.open("rb") as file:
            return message_id(file.read(_HEAD))

    def _files(self) -> Iterator[Path]:
        if not self.path.is_dir():
            raise SourceError(f"找不到邮件文件夹 {self.path}，请检查 office.yaml 中的路径。")
        for path in sorted(self.path.rglob("*")):
            if path.suffix.lower() == ".eml" and path.is_file():
                yield path

    def listed(self) -> Iterator[Held]:
        """Every mail of the folder as it lies there, in no order."""
        for path in self._files():
            place = path.relative_to(self.path)
            facts = path.stat()
            with path.open("rb") as file:
                at = arrival(file.read(_HEAD))
            received_at = at or datetime.fromtimestamp(int(facts.st_mtime), UTC)
            yield Held(
                folder=place.parent.as_posix() if len(place.parts) > 1 else "INBOX",
                key=place.as_posix(),
                stamp=stamp(facts.st_size, datetime.fromtimestamp(facts.st_mtime_ns // 10**9, UTC)),
                received_at=received_at,
                size=facts.st_size,
                read=partial(path.read_bytes),
                origin=place.as_posix(),
            )
