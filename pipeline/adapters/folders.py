"""The folders of a mailbox → those that are read, and the one that holds what was sent.

Reports land in 垃圾邮件, 广告邮件, 订阅邮件 and 病毒文件夹, so these are read as well; Sent, Drafts and Trash are
never polled. Special-use attributes (RFC 6154) decide; where there are none, the names that 163.com, QQ,
Coremail, Exchange and Dovecot give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Listed:
    """A folder as LIST names it: decoded name, attributes in lower case with their backslash."""

    name: str
    attributes: frozenset[str] = frozenset()
    #: Hierarchy separator; folders directly below INBOX go by their last name too.
    delimiter: str = "/"


_NEVER: Final = frozenset({"\\sent", "\\drafts", "\\trash", "\\noselect", "\\nonexistent", "\\all", "\\flagged"})
_JUNK_NAMES: Final = frozenset(
    {
        *("垃圾邮件", "垃圾箱", "垃圾邮箱", "垃圾文件夹", "广告邮件", "订阅邮件", "病毒文件夹", "病毒邮件", "可疑邮件"),
        *("junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "bulk", "quarantine"),
    }
)
_SENT_NAMES: Final = frozenset(
    {"已发送", "已发送邮件", "已发邮件", "发件箱", "sent", "sent messages", "sent items", "sent mail", "sent-mail"}
)
_NEVER_NAMES: Final = _SENT_NAMES | frozenset(
    {
        *("草稿箱", "草稿", "drafts", "draft"),
        *("已删除", "已删除邮件", "废件箱", "trash", "deleted messages", "deleted items", "deleted"),
    }
)


def _short(folder: Listed) -> str:
    return folder.name.rpartition(folder.delimiter)[2].lower() if folder.delimiter else folder.name.lower()


def watched(listed: tuple[Listed, ...], *, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Names of the folders to read: INBOX first, then junk in the server's order, then those asked for."""
    inbox = [folder.name for folder in listed if folder.name.upper() == "INBOX"] or ["INBOX"]
    junk = [
        folder.name
        for folder in listed
        if not folder.attributes & _NEVER
        and _short(folder) not in _NEVER_NAMES
        and ("\\junk" in folder.attributes or "\\spam" in folder.attributes or _short(folder) in _JUNK_NAMES)
    ]
    names = {folder.name for folder in listed if not folder.attributes & {"\\noselect", "\\nonexistent"}}
    return tuple(dict.fromkeys((*inbox, *junk, *(name for name in extra if name in names))))


def unwatched(listed: tuple[Listed, ...], *, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Folders that hold received mail and are not read: those that people made."""
    read = watched(listed, extra=extra)
    return tuple(
        folder.name
        for folder in listed
        if folder.name not in read and not folder.attributes & _NEVER and _short(folder) not in _NEVER_NAMES
    )


def sent_folder(listed: tuple[Listed, ...]) -> str | None:
    """Name of the folder that holds sent mails; ``None`` when the mailbox has none."""
    for folder in listed:
        if "\\sent" in folder.attributes:
            return folder.name
    return next((folder.name for folder in listed if _short(folder) in _SENT_NAMES), None)
