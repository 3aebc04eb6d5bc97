"""A mail is opened in a disposable child process: limited memory and time, no network, an empty environment.

A warm process is started once (:mod:`pipeline.adapters.keeper`); for each mail it forks a child that parses and
unpacks, and that child forks others for the parts. What dies or overstays is killed with all it started, and becomes an
:class:`~pipeline.model.Unreadable` with its reason; the rest of the mail is read all the same. Answers come back
as JSON over a pipe and are validated. Here is the caller's side, which loads no reader. Contains no business logic.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.adapters.forks import get, put
from pipeline.adapters.limits import MEBIBYTE, WHOLE_MAIL
from pipeline.model import Letter, Opened, Trouble, Unreadable

_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from pipeline.adapters.keeper import serve; serve()"
_WINDOWS = sys.platform == "win32"
#: What a child needs of its parent's environment; on Windows it would find neither temporary folder nor LibreOffice.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "USERPROFILE", "PROGRAMFILES")
#: Without forks nothing but the keeper's own end stops a part that overstays.
_PATIENCE = 600.0 if _WINDOWS else WHOLE_MAIL.wall + 60


@lru_cache(maxsize=1)
def _opened() -> TypeAdapter[Opened]:
    return TypeAdapter(Opened)


class Keeper:
    """Holds the warm process from which the children are forked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._until = 0.0

    def ask(self, job: str, payload: bytes, *, digest: str = "", wall: float = _PATIENCE) -> bytes | None:
        """Run one job; ``None`` when the child died or overstayed.

        Args:
            job: ``mail``, or a name that tests use.
            payload: Bytes for the job.
            digest: Handed on.
            wall: Seconds until the keeper itself is given up and started anew.
        """
        with self._lock:
            for _ in range(2):
                try:
                    self.begin(job, payload, digest=digest, wall=wall)
                    timer = threading.Timer(wall, self._kill)
                    timer.start()
                    try:
                        return self.finish()
                    finally:
                        timer.cancel()
                except (OSError, EOFError):
                    # The keeper is gone: a new one answers once more. What overstayed would overstay again.
                    self._end()
                    if self.overdue():
                        break
        return None

    def begin(self, job: str, payload: bytes, *, digest: str = "", wall: float = _PATIENCE) -> None:
        """Hand over one job and come back at once; :meth:`finish` must follow before the next."""
        process = self._alive()
        assert process.stdin is not None  # noqa: S101 - a pipe, see _alive
        self._until = time.monotonic() + wall
        put(process.stdin, json.dumps({"job": job, "digest": digest}).encode())
        put(process.stdin, payload)
        process.stdin.flush()

    def finish(self) -> bytes | None:
        """Wait for the answer to the job that was begun; ``None`` when the child died or overstayed.

        Raises:
            EOFError: The keeper itself is gone.
        """
        if self._process is None or self._process.stdout is None:
            raise EOFError
        if self.overdue():
            self._kill()
        answer = get(self._process.stdout, WHOLE_MAIL.output + MEBIBYTE)
        return answer[1:] if answer[:1] == b"+" else None

    def overdue(self) -> bool:
        """Whether the job that was begun should have been answered by now."""
        return time.monotonic() > self._until

    def fileno(self) -> int:
        """What can be waited for: readable when the answer comes."""
        if self._process is None or self._process.stdout is None:
            return -1
        return self._process.stdout.fileno()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the warm process."""
        with self._lock:
            self._end()

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
            environment = kept | {
                "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
            }  # fmt: skip
            self._process = subprocess.Popen(  # noqa: S603 - this very Python with a line of our own
                [
                    sys.executable,
                    "-c",
                    _START,
                    _ROOT,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=not _WINDOWS,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@lru_cache(maxsize=1)
def _keeper() -> Keeper:
    keeper = Keeper()
    atexit.register(keeper.close)
    return keeper


def open_mail(raw: bytes, digest: str) -> Opened:
    """Open one mail in a limited child process.

    Args:
        raw: The mail as the server held it; any bytes at all.
        digest: SHA-256 of the bytes, lower-case hex.

    Returns:
        Its letter, documents and refusals, part bytes emptied. A mail whose very headers kill the child comes back
        as an empty letter with one refusal that says so.
    """
    return opened_of(_keeper().ask("mail", raw, digest=digest), digest)


def opened_of(answer: bytes | None, digest: str) -> Opened:
    """A child's answer as a value; an empty letter with one refusal where there is none, or none that holds."""
    if answer is not None:
        with contextlib.suppress(ValidationError, ValueError):
            return _opened().validate_json(answer)
    reason = "邮件在拆解时超出时间或内存限制，已原样存档，请人工查看，或请对方重新发送。"
    letter = Letter(digest, "", "", None, reason, (), "", (), None, None, (), "", (), (reason,))
    return Opened(letter, (), (), (Unreadable("", "邮件", Trouble.HOSTILE, reason),))
