"""The one tree of errors that stop a job; everything else is a value or a bug.

::

    YuebaoError                 a sentence in Chinese with the remedy, attributes for the developer
    ├── ConfigError             config/*.yaml does not hold; carries every problem at once
    ├── PlanError               a notice is no plan, or a plan file contradicts itself
    ├── SourceError             the mailbox cannot be read now
    │   ├── LoginError          the server refuses the account: wrong 授权码 or service off; never retried blindly
    │   └── NetworkError        no connection, or it was lost; retried with back-off
    ├── ArchiveError            the archive cannot be written or a file there has another content than its name
    ├── LedgerError             the database is locked, foreign or from a newer version
    │   └── LedgerDamaged       its bytes are no database any more; rebuilt from the archive
    ├── TransportError          the SMTP server cannot be used at all now
    ├── SuspiciousEmptiness     a mass action on doubtful grounds; carries the command that overrides it
    └── AlreadyRunning          another copy holds the lock
"""

from __future__ import annotations

import errno
from dataclasses import dataclass

#: What the machine refuses, whatever the file.
_MACHINE = (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.ENFILE, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file: where, what, and what to do."""

    file: str
    #: 1-based; 0 where no line can be named.
    line: int
    message: str

    def __str__(self) -> str:
        """``config/office.yaml 第 12 行：…``."""
        where = f"{self.file} 第 {self.line} 行" if self.line else self.file
        return f"{where}：{self.message}"


class YuebaoError(Exception):
    """Root of the tree. ``str()`` is a Chinese sentence for the clerk."""

    def __init__(self, message: str, *, problems: tuple[Problem, ...] = ()) -> None:
        """Keep the sentence and every single problem behind it."""
        super().__init__(message)
        self.message = message
        self.problems = problems


class ConfigError(YuebaoError):
    """The configuration does not hold; ``problems`` lists everything at once."""


class PlanError(YuebaoError):
    """A document is no plan, or the plan contradicts itself."""


class SourceError(YuebaoError):
    """The mailbox cannot be read now."""


class LoginError(SourceError):
    """The server refuses the account; retrying would lock it."""


class NetworkError(SourceError):
    """No connection, or it was lost."""


class ArchiveError(YuebaoError):
    """The archive cannot be written, or one of its files is not what its name says."""


class LedgerError(YuebaoError):
    """The database is locked, damaged, foreign or newer than this program."""


class LedgerDamaged(LedgerError):
    """The database's bytes do not hold; it is set aside and rebuilt from archive and journal."""


class TransportError(YuebaoError):
    """The SMTP server cannot be used at all now."""


class SuspiciousEmptiness(YuebaoError):
    """A mass action on doubtful grounds was refused."""


class AlreadyRunning(YuebaoError):
    """Another copy of the service holds the lock."""


def no_access(error: OSError) -> str:
    """A file that the system refuses, with the remedy; nothing where the error is about something else."""
    if error.errno == errno.ENOSPC and error.filename is not None:
        return f"磁盘已满，{error.filename} 写不进去。请清出空间后再试。"
    if error.errno in _MACHINE:
        return f"{error.filename or '文件'} 此刻读不出或写不进去（{error.strerror}）。请检查磁盘空间和磁盘状态后再试。"
    if error.filename is None:
        return ""
    if isinstance(error, FileNotFoundError):
        return f"找不到 {error.filename}。请检查路径。"
    return (
        f"{error.filename} 读不出或写不进去（{error.strerror or error}）。"
        "请检查权限；如在 Word、WPS 或 Excel 中打开着，请先关闭，再试一次。"
    )
